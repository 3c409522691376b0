import type { TopicId } from '../core/ids.ts';
import { openBatch } from '../codec/record-batch.ts';
import type { BatchReader } from '../codec/record-batch.ts';
import type { AcquiredRange } from '../broker/requests.ts';

/** What a reader takes beside its bytes: its header, its entry here and the like (an estimate). */
const readerOverheadBytes = 1024;

/** A record batch as the log stores it. */
export type StoredBatch = AcquiredRange['batches'][number];

/**
 * Opened record batches, the least recently used dropped first, so that a batch of which many acquires take a record
 * each is checked and decompressed once. Found by its place in the log: what is stored there never changes.
 */
export class BatchCache {
  readonly #maxBytes: number;
  readonly #readers = new Map<string, BatchReader>();
  /** The one that was used last: most acquires take records of the batch that the one before took some of. */
  #last: { topicId: TopicId; partition: number; baseOffset: number; reader: BatchReader } | undefined;
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws CodecError when the stored bytes are not a batch. */
  open(topicId: TopicId, partition: number, batch: StoredBatch): BatchReader {
    const { baseOffset } = batch;
    const last = this.#last;
    if (last?.baseOffset === baseOffset && last.partition === partition && last.topicId === topicId) return last.reader;
    const reader = this.#find(topicId, partition, batch);
    // One that is too large to be kept is not kept here either.
    this.#last =
      reader.sizeBytes + readerOverheadBytes <= this.#maxBytes ? { topicId, partition, baseOffset, reader } : undefined;
    return reader;
  }

  #find(topicId: TopicId, partition: number, batch: StoredBatch): BatchReader {
    const place = `${topicId}/${partition}/${batch.baseOffset}`;
    const known = this.#readers.get(place);
    if (known !== undefined) {
      this.#readers.delete(place);
      this.#readers.set(place, known);
      return known;
    }
    const bytes = ownBytes(batch.bytes);
    // As a Buffer, whose views are Buffers too: decoding text from them is cheaper.
    const reader = openBatch(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const sizeBytes = reader.sizeBytes + readerOverheadBytes;
    if (sizeBytes <= this.#maxBytes) {
      this.#readers.set(place, reader);
      this.#sizeBytes += sizeBytes;
      this.#evict();
    }
    return reader;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  #evict(): void {
    for (const [place, reader] of this.#readers) {
      if (this.#sizeBytes <= this.#maxBytes) return;
      this.#readers.delete(place);
      this.#sizeBytes -= reader.sizeBytes + readerOverheadBytes;
    }
  }
}

/**
 * The log hands out views into the block of a whole commit, up to several MiB: a small batch that is kept must not keep
 * all of it.
 */
const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.buffer.byteLength > 2 * bytes.byteLength ? new Uint8Array(bytes) : bytes;
