import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { initProducerIdApi } from '../../src/codec/messages/init-producer-id.ts';
import { produceApi } from '../../src/codec/messages/produce.ts';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import { nowMs } from './history.ts';
import { KafkaLink, answerOf } from './kafka-link.ts';
import { bytesOf } from './payload.ts';
import type { Random } from './random.ts';
import { NoAnswer, type Session } from './session.ts';

/** Partitions that each topic has from the start. */
const partitionsOf: Readonly<Record<string, number>> = { jobs: 3, short: 1 };

/** What a server says that stops, or whose disk does not answer: Kafka's producers try again. */
const retriable: ReadonlySet<number> = new Set([
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.KAFKA_STORAGE_ERROR,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  // What it keeps its records in does not answer.
  errorCodes.REQUEST_TIMED_OUT,
  errorCodes.NOT_ENOUGH_REPLICAS,
  errorCodes.LEADER_NOT_AVAILABLE,
]);

/**
 * Produces through Kafka's door with acks=all whenever the order is to produce, most of it idempotently: a batch without an answer is
 * sent again with its sequence, also to the servers that come after this one, until it is confirmed. The others are sent once.
 */
export async function produceToKafkaForever(
  session: Session,
  random: Random,
  { topics, pauseMs }: { readonly topics: readonly string[]; readonly pauseMs: number },
): Promise<void> {
  const link = new KafkaLink(session);
  const producer = await producerIdOf(link);
  const sequences = new Map<string, number>();
  for (;;) {
    await sleep(random.between(0, pauseMs));
    if (!session.produce) continue;
    const topic = random.pick(topics);
    const partition = random.between(0, partitionsOf[topic]! - 1);
    const request = session.nextRequest();
    const count = countOf(random);
    const ids = Array.from({ length: count }, (_, n) => `${request}:${n}`);
    const idempotent = random.chance(0.7);
    const place = `${topic}/${partition}`;
    const baseSequence = sequences.get(place) ?? 0;
    const records = ids.map((id) => ({ key: null, value: bytesOf(id), headers: [], timestampMs: Date.now() }));
    const batch = encodeBatch({ records, ...(idempotent ? { ...producer, baseSequence } : {}) }).bytes;
    for (let isSettled = false; !isSettled;) {
      try {
        isSettled = await send(session, link, { request, topic, partition, ids, idempotent, batch });
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
      }
      if (!idempotent) break;
    }
    if (idempotent) sequences.set(place, baseSequence + count);
  }
}

/** Most requests are small. The largest are some 300 KiB: a commit of so much goes to a batch file. */
const countOf = (random: Random): number => {
  if (random.chance(0.015)) return random.between(1100, 1400);
  return random.chance(0.1) ? random.between(50, 300) : random.between(1, 12);
};

const producerIdOf = async (link: KafkaLink): Promise<{ producerId: number; producerEpoch: number }> => {
  for (;;) {
    try {
      const answer = await link.exchange(({ client }) =>
        answerOf(client.call(initProducerIdApi, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })),
      );
      const { producerId, producerEpoch } = answer;
      if (answer.errorCode === 0 && producerId !== undefined) return { producerId, producerEpoch };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    await sleep(20);
  }
};

interface Sent {
  readonly request: string;
  readonly topic: string;
  readonly partition: number;
  readonly ids: readonly string[];
  readonly idempotent: boolean;
  readonly batch: Uint8Array;
}

/** False: it is not known what became of it. */
const send = (session: Session, link: KafkaLink, sent: Sent): Promise<boolean> =>
  link.exchange(async ({ client }) => {
    const { request, topic, partition, ids, idempotent, batch } = sent;
    session.journal.write({ kind: 'produce', atMs: nowMs(), request, topic, ids, form: 'atomic', idempotent });
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }];
    const asked = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData };
    const { responses } = await answerOf(client.call(produceApi, 9, asked));
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
    if (errorCode === 0) {
      const places = ids.map((_, index) => [partition, baseOffset + index] as const);
      session.journal.write({ kind: 'produced', atMs: nowMs(), request, places, replayed: false });
      return true;
    }
    if (retriable.has(errorCode)) {
      // Another one leads it, or can do better.
      link.nextNode();
      await sleep(20);
      return false;
    }
    const why = `error ${errorCode}`;
    session.journal.write({ kind: 'produce_refused', atMs: nowMs(), request, why });
    session.complain(`produce to ${topic}/${partition} over Kafka's door was refused: ${why}`);
    return true;
  });
