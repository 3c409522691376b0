import { errorCodes } from '../codec/error-codes.ts';
import { type ProduceRequest, type ProduceResponse, produceApi } from '../codec/messages/produce.ts';
import { setProducer } from '../codec/sequenced-batch.ts';
import { type TopicPartition, topicPartitionText } from '../core/ids.ts';
import { rememberedBatches, sequenceAfter } from '../core/producer/producer-state.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import { kafkaFault } from '../kafka-client/kafka-fault.ts';
import { KafkaUnavailable } from '../kafka-client/kafka-unavailable.ts';
import { takeProducerId } from '../kafka-client/producer-id.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault, closedAdapter } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { Append, AppendOutcome, RequestKey } from '../ports/record-log.ts';
import type { RequestKeys } from '../ports/request-keys.ts';
import { outcomeOf } from './append-result.ts';
import { type ProduceVerdict, produceVerdict } from './produce-verdict.ts';
import { type BatchOutcome, type LaneBatch, ProducerLane } from './producer-lane.ts';

/** The appending half of a log that is a Kafka cluster's: RecordLog.append. */
export interface KafkaAppender {
  append(append: Append): Promise<AppendOutcome>;
  /** Takes nothing new; appends under way settle first. */
  close(): Promise<void>;
}

interface KafkaProducerOutside {
  readonly client: Pick<KafkaClient, 'request' | 'metadata' | 'refresh'>;
  readonly keys: RequestKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface KafkaProducerSettings {
  /** An append is given up when it has taken so long (`delivery.timeout.ms` of Kafka's producer). */
  readonly deliveryTimeoutMs: number;
  /** While batches of so many bytes wait for an answer, no more are taken (`buffer.memory`). */
  readonly maxWaitingBytes: number;
}

/** How long a broker may wait for the followers; beyond it the batches are sent again. */
const requestTimeoutMs = 10_000;
/** So much longer its answer may take: it is what tells a slow broker from one that is gone. */
const answerTimeoutMs = requestTimeoutMs + 2_000;
/** `max.in.flight.requests.per.connection`: what comes while so many are under way is gathered. */
const maxInFlight = 5;
/** A request is not made larger than this, unless one batch is (`max.request.size`). */
const requestMaxBytes = 1_048_576;

interface Flight {
  readonly lane: ProducerLane;
  readonly batch: LaneBatch;
}

/**
 * Appends to a Kafka cluster, with acks=all. Batches that have no producer get this node's own, so that an attempt whose answer was lost can
 * be repeated; those of an idempotent producer are passed on as they are, and Kafka checks their sequence. Batches to one broker are gathered
 * into one request, a batch for each partition. What was tried for `deliveryTimeoutMs` is given up, outcome `unknown` where it may be there.
 *
 * Several partitions are not one transaction: where some are appended and some not the outcome is `unknown`.
 */
export class KafkaProducer implements KafkaAppender {
  readonly #outside: KafkaProducerOutside;
  readonly #settings: KafkaProducerSettings;
  /** By partition, and producer where it is not the own one. The own ones stay: their sequences go on. */
  readonly #lanes = new Map<string, ProducerLane>();
  /** Those that have batches. */
  readonly #busy = new Set<ProducerLane>();
  readonly #inFlight = new Map<number, number>();
  readonly #underWay = new Set<Promise<unknown>>();
  #ownId: number | undefined;
  #takingId = false;
  #waitingBytes = 0;
  #timer: { cancel(): void } | undefined;
  #willFlush = false;
  #isClosed = false;

  constructor(outside: KafkaProducerOutside, settings: Partial<KafkaProducerSettings> = {}) {
    this.#outside = outside;
    this.#settings = { deliveryTimeoutMs: 30_000, maxWaitingBytes: 67_108_864, ...settings };
  }

  append(append: Append): Promise<AppendOutcome> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#waitingBytes >= this.#settings.maxWaitingBytes) return Promise.reject(tooMany(this.#waitingBytes));
    const done = append.requestKey === undefined ? this.#append(append) : this.#appendOnce(append, append.requestKey);
    this.#underWay.add(done);
    // Whoever asked gets the fault.
    void done.catch(() => {}).finally(() => this.#underWay.delete(done));
    return done;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
    this.#timer?.cancel();
    await this.#outside.keys.close();
  }

