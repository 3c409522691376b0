import { type Span, joined } from './acquire.ts';

/**
 * What the log no longer has. A range that was planned and read, but for which the log gave nothing, is a hole
 * (compaction, deletion): its records count as archived, so that the window is not held up by what can never be
 * delivered (KIP-932 sections 1.5 rule 3, 1.9). Records before the start of the log go by the change `log_start`.
 *
 * @param planned what was to be read
 * @param batches what the log gave, in order
 * @param readEndOffset exclusive: up to where the log was read; beyond it nothing is known
 */
export function findGaps(planned: readonly Span[], batches: readonly Span[], readEndOffset: number): Span[] {
  const gaps: Span[] = [];
  const covered = joined(batches);
  let index = 0;
  for (const range of planned) {
    const lastOffset = Math.min(range.lastOffset, readEndOffset - 1);
    let offset = range.firstOffset;
    while (index < covered.length && covered[index]!.lastOffset < offset) index++;
    for (let at = index; offset <= lastOffset; at++) {
      const span = covered[at];
      if (span === undefined || span.firstOffset > lastOffset) {
        gaps.push({ firstOffset: offset, lastOffset });
        break;
      }
      if (span.firstOffset > offset) gaps.push({ firstOffset: offset, lastOffset: span.firstOffset - 1 });
      offset = span.lastOffset + 1;
    }
  }
  return gaps;
}
