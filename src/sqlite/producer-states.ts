import type { DatabaseSync } from 'node:sqlite';

import { type AppendedBatch, type ProducerState, checkSequence, stateAfter } from '../core/producer/producer-state.ts';
import type { Result } from '../core/result.ts';
import type { ReceivedProducer } from './log-operations.ts';
import type { BackgroundWork } from './operation.ts';

interface Remembered {
  readonly partitionKey: number;
  readonly producerId: number;
  readonly state: ProducerState;
  readonly usedAtMs: number;
}

/** Producers kept in memory; of the others the rows are read when they come again. */
const maxInMemory = 10_000;
/** Producers new to a partition between two searches for forgotten ones. */
const newBetweenPurges = 1024;
/** Rows that one step of background work looks at. */
const rowsPerStep = 256;

/** The writer's memory of idempotent producers. Written once a commit for each producer, however many batches it sent. */
export class ProducerStates {
  readonly #startWork: (work: BackgroundWork) => void;
  /** Longest unused first. Ahead of what is durable while a transaction is open. */
  readonly #remembered = new Map<string, Remembered>();
  /** Changed in the open transaction. */
  readonly #changed = new Map<string, Remembered>();
  /**
   * Where producers wanted to begin that nothing was remembered of. It outlives a transaction that is undone: what they sent
   * behind the batch that failed must not get in before it.
   */
  readonly #begun = new Map<string, ProducerState>();
  /** The first new one of a process looks for forgotten ones, too. */
  #newSincePurge = newBetweenPurges;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, startWork: (work: BackgroundWork) => void) {
    this.#startWork = startWork;
    this.#sql = prepare(database);
  }

  /** As `checkSequence`, in the order of appends. */
  check(partitionKey: number, producer: ReceivedProducer, offsetCount: number): Result<number | undefined> {
    const key = keyOf(partitionKey, producer);
    const state = this.#state(partitionKey, producer) ?? this.#begun.get(key);
    const checked = checkSequence(state, producer, offsetCount);
    if (state === undefined) {
      const { producerEpoch: epoch, baseSequence: nextSequence } = producer;
      this.#begun.set(key, { epoch, nextSequence, batches: [] });
      dropOldest(this.#begun);
    }
    return checked;
  }

  /** A batch that `check` let through has been inserted. */
  appended(partitionKey: number, producer: ReceivedProducer, at: { baseOffset: number; offsetCount: number }): void {
    const key = keyOf(partitionKey, producer);
    const before = this.#state(partitionKey, producer);
    const { producerId, nowMs: usedAtMs } = producer;
    const remembered = { partitionKey, producerId, state: stateAfter(before, producer, at), usedAtMs };
    this.#remembered.delete(key);
    this.#remembered.set(key, remembered);
    this.#changed.set(key, remembered);
    if (before === undefined) this.#newSincePurge++;
    if (this.#newSincePurge < newBetweenPurges) return;
    this.#newSincePurge = 0;
    this.#startWork(this.#forgetting(usedAtMs - producer.expirationMs));
  }

  #state(partitionKey: number, producer: ReceivedProducer): ProducerState | undefined {
    const key = keyOf(partitionKey, producer);
    const remembered = this.#remembered.get(key) ?? this.#load(partitionKey, producer.producerId);
    if (remembered === undefined || remembered.usedAtMs < producer.nowMs - producer.expirationMs) return undefined;
    this.#remembered.set(key, remembered);
    return remembered.state;
  }

  #load(partitionKey: number, producerId: number): Remembered | undefined {
    const row = this.#sql.state.get(partitionKey, producerId) as
      { producer_epoch: number; next_sequence: number; batches: string; used_at_ms: number } | undefined;
    if (row === undefined) return undefined;
    const state = { epoch: row.producer_epoch, nextSequence: row.next_sequence, batches: batchesOf(row.batches) };
    return { partitionKey, producerId, state, usedAtMs: row.used_at_ms };
  }

  beforeCommit(): void {
    for (const { partitionKey, producerId, state, usedAtMs } of this.#changed.values()) {
      const { epoch, nextSequence, batches } = state;
      this.#sql.put.run(partitionKey, producerId, epoch, nextSequence, textOf(batches), usedAtMs);
    }
  }

  committed(): void {
    if (this.#changed.size === 0) return;
    for (const key of this.#changed.keys()) this.#begun.delete(key);
    this.#changed.clear();
    dropOldest(this.#remembered);
  }

  /** The open transaction was undone: what is remembered is stored again. */
  forget(): void {
    this.#changed.clear();
    this.#remembered.clear();
  }

  *#forgetting(usedBeforeMs: number): BackgroundWork {
    let last = { partition_key: -1, producer_id: -1 };
    for (;;) {
      const rows = this.#sql.next.all(last.partition_key, last.producer_id, rowsPerStep) as (typeof last)[];
      const end = rows.at(-1);
      if (end === undefined) return;
      const after = last;
      yield () => {
        this.#sql.deleteUnused.run(
          after.partition_key,
          after.producer_id,
          end.partition_key,
          end.producer_id,
          usedBeforeMs,
        );
      };
      last = end;
    }
  }

  /** Deletes what is remembered for a partition that is gone. */
  *deleting(partitionKey: number): BackgroundWork {
    let deleted: number | bigint = 0;
    do {
      yield () => {
        deleted = this.#sql.deleteOf.run(partitionKey, partitionKey, rowsPerStep).changes;
      };
    } while (deleted !== 0);
  }
}

const keyOf = (partitionKey: number, { producerId }: { readonly producerId: number }): string =>
  `${partitionKey}/${producerId}`;

const dropOldest = (map: Map<string, unknown>): void => {
  for (const key of map.keys()) {
    if (map.size <= maxInMemory) return;
    map.delete(key);
  }
};

const textOf = (batches: readonly AppendedBatch[]): string =>
  JSON.stringify(
    batches.map(({ firstSequence, lastSequence, baseOffset }) => [firstSequence, lastSequence, baseOffset]),
  );

const batchesOf = (text: string): AppendedBatch[] =>
  (JSON.parse(text) as [number, number, number][]).map(([firstSequence, lastSequence, baseOffset]) => ({
    firstSequence,
    lastSequence,
    baseOffset,
  }));

function prepare(database: DatabaseSync) {
  return {
    state: database.prepare(
      `SELECT producer_epoch, next_sequence, batches, used_at_ms FROM producer_state
       WHERE partition_key = ? AND producer_id = ?`,
    ),
    put: database.prepare('INSERT OR REPLACE INTO producer_state VALUES (?, ?, ?, ?, ?, ?)'),
    next: database.prepare(
      `SELECT partition_key, producer_id FROM producer_state
       WHERE (partition_key, producer_id) > (?, ?) ORDER BY partition_key, producer_id LIMIT ?`,
    ),
    deleteUnused: database.prepare(
      `DELETE FROM producer_state
       WHERE (partition_key, producer_id) > (?, ?) AND (partition_key, producer_id) <= (?, ?) AND used_at_ms < ?`,
    ),
    deleteOf: database.prepare(
      `DELETE FROM producer_state WHERE partition_key = ? AND producer_id IN
         (SELECT producer_id FROM producer_state WHERE partition_key = ? LIMIT ?)`,
    ),
  };
}