  async #append({ entries, producer }: Append): Promise<AppendOutcome> {
    // Before the first wait, so that appends keep their order.
    const outcomes = entries.map(({ topicId, partition, batch }) => {
      const place = { topicId, partition };
      const { bytes, offsetCount } = batch;
      return producer === undefined
        ? this.#enqueue(this.#lane(place, 'own'), bytes, offsetCount)
        : this.#enqueue(this.#lane(place, producer.producerId), bytes, offsetCount);
    });
    return outcomeOf(await Promise.all(outcomes));
  }

  /**
   * Appends under producer ids that stand for the request key: whoever repeats it sends the same sequences, and Kafka answers with the
   * offsets that are there. An id serves five batches of a partition, as many as a broker remembers.
   */
  async #appendOnce(append: Append, requestKey: RequestKey): Promise<AppendOutcome> {
    const { keys, logger } = this.#outside;
    const byPartition = Map.groupBy(append.entries.keys(), (index) => append.entries[index]!.partition);
    const most = Math.max(...[...byPartition.values()].map((indexes) => indexes.length));
    const idCount = Math.ceil(most / rememberedBatches);
    const taken = await keys
      .take(requestKey, () => this.#takeIds(idCount))
      .catch((error: unknown) => {
        throw refusedFault(error);
      });
    if (taken.kind === 'reused') return { kind: 'key_reused' };
    if (taken.kind === 'done') return { ...taken, kind: 'replayed' };
    const { producerIds, layout } = taken;
    if (layout !== requestKey.layout || producerIds.length !== idCount) throw otherLayout(requestKey.key);

    const outcomes: BatchOutcome[] = [];
    const appendTo = async (indexes: readonly number[]): Promise<void> => {
      for (const [number, producerId] of producerIds.entries()) {
        const own = indexes.slice(number * rememberedBatches, (number + 1) * rememberedBatches);
        let baseSequence = 0;
        const settled = own.map(async (index) => {
          const { topicId, partition, batch } = append.entries[index]!;
          const bytes = new Uint8Array(batch.bytes);
          setProducer(bytes, { producerId, producerEpoch: 0, baseSequence });
          baseSequence = sequenceAfter(baseSequence, batch.offsetCount);
          const lane = this.#lane({ topicId, partition }, producerId);
          outcomes[index] = await this.#enqueue(lane, bytes, batch.offsetCount);
        });
        await Promise.all(settled);
      }
    };
    await Promise.all([...byPartition.values()].map(appendTo));
    const outcome = outcomeOf(outcomes);
    if (outcome.kind === 'appended') {
      // Without it the key is pending, and who repeats the request gets the same answer from Kafka.
      await keys.complete(requestKey, outcome.baseOffsets).catch((error: unknown) => {
        logger.warn(
          { err: error, repeats: 'Idempotency-Keys not noted as done' },
          'an Idempotency-Key was not noted as done; it is settled when it is repeated',
        );
      });
    }
    return outcome;
  }

