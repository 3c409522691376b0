/**
 * Every setting of the server: one schema, one name for each, three spellings. `http.port` is `http.port` in
 * `sash.config.json` (dotted or nested), `SASH_HTTP_PORT` in the environment and `--http.port` as a flag. A flag wins
 * over the environment, the environment over the file, the file over the default.
 *
 * Settings that Kafka has carry Kafka's names, units, defaults and limits (Kafka 4.4 broker configs; `group.share.*`
 * are KIP-932 and KIP-1240). Durations are in milliseconds, sizes in bytes.
 */
import { z } from 'zod';
import { clusterChecks, clusterSettings } from './cluster-settings.ts';
import type { ConfigEntry, ConfigType } from './core/config-value.ts';
import { bool, int, oneOf, text, type Unit } from './setting.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The greatest int of Java, Kafka's limit where it names none. */
const INT = 2_147_483_647;
/** Kafka allows 10,000 offsets in flight in one share partition; sash holds a million. */
const MAX_RECORD_LOCKS = 1_000_000;

export const configSchema = z.strictObject({
  'data.dir': text('Folder of the data; made when it is not there. One process at a time works on it', './data'),

  'http.host': text(
    'Address the HTTP API binds to. There is no authentication yet: anything but loopback is open to whoever reaches it',
    '127.0.0.1',
  ),
  'http.port': int('Port of the HTTP API; 0 takes a free one', 8080, 0, 65_535),
  'http.allowed.hosts': z
    .array(z.string().regex(/^[a-z0-9.:[\]-]+$/, 'a host name or address in lower case, without a port'))
    .default([])
    .meta({
      description:
        'Names, besides loopback, under which the HTTP API is reached (the Host header, without a port); requests for another host get 403',
    }),
  'http.body.max.bytes': int('Largest body of a request', 16 * MIB, KIB, GIB, 'bytes'),
  'http.max.waiting.polls': int('Acquires that may wait at once; one more gets 503', 10_000, 1, 1_000_000),
  'http.max.event.streams': int('Streams of events that may be open at once; one more gets 503', 100, 1, 10_000),
  'http.max.wait.ms': int('Longest `waitMs` of an acquire', 60_000, 0, HOUR, 'ms'),
  'http.max.records': int('Most records of one acquire or one read', 10_000, 1, 10_000),
  'http.max.acknowledgements': int('Most acknowledgements of one call', 10_000, 1, 10_000),
  'http.default.max.bytes': int('`maxBytes` of an acquire that does not say one', MIB, 1, GIB, 'bytes'),
  'http.record.header.max.bytes': int(
    'Largest header of a record, name and value together',
    32 * KIB,
    64,
    MIB,
    'bytes',
  ),
  'http.record.max.headers': int('Most headers of a record', 1_000, 0, 100_000),

  'kafka.enable': bool("Whether Kafka's own clients are served", true),
  'kafka.host': text(
    'Address that Kafka clients connect to. There is no authentication yet: anything but loopback is open to whoever reaches it',
    '127.0.0.1',
  ),
  'kafka.port': int('Port for Kafka clients; 0 takes a free one', 9092, 0, 65_535),
  'kafka.advertised.host': z.string().default('').meta({
    description:
      'Where clients are told to connect, as they reach it; empty: `kafka.host`, or localhost where that is a wildcard',
  }),
  'kafka.advertised.port': int('Port that clients are told; 0: the one that is listened on', 0, 0, 65_535),
  'kafka.request.timeout.ms': int(
    'A request that has begun to come is complete after so long, or its connection is closed',
    30_000,
    100,
    HOUR,
    'ms',
  ),
  'node.id': int('What clients know this server by', 1, 0, INT),
  'max.connections': int('Connections of Kafka clients at once; one more is closed', 10_000, 1, INT),
  'connections.max.idle.ms': int(
    'A connection on which nothing moved for so long is closed',
    600_000,
    1_000,
    INT,
    'ms',
  ),
  'socket.request.max.bytes': int('Largest request of a Kafka client', 100 * MIB, KIB, INT, 'bytes'),
  'queued.max.request.bytes': int(
    'Memory for large requests of Kafka clients that are being received or answered; others are read when there is room',
    512 * MIB,
    KIB,
    64 * GIB,
    'bytes',
  ),
  'queued.max.response.bytes': int(
    'Memory for answers that Kafka clients have not taken yet; as it fills, a fetch brings less, at least one record batch',
    256 * MIB,
    KIB,
    64 * GIB,
    'bytes',
  ),
  'max.incremental.fetch.session.cache.slots': int(
    'Fetch sessions of Kafka clients at once; a client without one asks for all its partitions each time',
    1_000,
    0,
    INT,
  ),

  ...clusterSettings,

  'metrics.max.series': int(
    'Groups, topics, share partitions and partitions that have series of their own in each metric of GET /metrics at most; the others are summed under `other`',
    1_000,
    0,
    100_000,
  ),

  'log.level': oneOf(
    'Least level that is logged',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
  ),
  'log.format': oneOf(
    'How the log is written; auto: pretty on a terminal, JSON elsewhere',
    ['auto', 'json', 'pretty'],
    'auto',
  ),
  'log.cache.bytes': int('Memory for record batches that were just appended or read', 16 * MIB, 0, 64 * GIB, 'bytes'),
  'producer.id.expiration.ms': int(
    'An idempotent producer that has appended nothing to a partition for so long is forgotten there',
    86_400_000,
    1,
    INT,
    'ms',
  ),
  'log.retention.check.interval.ms': int(
    'How often retention.ms and retention.bytes are applied',
    300_000,
    1,
    DAY,
    'ms',
  ),

  'fetch.max.bytes': int(
    'Most bytes of records in one answer; a request for more gets no more. The first record batch always comes',
    55 * MIB,
    KIB,
    INT,
    'bytes',
  ),
  'auto.create.topics.enable': bool('A produce or acquire creates the topic it names', false),
  'num.partitions': int('Partitions of a topic that is created without a number', 1, 1, 10_000),

  'shutdown.timeout.ms': int(
    'Longest time a graceful stop may take before the process ends anyway',
    5_000,
    100,
    HOUR,
    'ms',
  ),

  'group.share.record.lock.duration.ms': int(
    'Acquisition lock, where neither group nor request says one',
    30_000,
    1_000,
    HOUR,
    'ms',
  ),
  'group.share.min.record.lock.duration.ms': int(
    'Least share.record.lock.duration.ms of a group',
    15_000,
    1_000,
    30_000,
    'ms',
  ),
  'group.share.max.record.lock.duration.ms': int(
    'Greatest share.record.lock.duration.ms of a group, and lock of a request',
    60_000,
    30_000,
    HOUR,
    'ms',
  ),
  'group.share.delivery.count.limit': int('Deliveries of a record before it is archived', 5, 2, 10),
  'group.share.min.delivery.count.limit': int('Least share.delivery.count.limit of a group', 2, 2, 5),
  'group.share.max.delivery.count.limit': int('Greatest share.delivery.count.limit of a group', 10, 5, 25),
  'group.share.partition.max.record.locks': int('Records in flight in one window', 2_000, 100, MAX_RECORD_LOCKS),
  'group.share.min.partition.max.record.locks': int(
    'Least share.partition.max.record.locks of a group',
    100,
    100,
    2_000,
  ),
  'group.share.max.partition.max.record.locks': int(
    'Greatest share.partition.max.record.locks of a group',
    4_000,
    2_000,
    MAX_RECORD_LOCKS,
  ),
  'group.share.max.size': int('Members of one share group', 200, 1, 1_000),
  'group.share.max.share.sessions': int('Share sessions, of all groups together', 2_000, 1, INT),
  'group.share.session.timeout.ms': int('Silence after which a member is removed', 45_000, 1, INT, 'ms'),
  'group.share.min.session.timeout.ms': int('Least share.session.timeout.ms of a group', 45_000, 1, INT, 'ms'),
  'group.share.max.session.timeout.ms': int('Greatest share.session.timeout.ms of a group', 60_000, 1, INT, 'ms'),
  'group.share.heartbeat.interval.ms': int('Interval of the heartbeats of members', 5_000, 1, INT, 'ms'),
  'group.share.min.heartbeat.interval.ms': int('Least share.heartbeat.interval.ms of a group', 5_000, 1, INT, 'ms'),
  'group.share.max.heartbeat.interval.ms': int('Greatest share.heartbeat.interval.ms of a group', 15_000, 1, INT, 'ms'),
});

