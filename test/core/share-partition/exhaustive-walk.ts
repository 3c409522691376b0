import { invariant } from '../../../src/core/assert.ts';
import { holderId } from '../../../src/core/ids.ts';
import { type Lease, standingOf } from '../../../src/core/share-partition/acknowledge.ts';
import { type Lock, isTerminal } from '../../../src/core/share-partition/run-tree.ts';
import { apply, checkWindow, emptyWindow, inFlight, lag } from '../../../src/core/share-partition/window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

/**
 * Every state that a world of three offsets and two members can come into, breadth first: from each state every
 * command is tried, and what must hold (I2, I4, I6, I7, I8, I10) is checked before and after. Locks last one tick, so
 * does a delay; time goes on by single ticks.
 */

const offsets = [0, 1, 2] as const;
const members = ['a', 'b'] as const;
const tickMs = 1;
const deliveryCountLimit = 2;

interface State {
  readonly partition: SimulatedPartition;
  /** Leases given out and not known to be over, newest last; bounded by what an offset can have. */
  readonly leases: readonly Lease[];
}

/** What a command may do to an offset, beyond keeping it. */
type Allowed = 'acquire' | 'retry' | 'reset' | 'crash';

interface Command {
  readonly name: string;
  readonly allows?: Allowed;
  run(partition: SimulatedPartition, leases: Lease[]): void;
}

const commands: Command[] = [
  { name: 'produce', run: (p) => void (p.logEndOffset < offsets.length && p.produce(1)) },
  { name: 'tick', run: (p) => p.advance(tickMs) },
  { name: 'expire', run: (p) => void p.expireLocks() },
  { name: 'delays over', run: (p) => apply(p.window, { kind: 'delays_over', nowMs: p.nowMs }) },
  { name: 'crash', allows: 'crash', run: (p) => p.crash() },
  ...[1, 2, 3].map((offset): Command => {
    return { name: `log start ${offset}`, run: (p) => void (offset <= p.logEndOffset && p.moveLogStart(offset)) };
  }),
  ...[0, 2].map((offset): Command => {
    return {
      name: `reset to ${offset}`,
      allows: 'reset',
      run: (p) => void (offset >= p.logStartOffset && offset <= p.logEndOffset && p.reset(offset)),
    };
  }),
  { name: 'hole 1', run: (p) => p.hole(1, 1) },
  ...members.flatMap((name): Command[] => [
    ...[1, 3].map((records): Command => {
      return {
        name: `${name} acquires ${records}`,
        allows: 'acquire',
        run(p, leases) {
          for (const acquired of p.acquire(member(name), records)) {
            for (let offset = acquired.firstOffset; offset <= acquired.lastOffset; offset++) {
              leases.push(p.leaseOf(acquired, offset));
            }
          }
        },
      };
    }),
    { name: `${name} is released`, run: (p) => void p.releaseHolder(member(name)) },
    ...(['accept', 'release', 'reject', 'gap', 'renew'] as const).flatMap((type) =>
      offsets.map((offset): Command => {
        return {
          name: `${name} ${type}s ${offset}`,
          run: (p) => void p.acknowledgeRange(member(name), offset, offset, [type]),
        };
      }),
    ),
    ...(['accept', 'release', 'renew'] as const).map((type): Command => {
      return {
        name: `${name} ${type}s all`,
        run: (p) => void p.acknowledgeRange(member(name), 0, p.window.endOffset - 1, [type]),
      };
    }),
    ...offsets.map((offset): Command => {
      return {
        name: `${name} releases ${offset} for later`,
        run(p) {
          const lock = p.window.runs.find(offset)?.lock;
          if (lock == null || holderId(lock.holder) !== name || offset < p.window.startOffset) return;
          const { leaderEpoch, stateEpoch } = p.window;
          p.acknowledge({ offset, acquisition: lock.acquisition, leaderEpoch, stateEpoch }, 'release', {
            delayMs: tickMs,
          });
        },
      };
    }),
  ]),
  ...offsets.flatMap((offset) =>
    (['accept', 'reject', 'release', 'retry'] as const).map((type): Command => {
      return {
        name: `operator settles ${offset}: ${type}`,
        ...(type === 'retry' ? { allows: 'retry' } : {}),
        run: (p) => void p.settle(offset, offset, type),
      };
    }),
  ),
];