  #takeIds(count: number): Promise<readonly number[]> {
    return Promise.all(Array.from({ length: count }, () => takeProducerId(this.#outside.client, this.#outside.clock)));
  }

  /** @param producer the id of a producer that is not this node's own */
  #lane(partition: TopicPartition, producer: 'own' | number): ProducerLane {
    const name = `${topicPartitionText(partition)}/${producer}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = new ProducerLane(name, partition, producer === 'own' ? 'own' : 'given');
    this.#lanes.set(name, lane);
    return lane;
  }

  #enqueue(lane: ProducerLane, bytes: Uint8Array, offsetCount: number): Promise<BatchOutcome> {
    const deadlineMs = this.#outside.clock.monotonicMs() + this.#settings.deliveryTimeoutMs;
    this.#waitingBytes += bytes.length;
    return new Promise((resolve) => {
      const settle = (outcome: BatchOutcome): void => {
        this.#waitingBytes -= bytes.length;
        resolve(outcome);
      };
      // A copy: the header is written to, and whoever gave it may reuse its memory.
      lane.add({ bytes: new Uint8Array(bytes), offsetCount, deadlineMs, settle });
      this.#busy.add(lane);
      this.#flushSoon();
    });
  }

  // ───────────── sending ─────────────

  /** What comes in the same turn of the event loop goes out together. */
  #flushSoon(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    setImmediate(() => {
      this.#willFlush = false;
      this.#flush();
    });
  }

  #flush(): void {
    const nowMs = this.#outside.clock.monotonicMs();
    const byBroker = new Map<number, ProducerLane[]>();
    let isStale = false;
    for (const lane of this.#busy) {
      lane.expire(nowMs);
      if (lane.isEmpty) {
        this.#busy.delete(lane);
        if (!lane.isOwn) this.#lanes.delete(lane.name);
        continue;
      }
      if (lane.needsId) this.#giveId(lane);
      if (lane.peek(nowMs) === undefined) continue;
      const broker = this.#leaderOf(lane, nowMs);
      if (broker === undefined) isStale = true;
      else if (byBroker.get(broker)?.push(lane) === undefined) byBroker.set(broker, [lane]);
    }
    if (isStale) this.#refresh();
    for (const [broker, lanes] of byBroker) {
      while ((this.#inFlight.get(broker) ?? 0) < maxInFlight) {
        const flights = take(lanes, nowMs);
        if (flights.length === 0) break;
        for (const { lane } of flights) {
          // To the end of the line: nobody stands behind one that always has something.
          this.#busy.delete(lane);
          this.#busy.add(lane);
        }
        void this.#send(broker, flights);
      }
    }
    this.#arm(nowMs);
  }

  #arm(nowMs: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    let wakeAtMs = Infinity;
    for (const lane of this.#busy) wakeAtMs = Math.min(wakeAtMs, lane.wakeAtMs(nowMs));
    if (wakeAtMs !== Infinity) {
      this.#timer = this.#outside.clock.schedule(Math.max(0, wakeAtMs - nowMs), () => this.#flush());
    }
  }

  #topicOf({ topicId }: TopicPartition) {
    return this.#outside.client.metadata().topics.get(topicId);
  }

  #leaderOf(lane: ProducerLane, nowMs: number): number | undefined {
    const { topicId, partition } = lane.partition;
    const found = this.#topicOf(lane.partition)?.partitions[partition];
    if (found === undefined) lane.isUnknown(nowMs);
    else if (found.leader >= 0) return found.leader;
    lane.cannotSend(
      `partition ${partition} of topic ${this.#topicOf(lane.partition)?.name ?? topicId} has no leader`,
      nowMs,
    );
    return undefined;
  }

  #refresh(): void {
    // What goes wrong is what the next attempts meet.
    void this.#outside.client.refresh().then(
      () => {
        this.#forgetGone();
        this.#flushSoon();
      },
      () => {},
    );
  }

  /** Own lanes of topics that are gone. A lane that is made again must never go over sequences that it had, so it gets another id. */
  #forgetGone(): void {
    for (const lane of this.#lanes.values()) {
      if (!lane.isOwn || !lane.isEmpty || this.#topicOf(lane.partition) !== undefined) continue;
      this.#lanes.delete(lane.name);
      this.#ownId = undefined;
    }
  }

  /** All lanes begin with one id; a lane that may not go on with it gets the next one. */
  #giveId(lane: ProducerLane): void {
    if (this.#ownId !== undefined && !lane.hadId(this.#ownId)) {
      lane.giveId(this.#ownId);
      return;
    }
    if (this.#takingId) return;
    this.#takingId = true;
    void takeProducerId(this.#outside.client, this.#outside.clock)
      .then(
        (id) => (this.#ownId = id),
        (error: unknown) => {
          const nowMs = this.#outside.clock.monotonicMs();
          const why = error instanceof Fault ? error.message : String(error);
          for (const each of this.#busy) if (each.needsId) each.cannotSend(why, nowMs);
        },
      )
      .finally(() => {
        this.#takingId = false;
        this.#flushSoon();
      });
  }

  async #send(broker: number, flights: readonly Flight[]): Promise<void> {
    for (const { lane, batch } of flights) lane.sent(batch);
    this.#inFlight.set(broker, (this.#inFlight.get(broker) ?? 0) + 1);
    const verdicts = await this.#attempt(broker, flights);
    this.#inFlight.set(broker, (this.#inFlight.get(broker) ?? 0) - 1);
    const nowMs = this.#outside.clock.monotonicMs();
    for (const [index, { lane, batch }] of flights.entries()) lane.answered(batch, verdicts[index]!, nowMs);
    // The leader may be another one by now, the topic gone.
    if (verdicts.some(({ kind }) => kind === 'again')) this.#refresh();
    this.#flushSoon();
  }

  async #attempt(broker: number, flights: readonly Flight[]): Promise<readonly ProduceVerdict[]> {
    try {
      const { response } = await this.#outside.client.request(produceApi, this.#request(flights), {
        broker,
        lane: 'produce',
        timeoutMs: answerTimeoutMs,
      });
      const answers = new Map<string, Answer>(
        response.responses.flatMap(({ topicId, name, partitionResponses }) =>
          partitionResponses.map((answer) => [`${name || topicId}/${answer.index}`, answer]),
        ),
      );
      return flights.map(({ lane: { partition } }) => {
        const name = this.#topicOf(partition)?.name ?? partition.topicId;
        const answer =
          answers.get(`${name}/${partition.partition}`) ?? answers.get(topicPartitionText(partition)) ?? noAnswer;
        return produceVerdict(`${name}-${partition.partition}`, answer);
      });
    } catch (error) {
      const fault = kafkaFault('append', error);
      if (!(fault instanceof Fault)) throw error;
      const why = fault.message;
      const verdict: ProduceVerdict =
        error instanceof KafkaUnavailable
          ? { kind: 'again', why, mayBeThere: error.sent, mayComeLate: error.sent, isUnknown: false }
          : { kind: 'unknown', why };
      return flights.map(() => verdict);
    }
  }

  #request(flights: readonly Flight[]): ProduceRequest {
    const byTopic = Map.groupBy(flights, ({ lane }) => lane.partition.topicId);
    return {
      transactionalId: null,
      acks: -1,
      timeoutMs: requestTimeoutMs,
      // By id from version 13 on, by name before.
      topicData: [...byTopic].map(([topicId, ofTopic]) => ({
        topicId,
        name: this.#outside.client.metadata().topics.get(topicId)?.name ?? '',
        partitionData: ofTopic.map(({ lane, batch }) => ({ index: lane.partition.partition, records: batch.bytes })),
      })),
    };
  }
}

