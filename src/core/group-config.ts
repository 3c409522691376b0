import {
  changeOverrides,
  describeConfigs,
  fixed,
  oneOf,
  readConfig,
  rejectConfig,
  trueOrFalse,
  wholeNumber,
} from './config-value.ts';
import type {
  ConfigChange,
  ConfigDefinition,
  ConfigDefinitions,
  ConfigEntry,
  ConfigOverrides,
  ConfigParser,
} from './config-value.ts';
import { ok } from './result.ts';
import type { Result } from './result.ts';

/**
 * The configs of a share group, with Kafka's names, rules and defaults (GroupConfig.java, KIP-932, KIP-1240). What a group did not set
 * comes from the broker-wide settings `group.share.*`, which also bound what a group may set.
 */

const maxInt32 = 2 ** 31 - 1;

/** The configs that are a number with bounds, and the settings behind each. */
const boundedConfigs = {
  'share.record.lock.duration.ms': {
    description: 'How long an acquired record is locked.',
    setting: 'group.share.record.lock.duration.ms',
    min: 'group.share.min.record.lock.duration.ms',
    max: 'group.share.max.record.lock.duration.ms',
  },
  'share.delivery.count.limit': {
    description: 'Deliveries of a record before it is archived.',
    setting: 'group.share.delivery.count.limit',
    min: 'group.share.min.delivery.count.limit',
    max: 'group.share.max.delivery.count.limit',
  },
  'share.partition.max.record.locks': {
    description: 'Records in flight in one window.',
    setting: 'group.share.partition.max.record.locks',
    min: 'group.share.min.partition.max.record.locks',
    max: 'group.share.max.partition.max.record.locks',
  },
  'share.session.timeout.ms': {
    description: 'Silence after which a member is removed.',
    setting: 'group.share.session.timeout.ms',
    min: 'group.share.min.session.timeout.ms',
    max: 'group.share.max.session.timeout.ms',
  },
  'share.heartbeat.interval.ms': {
    description: 'Interval of the heartbeats of members.',
    setting: 'group.share.heartbeat.interval.ms',
    min: 'group.share.min.heartbeat.interval.ms',
    max: 'group.share.max.heartbeat.interval.ms',
  },
} as const;

type BoundedName = keyof typeof boundedConfigs;

type SettingNames = (typeof boundedConfigs)[BoundedName];

/** The broker-wide settings in force, by Kafka's names: defaults of groups that set nothing, and bounds, both inclusive. */
export type GroupConfigDefaults = Readonly<Record<SettingNames['setting' | 'min' | 'max'], number>>;

/** The broker-wide setting that a config's default comes from; undefined: its default is Kafka's. */
export const settingBehind = (name: string): string | undefined =>
  Object.hasOwn(boundedConfigs, name) ? boundedConfigs[name as BoundedName].setting : undefined;

/** Where a group starts to read a partition: its end, its start, or the first record not older than a duration. */
export type AutoOffsetReset =
  | { readonly kind: 'latest' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'by_duration'; readonly durationMs: number };

export interface GroupConfig {
  readonly lockDurationMs: number;
  /** What an operation that brings its own lock duration may ask for: inclusive, as is the greatest. */
  readonly minLockDurationMs: number;
  readonly maxLockDurationMs: number;
  /** A record is delivered so often, at most. */
  readonly deliveryCountLimit: number;
  /** The width of a window, in offsets. */
  readonly partitionMaxRecordLocks: number;
  readonly autoOffsetReset: AutoOffsetReset;
  readonly isolationLevel: 'read_uncommitted' | 'read_committed';
  readonly renewAcknowledgeEnable: boolean;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const iso8601 = /^(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d{1,9}))?S)?)?$/i;

/** A duration as Java's Duration.parse reads it, in whole ms: days, hours, minutes, seconds; undefined when it is none. */
const durationMs = (text: string): number | undefined => {
  if (!/^P./i.test(text)) return undefined;
  const parts = iso8601.exec(text.slice(1));
  if (parts === null) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = parts;
  const wholeSeconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  const ms = wholeSeconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return Number.isSafeInteger(ms) ? ms : undefined;
};

const parseAutoOffsetReset: ConfigParser<AutoOffsetReset> = (raw) => {
  const text = raw.trim();
  if (text === 'latest' || text === 'earliest') return { value: { kind: text } };
  const prefix = 'by_duration:';
  const duration = text.startsWith(prefix) ? durationMs(text.slice(prefix.length)) : undefined;
  if (duration !== undefined) return { value: { kind: 'by_duration', durationMs: duration } };
  return {
    problem:
      '"latest", "earliest" or "by_duration:" and an ISO-8601 duration that is not negative, as "by_duration:PT1H", is needed',
  };
};

/**
 * How each config is read. A number outside the bounds is refused when it is to be set; one that was set when the bounds were
 * wider is taken as the nearest bound, as Kafka does.
 */
