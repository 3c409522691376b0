import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type { CreateTopicsRequest, CreateTopicsResponse } from '../../codec/messages/create-topics.ts';
import type { ConfigOverrides } from '../../core/config-value.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { describeTopicConfig } from '../../core/topic-config.ts';
import { configSources } from '../config-resources.ts';
import { type WireError, coordinatorError } from '../error-number.ts';
import { placedByCluster, whyNotPlaced } from '../replica-assignment.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';

type Topic = CreateTopicsRequest['topics'][number];
type Outcome = CreateTopicsResponse['topics'][number];

/**
 * CreateTopics (key 19): each topic by itself, durably. Versions 2–7; from 5 on the answer shows partitions and configs, from 7 on the id.
 *
 * - -1 partitions: `num.partitions` (before version 4 too). A replication factor of 1, or -1; INVALID_REPLICATION_FACTOR for others.
 * - Placed by hand: both numbers are -1, partitions are 0, 1, 2 …, and each is on this node; INVALID_REQUEST, INVALID_REPLICA_ASSIGNMENT.
 * - Over a Kafka cluster any replication factor and any config goes to it, and no placing by hand: INVALID_REPLICA_ASSIGNMENT.
 * - A config without a value is refused; of one that comes twice the last value counts. See core/topic-config.ts for what is taken.
 * - A topic that is named twice in a request is not created: one INVALID_REQUEST.
 * - `validateOnly` creates nothing, and says what would be. `timeoutMs` is not needed: there is nobody to wait for.
 */
export const answerCreateTopics = async (
  context: RequestContext,
  request: CreateTopicsRequest,
): Promise<CreateTopicsResponse> => {
  const byName = Map.groupBy(request.topics, (each) => each.name);
  const create = async (name: string, asked: readonly Topic[]): Promise<Outcome> => {
    const [topic, another] = asked;
    if (topic === undefined || another !== undefined) {
      return refused(name, { errorCode: errorCodes.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' });
    }
    return await createOne(context, topic, request.validateOnly);
  };
  return {
    throttleTimeMs: 0,
    topics: await Promise.all([...byName].map(([name, topics]) => create(name, topics))),
  };
};

const createOne = async (context: RequestContext, asked: Topic, validateOnly: boolean): Promise<Outcome> => {
  const { isOfCluster } = context.broker.topics;
  const error = isOfCluster ? whyRefusedByCluster(asked) : whyRefused(context.node.nodeId, asked);
  const created = await operatorOf(context).createTopic({
    name: asked.name,
    partitions: asked.assignments.length || (asked.numPartitions === -1 ? null : asked.numPartitions),
    config: Object.fromEntries(asked.configs.map(({ name, value }) => [name, value ?? ''])),
    validateOnly: validateOnly || error !== undefined,
    ...(isOfCluster ? { replicationFactor: asked.replicationFactor } : {}),
  });
  if (!created.ok) {
    // What is wrong with the name comes first, as in Kafka.
    const isFirst = error === undefined || ofNames.has(created.error.code);
    return refused(asked.name, isFirst ? coordinatorError(created.error) : error);
  }
  if (error !== undefined) return refused(asked.name, error);
  const { topicId, partitions, overrides, inherited } = created.value;
  return {
    name: asked.name,
    topicId,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    numPartitions: partitions.length,
    replicationFactor: isOfCluster ? asked.replicationFactor : 1,
    configs: configsOf(overrides, inherited),
  };
};

const ofNames: ReadonlySet<ErrorCode> = new Set(['INVALID_TOPIC_EXCEPTION', 'TOPIC_ALREADY_EXISTS']);

const whyUnset = ({ configs }: Topic): WireError | undefined => {
  const unset = configs.find(({ value }) => value === null);
  if (unset === undefined) return undefined;
  const errorMessage = `Null value not supported for topic configs: ${unset.name}`;
  return { errorCode: errorCodes.INVALID_CONFIG, errorMessage };
};

/** The rest is for the cluster to say. */
const whyRefusedByCluster = (asked: Topic): WireError | undefined =>
  whyUnset(asked) ?? (asked.assignments.length === 0 ? undefined : placedByCluster);

const whyRefused = (nodeId: number, asked: Topic): WireError | undefined => {
  const { replicationFactor, assignments } = asked;
  const unset = whyUnset(asked);
  if (unset !== undefined) return unset;
  if (replicationFactor !== 1 && replicationFactor !== -1) {
    const errorMessage = `The replication factor is ${replicationFactor}; there is one broker: 1, or -1 for the default.`;
    return { errorCode: errorCodes.INVALID_REPLICATION_FACTOR, errorMessage };
  }
  if (assignments.length === 0) return undefined;
  const set =
    replicationFactor !== -1 ? 'replication factor' : asked.numPartitions !== -1 ? 'numPartitions' : undefined;
  if (set !== undefined) {
    const errorMessage = `A manual partition assignment was specified, but ${set} was not set to -1.`;
    return { errorCode: errorCodes.INVALID_REQUEST, errorMessage };
  }
  const indexes = new Set(assignments.map((each) => each.partitionIndex));
  if (indexes.size < assignments.length || assignments.some((_, index) => !indexes.has(index))) {
    const errorMessage = 'Partitions should be a consecutive 0-based integer sequence, each once.';
    return { errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT, errorMessage };
  }
  return whyNotPlaced(
    nodeId,
    assignments.map((each) => each.brokerIds),
  );
};

const refused = (name: string, error: WireError): Outcome => ({ name, topicId: zeroUuid, ...error, configs: [] });

/** In the order of their names, as in Kafka. */
const configsOf = (overrides: ConfigOverrides, inherited: ConfigOverrides | undefined): Outcome['configs'] =>
  describeTopicConfig(overrides, inherited)
    .map(({ name, value, isSet, isFixed }) => ({
      name,
      value,
      readOnly: isFixed,
      configSource: isSet ? configSources.topic : configSources.default,
      isSensitive: false,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
