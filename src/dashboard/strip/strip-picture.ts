import { recordStates } from '../api-types.ts';
import type { RecordState } from '../api-types.ts';

/**
 * What `GET /v1/share-groups/{group}/strips` gives of one window, at the resolution that was asked for: `runs` when there
 * are few enough, else `columns`.
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
  readonly runs: readonly StripRun[] | null;
  readonly columns: readonly StripColumn[] | null;
  /** Offsets in one column; the last one may have fewer. */
  readonly columnOffsets: number | null;
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
  return picture.runs === null
    ? columnSegments(picture, picture.columns ?? [], picture.columnOffsets ?? 1)
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

function columnSegments(
  { fromOffset, toOffset, holders }: StripPicture,
  columns: readonly StripColumn[],
  columnOffsets: number,
): readonly Segment[] {
  let firstOffset = fromOffset;
  return columns.map(([width, available, acquired, delayed, acknowledged, archived, holderIndex]) => {
    const ofOne = [available, acquired, delayed, acknowledged, archived];
    const states = ofOne.flatMap((count, state) => (count > 0 ? [state] : []));
    const segment = {
      firstOffset,
      endOffset: Math.min(firstOffset + width * columnOffsets, toOffset),
      state: states.length === 1 ? recordStates[states[0]!]! : null,
      counts: ofOne.map((count) => count * width),
      holder: holders[holderIndex] ?? null,
      deliveryCount: null,
      msLeft: null,
    };
    firstOffset = segment.endOffset;
    return segment;
  });
}
