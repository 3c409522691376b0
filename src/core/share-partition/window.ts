import { invariant } from '../assert.ts';
import type { Holder } from '../ids.ts';
import type { Ending } from './ending.ts';
import { type Lock, type Run, RunTree, isTerminal, runSize } from './run-tree.ts';

/**
 * The sliding window of one share partition (one group on one topic partition): which records are in flight and what
 * became of each, from the lowest unfinished offset to one past the last that was ever handed out.
 *
 * It is plain data. The functions beside this file decide (acquire.ts, acknowledge.ts, locks.ts, …) and return
 * changes; `apply` below is the only thing that changes a window. It has no clock and does no I/O.
 *
 * ```
 *        startOffset (SPSO)                               endOffset (one past SPEO)     log end
 *            ▼                                                ▼                            ▼
 *   finished │ acquired │ acknowledged │ available │ archived │ not handed out yet         │
 * ```
 */
export interface Window {
  /** SPSO: the lowest unfinished offset. Never goes back. */
  startOffset: number;
  /** Half-open: one past the last offset ever handed out (Kafka's SPEO + 1). */
  endOffset: number;
  /** Cover exactly [startOffset, endOffset). */
  readonly runs: RunTree;
  /** Records by state; `delayed` are the available ones that have to wait. */
  readonly counts: Record<RecordState, number>;
  /** Live locks of each holder. */
  readonly holders: Map<Holder, Set<Lock>>;
  /** Raised by each reset: state of an earlier epoch does not count. */
  readonly stateEpoch: number;
  /** Raised by each load: acquisitions of an earlier one do not count. */
  readonly leaderEpoch: number;
  /** In memory only, which is why `leaderEpoch` is part of a lease. */
  nextAcquisition: number;
  /** Grows with whatever changes in the window. In memory; higher after each load. */
  version: number;
}

/** A load begins above all versions of the load before: so many changes fit between. */
const versionsPerLoad = 2 ** 32;

/** What a record in the window is, as people see it. */
export type RecordState = 'available' | 'delayed' | 'acquired' | 'acknowledged' | 'archived';

export type Change =
  /** Locks neighbouring records: new ones at `endOffset`, or available ones inside the window. Not durable. */
  | { readonly kind: 'acquire'; readonly lock: Lock }
  /** An acquisition that never reached its member is as if it had not been. Not durable. */
  | {
      readonly kind: 'undo_acquire';
      readonly firstOffset: number;
      readonly lastOffset: number;
      readonly acquisition: number;
    }
  /** Restarts the lock of the records it names, if `from` still has them. Not durable. */
  | { readonly kind: 'renew'; readonly from: Lock; readonly lock: Lock }
  /** A delivery ended; durable before it is applied. `availableAtMs`: monotonic, 0 without a delay. */
  | { readonly kind: 'end'; readonly ending: Ending; readonly availableAtMs: number }
  /** The log has no records at these offsets: archived, so that the window slides over them. Not durable: the log is. */
  | { readonly kind: 'gap'; readonly firstOffset: number; readonly lastOffset: number }
  /** The log now starts here: everything before is gone, locks included. Not durable: the log is. */
  | { readonly kind: 'log_start'; readonly offset: number }
  /** Delays that are over at `nowMs` (monotonic) end. Not durable. */
  | { readonly kind: 'delays_over'; readonly nowMs: number };

export function emptyWindow(startOffset: number, epochs: { stateEpoch: number; leaderEpoch: number }): Window {
  return {
    startOffset,
    endOffset: startOffset,
    runs: new RunTree(),
    counts: { available: 0, delayed: 0, acquired: 0, acknowledged: 0, archived: 0 },
    holders: new Map(),
    stateEpoch: epochs.stateEpoch,
    leaderEpoch: epochs.leaderEpoch,
    nextAcquisition: 1,
    version: epochs.leaderEpoch * versionsPerLoad,
  };
}

/** Length of the window in offsets: what the limit of in-flight records is compared with (KIP-932 section 1.4). */
export const inFlight = (window: Window): number => window.endOffset - window.startOffset;

/** Exact number of unfinished records up to `logEndOffset` (KIP-1226 counts the same way). */
export const lag = (window: Window, logEndOffset: number): number =>
  Math.max(0, logEndOffset - window.startOffset) - window.counts.acknowledged - window.counts.archived;

export const recordState = (run: Readonly<Run>): RecordState =>
  run.state === 'available' && run.availableAtMs !== 0 ? 'delayed' : run.state;

/** Changes the window. Total: a decided change cannot fail, whatever happened to the window since it was decided. */
export function apply(window: Window, change: Change): void {
  switch (change.kind) {
    case 'acquire':
      applyAcquire(window, change.lock);
      return;
    case 'undo_acquire':
      applyUndoAcquire(window, change.firstOffset, change.lastOffset, change.acquisition);
      return;
    case 'renew':
      applyRenew(window, change.from, change.lock);
      return;
    case 'end':
      applyEnd(window, change.ending, change.availableAtMs);
      return;
    case 'gap':
      applyGap(window, change.firstOffset, change.lastOffset);
      return;
    case 'log_start':
      applyLogStart(window, change.offset);
      return;
    case 'delays_over':
      applyDelaysOver(window, change.nowMs);
      return;
  }
}

