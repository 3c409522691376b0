import type { AcquireMode, Span } from '../core/share-partition/acquire.ts';
import type { SharePartitionKey } from '../core/ids.ts';
import { findGaps } from '../core/share-partition/log-bounds.ts';
import { Fault } from '../ports/fault.ts';
import type { RecordLog, StoredBatch } from '../ports/record-log.ts';

/** What a request still takes of a share partition. */
export interface Wanted {
  readonly mode: AcquireMode;
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** The first batch comes even where it is larger than `maxBytes`. */
  readonly atLeastOne: boolean;
}

export interface PlannedRead {
  /** In offset order, each once. */
  readonly batches: readonly StoredBatch[];
  /** What of them may be acquired. */
  readonly spans: readonly Span[];
  /** Planned offsets that the log does not have. */
  readonly gaps: readonly Span[];
  readonly bytes: number;
  /** As many as fit into `maxBytes`, by their average size. */
  readonly maxRecords: number;
}

/** What has been read of a plan so far. */
class Reading implements PlannedRead {
  readonly batches: StoredBatch[] = [];
  readonly spans: Span[] = [];
  readonly gaps: Span[] = [];
  bytes = 0;
  maxRecords: number;
  readonly #wanted: Wanted;
  #atLeastOne: boolean;
  #records = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.maxRecords = wanted.maxRecords;
    this.#atLeastOne = wanted.atLeastOne;
  }

  get leftBytes(): number {
    return this.#wanted.maxBytes - this.bytes;
  }

  /** What the log gave of the next planned range. */
  add(range: Span, found: readonly StoredBatch[]): void {
    const isCounted = this.#wanted.mode === 'record_limit';
    for (const batch of found) {
      // Several ranges may lie in one batch.
      const size = this.batches.at(-1)?.baseOffset === batch.baseOffset ? 0 : batch.bytes.length;
      if (size > this.leftBytes) {
        // Only where records are counted can a part of the batch go: as many as fit by their average size.
        const fitting = isCounted ? Math.floor((this.leftBytes * (batch.lastOffset - batch.baseOffset + 1)) / size) : 0;
        if (fitting === 0 && !this.#atLeastOne) return;
        if (isCounted) this.maxRecords = Math.min(this.maxRecords, this.#records + Math.max(1, fitting));
      }
      this.#atLeastOne = false;
      this.bytes += size;
      if (size > 0) this.batches.push(batch);
      const firstOffset = Math.max(batch.baseOffset, range.firstOffset);
      const lastOffset = isCounted ? Math.min(batch.lastOffset, range.lastOffset) : batch.lastOffset;
      this.spans.push({ firstOffset, lastOffset });
      this.#records += lastOffset - firstOffset + 1;
    }
  }

  /** Takes what of the range is missing in what the log gave for a hole. */
  addGaps(range: Span, found: readonly StoredBatch[]): void {
    const readEndOffset = Math.min(found.at(-1)?.lastOffset ?? range.lastOffset, range.lastOffset) + 1;
    const covered = found.map((batch) => ({ firstOffset: batch.baseOffset, lastOffset: batch.lastOffset }));
    this.gaps.push(...findGaps([range], covered, readEndOffset));
  }
}

/**
 * Reads the planned ranges up to about `maxBytes`, and finds the holes in them on the way.
 *
 * @throws Fault when nothing could be read
 */
export async function readPlanned(
  log: RecordLog,
  key: SharePartitionKey,
  plan: readonly Span[],
  wanted: Wanted,
): Promise<PlannedRead> {
  const reading = new Reading(wanted);
  for (const range of plan) {
    if (reading.leftBytes <= 0) break;
    const found = await readRange(log, key, range, reading.leftBytes, reading.batches.length > 0);
    if (found === undefined) break;
    reading.add(range, found);
    reading.addGaps(range, found);
  }
  return reading;
}

/** The same where all of it is in memory; undefined where something would have to be read. */
export function readCached(
  log: RecordLog,
  key: SharePartitionKey,
  plan: readonly Span[],
  wanted: Wanted,
): PlannedRead | undefined {
  const reading = new Reading(wanted);
  for (const range of plan) {
    if (reading.leftBytes <= 0) break;
    const found = cachedRange(log, key, range, reading.leftBytes);
    if (found === undefined) return undefined;
    reading.add(range, found);
  }
  return reading;
}

/** What `read` of the log gives of a range that is in memory without a hole. */
function cachedRange(
  log: RecordLog,
  key: SharePartitionKey,
  { firstOffset, lastOffset }: Span,
  maxBytes: number,
): readonly StoredBatch[] | undefined {
  const found: StoredBatch[] = [];
  let leftBytes = maxBytes;
  for (let offset = firstOffset; offset <= lastOffset;) {
    const batch = log.cached(key, offset);
    if (batch === undefined) return undefined;
    if (found.length > 0 && batch.bytes.length > leftBytes) break;
    found.push(batch);
    leftBytes -= batch.bytes.length;
    offset = batch.lastOffset + 1;
  }
  return found;
}

/**
 * One range; where something in it is damaged and the log does not know which offsets, only the batch in front.
 * Undefined: damaged, but there is something already.
 */
async function readRange(
  log: RecordLog,
  key: SharePartitionKey,
  range: Span,
  maxBytes: number,
  haveSome: boolean,
): Promise<readonly StoredBatch[] | undefined> {
  const offsets = { startOffset: range.firstOffset, endOffset: range.lastOffset + 1 };
  try {
    return await log.read(key, { ...offsets, maxBytes });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'CORRUPT' || error.offsets !== undefined) throw error;
    if (haveSome) return undefined;
    return await log.read(key, { ...offsets, maxBytes: 1 });
  }
}
