import { recordStates } from '../api-types.ts';
import type { RecordState } from '../api-types.ts';

/**
 * What `GET /v1/share-groups/{group}/strips` gives of one window, at the resolution that was asked for: `runs` when there
 * are few enough, else `columns`, which cover `fromOffset` to `toOffset` evenly.
 */
export interface StripPicture {
  readonly topic: string;
  readonly partition: number;
  /** The window: from SPSO to one past SPEO. */
  readonly startOffset: number;
  readonly endOffset: number;
  /** What the picture shows of it; `toOffset` is exclusive. */
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Another one whenever anything in the window changed. */
  readonly version: number;
  /** `holderIndex` counts in it. */
  readonly holders: readonly string[];
  readonly runs?: readonly StripRun[];
  readonly columns?: readonly StripColumn[];
}

/** `[firstOffset, lastOffset, state, deliveryCount, holderIndex or -1, msLeft]`; msLeft of a lock or a delay. */
export type StripRun = readonly [number, number, number, number, number, number | null];
/** `[width, available, acquired, delayed, acknowledged, archived, holderIndex or -1]`: so many neighbours that are alike. */
export type StripColumn = readonly [number, number, number, number, number, number, number];

/** Neighbouring offsets that are told apart no further: a run, or some columns of many runs. */
export interface Segment {
  readonly firstOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  /** The only state in it; null when it has several. */
  readonly state: RecordState | null;
  /** How many of its records are in each state, in the order of `recordStates`. */
  readonly counts: readonly number[];
  /** Who holds it, or of several the one who holds most of it. */
  readonly holder: string | null;
  /** Of a run; null for columns. */
  readonly deliveryCount: number | null;
  /** Of a run's lock or delay, when the picture was taken. */
  readonly msLeft: number | null;
}

/** The picture as one gapless row of segments, by offset. */
export function segmentsOf(picture: StripPicture): readonly Segment[] {
  return picture.runs === undefined
    ? columnSegments(picture, picture.columns ?? [])
    : picture.runs.map(([firstOffset, lastOffset, state, deliveryCount, holderIndex, msLeft]) => ({
        firstOffset,
        endOffset: lastOffset + 1,
        state: recordStates[state] ?? null,
        counts: recordStates.map((_, index) => (index === state ? lastOffset + 1 - firstOffset : 0)),
        holder: picture.holders[holderIndex] ?? null,
        deliveryCount,
        msLeft,
      }));
}

function columnSegments(picture: StripPicture, columns: readonly StripColumn[]): readonly Segment[] {
  const total = columns.reduce((sum, [width]) => sum + width, 0);
  const { fromOffset, toOffset, holders } = picture;
  const edge = (column: number): number => fromOffset + Math.floor(((toOffset - fromOffset) * column) / total);
  let column = 0;
  return columns.map(([width, ...rest]) => {
    const firstOffset = edge(column);
    column += width;
    const endOffset = edge(column);
    const counts = rest.slice(0, recordStates.length);
    const sum = counts.reduce((all, count) => all + count, 0);
    const alone = sum === 0 ? -1 : counts.indexOf(sum);
    const scale = sum === 0 ? 0 : (endOffset - firstOffset) / sum;
    return {
      firstOffset,
      endOffset,
      state: recordStates[alone] ?? null,
      counts: counts.map((count) => Math.round(count * scale)),
      holder: holders[rest[recordStates.length] ?? -1] ?? null,
      deliveryCount: null,
      msLeft: null,
    };
  });
}
