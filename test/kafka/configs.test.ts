import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { alterConfigsApi } from '../../src/codec/messages/alter-configs.ts';
import { describeConfigsApi } from '../../src/codec/messages/describe-configs.ts';
import { incrementalAlterConfigsApi } from '../../src/codec/messages/incremental-alter-configs.ts';
import { listConfigResourcesApi } from '../../src/codec/messages/list-config-resources.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

const topic = 2;
const broker = 4;
const group = 32;
const [set, drop, append, subtract] = [0, 1, 2, 3];
const { INVALID_CONFIG, INVALID_REQUEST } = errorCodes;

describe('configs over the wire', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  beforeEach(async () => {
    door = await openKafkaDoor();
    client = await door.open();
    must(await door.broker.createTopic({ name: 't', partitions: 1, config: { 'retention.ms': '1000' } }));
  });
  afterEach(() => door.close());

  const ask = async (
    resourceType: number,
    resourceName: string,
    configurationKeys: readonly string[] | null = null,
    more: { version?: number; includeSynonyms?: boolean; includeDocumentation?: boolean } = {},
  ) => {
    const { version = 4, ...include } = more;
    const request = { resources: [{ resourceType, resourceName, configurationKeys }], ...include };
    const [result] = (await client.call(describeConfigsApi, version, request)).results;
    if (result === undefined) throw new Error('no result');
    return result;
  };
  const valueOf = async (resourceType: number, name: string, key: string) =>
    (await ask(resourceType, name, [key])).configs[0]?.value;

  interface Change {
    readonly resourceType?: number;
    readonly resourceName?: string;
    readonly configs: readonly { name: string; configOperation?: number; value: string | null }[];
  }
  const alter = async (changes: readonly Change[], validateOnly = false, version = 1) => {
    const resources = changes.map((each) => ({ resourceType: topic, resourceName: 't', ...each }));
    return (await client.call(incrementalAlterConfigsApi, version, { resources, validateOnly })).responses;
  };
  const alterOne = async (name: string, configOperation: number, value: string | null, of: Partial<Change> = {}) => {
    const [answer] = await alter([{ ...of, configs: [{ name, configOperation, value }] }]);
    return { errorCode: answer?.errorCode, message: answer?.errorMessage ?? '' };
  };
  const replace = async (changes: readonly Change[], validateOnly = false, version = 2) => {
    const resources = changes.map((each) => ({ resourceType: topic, resourceName: 't', ...each }));
    return (await client.call(alterConfigsApi, version, { resources, validateOnly })).responses;
  };

  describe('DescribeConfigs', () => {
    it('shows all configs of a topic, with where they come from, in every version', async () => {
      for (let version = 1; version <= 4; version++) {
        const { configs, errorCode } = await ask(topic, 't', null, { version, includeSynonyms: true });
        expect(errorCode).toBe(0);
        expect(configs.length).toBeGreaterThan(30);
        expect(configs.find((each) => each.name === 'retention.ms')).toEqual({
          name: 'retention.ms',
          value: '1000',
          readOnly: false,
          configSource: 1,
          isSensitive: false,
          synonyms: [
            { name: 'retention.ms', value: '1000', source: 1 },
            { name: 'retention.ms', value: '604800000', source: 5 },
          ],
          configType: version >= 3 ? 5 : 0,
          documentation: version >= 3 ? null : '',
        });
        expect(configs.find((each) => each.name === 'cleanup.policy')).toMatchObject({
          value: 'delete',
          readOnly: true,
          configSource: 5,
        });
      }
    });

    it('shows the keys asked for, all where there are none, and nothing of what it does not know', async () => {
      const some = await ask(topic, 't', ['max.message.bytes', 'nope', 'retention.ms']);
      expect(some.configs.map((each) => each.name)).toEqual(['retention.ms', 'max.message.bytes']);
      expect(some.configs[0]?.synonyms).toEqual([]);
      expect((await ask(topic, 't', [])).configs.length).toBeGreaterThan(30);
      expect((await ask(topic, 't', ['nope'])).configs).toEqual([]);
    });

    it('explains configs where that is asked for', async () => {
      const [config] = (await ask(topic, 't', ['flush.messages'], { includeDocumentation: true })).configs;
      expect(config?.documentation).toBe('Always 1: every record is flushed to disk before it is confirmed.');
    });

    it("shows a group's configs, existing or not, with the server's settings behind them", async () => {
      await alterOne('share.heartbeat.interval.ms', set, '7000', { resourceType: group, resourceName: 'g' });
      const { configs } = await ask(group, 'g', null, { includeSynonyms: true });
      expect(configs.find((each) => each.name === 'share.heartbeat.interval.ms')).toMatchObject({
        value: '7000',
        configSource: 8,
        configType: 3,
        synonyms: [
          { name: 'share.heartbeat.interval.ms', value: '7000', source: 8 },
          { name: 'group.share.heartbeat.interval.ms', value: '6000', source: 4 },
          { name: 'group.share.heartbeat.interval.ms', value: '5000', source: 5 },
        ],
      });
      expect(configs.find((each) => each.name === 'share.auto.offset.reset')).toMatchObject({
        value: 'latest',
        configSource: 5,
        synonyms: [{ name: 'share.auto.offset.reset', value: 'latest', source: 5 }],
      });
      expect(configs.find((each) => each.name === 'share.isolation.level')?.value).toBe('read_uncommitted');
    });

    it("shows the server's settings as those of the broker, read-only", async () => {
      const { configs } = await ask(broker, '1', null, { includeSynonyms: true });
      expect(configs.find((each) => each.name === 'group.share.max.size')).toMatchObject({
        value: '300',
        readOnly: true,
        configSource: 4,
        synonyms: [
          { name: 'group.share.max.size', value: '300', source: 4 },
          { name: 'group.share.max.size', value: '200', source: 5 },
        ],
      });
      expect(configs.find((each) => each.name === 'auto.create.topics.enable')).toMatchObject({
        value: 'false',
        configSource: 5,
        configType: 1,
      });
      expect(await ask(broker, '')).toMatchObject({ errorCode: 0, configs: [] });
    });

    it('refuses what is not there, each by itself', async () => {
      const cases: readonly (readonly [number, string, keyof typeof errorCodes])[] = [
        [topic, 'nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
        [topic, 'bad name', 'INVALID_TOPIC_EXCEPTION'],
        [topic, '', 'INVALID_TOPIC_EXCEPTION'],
        [group, '', 'INVALID_REQUEST'],
        [broker, '2', 'INVALID_REQUEST'],
        [broker, 'abc', 'INVALID_REQUEST'],
        [99, 'x', 'INVALID_REQUEST'],
      ];
      for (const [type, name, error] of cases) {
        const result = await ask(type, name);
        expect(result.errorCode, `${type} ${name}`).toBe(errorCodes[error]);
        expect(result.errorMessage).not.toBe('');
        expect(result).toMatchObject({ resourceType: type, resourceName: name, configs: [] });
      }
    });
  });

  describe('IncrementalAlterConfigs', () => {
    it('sets and deletes configs of a topic, in every version; HTTP sees the same', async () => {
      for (const version of [0, 1]) {
        const configs = [
          { name: 'retention.bytes', configOperation: set, value: String(77 + version) },
          { name: 'retention.ms', configOperation: drop, value: null },
        ];
        expect(await alter([{ configs }], false, version)).toEqual([
          { errorCode: 0, errorMessage: null, resourceType: topic, resourceName: 't' },
        ]);
        expect(must(door.broker.describeTopic('t')).config).toMatchObject({
          'retention.bytes': String(77 + version),
          'retention.ms': '604800000',
        });
      }
    });

    it('changes all that is named in a resource, or nothing', async () => {
      const configs = [
        { name: 'retention.bytes', configOperation: set, value: '77' },
        { name: 'retention.ms', configOperation: set, value: 'soon' },
      ];
      expect((await alter([{ configs }]))[0]).toMatchObject({ errorCode: INVALID_CONFIG });
      expect(await valueOf(topic, 't', 'retention.bytes')).toBe('-1');
    });

    it('refuses what is not possible, with the reason', async () => {
      expect(await alterOne('nope', set, '1')).toMatchObject({ errorCode: INVALID_CONFIG });
      expect((await alterOne('cleanup.policy', set, 'compact')).message).toContain('topics are not compacted');
      expect(await alterOne('retention.ms', set, null)).toMatchObject({ errorCode: INVALID_REQUEST });
      expect(await alterOne('retention.ms', 9, '1')).toMatchObject({ errorCode: INVALID_REQUEST });
      expect(await alterOne('nope', drop, null)).toMatchObject({ errorCode: 0 });
      expect(await valueOf(topic, 't', 'retention.ms')).toBe('1000');
    });

    it('appends to lists and subtracts from them, and from nothing else', async () => {
      expect(await alterOne('cleanup.policy', append, 'delete')).toMatchObject({ errorCode: 0 });
      expect((await alterOne('cleanup.policy', append, 'compact')).message).toContain('"delete,compact"');
      expect(await alterOne('cleanup.policy', subtract, 'compact')).toMatchObject({ errorCode: 0 });
      expect(await alterOne('cleanup.policy', subtract, 'delete')).toMatchObject({ errorCode: INVALID_CONFIG });
      expect((await alterOne('retention.ms', append, '1')).message).toContain('APPEND to key retention.ms');
      expect((await alterOne('retention.ms', subtract, '1')).errorCode).toBe(INVALID_CONFIG);
    });

    it('changes nothing when it is only to validate', async () => {
      const configs = [{ name: 'retention.ms', value: '7' }];
      expect((await alter([{ configs }], true))[0]?.errorCode).toBe(0);
      const wrong = [{ name: 'share.isolation.level', value: 'x' }];
      const ofGroup = { resourceType: group, resourceName: 'g' };
      expect((await alter([{ ...ofGroup, configs: wrong }], true))[0]?.errorCode).toBe(INVALID_CONFIG);
      const right = [{ name: 'share.isolation.level', value: 'read_committed' }];
      expect((await alter([{ ...ofGroup, configs: right }], true))[0]?.errorCode).toBe(0);
      expect(await valueOf(topic, 't', 'retention.ms')).toBe('1000');
      expect(await valueOf(group, 'g', 'share.isolation.level')).toBe('read_uncommitted');
    });

    it('refuses resources that come twice, configs that come twice, and what has no configs', async () => {
      const configs = [{ name: 'retention.ms', value: '8' }];
      const twice = await alter([{ configs }, { configs }]);
      expect(twice.map((each) => each.errorCode)).toEqual([INVALID_REQUEST, INVALID_REQUEST]);
      expect((await alter([{ configs: [...configs, ...configs] }]))[0]?.errorCode).toBe(INVALID_REQUEST);
      const errorOf = async (resourceType: number, resourceName: string) =>
        (await alter([{ resourceType, resourceName, configs }]))[0]?.errorCode;
      expect(await errorOf(topic, 'nope')).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await errorOf(topic, 'bad name')).toBe(errorCodes.INVALID_TOPIC_EXCEPTION);
      expect(await errorOf(topic, '')).toBe(INVALID_REQUEST);
      expect(await errorOf(group, '')).toBe(INVALID_REQUEST);
      expect(await errorOf(99, 'x')).toBe(INVALID_REQUEST);
      expect(await valueOf(topic, 't', 'retention.ms')).toBe('1000');
    });

    it("says that the broker's configs are settings", async () => {
      const of = { resourceType: broker, resourceName: '1' };
      const { errorCode, message } = await alterOne('group.share.max.size', set, '5', of);
      expect(errorCode).toBe(INVALID_REQUEST);
      expect(message).toContain('[group.share.max.size]');
      expect((await alter([{ ...of, configs: [] }]))[0]?.errorCode).toBe(0);
    });

    describe('of a group', () => {
      const of = { resourceType: group, resourceName: 'g' };

      it('counts before the group exists, makes none, and outlives it', async () => {
        expect(await alterOne('share.auto.offset.reset', set, 'earliest', of)).toEqual({ errorCode: 0, message: '' });
        expect(door.broker.shareGroupNames).toEqual([]);
        await door.produce('t', ['a', 'b']);
        const acquired = must(await door.acquire({ maxRecords: 10, startFrom: null }));
        expect(acquired.ranges).toHaveLength(1);
        must(await door.broker.releaseWorker('g', 'w1'));
        must(await door.broker.deleteShareGroup('g'));
        expect(await valueOf(group, 'g', 'share.auto.offset.reset')).toBe('earliest');
        expect(await alterOne('share.auto.offset.reset', drop, null, of)).toMatchObject({ errorCode: 0 });
        expect(await valueOf(group, 'g', 'share.auto.offset.reset')).toBe('latest');
        expect(await door.metadata.loadAll()).toMatchObject({ groups: [] });
      });

      it('is the same that HTTP shows and sets', async () => {
        must(await door.broker.alterShareGroup('g', { 'share.delivery.count.limit': '3' }));
        expect(await valueOf(group, 'g', 'share.delivery.count.limit')).toBe('3');
        await alterOne('share.delivery.count.limit', set, '4', of);
        const { config } = must(await door.broker.describeShareGroup('g'));
        expect(config['share.delivery.count.limit']).toEqual({ value: '4', source: 'group' });
      });

      it.each([
        ['share.session.timeout.ms', '1', '45000 to 60000'],
        ['share.heartbeat.interval.ms', '99999', '5000 to 15000'],
        ['share.record.lock.duration.ms', '999', '15000 to 60000'],
        ['share.delivery.count.limit', '11', '2 to 10'],
        ['share.auto.offset.reset', 'sometimes', 'by_duration'],
        ['errors.deadletterqueue.topic.name', 'dlq.a', 'no dead-letter queues yet'],
        ['nope', '1', 'not a group config'],
      ])('refuses %s = %s with what is possible', async (name, value, possible) => {
        const { errorCode, message } = await alterOne(name, set, value, of);
        expect(errorCode).toBe(INVALID_CONFIG);
        expect(message).toContain(possible);
      });
    });
  });

  describe('AlterConfigs', () => {
    it('replaces all that was set, in every version', async () => {
      for (let version = 0; version <= 2; version++) {
        await alterOne('retention.ms', set, '1000');
        const configs = [{ name: 'retention.bytes', value: '77' }];
        expect((await replace([{ configs }], false, version))[0]?.errorCode).toBe(0);
        expect(await valueOf(topic, 't', 'retention.ms')).toBe('604800000');
        expect(await valueOf(topic, 't', 'retention.bytes')).toBe('77');
      }
      expect((await replace([{ configs: [] }]))[0]?.errorCode).toBe(0);
      expect(must(door.broker.describeTopic('t')).overrides).toEqual({});
    });

    it('refuses a config without a value, and what IncrementalAlterConfigs refuses', async () => {
      const errorOf = async (change: Change) => (await replace([change]))[0]?.errorCode;
      expect(await errorOf({ configs: [{ name: 'retention.ms', value: null }] })).toBe(INVALID_REQUEST);
      expect(await errorOf({ configs: [{ name: 'retention.ms', value: 'x' }] })).toBe(INVALID_CONFIG);
      expect(await errorOf({ resourceName: 'nope', configs: [] })).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
      const ofBroker = { resourceType: broker, resourceName: '1' };
      expect(await errorOf({ ...ofBroker, configs: [{ name: 'node.id', value: '7' }] })).toBe(INVALID_REQUEST);
      expect(await valueOf(topic, 't', 'retention.ms')).toBe('1000');
    });
  });

  it('ListConfigResources names topics, the broker, and groups for which something was set', async () => {
    const list = async (version: number, resourceTypes: readonly number[]) => {
      const answer = await client.call(listConfigResourcesApi, version, { resourceTypes });
      return [answer.errorCode, answer.configResources.map((each) => `${each.resourceType} ${each.resourceName}`)];
    };
    must(await door.broker.alterShareGroup('untouched', {}));
    await alterOne('share.isolation.level', set, 'read_committed', { resourceType: group, resourceName: 'later' });
    expect(await list(1, [])).toEqual([0, ['32 later', '4 1', '2 t']]);
    expect(await list(1, [group])).toEqual([0, ['32 later']]);
    expect(await list(1, [16])).toEqual([0, []]);
    expect(await list(1, [99])).toEqual([errorCodes.UNSUPPORTED_VERSION, []]);
    expect(await list(0, [])).toEqual([0, []]);
  });
});
