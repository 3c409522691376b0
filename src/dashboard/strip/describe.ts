import { count as formatOffset } from '../format.ts';
import { recordStates } from '../api-types.ts';
import type { RecordState } from '../api-types.ts';
import type { Segment } from './strip-picture.ts';

/** One offset, or a range: `120,045`, `120,045 – 120,050`. */
export const rangeText = (firstOffset: number, lastOffset: number): string =>
  firstOffset === lastOffset ? formatOffset(firstOffset) : `${formatOffset(firstOffset)} – ${formatOffset(lastOffset)}`;

/** A time to count down: `0 s`, `12 s`, `4 min 05 s`, `3 h 12 min`. */
export function countDown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return minutes < 60
    ? `${minutes} min ${two(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** What a tooltip says of a segment, line by line; the first one is its title. */
export interface SegmentText {
  readonly title: string;
  readonly lines: readonly { readonly label: string; readonly value: string }[];
}

/** @param elapsedMs since the picture was taken: locks and delays have less left */
export function segmentText(segment: Segment, elapsedMs: number): SegmentText {
  const { firstOffset, endOffset, state, counts, holder, deliveryCount, msLeft } = segment;
  const records = endOffset - firstOffset;
  const lines: { label: string; value: string }[] = [];
  if (records > 1) lines.push({ label: 'records', value: formatOffset(records) });
  if (state === null) {
    for (const [index, name] of recordStates.entries()) {
      const count = counts[index] ?? 0;
      if (count > 0) lines.push({ label: name, value: formatOffset(count) });
    }
    if (holder !== null) lines.push({ label: 'most held by', value: holder });
    return { title: rangeText(firstOffset, endOffset - 1), lines };
  }
  lines.push({ label: 'state', value: state });
  if (holder !== null) lines.push({ label: 'held by', value: holder });
  if (deliveryCount !== null && deliveryCount > 0)
    lines.push({ label: 'deliveries', value: formatOffset(deliveryCount) });
  if (msLeft !== null) {
    const left = msLeft - elapsedMs;
    lines.push({
      label: state === 'acquired' ? 'lock ends in' : 'available in',
      value: left <= 0 ? 'now' : countDown(left),
    });
  }
  return { title: rangeText(firstOffset, endOffset - 1), lines };
}

/** The same as one sentence, for a screen reader. */
export const spokenSegment = (segment: Segment, offset: number, elapsedMs: number): string => {
  const { title, lines } = segmentText(segment, elapsedMs);
  const where = segment.endOffset - segment.firstOffset === 1 ? '' : `Offset ${formatOffset(offset)} of `;
  return `${where}${title}: ${lines.map(({ label, value }) => (label === 'state' ? value : `${label} ${value}`)).join(', ')}`;
};

/** What a strip shows, as one sentence. */
export function windowSentence(
  {
    topic,
    partition,
    startOffset,
    endOffset,
  }: { topic: string; partition: number; startOffset: number; endOffset: number },
  counts: Readonly<Record<RecordState, number>> | undefined,
): string {
  const name = `Window of ${topic}-${partition}`;
  if (endOffset <= startOffset) return `${name}: empty, it starts at ${formatOffset(startOffset)}`;
  const parts = recordStates
    .filter((state) => (counts?.[state] ?? 0) > 0)
    .map((state) => `${formatOffset(counts![state])} ${state}`);
  const range = `${formatOffset(startOffset)} to ${formatOffset(endOffset - 1)}`;
  return `${name}: ${range}${parts.length === 0 ? '' : `; ${parts.join(', ')}`}`;
}