function clone(from: SimulatedPartition): SimulatedPartition {
  const to = new SimulatedPartition(from.settings);
  to.nowMs = from.nowMs;
  to.wallMs = from.wallMs;
  to.logStartOffset = from.logStartOffset;
  to.logEndOffset = from.logEndOffset;
  to.batches = [...from.batches];
  to.stored = { ...from.stored };
  for (const [offset, ending] of from.history) to.history.set(offset, ending);
  const window = emptyWindow(from.window.startOffset, from.window);
  window.endOffset = from.window.endOffset;
  window.nextAcquisition = from.window.nextAcquisition;
  Object.assign(window.counts, from.window.counts);
  const locks = new Map<Lock, Lock>();
  for (const [holder, held] of from.window.holders) {
    const copies = [...held].map((lock) => ({ ...lock }));
    [...held].forEach((lock, index) => locks.set(lock, copies[index]!));
    window.holders.set(holder, new Set(copies));
  }
  for (const run of from.window.runs.from(window.startOffset)) {
    window.runs.append({ ...run, lock: run.lock === null ? null : locks.get(run.lock)! });
  }
  to.window = window;
  return to;
}

/** What distinguishes two states: all that later commands can see, without absolute times and numbers. */
function keyOf(p: SimulatedPartition): string {
  const left = (untilMs: number, nowMs: number): number => Math.max(0, untilMs - nowMs);
  const { window } = p;
  const now = offsets.map((offset) => {
    const run = offset < window.startOffset ? undefined : window.runs.find(offset);
    if (run === undefined) return '-';
    const lock = run.lock === null ? '' : `${run.lock.holder}${left(run.lock.deadlineMs, p.nowMs)}`;
    // A delay that is over still has to be ended, so it differs from none.
    const delay = run.availableAtMs === 0 ? '' : `d${left(run.availableAtMs, p.nowMs)}`;
    return `${run.state}${run.deliveryCount}${lock}${delay}`;
  });
  const stored = offsets.map((offset) => {
    if (offset < p.stored.startOffset) return '-';
    const ending = p.stored.endings.findLast((each) => each.firstOffset <= offset && offset <= each.lastOffset);
    return ending === undefined
      ? ''
      : `${ending.state}${ending.deliveryCount}${ending.availableAtMs === null ? '' : `d${left(ending.availableAtMs, p.wallMs)}`}`;
  });
  const log = `${p.logStartOffset}${p.logEndOffset}${p.batches.map((batch) => batch.firstOffset).join('')}`;
  return `${window.startOffset}${window.endOffset} ${now.join()} ${p.stored.startOffset} ${stored.join()} ${log}`;
}

interface View {
  readonly state: string;
  readonly deliveryCount: number;
}

const views = (p: SimulatedPartition): View[] =>
  offsets.map((offset) => {
    if (offset < p.window.startOffset) return { state: 'finished', deliveryCount: 0 };
    const run = p.window.runs.find(offset);
    return run === undefined
      ? { state: 'unread', deliveryCount: 0 }
      : { state: run.state, deliveryCount: run.deliveryCount };
  });

