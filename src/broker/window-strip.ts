import { type Holder, holderId } from '../core/ids.ts';
import { type RecordState, type Window, recordState } from '../core/share-partition/window.ts';
import type { Now } from './window-view.ts';

/** The picture of a window: its runs, or what is in each of so many columns. Small numbers instead of names, because there are many. */

/** A state is its index in here. */
export const stripStates = ['available', 'acquired', 'delayed', 'acknowledged', 'archived'] as const;

export interface StripsRequest {
  readonly group: string;
  readonly windows: readonly { readonly topic: string; readonly partition: number }[];
  /** Most columns, and most runs. */
  readonly columns: number;
  /** Inclusive; null: from the start of the window. */
  readonly fromOffset: number | null;
  /** Exclusive; null: to the end of the window. */
  readonly endOffset: number | null;
}

/** Last offset inclusive; the holder's index in `holders` or −1; ms until the lock or the delay ends, or null. */
export type StripRun = [
  firstOffset: number,
  lastOffset: number,
  state: number,
  deliveryCount: number,
  holder: number,
  msLeft: number | null,
];

/** So many neighbouring columns that are alike; records of each state in one of them; who holds most in it, or −1. */
export type StripColumn = [
  width: number,
  available: number,
  acquired: number,
  delayed: number,
  acknowledged: number,
  archived: number,
  holder: number,
];

export interface WindowStrip {
  readonly topic: string;
  readonly partition: number;
  /** Of the window. */
  readonly startOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  /** Of the picture: what was asked for, as far as the window reaches. */
  readonly fromOffset: number;
  /** Exclusive. */
  readonly toOffset: number;
  readonly version: number;
  /** Wall clock, ms: when `msLeft` was measured. */
  readonly atMs: number;
  readonly holders: readonly string[];
  readonly runs: readonly StripRun[] | null;
  readonly columns: readonly StripColumn[] | null;
  /** Offsets in one column; the last one may have fewer. null with runs. */
  readonly columnOffsets: number | null;
}

const stateNumber = Object.fromEntries(stripStates.map((state, index) => [state, index])) as Record<
  RecordState,
  number
>;

/** @param maxColumns at least 1 */
export function windowStrip(
  window: Window,
  range: { readonly fromOffset: number | null; readonly endOffset: number | null },
  maxColumns: number,
  now: Now,
): Omit<WindowStrip, 'topic' | 'partition'> {
  const { startOffset, endOffset, version } = window;
  const clamped = (offset: number): number => Math.min(Math.max(offset, startOffset), endOffset);
  const fromOffset = clamped(range.fromOffset ?? startOffset);
  const toOffset = Math.max(fromOffset, clamped(range.endOffset ?? endOffset));
  const holders = new HolderNumbers();
  const at = { startOffset, endOffset, fromOffset, toOffset, version, atMs: now.wallMs };
  const runs = runsOf(window, fromOffset, toOffset, maxColumns, holders, now);
  if (runs !== undefined) return { ...at, holders: holders.names, runs, columns: null, columnOffsets: null };
  const columnOffsets = Math.ceil((toOffset - fromOffset) / maxColumns);
  const columns = columnsOf(window, fromOffset, toOffset, columnOffsets, holders);
  return { ...at, holders: holders.names, runs: null, columns, columnOffsets };
}

/** Numbers holders in the order in which they come. */
class HolderNumbers {
  readonly names: string[] = [];
  readonly #numbers = new Map<Holder, number>();

  of(holder: Holder): number {
    const known = this.#numbers.get(holder);
    if (known !== undefined) return known;
    const number = this.names.push(holderId(holder)) - 1;
    this.#numbers.set(holder, number);
    return number;
  }
}

/** undefined when there are more than `maxRuns`. */
function runsOf(
  window: Window,
  fromOffset: number,
  toOffset: number,
  maxRuns: number,
  holders: HolderNumbers,
  { nowMs }: Now,
): StripRun[] | undefined {
  const runs: StripRun[] = [];
  if (fromOffset === toOffset) return runs;
  // In most windows there are far too many, which need not be found out by walking.
  if (fromOffset === window.startOffset && toOffset === window.endOffset && window.runs.size > maxRuns)
    return undefined;
  for (const run of window.runs.from(fromOffset)) {
    if (run.firstOffset >= toOffset) break;
    if (runs.length === maxRuns) return undefined;
    const { lock } = run;
    const state = recordState(run);
    const untilMs = lock?.deadlineMs ?? (state === 'delayed' ? run.availableAtMs : null);
    runs.push([
      Math.max(run.firstOffset, fromOffset),
      Math.min(run.lastOffset, toOffset - 1),
      stateNumber[state],
      run.deliveryCount,
      lock === null ? -1 : holders.of(lock.holder),
      untilMs === null ? null : Math.max(0, Math.round(untilMs - nowMs)),
    ]);
  }
  return runs;
}

function columnsOf(
  window: Window,
  fromOffset: number,
  toOffset: number,
  columnOffsets: number,
  holders: HolderNumbers,
): StripColumn[] {
  const columns: StripColumn[] = [];
  let column: StripColumn = [1, 0, 0, 0, 0, 0, -1];
  /** Records held in the column by each holder. */
  let held: number[] = [];
  let columnEnd = fromOffset + columnOffsets;
  const finish = (): void => {
    let most = 0;
    for (let holder = 0; holder < held.length; holder++) {
      const records = held[holder] ?? 0;
      if (records <= most) continue;
      most = records;
      column[6] = holder;
    }
    add(columns, column, 1);
    column = [1, 0, 0, 0, 0, 0, -1];
    held = [];
    columnEnd += columnOffsets;
  };
  for (const run of window.runs.from(fromOffset)) {
    if (run.firstOffset >= toOffset) break;
    const state = stateNumber[recordState(run)];
    const holder = run.lock === null ? -1 : holders.of(run.lock.holder);
    let offset = Math.max(run.firstOffset, fromOffset);
    const runEnd = Math.min(run.lastOffset + 1, toOffset);
    while (offset < runEnd) {
      if (offset === columnEnd - columnOffsets && runEnd >= columnEnd) {
        // A run over many columns: those that it fills are alike.
        const width = Math.floor((runEnd - offset) / columnOffsets);
        const filled: StripColumn = [1, 0, 0, 0, 0, 0, holder];
        filled[state + 1] = columnOffsets;
        add(columns, filled, width);
        offset += width * columnOffsets;
        columnEnd = offset + columnOffsets;
        continue;
      }
      const end = Math.min(runEnd, columnEnd);
      column[state + 1]! += end - offset;
      if (holder >= 0) held[holder] = (held[holder] ?? 0) + end - offset;
      offset = end;
      if (offset === columnEnd) finish();
    }
  }
  if (toOffset > columnEnd - columnOffsets) finish();
  return columns;
}

/** Puts a column behind the others, or together with the last one where they are alike. */
function add(columns: StripColumn[], column: StripColumn, width: number): void {
  const last = columns.at(-1);
  if (last !== undefined && last.every((value, index) => index === 0 || value === column[index])) {
    last[0] += width;
    return;
  }
  column[0] = width;
  columns.push(column);
}
