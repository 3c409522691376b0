import { beforeEach, describe, expect, test } from 'vitest';

import type { TopicId } from '../../src/core/ids.ts';
import { KafkaProducer } from '../../src/log/kafka-producer.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { AppendOutcome, RequestKey } from '../../src/ports/record-log.ts';
import { MemoryRequestKeys } from '../../src/store/memory-request-keys.ts';
import { FakeClock, settle } from '../broker/fake-clock.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { Random } from '../simulation/random.ts';
import { FakeKafka, type Fate } from './fake-kafka.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const deliveryTimeoutMs = 30_000;

let kafka: FakeKafka;
let clock: FakeClock;
let keys: MemoryRequestKeys;
let producer: KafkaProducer;
let orders: TopicId;

beforeEach(() => {
  kafka = new FakeKafka();
  clock = new FakeClock();
  keys = new MemoryRequestKeys();
  orders = kafka.createTopic('orders', 4);
  producer = start();
});

const start = (): KafkaProducer =>
  new KafkaProducer({ client: kafka, keys, clock, logger: silent }, { deliveryTimeoutMs });

const append = (mark: number, partition = 0, topicId = orders): Promise<AppendOutcome> =>
  producer.append({ entries: [{ topicId, partition, batch: newBatch({ fill: mark }) }] });

const at = (...baseOffsets: number[]): AppendOutcome => ({ kind: 'appended', baseOffsets });

/** Lets attempts be made until the promise is settled, at most for `forMs`. */
const inTime = async <T>(promise: Promise<T>, forMs = 2 * deliveryTimeoutMs): Promise<T> => {
  let isSettled = false;
  const settled = (): void => void (isSettled = true);
  void promise.then(settled, settled);
  for (let ms = 0; ms < forMs && !isSettled; ms += 100) await clock.advance(100);
  return promise;
};

/** Gets the lane going: from then on five may be under way. */
const confirmFirst = async (partition = 0): Promise<void> => {
  await append(0, partition);
  kafka.requests.length = 0;
};

describe('batches without a producer', () => {
  test("get this node's id and their place in the order of the partition, and the caller's bytes stay as they are", async () => {
    const batch = newBatch({ offsets: 3, fill: 1 });
    const before = batch.bytes.slice();
    const entries = [{ topicId: orders, partition: 0, batch }];
    expect(await producer.append({ entries })).toEqual(at(0));
    expect(await append(2)).toEqual(at(3));
    expect(await append(3, 1)).toEqual(at(0));
    expect(kafka.partition(orders).batches).toEqual([
      { baseOffset: 0, producerId: 4000, producerEpoch: 0, baseSequence: 0, mark: 1 },
      { baseOffset: 3, producerId: 4000, producerEpoch: 0, baseSequence: 3, mark: 2 },
    ]);
    expect(kafka.partition(orders, 1).batches).toMatchObject([{ producerId: 4000, baseSequence: 0 }]);
    expect(batch.bytes).toEqual(before);
  });

  test('keep the order in which they were asked for, and each broker gets those of its partitions together', async () => {
    await Promise.all([0, 1, 2, 3].map((partition) => append(0, partition)));
    kafka.requests.length = 0;
    const marks = Array.from({ length: 20 }, (_, index) => index + 1);
    const outcomes = await Promise.all(marks.flatMap((mark) => [0, 1, 2, 3].map((each) => append(mark, each))));
    expect(outcomes.filter(({ kind }) => kind !== 'appended')).toEqual([]);
    for (const partition of [0, 1, 2, 3]) expect(kafka.marks(orders, partition)).toEqual([0, ...marks]);
    expect(kafka.requests).toHaveLength(40);
    expect(kafka.requests[0]).toEqual({ broker: 0, batches: ['0:1', '2:1'] });
    expect(kafka.mostInFlight).toBe(5);
  });

  test('go by the name of their topic to brokers that do not take its id yet', async () => {
    kafka.version = 9;
    expect(await append(1)).toEqual(at(0));
  });

  test('of which the first of a partition is under way wait: a broker takes any sequence of a producer that it does not know', async () => {
    kafka.fates = ['broken'];
    expect(await inTime(Promise.all([1, 2, 3].map((mark) => append(mark))))).toEqual([at(0), at(1), at(2)]);
    expect(kafka.requests.slice(0, 2).map(({ batches }) => batches)).toEqual([['0:1'], ['0:1']]);
  });
});