function applyAcquire(window: Window, lock: Lock): void {
  extend(window, lock.lastOffset + 1);
  window.nextAcquisition = Math.max(window.nextAcquisition, lock.acquisition + 1);
  const attemptSize = lock.lastOffset - lock.firstOffset + 1;
  update(window, lock.firstOffset, lock.lastOffset, (run) => {
    if (run.state !== 'available') return;
    run.state = 'acquired';
    run.deliveryCount++;
    run.lock = lock;
    run.availableAtMs = 0;
    run.attemptSize = attemptSize;
  });
}

function applyUndoAcquire(window: Window, firstOffset: number, lastOffset: number, acquisition: number): void {
  update(window, firstOffset, lastOffset, (run) => {
    if (run.lock?.acquisition !== acquisition) return;
    run.state = 'available';
    run.deliveryCount--;
    run.lock = null;
  });
}

function applyRenew(window: Window, from: Lock, lock: Lock): void {
  update(window, lock.firstOffset, lock.lastOffset, (run) => {
    if (run.lock === from) run.lock = lock;
  });
}

function applyEnd(window: Window, ending: Ending, availableAtMs: number): void {
  // What retention took in the meantime lies before the window: there is nothing left to end.
  update(window, ending.firstOffset, ending.lastOffset, (run) => {
    run.state = ending.state;
    run.deliveryCount = ending.deliveryCount;
    run.lock = null;
    run.availableAtMs = availableAtMs;
    run.attemptSize = Math.max(run.attemptSize, 1);
    run.reason = ending.state === 'acknowledged' ? null : (ending.reason ?? run.reason);
  });
  // An operator's ending brings its own acquisition number.
  window.nextAcquisition = Math.max(window.nextAcquisition, ending.acquisition + 1);
  slide(window);
}

function applyGap(window: Window, firstOffset: number, lastOffset: number): void {
  extend(window, lastOffset + 1);
  update(window, firstOffset, lastOffset, (run) => {
    if (run.state !== 'available') return;
    run.state = 'archived';
    run.availableAtMs = 0;
    run.reason = null;
  });
  slide(window);
}

function applyLogStart(window: Window, offset: number): void {
  if (offset <= window.startOffset) return;
  dropBefore(window, Math.min(offset, window.endOffset));
  window.startOffset = offset;
  window.endOffset = Math.max(window.endOffset, offset);
  slide(window);
}

function applyDelaysOver(window: Window, nowMs: number): void {
  for (;;) {
    const run = window.runs.firstDelayOver(window.startOffset, nowMs);
    if (run === undefined) return;
    update(window, run.firstOffset, run.lastOffset, (each) => {
      each.availableAtMs = 0;
    });
  }
}

/** Brings offsets up to `endOffset` into the window as available, never delivered. */
function extend(window: Window, endOffset: number): void {
  if (endOffset <= window.endOffset) return;
  window.runs.append({
    firstOffset: window.endOffset,
    lastOffset: endOffset - 1,
    state: 'available',
    deliveryCount: 0,
    lock: null,
    availableAtMs: 0,
    attemptSize: 0,
    reason: null,
  });
  window.version++;
  window.counts.available += endOffset - window.endOffset;
  window.endOffset = endOffset;
}

/** Changes the part of a range that lies in the window, and keeps the counts and the holders true. */
function update(window: Window, firstOffset: number, lastOffset: number, change: (run: Run) => void): void {
  const first = Math.max(firstOffset, window.startOffset);
  const last = Math.min(lastOffset, window.endOffset - 1);
  if (first > last) return;
  window.version++;
  window.runs.update(first, last, (run) => {
    leave(window, run);
    change(run);
    enter(window, run);
  });
}

function enter(window: Window, run: Readonly<Run>): void {
  const size = runSize(run);
  window.counts[recordState(run)] += size;
  const lock = run.lock;
  if (lock === null) return;
  if (lock.held === 0) {
    const locks = window.holders.get(lock.holder);
    if (locks === undefined) window.holders.set(lock.holder, new Set([lock]));
    else locks.add(lock);
  }
  lock.held += size;
}

function leave(window: Window, run: Readonly<Run>): void {
  const size = runSize(run);
  window.counts[recordState(run)] -= size;
  const lock = run.lock;
  if (lock === null) return;
  lock.held -= size;
  if (lock.held > 0) return;
  const locks = window.holders.get(lock.holder);
  locks?.delete(lock);
  if (locks?.size === 0) window.holders.delete(lock.holder);
}

