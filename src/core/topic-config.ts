import { changeOverrides, describeConfigs, fixed, longLimit, readConfig, wholeNumber } from './config-value.ts';
import type {
  ConfigChange,
  ConfigDefinition,
  ConfigDefinitions,
  ConfigEntry,
  ConfigOverrides,
  ConfigValues,
} from './config-value.ts';
import { ok } from './result.ts';
import type { Result } from './result.ts';

/** The configs of a topic that sash obeys, with Kafka's names and defaults (TopicConfig.java, LogConfig.java). */
const obeyed = {
  'retention.ms': {
    type: 'long',
    defaultValue: '604800000',
    parse: longLimit(-1, '; -1 keeps records however old they are'),
    description: 'Records older than this are dropped; -1 keeps them however old they are.',
  },
  'retention.bytes': {
    type: 'long',
    defaultValue: '-1',
    parse: longLimit(-1, ' for each partition; -1 keeps records however many they are'),
    description: 'The oldest records of a partition are dropped when it has more bytes; -1 keeps all.',
  },
  'max.message.bytes': {
    type: 'int',
    defaultValue: '1048588',
    parse: wholeNumber(0, 2 ** 31 - 1),
    description: 'The largest record batch that is taken, compressed as it comes.',
  },
} as const satisfies ConfigDefinitions;

const long = '9223372036854775807';
const noSegments = 'there are no segments, retention drops single record batches';
const noCompaction = 'topics are not compacted';
const noReplicas = 'a partition has one replica';
const asProduced = 'record batches are kept as producers compressed them';
const anyTimestamp = 'records may have any timestamp';
const noTiers = 'there is no tiered storage';
const noDeadLetters = 'there are no dead-letter queues yet';

/** Kafka's other topic configs, at the value that says what sash does. Where Kafka's default does not matter here, it is that. */
const fixedConfigs: Readonly<Record<string, ConfigDefinition<string>>> = {
  'cleanup.policy': fixed('list', 'delete', `old records are dropped, ${noCompaction}`),
  'compression.gzip.level': fixed('int', '-1', asProduced),
  'compression.lz4.level': fixed('int', '9', asProduced),
  'compression.type': fixed('string', 'producer', asProduced),
  'compression.zstd.level': fixed('int', '3', asProduced),
  'delete.retention.ms': fixed('long', '86400000', noCompaction),
  'errors.deadletterqueue.group.enable': fixed('boolean', 'false', noDeadLetters),
  'file.delete.delay.ms': fixed('long', '0', 'a topic is deleted at once'),
  'flush.messages': fixed('long', '1', 'every record is flushed to disk before it is confirmed'),
  'flush.ms': fixed('long', '0', 'every record is flushed to disk before it is confirmed'),
  'follower.replication.throttled.replicas': fixed('list', '', noReplicas),
  'index.interval.bytes': fixed('int', '4096', noSegments),
  'leader.replication.throttled.replicas': fixed('list', '', noReplicas),
  'local.retention.bytes': fixed('long', '-2', noTiers),
  'local.retention.ms': fixed('long', '-2', noTiers),
  'max.compaction.lag.ms': fixed('long', long, noCompaction),
  'max.decompressed.message.bytes': fixed('int', '67108864', 'the limit is one for all topics'),
  'message.timestamp.after.max.ms': fixed('long', long, anyTimestamp),
  'message.timestamp.before.max.ms': fixed('long', long, anyTimestamp),
  'message.timestamp.type': fixed('string', 'CreateTime', 'records keep the timestamp that their producer gave them'),
  'min.cleanable.dirty.ratio': fixed('double', '0.5', noCompaction),
  'min.compaction.lag.ms': fixed('long', '0', noCompaction),
  'min.insync.replicas': fixed('int', '1', noReplicas),
  preallocate: fixed('boolean', 'false', noSegments),
  'remote.copy.lag.bytes': fixed('long', '-1', noTiers),
  'remote.copy.lag.ms': fixed('long', '0', noTiers),
  'remote.log.copy.disable': fixed('boolean', 'false', noTiers),
  'remote.log.delete.on.disable': fixed('boolean', 'false', noTiers),
  'remote.storage.enable': fixed('boolean', 'false', noTiers),
  'segment.bytes': fixed('int', '1073741824', noSegments),
  'segment.index.bytes': fixed('int', '10485760', noSegments),
  'segment.jitter.ms': fixed('long', '0', noSegments),
  'segment.ms': fixed('long', '604800000', noSegments),
  'unclean.leader.election.enable': fixed('boolean', 'false', noReplicas),
};