/** Every setting with its value; nothing is missing. */
export type Config = z.infer<typeof configSchema>;
export type SettingName = keyof Config;

/** A default that a group could not set itself, because it is outside the bounds for groups, is refused. */
const boundedDefaults = [
  'record.lock.duration.ms',
  'delivery.count.limit',
  'partition.max.record.locks',
  'session.timeout.ms',
  'heartbeat.interval.ms',
] as const;

/** Short forms of flags that people type without looking. */
const shortFlags: Readonly<Record<string, SettingName>> = {
  '--port': 'http.port',
  '--host': 'http.host',
  '--data-dir': 'data.dir',
};

/** One setting, as `--help` and the documentation show it. */
export interface SettingDescription {
  readonly name: SettingName;
  readonly environment: string;
  readonly flags: readonly string[];
  readonly description: string;
  /** As in `an integer from 0 to 65535`, with its unit where it has one. */
  readonly values: string;
  /** As it would be written in the environment. */
  readonly default: string;
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly unit?: Unit;
  readonly default?: unknown;
  readonly secret?: true;
  /** Where the rule is none that the schema tells. */
  readonly values?: string;
}

const { properties } = z.toJSONSchema(configSchema, { io: 'input' });
const schemas = properties as unknown as Readonly<Record<SettingName, JsonSchema>>;
const settingNames = Object.keys(schemas) as SettingName[];
const isSettingName = (name: string): name is SettingName => Object.hasOwn(schemas, name);
const environmentName = (name: string): string => `SASH_${name.replaceAll('.', '_').toUpperCase()}`;

