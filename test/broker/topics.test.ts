import { describe, expect, it } from 'vitest';
import {
  codeOf,
  isSettled,
  leasesOf,
  must,
  offsetsOf,
  startBroker,
  troubledBroker,
  wordsOf,
} from './broker-fixture.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { settle } from './fake-clock.ts';

type Fixture = Awaited<ReturnType<typeof troubledBroker>>;

const window0 = async ({ broker }: Pick<Fixture, 'broker'>) => must(await broker.windows('g'))[0]!;

class LogWithoutSizes extends MemoryLog {
  override readonly knowsSizes = false;
}

describe('a topic', () => {
  it('has no size where the log does not know how much it has, unless it is empty', async () => {
    const { broker, produce } = await startBroker({ log: new LogWithoutSizes() });
    must(await broker.createTopic({ name: 't', partitions: 2, config: {} }));
    await produce('t', ['a'], 1);
    expect(must(broker.describeTopic('t')).partitions.map(({ sizeBytes }) => sizeBytes)).toEqual([0, null]);
  });

  it('has a name of its own, as Kafka sees it', async () => {
    const { broker } = await troubledBroker();
    const create = (name: string, partitions: number | null = 1) =>
      broker.createTopic({ name, partitions, config: {} });
    must(await create('a.b'));
    expect(codeOf(await create('a.b'))).toBe('TOPIC_ALREADY_EXISTS');
    expect(codeOf(await create('a_b'))).toBe('INVALID_TOPIC_EXCEPTION');
    expect(codeOf(await create('a b'))).toBe('INVALID_TOPIC_EXCEPTION');
    must(await create('a-b'));
    must(await broker.deleteTopic('a.b'));
    must(await create('a_b'));
    expect(codeOf(await create('c', 0))).toBe('INVALID_PARTITIONS');
    expect(codeOf(await create('c', 10_001))).toBe('INVALID_PARTITIONS');
    expect(must(await create('c', null)).partitions).toHaveLength(1);
    const wrong = { name: 'd', partitions: 1, config: { 'retention.ms': 'long' } };
    expect(codeOf(await broker.createTopic(wrong))).toBe('INVALID_CONFIG');
    expect(broker.listTopics().map((topic) => topic.name)).toEqual(['a-b', 'a_b', 'c', 't']);
  });

  it('is created by two at once only once', async () => {
    const { broker } = await troubledBroker();
    const request = { name: 'u', partitions: 1, config: {} };
    const both = await Promise.all([broker.createTopic(request), broker.createTopic(request)]);
    expect(both.map((each) => each.ok)).toEqual([true, false]);
  });

  it('is made by its first use where that is allowed', async () => {
    const settings = { autoCreateTopics: true, numPartitions: 3 };
    const { broker, produce, acquire } = await troubledBroker({ settings });
    expect(must(await acquire({ topics: ['asked'] })).emptyReason).toBe('no_records');
    await produce('produced', ['a'], 2);
    expect(must(await broker.topicForProduce('looked'))).toMatchObject({ partitionCount: 3 });
    const both = await Promise.all([produce('twice', ['a']), produce('twice', ['b'])]);
    expect(new Set(both.map((each) => each.baseOffsets[0]))).toEqual(new Set([0, 1]));
    expect(broker.listTopics().map((topic) => topic.name)).toEqual(['asked', 'looked', 'produced', 't', 'twice']);
    expect(codeOf(await broker.topicForProduce('__no'))).toBe('INVALID_TOPIC_EXCEPTION');
  });

  it('only grows, and its new partitions start at their first record for groups that read it', async () => {
    const fixture = await troubledBroker();
    const { broker, produce, acquire } = fixture;
    await produce('t', ['before']);
    await acquire({ startFrom: 'latest' });
    must(await broker.alterTopic('t', { partitions: 3 }));
    await produce('t', ['a'], 1);
    await produce('t', ['b'], 2);
    expect(codeOf(await broker.alterTopic('t', { partitions: 2 }))).toBe('INVALID_PARTITIONS');
    // Also when the process was killed in between, and nobody has read them yet.
    const after = await startBroker(fixture);
    const { ranges } = must(await after.acquire({ startFrom: 'latest', maxRecords: 5 }));
    expect(ranges).toMatchObject([
      { partition: 1, firstOffset: 0 },
      { partition: 2, firstOffset: 0 },
    ]);
    expect(must(await after.acquire({ group: 'new', startFrom: 'latest', maxRecords: 5 })).ranges).toEqual([]);
  });

  it('that is deleted answers those who wait for it, and is unknown', async () => {
    const { broker, produce, acquire } = await troubledBroker({ partitions: 2 });
    await produce('t', ['a']);
    await acquire();
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await settle();
    must(await broker.deleteTopic('t'));
    expect(codeOf(await waiting)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await acquire())).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await broker.deleteTopic('t'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(must(await broker.windows('g'))).toEqual([]);
    expect(must(await broker.describeShareGroup('g'))).toMatchObject({ lag: 0, workers: 0, state: 'Empty' });
  });

  it('that could not be deleted is there again, with its records and windows, and can be deleted later', async () => {
    const fixture = await troubledBroker();
    const { broker, metadata, produce, acquire, acknowledge } = fixture;
    await produce('t', ['a', 'b']);
    const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    await acknowledge('accept', [leases[0]!]);
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await settle();
    metadata.deletes = 'full';
    expect(codeOf(await broker.deleteTopic('t'))).toBe('STORAGE_FULL');
    expect(codeOf(await waiting)).toBe('BUSY');
    expect(await window0({ broker })).toMatchObject({ startOffset: 1, logEndOffset: 2, lag: 1 });
    const again = must(await acquire()).ranges;
    expect(offsetsOf(again)).toEqual([1]);
    metadata.deletes = 'works';
    must(await broker.deleteTopic('t'));
    expect(must(await broker.windows('g'))).toEqual([]);
  });

  it('that is deleted is forgotten by the groups that read it, also when the process ends at once', async () => {
    const fixture = await troubledBroker();
    const { broker, metadata, acquire } = fixture;
    must(await broker.createTopic({ name: 'kept', partitions: 1, config: {} }));
    await acquire({ topics: ['t', 'kept'] });
    const topicsOf = async () => Object.keys((await metadata.loadAll()).groups[0]!.topics);
    expect(await topicsOf()).toHaveLength(2);
    const { topicId } = must(broker.describeTopic('kept'));
    must(await broker.deleteTopic('t'));
    const after = await startBroker(fixture);
    must(await after.broker.pause('g', true));
    expect(await topicsOf()).toEqual([topicId]);
    must(await broker.deleteTopic('kept'));
    must(await broker.pause('g', false));
    expect(await topicsOf()).toEqual([]);
  });

  it('that is deleted while its records are read gives them to nobody', async () => {
    const { broker, log, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    await acquire({ maxRecords: 0 });
    log.reads = 'hangs';
    const acquiring = acquire({ waitMs: 60_000 });
    await settle();
    must(await broker.deleteTopic('t'));
    log.trouble.letGo();
    expect(codeOf(await acquiring)).toBe('BUSY');
  });

  it('that is made again under the same name has nothing of the old one', async () => {
    const fixture = await troubledBroker();
    const { broker, produce, acquire, acknowledge } = fixture;
    await produce('t', ['a', 'b']);
    const old = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    await acknowledge('reject', [old[0]!]);
    must(await broker.deleteTopic('t'));
    must(await broker.createTopic({ name: 't', partitions: 1, config: {} }));
    await produce('t', ['new']);
    expect(must(await acquire())).toMatchObject({
      ranges: [{ firstOffset: 0, deliveryCount: 1, lastFailure: null }],
      started: 'earliest',
      lag: 1,
    });
    expect(wordsOf(await acknowledge('accept', old))).toEqual(['RECORD_GONE', 'RECORD_GONE']);
    const archived = await broker.archived({ group: 'g', topic: 't', partition: null, after: null, limit: 5 });
    expect(must(archived).records).toEqual([]);
  });
});

describe('retention inside the window', () => {
  it('drops records and the locks on them, makes room, and says so to their holders', async () => {
    const { broker, clock, produce, acquire, acknowledge } = await troubledBroker();
    must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '100' }));
    await produce('t', Array.from({ length: 100 }, String));
    const held = leasesOf(must(await acquire({ maxRecords: 100 })).ranges);
    await acknowledge('accept', [held[50]!]);
    await clock.advance(10_000);
    await produce('t', ['young']);
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    expect(await isSettled(waiting)).toBe(false);
    must(await broker.alterTopic('t', { config: { 'retention.ms': '5000' } }));
    await broker.applyRetention();
    expect(offsetsOf(must(await waiting).ranges)).toEqual([100]);
    expect(await window0({ broker })).toMatchObject({ startOffset: 100, logStartOffset: 100, lag: 1, inFlight: 1 });
    expect(wordsOf(await acknowledge('accept', [held[0]!, held[50]!]))).toEqual(['RECORD_GONE', 'accepted again']);
    expect(must(await broker.workers('g')).map((each) => each.holder)).toEqual(['w2']);
  });

  it('comes by itself at its interval, by age and by size', async () => {
    const { broker, clock, produce } = await troubledBroker({ settings: { retentionCheckIntervalMs: 60_000 } });
    for (const [name, config] of [
      ['old', { 'retention.ms': '30000' }],
      ['large', { 'retention.bytes': '250', 'retention.ms': '-1' }],
      ['kept', { 'retention.ms': '-1' }],
    ] as const) {
      must(await broker.createTopic({ name, partitions: 1, config }));
      for (let index = 0; index < 4; index++) await produce(name, ['x'.repeat(40)]);
    }
    await clock.advance(60_001);
    const start = (name: string) => must(broker.describeTopic(name)).partitions[0]!.logStartOffset;
    expect([start('old'), start('large'), start('kept')]).toEqual([4, 2, 0]);
    await clock.advance(60_000);
    await broker.stop();
    expect(clock.scheduled).toBe(0);
  });

  it('goes on with the other partitions when one fails', async () => {
    const { broker, clock, log, produce } = await troubledBroker({ partitions: 2 });
    must(await broker.alterTopic('t', { config: { 'retention.ms': '1000' } }));
    for (const partition of [0, 1]) await produce('t', ['a'], partition);
    await clock.advance(5_000);
    const applyRetention = log.applyRetention.bind(log);
    log.applyRetention = (partition, limits) =>
      log.trouble.run(partition.partition === 0 ? 'fails' : 'works', 'retention', () =>
        applyRetention(partition, limits),
      );
    await broker.applyRetention();
    expect(must(broker.describeTopic('t')).partitions.map((each) => each.logStartOffset)).toEqual([0, 1]);
  });

  it('that happened while nobody looked is seen at the next start', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b']);
    const held = leasesOf(must(await fixture.acquire({ maxRecords: 2 })).ranges);
    await fixture.acknowledge('release', held, { delayMs: 1_000 });
    await fixture.broker.stop();
    await fixture.log.trim({ topicId: held[0]!.topicId, partition: 0 }, 1);
    const after = await startBroker(fixture);
    expect(await window0(after)).toMatchObject({ startOffset: 1, lag: 1, counts: { delayed: 1 } });
  });
});
