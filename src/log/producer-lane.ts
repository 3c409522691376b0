import { setProducer } from '../codec/sequenced-batch.ts';
import type { Rejection } from '../core/errors.ts';
import type { TopicPartition } from '../core/ids.ts';
import { rememberedBatches, sequenceAfter } from '../core/producer/producer-state.ts';
import type { ProduceVerdict } from './produce-verdict.ts';

/** How the append of one batch ended. */
export type BatchOutcome =
  | { readonly kind: 'appended'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly error: Rejection }
  /** Time is up, or the broker does not say. `mayBeThere`: it may have been appended, or may still be. */
  | { readonly kind: 'failed'; readonly why: string; readonly mayBeThere: boolean };

/** A batch on its way. Its bytes are the lane's own. */
export interface LaneBatch {
  readonly bytes: Uint8Array;
  readonly offsetCount: number;
  /** Monotonic: from then on it is given up. */
  readonly deadlineMs: number;
  readonly settle: (outcome: BatchOutcome) => void;
}

interface Queued extends LaneBatch {
  /** Which it is of all that have got their place in the order of the producer and been sent; undefined: not yet. */
  ordinal: number | undefined;
  isFlying: boolean;
  /** An attempt may have appended it. */
  mayBeThere: boolean;
  /** One that was not answered may still do so. */
  mayComeLate: boolean;
  isSettled: boolean;
}

/** Between two attempts, as `retry.backoff.ms` and `retry.backoff.max.ms` of Kafka's producer. */
const firstBackoffMs = 100;
const maxBackoffMs = 1_000;

const maxEpoch = 0x7fff;

/** A partition that the cluster does not know for so long is gone: until then the news of it may just not be everywhere. */
const unknownForMs = 2_000;

/**
 * The batches of one producer to one partition, in their order: the rules of Kafka's idempotent producer (TransactionManager, Sender).
 *
 * - At most five are under way. As long as none was confirmed it is one: a broker that knows nothing of a producer takes any sequence.
 * - After an attempt that failed all that were sent after it come back first; then they are sent again in the same order under the same
 *   sequences, and those that are there already are answered with their offsets.
 * - Where the sequences are the node's own, a batch that will never be appended leaves a hole in them. Those behind it begin anew in the next
 *   epoch, each as soon as the broker has said that it does not have it. Where they are a client's, that is the client's to do.
 */
export class ProducerLane {
  /** Of all lanes no other has it. */
  readonly name: string;
  readonly partition: TopicPartition;
  /** Of the node's own producer: undefined while it has no id. A client's sequences are in the batches as they come. */
  #own: { id: number; epoch: number; nextSequence: number } | undefined;
  /** The sequences are this node's own. */
  readonly isOwn: boolean;
  readonly #queue: Queued[] = [];
  #nextOrdinal = 0;
  #flying = 0;
  /** Nothing is sent until all that were sent have come back. */
  #isStalled = false;
  #isConfirmed = false;
  /** There is a hole in the own sequences. */
  #isBroken = false;
  #needsId: boolean;
  #backoffMs = firstBackoffMs;
  #notBeforeMs = -Infinity;
  #unknownSinceMs: number | undefined;
  /** Why the last attempt failed. */
  #why: string | undefined;

  constructor(name: string, partition: TopicPartition, sequences: 'own' | 'given') {
    this.name = name;
    this.partition = partition;
    this.isOwn = sequences === 'own';
    this.#needsId = this.isOwn;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#flying === 0;
  }

  /** Before anything can be sent it has to be given an id that nobody has. */
  get needsId(): boolean {
    return this.#needsId && this.#queue.length > 0;
  }

  /** Whether it may not go on with this id. */
  hadId(id: number): boolean {
    return this.#own?.id === id;
  }

  giveId(id: number): void {
    this.#own = { id, epoch: 0, nextSequence: 0 };
    this.#needsId = false;
  }

