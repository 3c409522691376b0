import { changeOverrides, readConfig, wholeNumber } from './config-value.ts';
import type { ConfigChange, ConfigOverrides } from './config-value.ts';
import { ok } from './result.ts';
import type { Result } from './result.ts';

/** The configs of a topic, with Kafka's names and defaults (TopicConfig.java, LogConfig.java). */
const definitions = {
  'retention.ms': {
    defaultValue: '604800000',
    parse: wholeNumber(-1, Number.MAX_SAFE_INTEGER, '; -1 keeps records however old they are'),
  },
  'retention.bytes': {
    defaultValue: '-1',
    parse: wholeNumber(-1, Number.MAX_SAFE_INTEGER, ' for each partition; -1 keeps records however many they are'),
  },
  'max.message.bytes': { defaultValue: '1048588', parse: wholeNumber(0, 2 ** 31 - 1) },
};

export type TopicConfigName = keyof typeof definitions;

export interface TopicConfig {
  /** Records older than this are dropped; undefined: never. */
  readonly retentionMs: number | undefined;
  /** Bytes that one partition keeps; undefined: all. */
  readonly retentionBytes: number | undefined;
  /** The largest record batch that is taken, with its header, as it is stored. */
  readonly maxMessageBytes: number;
}

const unlessUnlimited = (value: number): number | undefined => (value === -1 ? undefined : value);

/** Reads a topic's config. INVALID_CONFIG for an override that is not known or cannot be read. */
export const parseTopicConfig = (overrides: ConfigOverrides): Result<TopicConfig> => {
  const read = readConfig('topic', definitions, overrides);
  if (!read.ok) return read;
  return ok({
    retentionMs: unlessUnlimited(read.value['retention.ms']),
    retentionBytes: unlessUnlimited(read.value['retention.bytes']),
    maxMessageBytes: read.value['max.message.bytes'],
  });
};

/** Every config with the text in force. */
export const effectiveTopicConfig = (overrides: ConfigOverrides): Record<TopicConfigName, string> => {
  const entries = (Object.keys(definitions) as TopicConfigName[]).map(
    (name) => [name, overrides[name] ?? definitions[name].defaultValue] as const,
  );
  return Object.fromEntries(entries) as Record<TopicConfigName, string>;
};

/** The overrides after a change (null: back to the default); INVALID_CONFIG names the config, the value and the limits. */
export const checkTopicConfigChange = (current: ConfigOverrides, change: ConfigChange): Result<ConfigOverrides> =>
  changeOverrides('topic', definitions, current, change);
