import type { ConfigEntry, ConfigType } from '../core/config-value.ts';

/** DescribeConfigsResponse.ConfigSource. */
export const configSources = { topic: 1, staticBroker: 4, default: 5, group: 8 } as const;

/** DescribeConfigsResponse.ConfigType. */
export const configTypes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
};

/** A config of a topic as clients see it, in the order of Kafka's answers to CreateTopics. */
export const topicConfigEntries = (entries: readonly ConfigEntry[]) =>
  [...entries]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value, isSet, isFixed }) => ({
      name,
      value,
      readOnly: isFixed,
      configSource: isSet ? configSources.topic : configSources.default,
      isSensitive: false,
    }));