function dropBefore(window: Window, offset: number): void {
  window.version++;
  window.runs.dropBefore(offset, (run) => leave(window, run));
  window.startOffset = offset;
}

/** Moves the start over the finished records in front (KIP-932 section 1.7). */
function slide(window: Window): void {
  let startOffset = window.startOffset;
  for (;;) {
    const run = window.runs.find(startOffset);
    if (run === undefined || !isTerminal(run.state)) break;
    startOffset = run.lastOffset + 1;
  }
  if (startOffset > window.startOffset) dropBefore(window, startOffset);
}

/** Where the window would start after `changes`: what is written together with their endings. */
export function startOffsetAfter(window: Window, endings: readonly Ending[]): number {
  // The finished ones among the endings, in offset order, continue the finished runs in front.
  const finished = endings
    .filter((ending) => ending.state !== 'available')
    .sort((a, b) => a.firstOffset - b.firstOffset);
  let startOffset = window.startOffset;
  let index = 0;
  for (;;) {
    while (index < finished.length && finished[index]!.lastOffset < startOffset) index++;
    const ending = finished[index];
    if (ending !== undefined && ending.firstOffset <= startOffset) {
      startOffset = ending.lastOffset + 1;
      continue;
    }
    const run = window.runs.find(startOffset);
    if (run === undefined || !isTerminal(run.state)) return startOffset;
    startOffset = run.lastOffset + 1;
  }
}

/**
 * A window as it was stored: the endings of its state epoch in the order in which they happened, those below the start
 * left out. Offsets between them that were never ended are available and count no delivery.
 *
 * @param nowMs monotonic
 * @param wallMs the wall clock at the same instant: delays go on until their instant, but never longer than asked
 */
export function loadWindow(
  stored: {
    readonly startOffset: number;
    readonly stateEpoch: number;
    readonly leaderEpoch: number;
    readonly endings: readonly Ending[];
  },
  nowMs: number,
  wallMs: number,
): Window {
  const window = emptyWindow(stored.startOffset, stored);
  let endOffset = stored.startOffset;
  for (const ending of stored.endings) endOffset = Math.max(endOffset, ending.lastOffset + 1);
  extend(window, endOffset);
  for (const ending of stored.endings) {
    const remainingMs =
      ending.availableAtMs === null ? 0 : Math.min(ending.availableAtMs - wallMs, ending.delayMs ?? Infinity);
    const availableAtMs = remainingMs > 0 ? nowMs + remainingMs : 0;
    const attemptSize = ending.lastOffset - ending.firstOffset + 1;
    update(window, ending.firstOffset, ending.lastOffset, (run) => {
      run.state = ending.state;
      run.deliveryCount = ending.deliveryCount;
      run.availableAtMs = ending.state === 'available' ? availableAtMs : 0;
      run.attemptSize = attemptSize;
      run.reason = ending.state === 'acknowledged' ? null : (ending.reason ?? run.reason);
    });
  }
  slide(window);
  return window;
}

/** Throws when the window is not one: what must hold after every change. For tests and simulations; walks all runs. */
export function checkWindow(window: Window): void {
  const counts = { available: 0, delayed: 0, acquired: 0, acknowledged: 0, archived: 0 };
  const held = new Map<Lock, number>();
  let offset = window.startOffset;
  let previous: Readonly<Run> | undefined;
  for (const run of window.runs.from(window.startOffset)) {
    const text = `run ${run.firstOffset}–${run.lastOffset} ${run.state}`;
    invariant(run.firstOffset === offset, `${text} should begin at ${offset}`);
    invariant(run.lastOffset >= run.firstOffset, `${text} is empty`);
    invariant((run.lock !== null) === (run.state === 'acquired'), `${text}: a lock belongs to acquired records only`);
    invariant(run.state === 'available' || run.availableAtMs === 0, `${text}: only available records are delayed`);
    invariant(run.state !== 'acquired' || run.deliveryCount >= 1, `${text} was never delivered`);
    invariant(previous !== undefined || !isTerminal(run.state), `${text} is finished at the start of the window`);
    if (run.lock !== null) held.set(run.lock, (held.get(run.lock) ?? 0) + runSize(run));
    counts[recordState(run)] += runSize(run);
    offset = run.lastOffset + 1;
    previous = run;
  }
  invariant(offset === window.endOffset, `runs end at ${offset}, the window at ${window.endOffset}`);
  for (const state of Object.keys(counts) as RecordState[]) {
    invariant(
      counts[state] === window.counts[state],
      `${state}: counted ${counts[state]}, kept ${window.counts[state]}`,
    );
  }
  const kept = [...window.holders.values()].flatMap((locks) => [...locks]);
  invariant(kept.length === held.size, `${kept.length} locks kept, ${held.size} in the runs`);
  for (const lock of kept) invariant(lock.held === held.get(lock), `lock ${lock.acquisition} holds ${lock.held}`);
}
