import type { StoredBatch } from '../ports/record-log.ts';

/** Offsets of one bucket: a batch is found through every bucket it reaches into. */
const bucketOffsets = 1024;

/** What an entry takes beside its bytes: the batch and its views, the entry, its places here (measured: 270 to 490 bytes). */
const entryOverheadBytes = 350;
/** And for each further bucket that it reaches into. */
const bucketOverheadBytes = 100;

interface Entry {
  readonly partitionKey: number;
  readonly batch: StoredBatch;
  removed: boolean;
}

/**
 * Batches appended or read lately, so that reading them again costs nothing and gives the same object. The oldest go
 * first when `maxBytes` is passed. Batches of one commit share one block of memory, which is free again when the last
 * of them is gone; they came together, so they go together.
 */
export class BatchCache {
  readonly #maxBytes: number;
  readonly #partitions = new Map<number, Map<number, Entry[]>>();
  /** Oldest first; everything before `#oldest` has gone. */
  #entries: (Entry | undefined)[] = [];
  #oldest = 0;
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the batches held, and of what it takes to hold them. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The batch that holds `offset`. */
  find(partitionKey: number, offset: number): StoredBatch | undefined {
    const bucket = this.#partitions.get(partitionKey)?.get(Math.floor(offset / bucketOffsets));
    if (bucket === undefined) return undefined;
    // The last that starts at or before the offset: a bucket is in offset order.
    let low = 0;
    let high = bucket.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = bucket[middle];
      if (entry !== undefined && entry.batch.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    const batch = bucket[low - 1]?.batch;
    return batch !== undefined && batch.lastOffset >= offset ? batch : undefined;
  }

  add(partitionKey: number, batch: StoredBatch): void {
    let buckets = this.#partitions.get(partitionKey);
    if (buckets === undefined) this.#partitions.set(partitionKey, (buckets = new Map()));
    const entry: Entry = { partitionKey, batch, removed: false };
    const last = Math.floor(batch.lastOffset / bucketOffsets);
    for (let index = Math.floor(batch.baseOffset / bucketOffsets); index <= last; index++) {
      const bucket = buckets.get(index);
      if (bucket === undefined) buckets.set(index, [entry]);
      else insertInOrder(bucket, entry);
    }
    this.#entries.push(entry);
    this.#sizeBytes += sizeOf(batch);
    while (this.#sizeBytes > this.#maxBytes && this.#oldest < this.#entries.length) this.#removeOldest();
  }

  /** Forgets a partition that is deleted. */
  removePartition(partitionKey: number): void {
    const buckets = this.#partitions.get(partitionKey);
    if (buckets === undefined) return;
    for (const bucket of buckets.values()) for (const entry of bucket) this.#forget(entry);
    this.#partitions.delete(partitionKey);
  }

  #removeOldest(): void {
    const entry = this.#entries[this.#oldest];
    this.#entries[this.#oldest++] = undefined;
    if (this.#oldest > 1024 && this.#oldest > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#oldest);
      this.#oldest = 0;
    }
    if (entry === undefined || entry.removed) return;
    this.#forget(entry);
    const { partitionKey, batch } = entry;
    const buckets = this.#partitions.get(partitionKey);
    if (buckets === undefined) return;
    const last = Math.floor(batch.lastOffset / bucketOffsets);
    for (let index = Math.floor(batch.baseOffset / bucketOffsets); index <= last; index++) {
      const bucket = buckets.get(index);
      if (bucket === undefined) continue;
      bucket.splice(bucket.indexOf(entry), 1);
      if (bucket.length === 0) buckets.delete(index);
    }
    if (buckets.size === 0) this.#partitions.delete(partitionKey);
  }

  #forget(entry: Entry): void {
    if (entry.removed) return;
    entry.removed = true;
    this.#sizeBytes -= sizeOf(entry.batch);
  }
}

function sizeOf({ baseOffset, lastOffset, bytes }: StoredBatch): number {
  const furtherBuckets = Math.floor(lastOffset / bucketOffsets) - Math.floor(baseOffset / bucketOffsets);
  return bytes.length + entryOverheadBytes + furtherBuckets * bucketOverheadBytes;
}

function insertInOrder(bucket: Entry[], entry: Entry): void {
  let at = bucket.length;
  while (at > 0 && (bucket[at - 1]?.batch.baseOffset ?? 0) > entry.batch.baseOffset) at--;
  bucket.splice(at, 0, entry);
}