function valuesOf(schema: JsonSchema): string {
  if (schema.values !== undefined) return schema.values;
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') return 'a list of names in lower case, separated by commas';
  if (schema.type === 'integer') {
    return `an integer from ${schema.minimum} to ${schema.maximum}${schema.unit === undefined ? '' : ` ${schema.unit}`}`;
  }
  return schema.default === '' ? 'a text' : 'a text that is not empty';
}

/** All settings, in the order of the schema. */
export const settings: readonly SettingDescription[] = settingNames.map((name) => {
  const schema = schemas[name];
  return {
    name,
    environment: environmentName(name),
    flags: [`--${name}`, ...Object.keys(shortFlags).filter((flag) => shortFlags[flag] === name)],
    description: schema.description ?? '',
    values: valuesOf(schema),
    default: Array.isArray(schema.default) ? schema.default.join(',') : String(schema.default),
  };
});

const typeOf = ({ type, maximum = 0, secret: isSecret }: JsonSchema): ConfigType => {
  if (isSecret === true) return 'password';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return 'list';
  return type === 'integer' ? (maximum > INT ? 'long' : 'int') : 'string';
};

/**
 * Every setting with its value in force, as Kafka clients are shown a broker's configs; those of the type `password` without it. None can
 * be changed while it runs.
 */
export const effectiveSettings = (config: Config): readonly ConfigEntry[] =>
  settings.map(({ name, description, default: defaultValue }) => {
    const value = String(config[name]);
    const type = typeOf(schemas[name]);
    const isSet = value !== defaultValue;
    return { name, type, value: type === 'password' ? '' : value, defaultValue, isSet, isFixed: true, description };
  });

/** Where settings come from; given as values, so that reading them is a pure function. */
export interface ConfigSources {
  /** Without the program's name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file, or `undefined` when there is no such file. */
  readonly readFile: (path: string) => string | undefined;
}