const definitions = { ...obeyed, ...fixedConfigs };

export type TopicConfigName = keyof typeof obeyed;

export interface TopicConfig {
  /** Records older than this are dropped; undefined: never. */
  readonly retentionMs: number | undefined;
  /** Bytes that one partition keeps; undefined: all. */
  readonly retentionBytes: number | undefined;
  /** The largest record batch that is taken, with its header, as it is stored. */
  readonly maxMessageBytes: number;
}

const unlessUnlimited = (value: number): number | undefined => (value === -1 || value === Infinity ? undefined : value);

const configOf = (values: ConfigValues<typeof obeyed>): TopicConfig => ({
  retentionMs: unlessUnlimited(values['retention.ms']),
  retentionBytes: unlessUnlimited(values['retention.bytes']),
  maxMessageBytes: values['max.message.bytes'],
});

/** Reads a topic's config. INVALID_CONFIG for an override that is not known or cannot be read. */
export const parseTopicConfig = (overrides: ConfigOverrides): Result<TopicConfig> => {
  const read = readConfig('topic', definitions, overrides);
  return read.ok ? ok(configOf(read.value)) : read;
};

/**
 * What a topic has whose configs are somebody else's: a Kafka cluster's.
 *
 * @param inherited what is in force where nothing was set for it; undefined: its configs are sash's own
 */
export const readTopicConfig = (overrides: ConfigOverrides, inherited?: ConfigOverrides): Result<TopicConfig> => {
  if (inherited === undefined) return parseTopicConfig(overrides);
  const all = { ...inherited, ...overrides };
  // Whatever it is that cannot be read: the topic is there.
  const readable = Object.entries(obeyed).filter(([name, { parse }]) => 'value' in parse(all[name] ?? ''));
  const read = readConfig('topic', obeyed, Object.fromEntries(readable.map(([name]) => [name, all[name] ?? ''])));
  return read.ok ? ok(configOf(read.value)) : read;
};

/** Every config that Kafka has, also those that sash only takes at one value. `inherited` as in `readTopicConfig`. */
export const describeTopicConfig = (
  overrides: ConfigOverrides,
  inherited?: ConfigOverrides,
): readonly ConfigEntry[] => {
  if (inherited === undefined) return describeConfigs(definitions, overrides);
  const names = Object.keys({ ...inherited, ...overrides }).toSorted();
  return names.map((name) => {
    const known: ConfigDefinition<unknown> | undefined = Object.hasOwn(definitions, name)
      ? definitions[name as keyof typeof definitions]
      : undefined;
    const value = overrides[name] ?? inherited[name] ?? '';
    return {
      name,
      type: known?.type ?? 'string',
      value,
      defaultValue: inherited[name] ?? known?.defaultValue ?? value,
      isSet: Object.hasOwn(overrides, name),
      isFixed: false,
      // What a fixed one says is about sash's own log.
      description: known === undefined || known.isFixed === true ? '' : known.description,
    };
  });
};

/** The configs that sash obeys, with the text in force. `inherited` as in `readTopicConfig`. */
export const effectiveTopicConfig = (
  overrides: ConfigOverrides,
  inherited?: ConfigOverrides,
): Record<TopicConfigName, string> => {
  const entries = describeConfigs(obeyed, { ...inherited, ...overrides }).map(
    ({ name, value }) => [name, value] as const,
  );
  return Object.fromEntries(entries) as Record<TopicConfigName, string>;
};

/** The overrides after a change (null: back to the default); INVALID_CONFIG names the config, the value and the limits. */
export const checkTopicConfigChange = (current: ConfigOverrides, change: ConfigChange): Result<ConfigOverrides> =>
  changeOverrides('topic', definitions, current, change);

/** The same where somebody else checks it. */
export const changedTopicConfig = (current: ConfigOverrides, change: ConfigChange): ConfigOverrides =>
  Object.fromEntries(
    Object.entries({ ...current, ...change }).flatMap(([name, text]) => (text === null ? [] : [[name, text]])),
  );
