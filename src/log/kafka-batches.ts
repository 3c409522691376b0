import { BatchCache } from './batch-cache.ts';
import { type FetchedBatches, isHole } from './fetched-batches.ts';
import type { KafkaPartition } from './kafka-partitions.ts';
import type { StoredBatch } from '../ports/record-log.ts';

/** A hole of more offsets is not kept: it would take a place in the cache for every 1024. */
const largestKeptHole = 65_536;

/** What was fetched lately, batches and holes: what several groups read comes from the cluster once. */
export class KafkaBatches {
  readonly #cache: BatchCache;

  constructor(maxBytes: number) {
    this.#cache = new BatchCache(maxBytes);
  }

  /** The batch, or hole, that holds the offset. */
  find({ cacheKey }: KafkaPartition, offset: number): StoredBatch | undefined {
    return this.#cache.find(cacheKey, offset);
  }

  /**
   * Keeps what is not there yet. `sourceBytes` is the size of the answer that the batches are views of: when little of it is new, that
   * little is copied, so that it does not keep all of it in memory.
   *
   * @returns the same batches; for one that was there before, the object from then
   */
  add({ cacheKey }: KafkaPartition, { batches }: FetchedBatches, sourceBytes: number): readonly StoredBatch[] {
    let newBytes = 0;
    const known = batches.map((batch) => {
      const found = this.#cache.find(cacheKey, batch.lastOffset);
      const isSame = found?.baseOffset === batch.baseOffset && found.lastOffset === batch.lastOffset;
      if (isSame) return found;
      newBytes += batch.bytes.length;
      return undefined;
    });
    const isMostlyNew = newBytes * 2 >= sourceBytes;
    return batches.map((batch, index) => {
      const there = known[index];
      if (there !== undefined) return there;
      const kept = isMostlyNew || isHole(batch) ? batch : { ...batch, bytes: new Uint8Array(batch.bytes) };
      if (!isHole(kept) || kept.lastOffset - kept.baseOffset < largestKeptHole) this.#cache.add(cacheKey, kept);
      return kept;
    });
  }

  forget({ cacheKey }: KafkaPartition): void {
    this.#cache.removePartition(cacheKey);
  }
}