export type ConfigOutcome =
  | { readonly kind: 'config'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  /** One sentence for each fault: the name, the value, where it came from, what is allowed. */
  | { readonly kind: 'refused'; readonly messages: readonly string[] };

/** A value and where it came from, as in `the flag --http.port`. */
interface Given {
  readonly value: unknown;
  readonly from: string;
}

const DEFAULT_FILE = 'sash.config.json';

/** Reads all sources; never throws. Every fault is reported, not only the first. */
export function readConfig(sources: ConfigSources): ConfigOutcome {
  const messages: string[] = [];
  const flags = fromFlags(sources.argv, messages);
  if (flags.help) return { kind: 'help', text: helpText() };
  if (flags.version) return { kind: 'version' };

  const environment = fromEnvironment(sources.environment, messages);
  const file = fromFile(flags.file ?? sources.environment['SASH_CONFIG'], sources.readFile, messages);
  const given = new Map<SettingName, Given>([...file, ...environment, ...flags.given]);

  const parsed = configSchema.safeParse(Object.fromEntries([...given].map(([name, { value }]) => [name, value])));
  if (!parsed.success) {
    for (const name of new Set(parsed.error.issues.map((issue) => String(issue.path[0])))) {
      if (!isSettingName(name)) continue;
      const value = schemas[name].secret === true ? 'no text' : JSON.stringify(given.get(name)?.value);
      messages.push(`${name} is ${value} (${given.get(name)?.from}); it must be ${valuesOf(schemas[name])}.`);
    }
    return { kind: 'refused', messages };
  }
  messages.push(...crossChecks(parsed.data, given));
  if (messages.length > 0) return { kind: 'refused', messages };
  return { kind: 'config', config: parsed.data, warnings: warningsOf(parsed.data) };
}

function crossChecks(config: Config, given: ReadonlyMap<SettingName, Given>): string[] {
  const messages: string[] = [];
  const fault = (name: SettingName, mustBe: string, than: SettingName): void => {
    const [from, thanFrom] = [name, than].map((setting) => given.get(setting)?.from ?? 'its default');
    messages.push(
      `${name} is ${String(config[name])} (${from}); it must be ${mustBe} ${than}, which is ${String(config[than])} (${thanFrom}).`,
    );
  };
  for (const name of boundedDefaults) {
    const [value, min, max] = [`group.share.${name}`, `group.share.min.${name}`, `group.share.max.${name}`] as const;
    if (config[value] < config[min]) fault(value, 'at least', min);
    if (config[value] > config[max]) fault(value, 'at most', max);
  }
  const [session, heartbeat] = ['group.share.session.timeout.ms', 'group.share.heartbeat.interval.ms'] as const;
  if (config[session] <= config[heartbeat]) fault(session, 'greater than', heartbeat);
  messages.push(...clusterChecks(config));
  if (config['cluster.session.timeout.ms'] <= config['cluster.heartbeat.interval.ms'])
    fault('cluster.session.timeout.ms', 'greater than', 'cluster.heartbeat.interval.ms');
  return messages;
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);

function warningsOf(config: Config): string[] {
  const hosts = config['kafka.enable'] ? (['http.host', 'kafka.host'] as const) : (['http.host'] as const);
  return hosts
    .filter((name) => !isLoopback(config[name]))
    .map(
      (name) =>
        `${name} is ${config[name]}, which is not loopback, and there is no authentication yet: whoever reaches this port can read, change and delete everything.`,
    );
}

interface Flags {
  readonly given: ReadonlyMap<SettingName, Given>;
  readonly file: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

function fromFlags(argv: readonly string[], messages: string[]): Flags {
  const given = new Map<SettingName, Given>();
  let file: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--help' || argument === '-h') return { given, file, help: true, version: false };
    if (argument === '--version' || argument === '-v') return { given, file, help: false, version: true };
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = shortFlags[flag] ?? flag.slice(2);
    if (!flag.startsWith('--') || (flag !== '--config' && !isSettingName(name))) {
      messages.push(
        unknown(`the argument ${argument}`, flag, ['--config', ...settings.flatMap((setting) => setting.flags)]),
      );
      // Its value, if it has one, is not a second fault.
      if (equals < 0 && argv[i + 1]?.startsWith('-') === false) i++;
      continue;
    }
    const next = argv[i + 1];
    let value: string;
    if (equals >= 0) value = argument.slice(equals + 1);
    else if (isSettingName(name) && schemas[name].type === 'boolean' && next !== 'true' && next !== 'false')
      value = 'true';
    else if (next === undefined || next.startsWith('--')) {
      messages.push(
        `${flag} needs a value${isSettingName(name) ? `: ${valuesOf(schemas[name])}` : ', the path of a file'}.`,
      );
      continue;
    } else {
      value = next;
      i++;
    }
    if (flag === '--config') file = value;
    else if (isSettingName(name)) given.set(name, { value: fromText(name, value), from: `the flag ${flag}` });
  }
  return { given, file, help: false, version: false };
}

/** Variables of ours that are no settings: where the file is, and the server that the command line talks to. */
const notSettings: ReadonlySet<string> = new Set(['SASH_CONFIG', 'SASH_URL']);

/** What Kubernetes sets by itself for a service named `sash`; no settings of ours. */
const kubernetesServiceLink = /^SASH_(SERVICE_(HOST|PORT(_\w+)?)|PORT|PORT_\d+_(TCP|UDP)(_\w+)?)$/;

function fromEnvironment(environment: ConfigSources['environment'], messages: string[]): Map<SettingName, Given> {
  const given = new Map<SettingName, Given>();
  const byEnvironment = new Map(settings.map((setting) => [setting.environment, setting.name]));
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('SASH_') || value === undefined || notSettings.has(variable)) continue;
    const name = byEnvironment.get(variable);
    if (name !== undefined) given.set(name, { value: fromText(name, value), from: `the environment's ${variable}` });
    else if (!kubernetesServiceLink.test(variable)) {
      messages.push(unknown(`the environment variable ${variable}`, variable, [...byEnvironment.keys()]));
    }
  }
  return given;
}