const definitionsFor = (defaults: GroupConfigDefaults, outside: 'refused' | 'clamped') => {
  const bounded = (name: BoundedName) => {
    const names = boundedConfigs[name];
    const [min, max] = [defaults[names.min], defaults[names.max]];
    const inBounds = wholeNumber(min, max, ` (the server's ${names.min} and ${names.max})`);
    const clamp: ConfigParser<number> = (text) => {
      const parsed = wholeNumber(-maxInt32, maxInt32)(text);
      return 'value' in parsed ? { value: Math.min(max, Math.max(min, parsed.value)) } : parsed;
    };
    const parse = outside === 'clamped' ? clamp : inBounds;
    return {
      type: 'int',
      defaultValue: String(defaults[names.setting]),
      parse,
      description: names.description,
    } as const;
  };
  return {
    'share.auto.offset.reset': {
      type: 'string',
      defaultValue: 'latest',
      parse: parseAutoOffsetReset,
      description:
        'Where the group starts to read a partition: latest, earliest, or by_duration: and an ISO-8601 duration.',
    },
    'share.record.lock.duration.ms': bounded('share.record.lock.duration.ms'),
    'share.delivery.count.limit': bounded('share.delivery.count.limit'),
    'share.partition.max.record.locks': bounded('share.partition.max.record.locks'),
    'share.isolation.level': {
      type: 'string',
      defaultValue: 'read_uncommitted',
      parse: oneOf('read_uncommitted', 'read_committed'),
      description: 'Whether records of transactions that are not committed are delivered.',
    },
    'share.renew.acknowledge.enable': {
      type: 'boolean',
      defaultValue: 'true',
      parse: trueOrFalse,
      description: 'Whether a lock may be renewed.',
    },
    'share.session.timeout.ms': bounded('share.session.timeout.ms'),
    'share.heartbeat.interval.ms': bounded('share.heartbeat.interval.ms'),
  } as const satisfies ConfigDefinitions;
};

/** Kafka's other configs of share groups, at the value that says what sash does. */
const fixedConfigs: Readonly<Record<string, ConfigDefinition<string>>> = {
  'share.assignment.interval.ms': fixed('int', '0', 'partitions are assigned anew with every change of the members'),
  'errors.deadletterqueue.topic.name': fixed('string', '', 'there are no dead-letter queues yet'),
  'errors.deadletterqueue.copy.record.enable': fixed('boolean', 'false', 'there are no dead-letter queues yet'),
};

export type GroupConfigName = keyof ReturnType<typeof definitionsFor>;

/**
 * Reads a group's config. A number that is outside the bounds by now is taken as the bound nearest to it.
 * INVALID_CONFIG for an override that is not known or cannot be read.
 */
export const parseGroupConfig = (overrides: ConfigOverrides, defaults: GroupConfigDefaults): Result<GroupConfig> => {
  const read = readConfig('group', { ...definitionsFor(defaults, 'clamped'), ...fixedConfigs }, overrides);
  if (!read.ok) return read;
  const { value } = read;
  return ok({
    lockDurationMs: value['share.record.lock.duration.ms'],
    minLockDurationMs: defaults['group.share.min.record.lock.duration.ms'],
    maxLockDurationMs: defaults['group.share.max.record.lock.duration.ms'],
    deliveryCountLimit: value['share.delivery.count.limit'],
    partitionMaxRecordLocks: value['share.partition.max.record.locks'],
    autoOffsetReset: value['share.auto.offset.reset'],
    isolationLevel: value['share.isolation.level'],
    renewAcknowledgeEnable: value['share.renew.acknowledge.enable'],
    sessionTimeoutMs: value['share.session.timeout.ms'],
    heartbeatIntervalMs: value['share.heartbeat.interval.ms'],
  });
};

/** Every config that Kafka has for share groups, also those that sash only takes at one value. */
export const describeGroupConfig = (
  overrides: ConfigOverrides,
  defaults: GroupConfigDefaults,
): readonly ConfigEntry[] => describeConfigs({ ...definitionsFor(defaults, 'clamped'), ...fixedConfigs }, overrides);

/** The configs that sash obeys, with the text in force (a number outside the bounds as the bound) and where it comes from. */
export const effectiveGroupConfig = (
  overrides: ConfigOverrides,
  defaults: GroupConfigDefaults,
): Record<GroupConfigName, { readonly value: string; readonly source: 'default' | 'group' }> => {
  const entries = describeConfigs(definitionsFor(defaults, 'clamped'), overrides).map(
    ({ name, value, isSet }) => [name, { value, source: isSet ? 'group' : 'default' }] as const,
  );
  return Object.fromEntries(entries) as ReturnType<typeof effectiveGroupConfig>;
};

/**
 * The overrides after a change (null: back to the default). INVALID_CONFIG for a name that is not known, a value that cannot be read
 * or is outside the broker's bounds, and for a session timeout that is not greater than the heartbeat interval.
 */
export const checkGroupConfigChange = (
  current: ConfigOverrides,
  change: ConfigChange,
  defaults: GroupConfigDefaults,
): Result<ConfigOverrides> => {
  const changed = changeOverrides(
    'group',
    { ...definitionsFor(defaults, 'refused'), ...fixedConfigs },
    current,
    change,
  );
  if (!changed.ok) return changed;
  const touched = (['share.session.timeout.ms', 'share.heartbeat.interval.ms'] as const).find((name) =>
    Object.hasOwn(change, name),
  );
  if (touched !== undefined) {
    const inForce = effectiveGroupConfig(changed.value, defaults);
    const sessionTimeoutMs = inForce['share.session.timeout.ms'].value;
    const heartbeatIntervalMs = inForce['share.heartbeat.interval.ms'].value;
    if (Number(sessionTimeoutMs) <= Number(heartbeatIntervalMs)) {
      const problem = `share.session.timeout.ms (${sessionTimeoutMs}) must be greater than share.heartbeat.interval.ms (${heartbeatIntervalMs})`;
      return rejectConfig(touched, inForce[touched].value, problem);
    }
  }
  return changed;
};
