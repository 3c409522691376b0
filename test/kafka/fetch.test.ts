import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sparse } from '../../src/codec/api.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { type FetchRequest, type FetchResponse, fetchApi } from '../../src/codec/messages/fetch.ts';
import { openBatch } from '../../src/codec/record-batch.ts';
import { topicId as toTopicId } from '../../src/core/ids.ts';
import { isSettled, must } from '../broker/broker-fixture.ts';
import { FaultyLog } from '../broker/faulty-outside.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

type AskedPartition = NonNullable<NonNullable<Sparse<FetchRequest>['topics']>[number]['partitions']>[number];

describe('Fetch', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  let log: FaultyLog;
  let topicId: string;

  const open = async (maxFetchSessions = 1_000) => {
    log = new FaultyLog();
    door = await openKafkaDoor({ broker: { log }, settings: { maxFetchSessions } });
    client = await door.open();
    topicId = must(await door.broker.createTopic({ name: 'orders', partitions: 3, config: {} })).topicId;
  };
  beforeEach(() => open());
  afterEach(() => door.close());

  const asking = (partitions: readonly AskedPartition[], more: Sparse<FetchRequest> = {}): Sparse<FetchRequest> => ({
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [
      {
        topic: 'orders',
        topicId,
        partitions: partitions.map((each) => ({ partitionMaxBytes: 100_000, ...each })),
      },
    ],
    ...more,
  });
  const at = (partition: number, fetchOffset = 0, more: AskedPartition = {}): AskedPartition => ({
    partition,
    fetchOffset,
    ...more,
  });
  const fetch = (request: Sparse<FetchRequest>, version = 18, by = client) => by.call(fetchApi, version, request);
  const partitionsOf = ({ responses }: FetchResponse) => responses.flatMap(({ partitions }) => partitions);
  const valuesOf = (records: FetchResponse['responses'][number]['partitions'][number]['records']): string[] => {
    const values: string[] = [];
    let left = (records ?? new Uint8Array()) as Uint8Array;
    while (left.length > 0) {
      const batch = openBatch(left);
      for (const { offset, value } of batch) values.push(`${offset}=${Buffer.from(value ?? '').toString()}`);
      left = left.subarray(batch.header.sizeBytes);
    }
    return values;
  };
  /** What was answered, a line for each partition. */
  const linesOf = (answer: FetchResponse): string[] =>
    partitionsOf(answer).map(({ partitionIndex, errorCode, highWatermark, records }) =>
      [
        `${partitionIndex}`,
        ...(errorCode === 0 ? [] : [`error ${errorCode}`]),
        `to ${highWatermark}`,
        ...valuesOf(records),
      ].join(' '),
    );
  /** Everything that was sent before is being worked on. */
  const received = async () => (await door.open()).call(apiVersionsApi, 0, {});

  it('reads partitions from their offsets on, in every version', async () => {
    await door.produce('orders', ['a', 'b']);
    await door.produce('orders', ['c']);
    await door.produce('orders', ['d'], 2);
    for (let version = 4; version <= 18; version++) {
      const answer = await fetch(asking([at(0, 2), at(1), at(2)]), version);
      expect(linesOf(answer)).toEqual(['0 to 3 2=c', '1 to 0', '2 to 1 0=d']);
      expect(answer.responses).toMatchObject([{ topic: version < 13 ? 'orders' : '' }]);
    }
  });

  it('gives whole batches: the first may begin before the offset', async () => {
    await door.produce('orders', ['a', 'b', 'c']);
    expect(linesOf(await fetch(asking([at(0, 1)])))).toEqual(['0 to 3 0=a 1=b 2=c']);
  });

  it('keeps the limits of bytes, but that the first batch always comes', async () => {
    for (const partition of [0, 1]) {
      await door.produce('orders', ['x'.repeat(100)], partition);
      await door.produce('orders', ['y'.repeat(100)], partition);
    }
    const sizes = async (more: Sparse<FetchRequest>, partitionMaxBytes = 100_000) =>
      partitionsOf(await fetch(asking([at(0, 0, { partitionMaxBytes }), at(1, 0, { partitionMaxBytes })], more))).map(
        ({ records }) => valuesOf(records).length,
      );
    expect(await sizes({})).toEqual([2, 2]);
    expect(await sizes({ maxBytes: 1 })).toEqual([1, 0]);
    expect(await sizes({ maxBytes: 0 })).toEqual([1, 0]);
    expect(await sizes({ maxBytes: 400 })).toEqual([2, 0]);
    expect(await sizes({ maxBytes: 550 })).toEqual([2, 1]);
    expect(await sizes({}, 1)).toEqual([1, 0]);
    expect(await sizes({}, 200)).toEqual([1, 1]);
  });

  it('refuses offsets outside of the log, and tells who believes in another leader epoch', async () => {
    await door.produce('orders', ['a', 'b', 'c']);
    must(await door.broker.logs.deleteRecords({ topicId: toTopicId(topicId), partition: 0 }, 1));
    const answer = await fetch(
      asking([at(0, 0), at(1, 5), at(2, 0, { currentLeaderEpoch: 3 })], { maxWaitMs: 60_000 }),
    );
    expect(linesOf(answer)).toEqual([
      `0 error ${errorCodes.OFFSET_OUT_OF_RANGE} to -1`,
      `1 error ${errorCodes.OFFSET_OUT_OF_RANGE} to -1`,
      `2 error ${errorCodes.UNKNOWN_LEADER_EPOCH} to -1`,
    ]);
    const fenced = await fetch(asking([at(0, 4), at(0, 1, { currentLeaderEpoch: -2 })]));
    expect(linesOf(fenced)).toEqual(['0 to 3 0=a 1=b 2=c']);
  });

  it('tells where epoch 0 ends to who has read beyond it', async () => {
    await door.produce('orders', ['a']);
    const [diverging, same, later] = partitionsOf(
      await fetch(
        asking(
          [at(0, 2, { lastFetchedEpoch: 0 }), at(1, 0, { lastFetchedEpoch: 0 }), at(2, 0, { lastFetchedEpoch: 1 })],
          { maxWaitMs: 60_000 },
        ),
      ),
    );
    expect(diverging).toMatchObject({ errorCode: 0, highWatermark: 1, divergingEpoch: { epoch: 0, endOffset: 1 } });
    expect(same).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: -1, endOffset: -1 } });
    expect(later).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE, divergingEpoch: { epoch: -1 } });
  });

  it('names unknown topics and partitions, by name and by id', async () => {
    const byName = await fetch(asking([at(0), at(3)]), 12);
    expect(linesOf(byName)).toEqual(['0 to 0', `3 error ${errorCodes.UNKNOWN_TOPIC_OR_PARTITION} to -1`]);
    const unknown = { topicId: Buffer.from('0123456789abcdef').toString('base64url'), topic: 'nowhere' };
    const topics = [{ ...unknown, partitions: [at(0)] }];
    expect(linesOf(await fetch({ topics, maxWaitMs: 60_000, minBytes: 1, maxBytes: 1000 }))).toEqual([
      `0 error ${errorCodes.UNKNOWN_TOPIC_ID} to -1`,
    ]);
    expect(linesOf(await fetch({ topics, maxWaitMs: 60_000, minBytes: 1, maxBytes: 1000 }, 12))).toEqual([
      `0 error ${errorCodes.UNKNOWN_TOPIC_OR_PARTITION} to -1`,
    ]);
  });

  it('tells of a damaged batch, and reads the other partitions', async () => {
    await door.produce('orders', ['a']);
    await door.produce('orders', ['b'], 1);
    log.damaged.add('0/0');
    const lines = linesOf(await fetch(asking([at(0), at(1)], { maxWaitMs: 60_000 })));
    expect(lines).toEqual([`0 error ${errorCodes.CORRUPT_MESSAGE} to -1`, '1 to 1 0=b']);
  });

  describe('when there is too little', () => {
    it('waits for a record, whoever brings it', async () => {
      const answer = fetch(asking([at(0), at(1)], { maxWaitMs: 60_000 }));
      await received();
      expect(await isSettled(answer)).toBe(false);
      await door.produce('orders', ['a'], 1);
      expect(linesOf(await answer)).toEqual(['0 to 0', '1 to 1 0=a']);
    });

    it('waits until there are so many bytes', async () => {
      await door.produce('orders', ['x'.repeat(100)]);
      const answer = fetch(asking([at(0), at(1)], { maxWaitMs: 60_000, minBytes: 400 }));
      await received();
      await door.produce('orders', ['y'.repeat(50)], 2);
      await door.produce('orders', ['y'.repeat(50)], 1);
      expect(await isSettled(answer)).toBe(false);
      await door.produce('orders', ['z'.repeat(100)]);
      expect(partitionsOf(await answer).map(({ records }) => valuesOf(records).length)).toEqual([2, 1]);
    });

    it('answers with what there is when the time is up', async () => {
      await door.produce('orders', ['a']);
      const answer = fetch(asking([at(0)], { maxWaitMs: 500, minBytes: 10_000 }));
      await received();
      await door.clock.advance(480);
      expect(await isSettled(answer)).toBe(false);
      await door.clock.advance(40);
      expect(linesOf(await answer)).toEqual(['0 to 1 0=a']);
    });

    it('waits no longer when the topic is deleted, or the broker stops', async () => {
      const gone = fetch(asking([at(0)], { maxWaitMs: 60_000 }));
      await received();
      must(await door.broker.deleteTopic('orders'));
      expect(linesOf(await gone)).toEqual([`0 error ${errorCodes.UNKNOWN_TOPIC_OR_PARTITION} to -1`]);
      topicId = must(await door.broker.createTopic({ name: 'orders', partitions: 1, config: {} })).topicId;
      const stopped = fetch(asking([at(0)], { maxWaitMs: 60_000 }));
      await received();
      await door.broker.drain();
      expect(linesOf(await stopped)).toEqual(['0 to 0']);
    });

    it('waits no longer when the client is gone', async () => {
      void fetch(asking([at(0)], { maxWaitMs: 60_000 })).catch(() => {});
      await received();
      const waiting = door.clock.scheduled;
      client.socket.destroy();
      await client.closed();
      while (door.clock.scheduled === waiting) await received();
      expect(door.clock.scheduled).toBe(waiting - 1);
    });
  });

  describe('in a session', () => {
    const start = async (...partitions: AskedPartition[]) =>
      (await fetch(asking(partitions, { sessionEpoch: 0 }))).sessionId ?? 0;
    const next = (sessionId: number, sessionEpoch: number, partitions: readonly AskedPartition[] = []) =>
      asking(partitions, { sessionId, sessionEpoch, ...(partitions.length === 0 ? { topics: [] } : {}) });

    it('answers with what has changed, for the partitions known from before', async () => {
      const id = await start(at(0), at(1), at(2));
      expect(id).toBeGreaterThan(0);
      expect(linesOf(await fetch(next(id, 1)))).toEqual([]);
      await door.produce('orders', ['a'], 1);
      expect(linesOf(await fetch(next(id, 2)))).toEqual(['1 to 1 0=a']);
      await door.produce('orders', ['b'], 2);
      const answer = await fetch(next(id, 3, [at(1, 1)]));
      expect(linesOf(answer)).toEqual(['2 to 1 0=b']);
      expect(answer.sessionId).toBe(id);
    });

    it('tells an error each time, and the partition once more when it is over', async () => {
      const id = await start(at(0), at(1, 9));
      const error = `1 error ${errorCodes.OFFSET_OUT_OF_RANGE} to -1`;
      expect(linesOf(await fetch(next(id, 1)))).toEqual([error]);
      expect(linesOf(await fetch(next(id, 2)))).toEqual([error]);
      expect(linesOf(await fetch(next(id, 3, [at(1, 0)])))).toEqual(['1 to 0']);
      expect(linesOf(await fetch(next(id, 4)))).toEqual([]);
    });

    it('adds partitions and forgets them', async () => {
      const id = await start(at(0));
      await fetch(next(id, 1, [at(1)]));
      await door.produce('orders', ['a'], 0);
      await door.produce('orders', ['b'], 1);
      const forgottenTopicsData = [{ topic: 'orders', topicId, partitions: [0] }];
      expect(linesOf(await fetch({ ...next(id, 2), forgottenTopicsData }))).toEqual(['1 to 1 0=b']);
    });

    it('puts a partition with records behind the others, so that none starves', async () => {
      await door.produce('orders', ['a'], 0);
      await door.produce('orders', ['b'], 1);
      const id = await start(at(0), at(1));
      expect(linesOf(await fetch({ ...next(id, 1), maxBytes: 1 }))).toEqual(['0 to 1 0=a']);
      expect(linesOf(await fetch({ ...next(id, 2), maxBytes: 1 }))).toEqual(['1 to 1 0=b']);
      expect(linesOf(await fetch({ ...next(id, 3), maxBytes: 1 }))).toEqual(['0 to 1 0=a']);
    });

    it('refuses what is no session, another epoch, and names where ids were used', async () => {
      const id = await start(at(0));
      const codeOf = async (request: Sparse<FetchRequest>, version = 18) => (await fetch(request, version)).errorCode;
      expect(await codeOf(next(id + 1, 1))).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND);
      expect(await codeOf(next(id, 2))).toBe(errorCodes.INVALID_FETCH_SESSION_EPOCH);
      expect(await codeOf(next(id, 1), 12)).toBe(errorCodes.FETCH_SESSION_TOPIC_ID_ERROR);
      expect(await codeOf(next(id, 1))).toBe(0);
    });

    it('ends it with epoch -1, and when a new one begins', async () => {
      const first = await start(at(0));
      const closing = await fetch(asking([], { sessionId: first, sessionEpoch: -1, topics: [] }));
      expect(closing.sessionId).toBe(0);
      expect((await fetch(next(first, 1))).errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND);
      const second = await start(at(0));
      const third = (await fetch(asking([at(0)], { sessionId: second, sessionEpoch: 0 }))).sessionId ?? 0;
      expect((await fetch(next(second, 1))).errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND);
      expect((await fetch(next(third, 1))).errorCode).toBe(0);
    });

    it('gives no session beyond the limit, until one has not been used for two minutes', async () => {
      await door.close();
      await open(1);
      const first = await start(at(0));
      expect(await start(at(0), at(1))).toBe(0);
      await door.clock.advance(121_000);
      await fetch(next(first, 1));
      // Used, but small and old: a larger one takes its place.
      expect(await start(at(0))).toBe(0);
      const larger = await start(at(0), at(1));
      expect(larger).toBeGreaterThan(0);
      expect((await fetch(next(first, 2))).errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND);
      await door.clock.advance(121_000);
      expect(await start(at(0))).toBeGreaterThan(0);
      expect((await fetch(next(larger, 1))).errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND);
    });
  });
});
