import { ok, reject } from '../../core/result.ts';
import type { Kind } from './operation-kind.ts';

interface Cursor {
  readonly nextOffset: number;
  /** One past the last offset that is written: where the window ended at the beginning. */
  readonly endOffset: number;
  readonly startOffset: number;
  readonly runs: number;
}

/** Runs of one step. */
export const exportStepRuns = 5_000;
/** A window of a million records that are all different has about 170 MB, without reasons of failures. */
const maxOutputBytes = 256 * 1024 * 1024;

/**
 * The runs of a window, one line of JSON each: neighbouring records that are alike. Each step sees the window as it is at that moment: while
 * there is work going on, the lines are not of one instant.
 */
export const exportWindowOperation: Kind = {
  async check(site, { group, topic, partition }) {
    const page = await site.windowPage({
      group,
      topic: topic ?? '',
      partition: partition ?? 0,
      fromOffset: null,
      limit: 1,
    });
    return page.ok ? ok(null) : page;
  },

  async step(site, operation) {
    const cursor = operation.cursor as Cursor | null;
    const { group, topic, partition } = operation;
    if ((operation.output?.sizeBytes ?? 0) > maxOutputBytes) {
      return reject('MESSAGE_TOO_LARGE', `The export has more than ${maxOutputBytes} bytes, which is the limit.`);
    }
    const page = await site.windowPage({
      group,
      topic: topic ?? '',
      partition: partition ?? 0,
      fromOffset: cursor?.nextOffset ?? null,
      limit: exportStepRuns,
    });
    if (!page.ok) return page;
    const { startOffset, endOffset } = cursor ?? page.value;
    const runs = page.value.runs.filter((run) => run.firstOffset < endOffset);
    const nextOffset = page.value.nextOffset ?? endOffset;
    const count = (cursor?.runs ?? 0) + runs.length;
    return ok({
      cursor: { nextOffset, endOffset, startOffset, runs: count } satisfies Cursor,
      done: Math.min(nextOffset, endOffset) - startOffset,
      total: endOffset - startOffset,
      result: { startOffset, endOffset, runs: count },
      text: runs.map((run) => `${JSON.stringify({ topic, partition, ...run })}\n`).join(''),
      isLast: nextOffset >= endOffset,
    });
  },

  audit: null,
};
