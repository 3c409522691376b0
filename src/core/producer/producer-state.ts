import { type Result, ok, reject } from '../result.ts';

/**
 * What makes a producer's retries harmless: the log remembers of each producer and partition how far it has come, and
 * answers a batch that it has with the offset it got then (KIP-98; ProducerStateEntry and ProducerAppendInfo in Kafka).
 */

/** A batch of an idempotent producer, as its header says. */
export interface SequencedBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of its first record; each record takes one, and after 2^31-1 comes 0. */
  readonly baseSequence: number;
}

/** A batch that was appended: its sequences, both inclusive, and where it lies. */
export interface AppendedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

/** What is remembered of one producer in one partition. */
export interface ProducerState {
  readonly epoch: number;
  readonly nextSequence: number;
  /** The last ones of this epoch, oldest first; at most `rememberedBatches`. */
  readonly batches: readonly AppendedBatch[];
}

/** A producer may have so many requests under way (`max.in.flight.requests.per.connection`), and may send each of them again. */
export const rememberedBatches = 5;

const maxSequence = 2 ** 31 - 1;

/** The sequence `count` after `sequence`. */
export const sequenceAfter = (sequence: number, count: number): number => (sequence + count) % (maxSequence + 1);

/**
 * Whether a batch comes next: `undefined`; or has come before: its base offset then. A rejection means that nothing may be appended:
 *
 * - INVALID_PRODUCER_EPOCH: a newer epoch has been seen, another producer has taken over
 * - OUT_OF_ORDER_SEQUENCE_NUMBER: one before it is missing; or it is a duplicate of one that is no longer remembered
 *
 * Of a producer that is not known any sequence comes next, as in Kafka: it may have been silent for so long that it was forgotten.
 * A new epoch begins at 0.
 */
export const checkSequence = (
  state: ProducerState | undefined,
  batch: SequencedBatch,
  offsetCount: number,
): Result<number | undefined> => {
  if (state === undefined) return ok(undefined);
  const { producerId, producerEpoch, baseSequence } = batch;
  if (producerEpoch < state.epoch) {
    return reject(
      'INVALID_PRODUCER_EPOCH',
      `The epoch of producer ${producerId} is ${producerEpoch}; the partition has seen ${state.epoch}.`,
    );
  }
  const isNewEpoch = producerEpoch > state.epoch;
  if (!isNewEpoch) {
    const lastSequence = sequenceAfter(baseSequence, offsetCount - 1);
    const same = state.batches.find(
      (each) => each.firstSequence === baseSequence && each.lastSequence === lastSequence,
    );
    if (same !== undefined) return ok(same.baseOffset);
  }
  const nextSequence = isNewEpoch ? 0 : state.nextSequence;
  if (baseSequence === nextSequence) return ok(undefined);
  return reject(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `A batch of producer ${producerId} in epoch ${producerEpoch} begins with sequence ${baseSequence}; ${nextSequence} comes next.`,
  );
};

/** What is remembered when a batch that came next has been appended. */
export const stateAfter = (
  state: ProducerState | undefined,
  batch: SequencedBatch,
  appended: { readonly baseOffset: number; readonly offsetCount: number },
): ProducerState => {
  const { producerEpoch: epoch, baseSequence: firstSequence } = batch;
  const { baseOffset, offsetCount } = appended;
  const lastSequence = sequenceAfter(firstSequence, offsetCount - 1);
  const before = state?.epoch === epoch ? state.batches.slice(1 - rememberedBatches) : [];
  return {
    epoch,
    nextSequence: sequenceAfter(firstSequence, offsetCount),
    batches: [...before, { firstSequence, lastSequence, baseOffset }],
  };
};
