import { errorCodes } from '../codec/error-codes.ts';
import type { ConfigChange, ConfigEntry } from '../core/config-value.ts';
import { settingBehind } from '../core/group-config.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { describeTopicConfig } from '../core/topic-config.ts';
import { coordinatorError } from './error-number.ts';
import { type RequestContext, operatorOf } from './served-api.ts';

/** What has configs (ConfigResource.Type). Loggers of brokers (8) and client metrics (16) are not served. */
export const resourceTypes = { topic: 2, broker: 4, group: 32 } as const;

/** DescribeConfigsResponse.ConfigSource. */
export const configSources = { topic: 1, broker: 4, default: 5, group: 8 } as const;

/** A value that a config has somewhere: the first one is in force. */
interface ConfigLayer {
  readonly name: string;
  readonly value: string;
  readonly source: number;
}

export interface ConfigResource {
  readonly entries: readonly ConfigEntry[];
  readonly layersOf: (entry: ConfigEntry) => readonly ConfigLayer[];
  alter(change: ConfigChange, validateOnly: boolean): Promise<Result<unknown>>;
}

/** The topic, group or broker that a request means, or why there is none: INVALID_REQUEST, or what is wrong with its name. */
export const findConfigResource = (context: RequestContext, type: number, name: string): Result<ConfigResource> => {
  switch (type) {
    case resourceTypes.topic:
      return findTopic(context, name);
    case resourceTypes.group:
      return findGroup(context, name);
    case resourceTypes.broker:
      return findBroker(context, name);
    default:
      return invalid(`Resource type ${type}: configs of topics (2), brokers (4) and groups (32) are served.`);
  }
};

const invalid = (message: string) => reject('INVALID_REQUEST', message);

const ownLayers = ({ name, value, defaultValue, isSet }: ConfigEntry, source: number): readonly ConfigLayer[] => [
  ...(isSet ? [{ name, value, source }] : []),
  { name, value: defaultValue, source: configSources.default },
];

const findTopic = (context: RequestContext, name: string): Result<ConfigResource> => {
  const topic = context.broker.topics.find(name);
  if (!topic.ok) return topic;
  return ok({
    entries: describeTopicConfig(topic.value.stored.config, topic.value.stored.inherited),
    layersOf: (entry) => ownLayers(entry, configSources.topic),
    alter: (config, validateOnly) => operatorOf(context).alterTopic(name, { config }, validateOnly),
  });
};

const findGroup = (context: RequestContext, name: string): Result<ConfigResource> => {
  const { broker, brokerConfig } = context;
  if (name === '') return invalid('Group name must not be empty');
  const entries = broker.groupConfigs.describe(name);
  if (!entries.ok) return entries;
  return ok({
    entries: entries.value,
    // What a group did not set comes from the server's settings.
    layersOf: (entry) => {
      const own = ownLayers(entry, configSources.group);
      const setting = brokerConfig.find((each) => each.name === settingBehind(entry.name));
      return setting === undefined ? own : [...own.slice(0, -1), ...ownLayers(setting, configSources.broker)];
    },
    alter: (change, validateOnly) => operatorOf(context).alterGroupConfig(name, change, validateOnly),
  });
};

/** By its id; the empty name means what all brokers have in common, which is nothing. */
const findBroker = ({ node, brokerConfig }: RequestContext, name: string): Result<ConfigResource> => {
  if (name !== '' && !/^-?\d+$/.test(name)) return invalid(`Broker id must be an integer, but it is: ${name}`);
  if (name !== '' && Number(name) !== node.nodeId) {
    return invalid(`Unexpected broker id, expected ${node.nodeId} or empty string, but received ${name}`);
  }
  return ok({
    entries: name === '' ? [] : brokerConfig,
    layersOf: (entry) => ownLayers(entry, configSources.broker),
    alter: async (change) => {
      const names = Object.keys(change);
      if (names.length === 0) return ok(null);
      return reject(
        'INVALID_REQUEST',
        `Cannot update these configs dynamically: [${names.join(', ')}]. They are settings of the server, read when it starts.`,
      );
    },
  });
};

interface Asked {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly { readonly name: string }[];
}

/**
 * Alters resources, each by itself: what AlterConfigs and IncrementalAlterConfigs have in common. INVALID_REQUEST where a resource comes twice, or a
 * config twice in one.
 *
 * @param changeOf what a resource is asked to become, or why not
 */
export const alterResources = async <R extends Asked>(
  context: RequestContext,
  resources: readonly R[],
  validateOnly: boolean,
  changeOf: (resource: R, entries: readonly ConfigEntry[]) => Result<ConfigChange>,
) => {
  const identityOf = ({ resourceType, resourceName }: Asked) => `${resourceType} ${resourceName}`;
  const counts = Map.groupBy(resources, identityOf);
  const alter = async (resource: R): Promise<Result<unknown>> => {
    const { resourceType: type, resourceName: name, configs } = resource;
    if ((counts.get(identityOf(resource))?.length ?? 0) > 1) return invalid('Each resource must appear at most once.');
    if (new Set(configs.map((each) => each.name)).size < configs.length) {
      return invalid('Error due to duplicate config keys');
    }
    if (name === '' && type === resourceTypes.topic) return invalid('Default topic resources are not allowed.');
    if (name === '' && type === resourceTypes.group) return invalid('Default group resources are not allowed.');
    const found = findConfigResource(context, type, name);
    if (!found.ok) return found;
    const change = changeOf(resource, found.value.entries);
    return change.ok ? await found.value.alter(change.value, validateOnly) : change;
  };
  return await Promise.all(
    resources.map(async (resource) => {
      const altered = await alter(resource);
      const { resourceType, resourceName } = resource;
      const error = altered.ok ? { errorCode: errorCodes.NONE, errorMessage: null } : coordinatorError(altered.error);
      return { ...error, resourceType, resourceName };
    }),
  );
};