describe('an attempt that fails', () => {
  test.each(['lost', 'broken', 'unreachable'] as const)(
    '(%s) is made again under the same sequence: the batch is there once',
    async (fate) => {
      kafka.fates = [fate];
      expect(await inTime(append(1))).toEqual(at(0));
      expect(await append(2)).toEqual(at(1));
      expect(kafka.marks(orders)).toEqual([1, 2]);
    },
  );

  test.each([
    'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'REQUEST_TIMED_OUT',
    'KAFKA_STORAGE_ERROR',
  ] as const)('with %s is made again', async (error) => {
    kafka.fates = [{ error }, { error }];
    expect(await inTime(append(1))).toEqual(at(0));
    expect(kafka.marks(orders)).toEqual([1]);
  });

  test('takes those behind it along: all are sent again in their order, and none is there twice', async () => {
    await confirmFirst();
    kafka.fates = ['answer', { error: 'NOT_LEADER_OR_FOLLOWER' }, 'answer', 'lost', 'answer'];
    const outcomes = await inTime(Promise.all([1, 2, 3, 4, 5, 6, 7].map((mark) => append(mark))));
    expect(outcomes).toEqual([1, 2, 3, 4, 5, 6, 7].map((offset) => at(offset)));
    expect(kafka.marks(orders)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(kafka.partition(orders).batches.map(({ producerEpoch }) => producerEpoch))).toEqual(new Set([0]));
  });

  test('of which all answers are lost is found out by the offsets that the broker remembers', async () => {
    await confirmFirst();
    kafka.fates = ['lost', 'lost', 'lost', 'lost', 'lost'];
    const outcomes = await inTime(Promise.all([1, 2, 3, 4, 5, 6].map((mark) => append(mark))));
    expect(outcomes).toEqual([1, 2, 3, 4, 5, 6].map((offset) => at(offset)));
    expect(kafka.marks(orders)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('because the leader is another one goes to that one', async () => {
    await confirmFirst();
    kafka.partition(orders).leader = 1;
    expect(await inTime(append(1))).toEqual(at(1));
    expect(kafka.requests.map(({ broker }) => broker)).toEqual([0, 1]);
  });

  test('while the partition has no leader waits for one', async () => {
    kafka.partition(orders).leader = -1;
    await kafka.refresh();
    const appended = append(1);
    await clock.advance(5_000);
    expect(kafka.requests).toEqual([]);
    kafka.partition(orders).leader = 1;
    expect(await inTime(appended)).toEqual(at(0));
  });
});

describe('a batch that cannot be appended', () => {
  test('in time may be there, and may not, where an answer is missing', async () => {
    await confirmFirst();
    kafka.fate = () => 'broken';
    const failed = inTime(append(1));
    await expect(failed).rejects.toMatchObject({ name: 'Fault', code: 'STORAGE_FAILED', outcome: 'unknown' });
  });

  test('in time is not there where every answer said so', async () => {
    kafka.fate = () => ({ error: 'NOT_ENOUGH_REPLICAS' });
    const failed = inTime(append(1));
    await expect(failed).rejects.toMatchObject({ outcome: 'refused', retriable: true });
    await expect(failed).rejects.toThrow('orders-0: Kafka answers NOT_ENOUGH_REPLICAS');
  });

  test('in time is not there where no broker was reached', async () => {
    kafka.fate = () => 'unreachable';
    await expect(inTime(append(1))).rejects.toMatchObject({ outcome: 'refused' });
  });

  test('in time is fenced: when it gets there late, it comes after none of those behind it', async () => {
    await confirmFirst();
    kafka.fates = ['late'];
    kafka.fate = () => 'unreachable';
    await expect(inTime(append(1))).rejects.toMatchObject({ outcome: 'unknown' });
    kafka.fate = () => 'answer';
    expect(await inTime(append(2))).toEqual(at(1));
    kafka.deliverLate();
    expect(await inTime(append(3))).toEqual(at(2));
    expect(kafka.marks(orders)).toEqual([0, 2, 3]);
    expect(kafka.partition(orders).batches.at(-1)).toMatchObject({ producerEpoch: 1, baseSequence: 1 });
  });

  test('is refused, and those behind it are appended without it', async () => {
    await confirmFirst();
    kafka.fates = ['answer', { error: 'INVALID_RECORD' }];
    const outcomes = await inTime(Promise.all([1, 2, 3, 4].map((mark) => append(mark))));
    expect(outcomes).toMatchObject([
      at(1),
      { kind: 'refused', error: { code: 'INVALID_RECORD', message: expect.stringContaining('orders-0') as string } },
      at(2),
      at(3),
    ]);
    expect(kafka.marks(orders)).toEqual([0, 1, 3, 4]);
  });

  test.each([
    ['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE'],
    ['RECORD_LIST_TOO_LARGE', 'MESSAGE_TOO_LARGE'],
    ['INVALID_TIMESTAMP', 'INVALID_RECORD'],
    ['TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED'],
    ['CLUSTER_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'],
    ['CORRUPT_MESSAGE', 'CORRUPT_MESSAGE'],
  ] as const)('because of %s is refused as %s', async (error, code) => {
    kafka.fates = [{ error }];
    expect(await append(1)).toMatchObject({ kind: 'refused', error: { code } });
    expect(await append(2)).toEqual(at(0));
  });

  test('for a reason that the broker does not tell may be there', async () => {
    kafka.fates = [{ error: 'UNKNOWN_SERVER_ERROR' }];
    await expect(append(1)).rejects.toMatchObject({ outcome: 'unknown' });
    expect(await append(2)).toEqual(at(0));
  });

  test('because the topic is gone is refused soon; one that is not known for a moment is waited for', async () => {
    const mails = kafka.createTopic('mails', 1);
    kafka.deleteTopic(mails);
    const appended = append(1, 0, mails);
    await clock.advance(500);
    kafka.createTopic('mails', 1);
    expect(await inTime(appended)).toEqual(at(0));
    kafka.deleteTopic(mails);
    const refused = inTime(append(2, 0, mails), 4_000);
    expect(await refused).toMatchObject({ kind: 'refused', error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  });
});

describe('the own producer', () => {
  test('begins a new epoch where the broker has lost what it knew, and nothing is lost or there twice', async () => {
    await confirmFirst();
    await append(1);
    // As after an unclean election: the last batch is gone.
    const partition = kafka.partition(orders);
    const state = partition.producers.get(4000)!;
    partition.producers.set(4000, { ...state, nextSequence: 1, batches: state.batches.slice(0, 1) });
    expect(await inTime(Promise.all([2, 3].map((mark) => append(mark))))).toEqual([at(2), at(3)]);
    expect(partition.batches.slice(2)).toMatchObject([
      { producerEpoch: 1, baseSequence: 0 },
      { producerEpoch: 1, baseSequence: 1 },
    ]);
  });

  test('takes a new id where its epoch is not the newest any more', async () => {
    await confirmFirst();
    const partition = kafka.partition(orders);
    partition.producers.set(4000, { ...partition.producers.get(4000)!, epoch: 7 });
    expect(await inTime(append(1))).toEqual(at(1));
    expect(partition.batches.at(-1)).toMatchObject({ producerId: 4001, producerEpoch: 0, baseSequence: 0 });
    await append(1, 1);
    expect(kafka.partition(orders, 1).batches).toMatchObject([{ producerId: 4001 }]);
  });

  test('waits for an id, and says in time that there is none', async () => {
    kafka.initProducerIdError = 'COORDINATOR_LOAD_IN_PROGRESS';
    const first = append(1);
    await clock.advance(1_000);
    kafka.initProducerIdError = 'NONE';
    expect(await inTime(first)).toEqual(at(0));

    producer = start();
    kafka.initProducerIdError = 'CLUSTER_AUTHORIZATION_FAILED';
    const failed = inTime(append(2));
    await expect(failed).rejects.toMatchObject({ outcome: 'refused' });
    await expect(failed).rejects.toThrow('CLUSTER_AUTHORIZATION_FAILED');
  });

  test('never goes over its sequences again when a topic is known once more', async () => {
    await confirmFirst();
    const mails = kafka.createTopic('mails', 1);
    kafka.deleteTopic(orders);
    // An attempt that fails asks for the view, in which the topic is missing.
    kafka.fates = [{ error: 'NOT_LEADER_OR_FOLLOWER' }];
    await inTime(append(1, 0, mails));
    orders = kafka.createTopic('orders', 4);
    await kafka.refresh();
    await append(1);
    expect(kafka.partition(orders).batches).toMatchObject([{ producerId: 4001, baseSequence: 0 }]);
  });
});

describe('batches of an idempotent producer', () => {
  const send = (baseSequence: number, change: { epoch?: number; offsets?: number; mark?: number } = {}) => {
    const { epoch: producerEpoch = 0, offsets = 1, mark = baseSequence } = change;
    const batch = newBatch({ offsets, fill: mark, producer: { producerId: 77, producerEpoch, baseSequence } });
    return producer.append({
      entries: [{ topicId: orders, partition: 0, batch }],
      producer: { producerId: 77, producerEpoch, baseSequence, nowMs: clock.wallMs() },
    });
  };

  test('are passed on as they are, and one that was sent before is answered with its first offset', async () => {
    expect(await send(0, { offsets: 2 })).toEqual(at(0));
    expect(await send(2)).toEqual(at(2));
    expect(await send(0, { offsets: 2 })).toEqual(at(0));
    expect(kafka.partition(orders).batches).toMatchObject([
      { producerId: 77, baseSequence: 0 },
      { producerId: 77, baseSequence: 2 },
    ]);
  });

  test('that are not the next ones are refused, and so are those of an older epoch', async () => {
    await send(0, { epoch: 1 });
    expect(await send(2, { epoch: 1 })).toMatchObject({
      kind: 'refused',
      error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' },
    });
    expect(await send(1)).toMatchObject({ kind: 'refused', error: { code: 'INVALID_PRODUCER_EPOCH' } });
    expect(await send(1, { epoch: 1 })).toEqual(at(1));
  });

  test('that were sent one after the other come in their order when an attempt fails', async () => {
    await send(0);
    kafka.fates = ['answer', 'broken', 'answer', 'lost'];
    expect(await inTime(Promise.all([1, 2, 3, 4, 5].map((sequence) => send(sequence))))).toEqual(
      [1, 2, 3, 4, 5].map((offset) => at(offset)),
    );
    expect(kafka.marks(orders)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('behind one that is refused are refused too: the sequence is their own', async () => {
    await send(0);
    kafka.fates = [{ error: 'MESSAGE_TOO_LARGE' }];
    expect(await inTime(Promise.all([send(1), send(2), send(3)]))).toMatchObject([
      { kind: 'refused', error: { code: 'MESSAGE_TOO_LARGE' } },
      { kind: 'refused', error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } },
      { kind: 'refused', error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } },
    ]);
    expect(kafka.marks(orders)).toEqual([0]);
  });
});

describe('batches of several producers to one partition', () => {
  test('go in requests of their own: of two in one a broker takes the last, and answers once', async () => {
    await confirmFirst();
    const given = { producerId: 77, producerEpoch: 0, baseSequence: 0 };
    const ofProducer = producer.append({
      entries: [{ topicId: orders, partition: 0, batch: newBatch({ fill: 2, producer: given }) }],
      producer: { ...given, nowMs: clock.wallMs() },
    });
    const outcomes = await inTime(Promise.all([append(1), ofProducer, append(3, 2)]));
    for (const { batches } of kafka.requests) {
      const partitions = batches.map((batch) => batch.split(':')[0]);
      expect(new Set(partitions).size).toBe(partitions.length);
    }
    expect(outcomes[0]).not.toEqual(outcomes[1]);
    expect(kafka.marks(orders).toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });
});

describe('an append to several partitions', () => {
  const appendTo = (...partitions: number[]) =>
    producer.append({
      entries: partitions.map((partition, mark) => ({ topicId: orders, partition, batch: newBatch({ fill: mark }) })),
    });

  test('answers with the offsets in the order of its batches', async () => {
    expect(await appendTo(1, 0, 1, 2)).toEqual(at(0, 0, 1, 0));
  });

  test('is refused where every part is', async () => {
    kafka.fate = () => ({ error: 'TOPIC_AUTHORIZATION_FAILED' });
    expect(await appendTo(0, 1)).toMatchObject({ kind: 'refused', error: { code: 'TOPIC_AUTHORIZATION_FAILED' } });
  });

  test('has an unknown outcome where a part is there and a part not', async () => {
    kafka.fate = (broker) => (broker === 0 ? 'answer' : { error: 'INVALID_RECORD' });
    const failed = appendTo(0, 1);
    await expect(failed).rejects.toMatchObject({ outcome: 'unknown', retriable: false });
    await expect(failed).rejects.toThrow('of 2 record batches 1 were appended');
  });
});

describe('an append with a request key', () => {
  const keyOf = (change: Partial<RequestKey> = {}): RequestKey => ({
    topicId: orders,
    key: 'k',
    fingerprint: 'f',
    layout: 'l',
    nowMs: clock.wallMs(),
    ...change,
  });
  const sevenAndOne = [0, 0, 0, 1, 0, 0, 0, 0];
  const appendOnce = (change: Partial<RequestKey> = {}, partitions = sevenAndOne) =>
    producer.append({
      entries: partitions.map((partition, mark) => ({ topicId: orders, partition, batch: newBatch({ fill: mark }) })),
      requestKey: keyOf(change),
    });

  test('is appended once, and replayed with its offsets and its layout', async () => {
    expect(await appendOnce()).toEqual(at(0, 1, 2, 0, 3, 4, 5, 6));
    const replay = await appendOnce({ layout: 'another' });
    expect(replay).toEqual({ kind: 'replayed', baseOffsets: [0, 1, 2, 0, 3, 4, 5, 6], layout: 'l' });
    expect(kafka.marks(orders)).toEqual([0, 1, 2, 4, 5, 6, 7]);
  });

  test('is refused with another body', async () => {
    await appendOnce();
    expect(await appendOnce({ fingerprint: 'g' })).toEqual({ kind: 'key_reused' });
  });

  // Requests of the first append: ids of five batches, a batch of each partition at a time.
  test.each([1, 2, 3, 5, 6, 7, 8])(
    'of which the node dies at request %i is there once when another node repeats it',
    async (dies) => {
      let requests = 0;
      kafka.fate = () => (++requests < dies ? 'answer' : requests === dies ? 'lost' : 'unreachable');
      void appendOnce().catch(() => {});
      await clock.advance(1_000);
      // The first node is never heard of again.
      clock = new FakeClock();
      kafka.fate = () => 'answer';
      producer = start();
      expect(await inTime(appendOnce())).toEqual(at(0, 1, 2, 0, 3, 4, 5, 6));
      expect(kafka.marks(orders)).toEqual([0, 1, 2, 4, 5, 6, 7]);
      expect(kafka.marks(orders, 1)).toEqual([3]);
      expect(await appendOnce()).toMatchObject({ kind: 'replayed' });
    },
  );

  test('is there once when two nodes are at it at the same time', async () => {
    const first = producer;
    producer = start();
    const [one, other] = await inTime(
      Promise.all([
        appendOnce(),
        first.append({
          entries: sevenAndOne.map((partition, mark) => ({
            topicId: orders,
            partition,
            batch: newBatch({ fill: mark }),
          })),
          requestKey: keyOf(),
        }),
      ]),
    );
    expect(one.kind !== 'key_reused' && one.kind !== 'refused' && one.baseOffsets).toEqual([0, 1, 2, 0, 3, 4, 5, 6]);
    expect(other).toEqual(one);
    expect(kafka.marks(orders)).toEqual([0, 1, 2, 4, 5, 6, 7]);
  });

  test('that was begun and is laid out in another way now is not appended: which of its records are there is not known', async () => {
    kafka.fate = () => 'broken';
    void appendOnce().catch(() => {});
    await settle();
    kafka.fate = () => 'answer';
    producer = start();
    const failed = appendOnce({ layout: 'another' });
    await expect(failed).rejects.toMatchObject({ outcome: 'unknown', retriable: false });
  });
});

test('while too much waits for an answer no more is taken', async () => {
  producer = new KafkaProducer({ client: kafka, keys, clock, logger: silent }, { maxWaitingBytes: 150 });
  kafka.isHeld = true;
  const waiting = [append(1), append(2)];
  await expect(append(3)).rejects.toMatchObject({ outcome: 'refused', retriable: true });
  await settle();
  kafka.release();
  expect(await Promise.all(waiting)).toEqual([at(0), at(1)]);
  expect(await append(4)).toEqual(at(2));
});

test('after it is closed it refuses, and what was under way has settled', async () => {
  kafka.isHeld = true;
  const pending = append(1);
  await settle();
  const closed = producer.close();
  await expect(append(2)).rejects.toMatchObject({ name: 'Fault', code: 'CLOSED', outcome: 'refused' });
  kafka.release();
  await closed;
  expect(await pending).toEqual(at(0));
  expect(clock.scheduled).toBe(0);
});

/** Whatever happens: what was answered is there once, at its offset and in its order; what was refused is not; what is unknown is there at most once. */
test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'any trouble (seed %i) leaves no batch twice and none behind',
  async (seed) => {
    const random = new Random(seed);
    const below = (end: number): number => random.between(0, end - 1);
    const errors = [
      'NOT_LEADER_OR_FOLLOWER',
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
      'INVALID_RECORD',
    ] as const;
    const trouble = below(4) + 2;
    kafka.fate = () => {
      if (below(trouble) > 0) return 'answer';
      const kind = below(5);
      if (kind === 0) return 'lost';
      if (kind === 1) return 'broken';
      if (kind === 2) return 'unreachable';
      if (kind === 3) return 'late';
      return { error: errors[below(errors.length)]! };
    };
    const outcomes = new Map<string, Promise<AppendOutcome | { readonly kind: 'failed'; readonly outcome: string }>>();
    for (let mark = 1; mark <= 60; mark++) {
      const partition = below(2);
      const outcome = append(mark, partition).catch((fault: unknown) => ({
        kind: 'failed' as const,
        outcome: (fault as { outcome: string }).outcome,
      }));
      outcomes.set(`${partition}:${mark}`, outcome);
      if (below(3) === 0) await clock.advance(below(2_000));
      if (below(6) === 0) kafka.deliverLate();
      if (below(10) === 0) kafka.partition(orders, partition).leader = below(2);
    }
    kafka.fate = () => (below(5) === 0 ? 'lost' : 'answer');
    await inTime(Promise.all(outcomes.values()), 4 * deliveryTimeoutMs);
    kafka.deliverLate();
    for (const partition of [0, 1]) {
      const marks = kafka.marks(orders, partition);
      expect(new Set(marks).size, 'each at most once').toBe(marks.length);
      const appended: number[] = [];
      for (const [text, promise] of outcomes) {
        const [of, mark] = text.split(':').map(Number);
        if (of !== partition) continue;
        const outcome = await promise;
        if (outcome.kind === 'appended') {
          appended.push(mark!);
          expect(marks[outcome.baseOffsets[0]!]).toBe(mark);
        } else if (outcome.kind === 'refused' || (outcome.kind === 'failed' && outcome.outcome === 'refused')) {
          expect(marks).not.toContain(mark);
        }
      }
      expect(marks.filter((mark) => appended.includes(mark))).toEqual(appended);
    }
  },
);

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'any trouble (seed %i) leaves a request with a key there once, however often and at whichever node it is repeated',
  async (seed) => {
    const random = new Random(seed);
    const below = (end: number): number => random.between(0, end - 1);
    const fates: readonly Fate[] = ['lost', 'broken', 'unreachable', 'late', { error: 'NOT_LEADER_OR_FOLLOWER' }];
    kafka.fate = () => (below(4) > 0 ? 'answer' : random.pick(fates));
    const nodes = [producer, start()];
    let mark = 0;
    const untilAnswered = async (number: number): Promise<void> => {
      const marks = Array.from({ length: 1 + below(7) }, () => ++mark);
      const entries = marks.map((fill) => ({ topicId: orders, partition: below(2), batch: newBatch({ fill }) }));
      const requestKey = { topicId: orders, key: `k${number}`, fingerprint: 'f', layout: 'l', nowMs: clock.wallMs() };
      for (;;) {
        const outcome = await random
          .pick(nodes)
          .append({ entries, requestKey })
          .catch(() => undefined);
        // Its answer is lost too, now and then.
        if (outcome === undefined || below(3) === 0) continue;
        if (outcome.kind !== 'appended' && outcome.kind !== 'replayed') throw new Error(outcome.kind);
        for (const [index, { partition }] of entries.entries()) {
          expect(kafka.marks(orders, partition)[outcome.baseOffsets[index]!]).toBe(marks[index]);
        }
        return;
      }
    };
    const requests = Array.from({ length: 20 }, (_, number) => untilAnswered(number));
    const others = Array.from({ length: 20 }, () => append(++mark, below(2)).catch(() => undefined));
    for (let turn = 0; turn < 60; turn++) {
      await clock.advance(below(1_500));
      if (below(3) === 0) kafka.deliverLate();
      if (below(5) === 0) kafka.partition(orders, below(2)).leader = below(2);
    }
    kafka.fate = () => 'answer';
    await inTime(Promise.all([...requests, ...others]), 4 * deliveryTimeoutMs);
    kafka.deliverLate();
    const all = [0, 1].flatMap((partition) => kafka.marks(orders, partition));
    expect(new Set(all).size, 'each once').toBe(all.length);
  },
);
