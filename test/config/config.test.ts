import { describe, expect, it } from 'vitest';
import { effectiveSettings, readConfig, settings, type ConfigOutcome } from '../../src/config.ts';

const read = (
  argv: string[],
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): ConfigOutcome => readConfig({ argv, environment, readFile: (path) => files[path] });

function configOf(outcome: ConfigOutcome) {
  if (outcome.kind !== 'config') throw new Error(JSON.stringify(outcome));
  return outcome.config;
}

function refusalOf(outcome: ConfigOutcome): readonly string[] {
  if (outcome.kind !== 'refused') throw new Error(`not refused: ${outcome.kind}`);
  return outcome.messages;
}

describe('where a setting comes from', () => {
  it('is its default when nobody says otherwise', () => {
    const config = configOf(read([]));
    expect(config['http.port']).toBe(8080);
    expect(config['data.dir']).toBe('./data');
    expect(config['http.host']).toBe('127.0.0.1');
    expect(config['auto.create.topics.enable']).toBe(false);
  });

  it('is the flag before the environment, the environment before the file, the file before the default', () => {
    const files = { 'sash.config.json': '{"http.port": 1001, "num.partitions": 3, "log.level": "warn"}' };
    const environment = { SASH_HTTP_PORT: '1002', SASH_NUM_PARTITIONS: '4' };
    const config = configOf(read(['--http.port', '1003'], environment, files));
    expect(config['http.port']).toBe(1003);
    expect(config['num.partitions']).toBe(4);
    expect(config['log.level']).toBe('warn');
    expect(config['http.max.wait.ms']).toBe(60_000);
  });

  it('has one name in all three spellings, for every setting', () => {
    for (const { name, environment, default: value } of settings) {
      expect(environment).toBe(`SASH_${name.toUpperCase().replaceAll('.', '_')}`);
      if (value === '') continue;
      const flag = configOf(read([`--${name}`, value]));
      const variable = configOf(read([], { [environment]: value }));
      expect(flag).toEqual(configOf(read([])));
      expect(variable).toEqual(flag);
    }
  });

  it('may be nested or dotted in the file', () => {
    const dotted = read(
      ['--config', 'a.json'],
      {},
      { 'a.json': '{"http.port": 1, "group.share.delivery.count.limit": 3}' },
    );
    const nested = read(
      ['--config=a.json'],
      {},
      {
        'a.json': '{"http": {"port": 1}, "group": {"share.delivery": {"count.limit": 3}}}',
      },
    );
    expect(configOf(nested)).toEqual(configOf(dotted));
    expect(configOf(nested)['group.share.delivery.count.limit']).toBe(3);
  });

  it('has short flags where people expect them', () => {
    const config = configOf(read(['--port', '0', '--data-dir=/tmp/x', '--host', '::1']));
    expect([config['http.port'], config['data.dir'], config['http.host']]).toEqual([0, '/tmp/x', '::1']);
  });

  it('takes a bare flag as true, and a list separated by commas', () => {
    const config = configOf(read(['--auto.create.topics.enable', '--http.allowed.hosts', 'sash.local, queue']));
    expect(config['auto.create.topics.enable']).toBe(true);
    expect(config['http.allowed.hosts']).toEqual(['sash.local', 'queue']);
    expect(configOf(read(['--auto.create.topics.enable', 'false']))['auto.create.topics.enable']).toBe(false);
  });

  it('ignores SASH_URL, which the command line reads', () => {
    expect(read([], { SASH_URL: 'http://127.0.0.1:8080' }).kind).toBe('config');
  });

  it('ignores what Kubernetes sets for a service named sash', () => {
    const environment = {
      SASH_SERVICE_HOST: '10.0.0.1',
      SASH_SERVICE_PORT_HTTP: '80',
      SASH_PORT: 'tcp://10.0.0.1:80',
      SASH_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(read([], environment).kind).toBe('config');
  });
});

describe('a setting that is wrong', () => {
  it('is refused with its name, its value, where it came from and what is allowed', () => {
    expect(refusalOf(read(['--http.port', '99999']))).toEqual([
      'http.port is 99999 (the flag --http.port); it must be an integer from 0 to 65535.',
    ]);
    expect(refusalOf(read([], { SASH_LOG_LEVEL: 'loud' }))[0]).toMatch(
      /^log.level is "loud" \(the environment's SASH_LOG_LEVEL\); it must be one of trace, debug/,
    );
    expect(refusalOf(read([], {}, { 'sash.config.json': '{"http": {"port": "8080"}}' }))[0]).toBe(
      'http.port is "8080" (the file sash.config.json); it must be an integer from 0 to 65535.',
    );
  });

  it.each([['1.5'], ['1e3'], ['0x10'], [''], [' '], ['-1'], ['99999999999999999999']])(
    'is not read as a number when it is %j',
    (value) => {
      expect(refusalOf(read([`--http.port=${value}`]))).toHaveLength(1);
    },
  );

  it('is unknown: the nearest name is offered', () => {
    expect(refusalOf(read(['--http.prot', '1']))).toEqual([
      'There is no setting for the argument --http.prot. Did you mean --http.port? --help lists all settings.',
    ]);
    expect(refusalOf(read([], { SASH_HTTP_PROT: '1' }))[0]).toContain('Did you mean SASH_HTTP_PORT?');
    expect(refusalOf(read([], {}, { 'sash.config.json': '{"http": {"prot": 1}}' }))[0]).toContain(
      'http.prot in the file sash.config.json. Did you mean http.port?',
    );
    expect(refusalOf(read(['serve']))[0]).toContain('There is no setting for the argument serve.');
  });

  it('hides no other fault', () => {
    expect(refusalOf(read(['--http.port', 'x', '--nonsense', '3', '--num.partitions=0']))).toHaveLength(3);
  });

  it('is a flag without its value', () => {
    expect(refusalOf(read(['--http.port']))).toEqual(['--http.port needs a value: an integer from 0 to 65535.']);
    expect(refusalOf(read(['--data.dir', '--http.port', '1']))).toHaveLength(1);
  });

  it('is a file that is missing, no JSON, or no object', () => {
    expect(refusalOf(read(['--config', 'none.json']))).toEqual(['The config file none.json does not exist.']);
    expect(refusalOf(read([], {}, { 'sash.config.json': '{' }))[0]).toMatch(
      /^The config file sash.config.json cannot be read: /,
    );
    expect(refusalOf(read([], {}, { 'sash.config.json': '[]' }))[0]).toContain('must hold one JSON object');
  });
});

describe("the defaults of Kafka's group configs", () => {
  it.each([
    ['delivery.count.limit', '7', '--group.share.max.delivery.count.limit', '6', 'at most'],
    ['record.lock.duration.ms', '14999', '--group.share.min.record.lock.duration.ms', '15000', 'at least'],
    ['partition.max.record.locks', '5000', '--group.share.max.partition.max.record.locks', '4000', 'at most'],
    ['session.timeout.ms', '44999', '--group.share.min.session.timeout.ms', '45000', 'at least'],
    ['heartbeat.interval.ms', '15001', '--group.share.max.heartbeat.interval.ms', '15000', 'at most'],
  ])('refuse to start with %s outside its own bounds', (name, value, bound, limit, words) => {
    const messages = refusalOf(read([`--group.share.${name}`, value, bound, limit]));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`group.share.${name} is ${value}`);
    expect(messages[0]).toContain(`it must be ${words} ${bound.slice(2)}, which is ${limit}`);
  });

  it('refuse a session timeout that is not greater than the heartbeat interval', () => {
    const bounds = ['--group.share.min.session.timeout.ms', '1', '--group.share.session.timeout.ms'];
    expect(refusalOf(read([...bounds, '5000']))[0]).toContain(
      'it must be greater than group.share.heartbeat.interval.ms',
    );
    expect(read([...bounds, '5001']).kind).toBe('config');
  });

  it('allow a million records in flight, when the greatest value for groups does', () => {
    const config = configOf(
      read([
        '--group.share.max.partition.max.record.locks',
        '1000000',
        '--group.share.partition.max.record.locks=1000000',
      ]),
    );
    expect(config['group.share.partition.max.record.locks']).toBe(1_000_000);
  });
});

describe('the warning about authentication', () => {
  it.each(['0.0.0.0', '::', '192.168.1.5', 'sash.example'])('comes, in one sentence, when binding to %s', (host) => {
    const outcome = read(['--http.host', host]);
    if (outcome.kind !== 'config') throw new Error(outcome.kind);
    expect(outcome.warnings).toHaveLength(1);
    expect(outcome.warnings[0]).toContain('no authentication yet');
    expect(outcome.warnings[0]).toContain(host);
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('does not come for %s', (host) => {
    expect(read(['--http.host', host])).toMatchObject({ kind: 'config', warnings: [] });
  });
});

describe('the settings as Kafka clients are shown them', () => {
  const shown = (name: string, argv: string[] = []) =>
    effectiveSettings(configOf(read(argv))).find((each) => each.name === name);

  it('are all there, with what is in force and whether that is the default', () => {
    expect(effectiveSettings(configOf(read([]))).map((each) => each.name)).toEqual(settings.map((each) => each.name));
    expect(shown('group.share.max.size')).toMatchObject({ value: '200', defaultValue: '200', isSet: false });
    expect(shown('group.share.max.size', ['--group.share.max.size', '300'])).toMatchObject({
      value: '300',
      defaultValue: '200',
      isSet: true,
      isFixed: true,
      description: 'Members of one share group',
    });
  });

  it.each([
    ['auto.create.topics.enable', 'boolean', 'false'],
    ['group.share.max.size', 'int', '200'],
    ['log.cache.bytes', 'long', '16777216'],
    ['log.level', 'string', 'info'],
    ['http.allowed.hosts', 'list', ''],
  ])('have the types that Kafka has: %s is a %s', (name, type, value) => {
    expect(shown(name)).toMatchObject({ type, value });
  });
});

describe('the settings over a Kafka', () => {
  const kafka = ['--log.kafka.bootstrap.servers', 'a:9092,[::1]:9093'];
  const redis = ['--store.redis.url', 'redis://:hidden@b:6379'];

  it('take several brokers, and need a Redis with them', () => {
    expect(configOf(read([...kafka, ...redis]))['log.kafka.bootstrap.servers']).toEqual(['a:9092', '[::1]:9093']);
    expect(refusalOf(read(kafka))).toEqual([
      'store.redis.url is not set; with log.kafka.bootstrap.servers, the state is kept in a Redis.',
    ]);
    expect(refusalOf(read(['--log.kafka.bootstrap.servers', 'a', ...redis]))[0]).toContain('a list of HOST:PORT');
  });

  it('need a user where that Kafka wants one', () => {
    const sasl = [...kafka, ...redis, '--log.kafka.security.protocol', 'SASL_SSL'];
    expect(refusalOf(read(sasl))).toHaveLength(2);
    expect(read([...sasl, '--log.kafka.sasl.username=u', '--log.kafka.sasl.password=p']).kind).toBe('config');
  });

  it('are shown to Kafka clients without what is secret', () => {
    const shown = effectiveSettings(configOf(read([...kafka, ...redis, '--log.kafka.sasl.password', 'hidden'])));
    expect(JSON.stringify(shown)).not.toContain('hidden');
    expect(shown.find(({ name }) => name === 'store.redis.url')).toMatchObject({ type: 'password', isSet: true });
  });

  it('refuse a session time-out that is not greater than the interval of heartbeats', () => {
    const heartbeat = ['--cluster.session.timeout.ms', '6000', '--cluster.heartbeat.interval.ms'];
    expect(refusalOf(read([...heartbeat, '6000']))[0]).toContain('must be greater than cluster.heartbeat.interval.ms');
    expect(read([...heartbeat, '5999']).kind).toBe('config');
  });
});

describe('--help', () => {
  it('shows every setting with its three spellings, unit, default and limits', () => {
    const outcome = read(['--http.port', 'nonsense', '--help']);
    if (outcome.kind !== 'help') throw new Error(outcome.kind);
    for (const setting of settings) {
      expect(outcome.text).toContain(`--${setting.name}`);
      expect(outcome.text).toContain(`(${setting.environment})`);
      expect(outcome.text).toContain(`${setting.description}.`);
      expect(outcome.text).toContain(`default ${setting.default === '' ? 'none' : setting.default}.`);
    }
    expect(outcome.text).toContain('An integer from 1 to 86400000 ms; default 300000.');
    expect(outcome.text).toContain('An integer from 1024 to 1073741824 bytes; default 16777216.');
  });

  it('says ms or bytes wherever the name does', () => {
    for (const { name, values } of settings) {
      if (name.endsWith('.ms')) expect(values, name).toMatch(/ ms$/);
      if (name.endsWith('.bytes')) expect(values, name).toMatch(/ bytes$/);
    }
  });
});
