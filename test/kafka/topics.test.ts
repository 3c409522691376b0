import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zeroUuid } from '../../src/codec/api.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { createPartitionsApi } from '../../src/codec/messages/create-partitions.ts';
import { createTopicsApi } from '../../src/codec/messages/create-topics.ts';
import { deleteTopicsApi } from '../../src/codec/messages/delete-topics.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

const unknownId = Buffer.from('0123456789abcdef').toString('base64url');

describe('topics made by Kafka clients', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  beforeEach(async () => {
    door = await openKafkaDoor({ broker: { settings: { numPartitions: 2 } } });
    client = await door.open();
  });
  afterEach(() => door.close());

  const partitionsOf = (name: string) => must(door.broker.describeTopic(name)).partitions.length;
  const names = () => door.broker.listTopics().map((each) => each.name);

  interface Wanted {
    readonly name?: string;
    readonly numPartitions?: number;
    readonly replicationFactor?: number;
    readonly assignments?: readonly { partitionIndex: number; brokerIds: readonly number[] }[];
    readonly configs?: readonly { name: string; value: string | null }[];
  }
  const create = async (topics: readonly Wanted[], validateOnly = false, version = 7) => {
    const wanted = topics.map((each) => ({ name: 't', numPartitions: -1, replicationFactor: -1, ...each }));
    return (await client.call(createTopicsApi, version, { topics: wanted, timeoutMs: 5000, validateOnly })).topics;
  };
  const createOne = async (topic: Wanted) => (await create([topic]))[0];
  const at = (partitionIndex: number, ...brokerIds: number[]) => ({ partitionIndex, brokerIds });

  describe('CreateTopics', () => {
    it('creates topics in every version, with the number of partitions asked for or that of the server', async () => {
      for (let version = 2; version <= 7; version++) {
        const answer = await create(
          [{ name: `given-${version}`, numPartitions: 3, replicationFactor: 1 }, { name: `default-${version}` }],
          false,
          version,
        );
        expect(answer.map(({ name, errorCode }) => `${name} ${errorCode}`)).toEqual([
          `given-${version} 0`,
          `default-${version} 0`,
        ]);
        expect(partitionsOf(`given-${version}`)).toBe(3);
        expect(partitionsOf(`default-${version}`)).toBe(2);
        const expected = version >= 5 ? { numPartitions: 3, replicationFactor: 1 } : {};
        expect(answer[0]).toMatchObject(expected);
        if (version === 7) expect(answer[0]?.topicId).toBe(must(door.broker.describeTopic('given-7')).topicId);
      }
    });

    it('shows the configs of the new topic, with what was set', async () => {
      const topic = await createOne({ configs: [{ name: 'retention.ms', value: '1000' }] });
      expect(topic?.configs).toContainEqual({
        name: 'retention.ms',
        value: '1000',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
      });
      expect(topic?.configs).toContainEqual({
        name: 'flush.messages',
        value: '1',
        readOnly: true,
        configSource: 5,
        isSensitive: false,
      });
      expect(must(door.broker.describeTopic('t')).config['retention.ms']).toBe('1000');
    });

    it('refuses each topic by itself, with the reason', async () => {
      await create([{ name: 'there' }, { name: 'dot.ted' }]);
      const cases: readonly (readonly [Wanted, keyof typeof errorCodes, string])[] = [
        [{ name: 'there' }, 'TOPIC_ALREADY_EXISTS', '"there"'],
        [{ name: 'there', replicationFactor: 3 }, 'TOPIC_ALREADY_EXISTS', '"there"'],
        [{ name: 'bad name' }, 'INVALID_TOPIC_EXCEPTION', '"bad name"'],
        [{ name: '' }, 'INVALID_TOPIC_EXCEPTION', 'is empty'],
        [{ name: 'dot_ted' }, 'INVALID_TOPIC_EXCEPTION', 'dot.ted'],
        [{ numPartitions: 0 }, 'INVALID_PARTITIONS', '0 partitions'],
        [{ numPartitions: -2 }, 'INVALID_PARTITIONS', '-2 partitions'],
        [{ numPartitions: 10_001 }, 'INVALID_PARTITIONS', '10000'],
        [{ replicationFactor: 2 }, 'INVALID_REPLICATION_FACTOR', 'there is one broker'],
        [{ replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR', '-1 for the default'],
        [{ configs: [{ name: 'nope', value: '1' }] }, 'INVALID_CONFIG', '"nope" is not a topic config'],
        [{ configs: [{ name: 'retention.ms', value: null }] }, 'INVALID_CONFIG', 'retention.ms'],
        [{ configs: [{ name: 'retention.ms', value: 'x' }] }, 'INVALID_CONFIG', 'retention.ms is "x"'],
        [{ configs: [{ name: 'cleanup.policy', value: 'compact' }] }, 'INVALID_CONFIG', 'topics are not compacted'],
        [
          { configs: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] },
          'INVALID_CONFIG',
          'records keep the timestamp',
        ],
      ];
      for (const [topic, error, reason] of cases) {
        const answer = await createOne(topic);
        expect(answer, JSON.stringify(topic)).toMatchObject({
          errorCode: errorCodes[error],
          topicId: zeroUuid,
          numPartitions: -1,
          configs: [],
        });
        expect(answer?.errorMessage).toContain(reason);
      }
      expect(names()).toEqual(['dot.ted', 'there']);
    });

    it('takes partitions placed by hand, on this node', async () => {
      expect(await createOne({ name: 'placed', assignments: [at(1, 1), at(0, 1), at(2, 1)] })).toMatchObject({
        errorCode: 0,
        numPartitions: 3,
      });
      expect(partitionsOf('placed')).toBe(3);
      const cases: readonly (readonly [Wanted, number])[] = [
        [{ assignments: [at(0, 2)] }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
        [{ assignments: [at(0, 1, 2)] }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
        [{ assignments: [at(0, 1, 1)] }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
        [{ assignments: [at(0)] }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
        [{ assignments: [at(1, 1)] }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
        [{ assignments: [at(0, 1), at(0, 1)] }, errorCodes.INVALID_REPLICA_ASSIGNMENT],
        [{ assignments: [at(0, 1)], numPartitions: 1 }, errorCodes.INVALID_REQUEST],
        [{ assignments: [at(0, 1)], replicationFactor: 1 }, errorCodes.INVALID_REQUEST],
      ];
      for (const [topic, errorCode] of cases) {
        expect((await createOne(topic))?.errorCode, JSON.stringify(topic)).toBe(errorCode);
      }
      expect(names()).toEqual(['placed']);
    });

    it('creates none of the topics that are named twice', async () => {
      const answer = await create([{ name: 'a' }, { name: 'twice' }, { name: 'twice' }]);
      expect(answer.map(({ name, errorCode }) => `${name} ${errorCode}`)).toEqual(['a 0', 'twice 42']);
      expect(names()).toEqual(['a']);
    });

    it('creates nothing when it is only to validate', async () => {
      const [good, bad] = await create(
        [
          { name: 'a', numPartitions: 3 },
          { name: 'b', numPartitions: 0 },
        ],
        true,
      );
      expect(good).toMatchObject({ errorCode: 0, numPartitions: 3 });
      expect(bad?.errorCode).toBe(errorCodes.INVALID_PARTITIONS);
      expect(names()).toEqual([]);
    });
  });

  describe('CreatePartitions', () => {
    interface Grown {
      readonly name?: string;
      readonly count: number;
      readonly assignments?: readonly { brokerIds: readonly number[] }[] | null;
    }
    const grow = async (topics: readonly Grown[], validateOnly = false, version = 3) => {
      const wanted = topics.map((each) => ({ name: 't', assignments: null, ...each }));
      const request = { topics: wanted, timeoutMs: 5000, validateOnly };
      return (await client.call(createPartitionsApi, version, request)).results;
    };
    const on = (...brokerIds: number[]) => ({ brokerIds });

    beforeEach(() => create([{}]));

    it('adds partitions, in every version', async () => {
      for (let version = 0; version <= 3; version++) {
        expect(await grow([{ count: 3 + version }], false, version)).toEqual([
          { name: 't', errorCode: 0, errorMessage: null },
        ]);
        expect(partitionsOf('t')).toBe(3 + version);
      }
    });

    it('adds nothing when it is only to validate', async () => {
      expect((await grow([{ count: 5 }], true))[0]?.errorCode).toBe(0);
      expect((await grow([{ count: 10_001 }], true))[0]?.errorCode).toBe(errorCodes.INVALID_PARTITIONS);
      expect(partitionsOf('t')).toBe(2);
    });

    it('refuses each topic by itself, with the reason', async () => {
      const cases: readonly (readonly [Grown, keyof typeof errorCodes, string])[] = [
        [{ count: 2 }, 'INVALID_PARTITIONS', 'already has 2'],
        [{ count: 1 }, 'INVALID_PARTITIONS', '1 would not be an increase'],
        [{ count: 10_001 }, 'INVALID_PARTITIONS', '10000'],
        [{ name: 'nope', count: 3 }, 'UNKNOWN_TOPIC_OR_PARTITION', '"nope"'],
        [{ name: 'bad name', count: 3 }, 'UNKNOWN_TOPIC_OR_PARTITION', '"bad name"'],
        [{ count: 4, assignments: [on(1)] }, 'INVALID_REPLICA_ASSIGNMENT', 'add 2'],
        [{ count: 3, assignments: [on(7)] }, 'INVALID_REPLICA_ASSIGNMENT', 'broker 7'],
        [{ count: 3, assignments: [] }, 'INVALID_REPLICA_ASSIGNMENT', 'only 0'],
      ];
      for (const [topic, error, reason] of cases) {
        const [answer] = await grow([topic]);
        expect(answer?.errorCode, JSON.stringify(topic)).toBe(errorCodes[error]);
        expect(answer?.errorMessage).toContain(reason);
      }
      expect(partitionsOf('t')).toBe(2);
      expect((await grow([{ count: 3, assignments: [on(1)] }]))[0]?.errorCode).toBe(0);
    });

    it('changes none of the topics that are named twice', async () => {
      expect(await grow([{ count: 3 }, { count: 4 }])).toEqual([
        { name: 't', errorCode: errorCodes.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' },
      ]);
      expect(partitionsOf('t')).toBe(2);
    });
  });

  describe('DeleteTopics', () => {
    const drop = async (topics: readonly { name?: string | null; topicId?: string }[]) => {
      const wanted = topics.map((each) => ({ name: null, ...each }));
      const { responses } = await client.call(deleteTopicsApi, 6, { topics: wanted, timeoutMs: 5000 });
      return responses.map(({ name, errorCode }) => `${name} ${errorCode}`);
    };

    it('deletes topics by name, in every version', async () => {
      for (let version = 1; version <= 6; version++) {
        await create([{ name: 'a' }, { name: 'b' }]);
        const request = version >= 6 ? { topics: [{ name: 'a' }, { name: 'nope' }] } : { topicNames: ['a', 'nope'] };
        const { responses } = await client.call(deleteTopicsApi, version, { ...request, timeoutMs: 5000 });
        expect(responses.map(({ name, errorCode }) => `${name} ${errorCode}`)).toEqual(['a 0', 'nope 3']);
        expect(names()).toEqual(['b']);
      }
    });

    it('deletes topics by id, and names them', async () => {
      await create([{ name: 'a' }, { name: 'b' }]);
      const { topicId } = must(door.broker.describeTopic('a'));
      expect(await drop([{ topicId }, { topicId: unknownId }])).toEqual(['a 0', 'null 100']);
      expect(names()).toEqual(['b']);
    });

    it('refuses topics that are named twice in whatever way, or not at all, and deletes none of them', async () => {
      await create([{ name: 'a' }]);
      const { topicId } = must(door.broker.describeTopic('a'));
      expect(await drop([{ name: 'a' }, { name: 'a' }])).toEqual(['a 42']);
      expect(await drop([{ name: 'a' }, { topicId }])).toEqual(['a 42']);
      expect(await drop([{ topicId }, { topicId }])).toEqual(['null 42']);
      expect(await drop([{ name: 'a', topicId }])).toEqual(['a 42']);
      expect(await drop([{}])).toEqual(['null 42']);
      expect(names()).toEqual(['a']);
    });
  });
});