  add(batch: LaneBatch): void {
    this.#queue.push({
      ...batch,
      ordinal: undefined,
      isFlying: false,
      mayBeThere: false,
      mayComeLate: false,
      isSettled: false,
    });
  }

  /** When it wants to be looked at again although nothing has come: for another attempt, or to give up. */
  wakeAtMs(nowMs: number): number {
    const deadlineMs = this.#queue[0]?.deadlineMs ?? Infinity;
    return this.#notBeforeMs > nowMs ? Math.min(deadlineMs, this.#notBeforeMs) : deadlineMs;
  }

  /** The next batch to send at this moment. */
  peek(nowMs: number): LaneBatch | undefined {
    if (this.#isStalled || this.#needsId || nowMs < this.#notBeforeMs) return undefined;
    const next = this.#queue.find(({ isFlying, ordinal }) => !isFlying && (ordinal !== undefined || !this.#isBroken));
    if (next === undefined || next.ordinal !== undefined) return next;
    // The oldest has to be among those that the broker remembers when it is sent again.
    const window = this.#isConfirmed ? rememberedBatches : 1;
    const oldest = this.#queue[0]?.ordinal ?? this.#nextOrdinal;
    return this.#nextOrdinal - oldest >= window ? undefined : next;
  }

  /** It is being sent; `answered` says how it went. */
  sent(batch: LaneBatch): void {
    const queued = batch as Queued;
    if (queued.ordinal === undefined) {
      queued.ordinal = this.#nextOrdinal++;
      if (this.#own !== undefined) {
        const { id, epoch, nextSequence } = this.#own;
        setProducer(queued.bytes, { producerId: id, producerEpoch: epoch, baseSequence: nextSequence });
        this.#own.nextSequence = sequenceAfter(nextSequence, queued.offsetCount);
      }
    }
    queued.isFlying = true;
    this.#flying++;
  }

  answered(batch: LaneBatch, verdict: ProduceVerdict, nowMs: number): void {
    const queued = batch as Queued;
    queued.isFlying = false;
    this.#flying--;
    // Given up in the meantime otherwise.
    if (!queued.isSettled) this.#take(queued, verdict, nowMs);
    if (this.#flying > 0) return;
    if (this.#isStalled) this.#waitBefore(nowMs);
    this.#isStalled = false;
    this.#beginAnew();
  }

  #take(queued: Queued, verdict: ProduceVerdict, nowMs: number): void {
    switch (verdict.kind) {
      case 'appended':
        this.#isConfirmed = true;
        this.#backoffMs = firstBackoffMs;
        this.#notBeforeMs = -Infinity;
        this.#unknownSinceMs = undefined;
        this.#settle(queued, { kind: 'appended', baseOffset: verdict.baseOffset });
        return;
      case 'again':
        this.#why = verdict.why;
        queued.mayBeThere ||= verdict.mayBeThere;
        queued.mayComeLate ||= verdict.mayComeLate;
        this.#isStalled = true;
        if (verdict.isUnknown) this.isUnknown(nowMs);
        else this.#unknownSinceMs = undefined;
        return;
      case 'out_of_order':
        this.#outOfOrder(queued, verdict);
        return;
      case 'refused':
        this.#isBroken = this.isOwn;
        this.#settle(
          queued,
          // A right that was taken away in the meantime, say.
          queued.mayBeThere
            ? { kind: 'failed', why: verdict.error.message, mayBeThere: true }
            : { kind: 'refused', error: verdict.error },
        );
        return;
      case 'unknown':
        this.#isBroken = this.isOwn;
        this.#settle(queued, { kind: 'failed', why: verdict.why, mayBeThere: true });
    }
  }

  #outOfOrder(queued: Queued, { error, endsId }: Extract<ProduceVerdict, { kind: 'out_of_order' }>): void {
    const isFirst = queued === this.#queue[0];
    if (this.isOwn && (isFirst || this.#isBroken)) {
      this.#isBroken = true;
      this.#needsId ||= endsId;
      if (queued.mayComeLate) {
        // What is missing before it may come late too, and it behind that.
        this.#settle(queued, { kind: 'failed', why: error.message, mayBeThere: true });
        return;
      }
      // It is not in the log: the broker would have known it.
      queued.ordinal = undefined;
      queued.mayBeThere = false;
    } else if (isFirst || endsId) {
      this.#settle(queued, { kind: 'refused', error });
    } else {
      // One before it did not get there.
      this.#why = error.message;
      this.#isStalled = true;
    }
  }

  /** The cluster has no such partition, as far as it is known: all that wait are refused when it stays so. */
  isUnknown(nowMs: number): void {
    this.#unknownSinceMs ??= nowMs;
    if (nowMs - this.#unknownSinceMs < unknownForMs) return;
    const { topicId, partition } = this.partition;
    const message = `The cluster has no topic with the id ${topicId}, or no partition ${partition} of it: it was deleted.`;
    this.refuseAll({ code: 'UNKNOWN_TOPIC_OR_PARTITION', message });
  }

  /** Nothing can be sent now. */
  cannotSend(why: string, nowMs: number): void {
    this.#why = why;
    this.#waitBefore(nowMs);
  }

  refuseAll(error: Rejection): void {
    this.#isBroken = this.isOwn;
    for (const queued of this.#queue.slice()) this.#settle(queued, { kind: 'refused', error });
    this.#beginAnew();
  }

  /** Gives up what has waited for too long. */
  expire(nowMs: number): void {
    while ((this.#queue[0]?.deadlineMs ?? Infinity) <= nowMs) {
      const queued = this.#queue[0] as Queued;
      // One that never had a place in the order leaves no hole.
      if (queued.ordinal !== undefined) this.#isBroken = this.isOwn;
      const why = this.#why ?? 'no answer came in time';
      this.#settle(queued, { kind: 'failed', why, mayBeThere: queued.mayBeThere || queued.isFlying });
    }
    this.#beginAnew();
  }

  #settle(queued: Queued, outcome: BatchOutcome): void {
    queued.isSettled = true;
    this.#queue.splice(this.#queue.indexOf(queued), 1);
    queued.settle(outcome);
  }

  #waitBefore(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#backoffMs;
    this.#backoffMs = Math.min(maxBackoffMs, this.#backoffMs * 2);
  }

  /** The hole is behind us when nothing of the old sequences can be in the log unknown to us. */
  #beginAnew(): void {
    if (!this.#isBroken || this.#queue.some(({ ordinal }) => ordinal !== undefined)) return;
    this.#isBroken = false;
    this.#isConfirmed = false;
    if (this.#own === undefined || this.#needsId) return;
    this.#needsId = this.#own.epoch === maxEpoch;
    this.#own = { id: this.#own.id, epoch: this.#own.epoch + 1, nextSequence: 0 };
  }
}