function checkStep(before: SimulatedPartition, after: SimulatedPartition, allows: Allowed | undefined): void {
  checkWindow(after.window);
  if (allows === 'reset') return;
  // I7. What a gap or retention moved is not stored, so a crash may take the start back to what was.
  const startBefore = allows === 'crash' ? before.stored.startOffset : before.window.startOffset;
  invariant(after.window.startOffset >= startBefore, 'I7: the start went back');
  invariant(inFlight(after.window) <= after.settings.inFlightLimit, 'I7: in flight beyond the limit');
  const was = views(before);
  views(after).forEach(({ state, deliveryCount }, offset) => {
    const old = was[offset]!;
    if (state === 'finished') return;
    invariant(deliveryCount <= deliveryCountLimit, `I6: offset ${offset} delivered ${deliveryCount} times`);
    if (allows === 'crash') {
      // Whatever the delivery count was, one acquisition that nobody ended does not count.
      const least = old.state === 'acquired' ? old.deliveryCount - 1 : 0;
      invariant(deliveryCount >= least || old.state === 'archived', `I6: offset ${offset} fell to ${deliveryCount}`);
      const ending = before.history.get(offset);
      invariant(ending?.state !== 'acknowledged' || state === 'acknowledged', `I3: offset ${offset} came back`);
      invariant(ending?.state !== 'archived' || state === 'archived', `I8: offset ${offset} came back`);
      return;
    }
    const rise = deliveryCount - old.deliveryCount;
    if (allows === 'acquire' && state === 'acquired' && old.state !== 'acquired') {
      invariant(rise === 1, `I6: offset ${offset} acquired, count went up by ${rise}`);
      invariant(
        old.state === 'available' || old.state === 'unread',
        `I2: offset ${offset} acquired while ${old.state}`,
      );
    } else if (allows === 'retry') invariant(rise === 0 || rise === -1, `I6: retry gave ${rise}`);
    else invariant(rise === 0, `I6: offset ${offset} count changed by ${rise}`);
    if (old.state === 'acknowledged' || old.state === 'archived') {
      invariant(state === old.state, `I8: offset ${offset} was ${old.state}, is ${state}`);
    }
  });
}

/** I2, I4 and I10, in one state. */
function checkState({ partition: p, leases }: State): void {
  const first = p.window.runs.find(p.window.startOffset);
  invariant(first === undefined || !isTerminal(first.state), 'I7: the start is not the lowest unfinished offset');
  const unfinished = offsets.filter((offset) => {
    const run = offset < p.window.startOffset ? undefined : p.window.runs.find(offset);
    if (offset >= p.logEndOffset || offset < p.window.startOffset) return false;
    return run === undefined || !isTerminal(run.state);
  });
  invariant(lag(p.window, p.logEndOffset) === unfinished.length, 'I10: the lag is not exact');
  const live = leases.filter((lease) => standingOf(p.window, lease, p.nowMs).kind === 'live');
  invariant(new Set(live.map((lease) => lease.offset)).size === live.length, 'I2: two live leases for one offset');
  const key = keyOf(p);
  for (const lease of leases) {
    if (live.includes(lease)) continue;
    for (const type of ['accept', 'release', 'reject', 'renew'] as const) {
      const result = p.acknowledge(lease, type);
      invariant(result.status === 'error' || result.replayed === true, `I4: a stale ${type} counted`);
    }
  }
  invariant(keyOf(p) === key, 'I4: a stale acknowledgement changed something');
}

export interface WalkResult {
  readonly states: number;
  readonly steps: number;
  /** How many states have an offset that is so. */
  readonly byState: Readonly<Record<string, number>>;
}

/** @throws at the first state or step that breaks a promise, with the commands that lead there */
export function walk(): WalkResult {
  const start = new SimulatedPartition({ deliveryCountLimit, inFlightLimit: 2, lockDurationMs: tickMs });
  const seen = new Map<string, { before: string; command: string }>([[keyOf(start), { before: '', command: '' }]]);
  const byState: Record<string, number> = {};
  let steps = 0;
  let frontier: State[] = [{ partition: start, leases: [] }];
  const pathTo = (key: string): string => {
    const names: string[] = [];
    for (let at = seen.get(key); at !== undefined && at.command !== ''; at = seen.get(at.before))
      names.unshift(at.command);
    return names.join(', ');
  };
  while (frontier.length > 0) {
    const next: State[] = [];
    for (const state of frontier) {
      const key = keyOf(state.partition);
      for (const kind of new Set(views(state.partition).map((view) => view.state))) {
        byState[kind] = (byState[kind] ?? 0) + 1;
      }
      for (const command of commands) {
        const partition = clone(state.partition);
        const leases = [...state.leases];
        try {
          command.run(partition, leases);
          checkStep(state.partition, partition, command.allows);
          const reached = keyOf(partition);
          steps++;
          if (seen.has(reached)) continue;
          seen.set(reached, { before: key, command: command.name });
          const found = { partition, leases: leases.slice(-9) };
          checkState(found);
          next.push(found);
        } catch (error) {
          throw new Error(`${String(error)}\nafter: ${pathTo(key)}, ${command.name}`, { cause: error });
        }
      }
    }
    frontier = next;
  }
  return { states: seen.size, steps, byState };
}
