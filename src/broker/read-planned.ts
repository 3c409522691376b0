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
  const batches: StoredBatch[] = [];
  const spans: Span[] = [];
  const gaps: Span[] = [];
  let { maxRecords, atLeastOne } = wanted;
  let bytes = 0;
  let records = 0;
  for (const range of plan) {
    if (bytes >= wanted.maxBytes) break;
    const found = await readRange(log, key, range, wanted.maxBytes - bytes, batches.length > 0);
    if (found === undefined) break;
    for (const batch of found) {
      // Several ranges may lie in one batch.
      const size = batches.at(-1)?.baseOffset === batch.baseOffset ? 0 : batch.bytes.length;
      if (bytes + size > wanted.maxBytes) {
        // Only where records are counted can a part of the batch go: as many as fit by their average size.
        const fitting =
          wanted.mode === 'record_limit'
            ? Math.floor(((wanted.maxBytes - bytes) * (batch.lastOffset - batch.baseOffset + 1)) / size)
            : 0;
        if (fitting === 0 && !atLeastOne) break;
        if (wanted.mode === 'record_limit') maxRecords = Math.min(maxRecords, records + Math.max(1, fitting));
      }
      atLeastOne = false;
      bytes += size;
      if (size > 0) batches.push(batch);
      const firstOffset = Math.max(batch.baseOffset, range.firstOffset);
      const lastOffset =
        wanted.mode === 'record_limit' ? Math.min(batch.lastOffset, range.lastOffset) : batch.lastOffset;
      spans.push({ firstOffset, lastOffset });
      records += lastOffset - firstOffset + 1;
    }
    const readEndOffset = Math.min(found.at(-1)?.lastOffset ?? range.lastOffset, range.lastOffset) + 1;
    const covered = found.map((batch) => ({ firstOffset: batch.baseOffset, lastOffset: batch.lastOffset }));
    gaps.push(...findGaps([range], covered, readEndOffset));
  }
  return { batches, spans, gaps, bytes, maxRecords };
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