function fromFile(
  asked: string | undefined,
  readFile: ConfigSources['readFile'],
  messages: string[],
): Map<SettingName, Given> {
  const path = asked ?? DEFAULT_FILE;
  let content: string | undefined;
  let parsed: unknown;
  try {
    content = readFile(path);
    parsed = content === undefined ? {} : JSON.parse(content);
  } catch (error) {
    messages.push(`The config file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
    return new Map();
  }
  if (content === undefined && asked !== undefined) messages.push(`The config file ${path} does not exist.`);
  if (!isObject(parsed)) {
    messages.push(`The config file ${path} must hold one JSON object, such as {"http.port": 8080}.`);
    return new Map();
  }
  const given = new Map<SettingName, Given>();
  const collect = (prefix: string, object: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(object)) {
      const name = prefix + key;
      if (isSettingName(name)) given.set(name, { value, from: `the file ${path}` });
      else if (isObject(value)) collect(`${name}.`, value);
      else messages.push(unknown(`${name} in the file ${path}`, name, settingNames));
    }
  };
  collect('', parsed);
  return given;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a text means for this setting. A text that means nothing stays a text, and the schema refuses it. */
function fromText(name: SettingName, value: string): unknown {
  const { type } = schemas[name];
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if (type === 'array') return value === '' ? [] : value.split(',').map((part) => part.trim());
  return value;
}

function unknown(what: string, written: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(written.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  const close = nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(written.length / 4));
  return `There is no setting for ${what}.${close ? ` Did you mean ${nearest.candidate}?` : ''} --help lists all settings.`;
}

/** Levenshtein's: how many letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
  }
  return row[b.length] ?? 0;
}

function helpText(): string {
  const lines = [
    'sash: share-group queues over HTTP, in one process, on one data folder.',
    '',
    'Usage: sash serve [--config FILE] [--SETTING VALUE]...        (in a clone: npm start -- [--SETTING VALUE]...)',
    '',
    'Each setting has one name in three spellings: in a JSON file (sash.config.json, or --config FILE, or SASH_CONFIG),',
    'in the environment, and as a flag. A flag wins over the environment, the environment over the file.',
    '',
  ];
  for (const setting of settings) {
    const value = setting.default === '' ? 'none' : setting.default;
    lines.push(
      `  ${setting.flags.join(', ')}  (${setting.environment})`,
      `      ${setting.description}.`,
      `      ${setting.values.charAt(0).toUpperCase()}${setting.values.slice(1)}; default ${value}.`,
    );
  }
  lines.push('', '  --config FILE  (SASH_CONFIG)', '      JSON file of settings.', '  --help', '  --version', '');
  return lines.join('\n');
}
