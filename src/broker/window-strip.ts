import { type Holder, holderId } from '../core/ids.ts';
import type { Lock } from '../core/share-partition/run-tree.ts';
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
  const columns = new Columns();
  let columnEnd = fromOffset + columnOffsets;
  let lock: Lock | null = null;
  let holder = -1;
  // It visits each run of up to 64 windows: the few operations for a run are what a picture costs.
  window.runs.visitFrom(fromOffset, (run) => {
    if (run.firstOffset >= toOffset) return false;
    const state = run.availableAtMs === 0 ? stateNumber[run.state] : stateNumber.delayed;
    if (run.lock !== lock) {
      lock = run.lock;
      holder = lock === null ? -1 : holders.of(lock.holder);
    }
    let offset = run.firstOffset < fromOffset ? fromOffset : run.firstOffset;
    const runEnd = run.lastOffset < toOffset ? run.lastOffset + 1 : toOffset;
    while (runEnd >= columnEnd) {
      columns.count(state, holder, columnEnd - offset);
      offset = columnEnd;
      // A run over many columns: those that it fills are alike.
      const isFilled = runEnd - columnEnd >= columnOffsets;
      columns.finish(1);
      if (isFilled) {
        const width = Math.floor((runEnd - offset) / columnOffsets);
        columns.count(state, holder, columnOffsets);
        columns.finish(width);
        offset += width * columnOffsets;
      }
      columnEnd = offset + columnOffsets;
    }
    if (offset < runEnd) columns.count(state, holder, runEnd - offset);
    return true;
  });
  if (toOffset > columnEnd - columnOffsets) columns.finish(1);
  return columns.all;
}

/** Counts one column after the other; neighbours that are alike become one entry. */
class Columns {
  readonly all: StripColumn[] = [];
  readonly #records = [0, 0, 0, 0, 0];
  /** In the column, by holder, and which holders that are. */
  readonly #held: number[] = [];
  readonly #holders: number[] = [];

  count(state: number, holder: number, records: number): void {
    this.#records[state]! += records;
    if (holder < 0) return;
    while (this.#held.length <= holder) this.#held.push(0);
    if (this.#held[holder] === 0) this.#holders.push(holder);
    this.#held[holder]! += records;
  }

  /** @param width of columns that are all like this one */
  finish(width: number): void {
    const records = this.#records;
    let most = 0;
    let holder = -1;
    for (const each of this.#holders) {
      const held = this.#held[each]!;
      if (held > most || (held === most && each < holder)) [most, holder] = [held, each];
      this.#held[each] = 0;
    }
    this.#holders.length = 0;
    const last = this.all.at(-1);
    const isAlike = last?.[6] === holder && records.every((count, state) => count === last[state + 1]);
    if (isAlike) last[0] += width;
    else this.all.push([width, records[0]!, records[1]!, records[2]!, records[3]!, records[4]!, holder]);
    records.fill(0);
  }
}