type Answer = ProduceResponse['responses'][number]['partitionResponses'][number];

const noAnswer = { errorCode: errorCodes.UNKNOWN_SERVER_ERROR, baseOffset: -1, errorMessage: 'no answer for it' };

/**
 * A batch of each lane that has one, as far as there is room, and one of each partition: of two in one request a broker takes the last, and
 * answers once.
 */
const take = (lanes: readonly ProducerLane[], nowMs: number): Flight[] => {
  const flights: Flight[] = [];
  const partitions = new Set<string>();
  let sizeBytes = 0;
  for (const lane of lanes) {
    const batch = lane.peek(nowMs);
    const partition = topicPartitionText(lane.partition);
    if (batch === undefined || partitions.has(partition)) continue;
    if (flights.length > 0 && sizeBytes + batch.bytes.length > requestMaxBytes) break;
    flights.push({ lane, batch });
    partitions.add(partition);
    sizeBytes += batch.bytes.length;
  }
  return flights;
};

/** Nothing was appended, whatever has become of the key: who repeats the request finds it as it is. */
const refusedFault = (error: unknown): unknown => {
  if (!(error instanceof Fault) || error.outcome === 'refused') return error;
  const { code, operation, message, retriable, hint } = error;
  return new Fault({ code, operation, message, retriable, hint, outcome: 'refused', cause: error });
};

const otherLayout = (key: string): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation: 'append',
    message: `the request with the idempotency key "${key}" was begun before and not finished, and the topic has changed since (its partitions, or max.message.bytes): its records are laid out in another way now, so which of them are there cannot be told from the key`,
    retriable: false,
    outcome: 'unknown',
    hint: 'look into the topic whether the records are there; to send them again use a new key',
  });

const tooMany = (waitingBytes: number): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation: 'append',
    message: `record batches of ${waitingBytes} bytes wait for Kafka to answer; no more are taken`,
    retriable: true,
    outcome: 'refused',
    hint: 'records come faster than Kafka takes them, or it does not answer: look at its brokers, and send more slowly',
  });

const closed = (): Fault => closedAdapter('append', 'the log');
