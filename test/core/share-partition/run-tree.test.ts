import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Run, type RunState, RunTree, isTerminal } from '../../../src/core/share-partition/run-tree.ts';
import { member } from './simulated-partition.ts';

const run = (firstOffset: number, lastOffset: number, fields: Partial<Run> = {}): Run => ({
  firstOffset,
  lastOffset,
  state: 'available',
  deliveryCount: 0,
  lock: null,
  availableAtMs: 0,
  attemptSize: 0,
  reason: null,
  ...fields,
});

const lockUntil = (deadlineMs: number) => ({
  acquisition: 1,
  holder: member('c1'),
  firstOffset: 0,
  lastOffset: 0,
  acquiredAtMs: 0,
  deadlineMs,
  held: 0,
});

const treeOf = (...runs: Run[]): RunTree => {
  const tree = new RunTree();
  for (const each of runs) tree.append(each);
  return tree;
};

const shown = (tree: RunTree, from = -1): string =>
  [...tree.from(from)].map((each) => `${each.firstOffset}-${each.lastOffset} ${each.state}`).join(', ');

describe('a run tree', () => {
  it('finds nothing while it is empty', () => {
    const tree = new RunTree();
    expect(tree.find(0)).toBeUndefined();
    expect([...tree.from(0)]).toEqual([]);
    expect(tree.firstReady(0)).toBeUndefined();
    expect([tree.size, tree.nextDeadlineMs, tree.nextDelayMs, tree.hasReady]).toEqual([0, Infinity, Infinity, false]);
  });

  it('finds the run that holds an offset, and none outside', () => {
    const tree = treeOf(run(10, 14), run(15, 15, { state: 'archived' }), run(16, 30));
    expect(tree.find(9)).toBeUndefined();
    expect(tree.find(10)?.lastOffset).toBe(14);
    expect(tree.find(15)?.state).toBe('archived');
    expect(tree.find(30)?.firstOffset).toBe(16);
    expect(tree.find(31)).toBeUndefined();
  });

  it('keeps neighbours that are alike as one run', () => {
    const tree = treeOf(run(0, 4), run(5, 9));
    expect(shown(tree)).toBe('0-9 available');
    expect(tree.size).toBe(1);
  });

  it.each([
    ['state', { state: 'archived' }],
    ['delivery count', { deliveryCount: 1 }],
    ['delay', { availableAtMs: 5 }],
    ['size of the last attempt', { attemptSize: 2 }],
    ['reason', { reason: 'x' }],
    ['lock', { state: 'acquired', lock: lockUntil(1) }],
  ] as const)('keeps neighbours apart that differ in their %s', (_what, fields) => {
    expect(treeOf(run(0, 4), run(5, 9, fields)).size).toBe(2);
  });

  it('keeps neighbours with two locks apart, even where the locks say the same', () => {
    const acquired = { state: 'acquired', lock: lockUntil(5) } as const;
    expect(treeOf(run(0, 4, acquired), run(5, 9, acquired)).size).toBe(1);
    expect(treeOf(run(0, 4, acquired), run(5, 9, { ...acquired, lock: lockUntil(5) })).size).toBe(2);
  });

  it('splits a run where a change begins and ends, and joins it again when the change is undone', () => {
    const tree = treeOf(run(0, 9));
    tree.update(3, 5, (each) => (each.state = 'archived'));
    expect(shown(tree)).toBe('0-2 available, 3-5 archived, 6-9 available');
    tree.update(3, 5, (each) => (each.state = 'available'));
    expect(shown(tree)).toBe('0-9 available');
    expect(tree.size).toBe(1);
  });

  it('begins a walk with the run that holds the offset', () => {
    const tree = treeOf(run(0, 4), run(5, 9, { state: 'archived' }), run(10, 12));
    expect(shown(tree, 7)).toBe('5-9 archived, 10-12 available');
  });

  it('cuts the run over which the start moves, and shows each piece that goes', () => {
    const tree = treeOf(run(0, 4), run(5, 9, { state: 'archived' }), run(10, 12));
    const gone: string[] = [];
    tree.dropBefore(7, (each) => gone.push(`${each.firstOffset}-${each.lastOffset}`));
    expect(gone).toEqual(['0-4', '5-6']);
    expect(shown(tree)).toBe('7-9 archived, 10-12 available');
  });

  it('can be emptied and filled again', () => {
    const tree = new RunTree();
    for (let offset = 0; offset < 5_000; offset++) tree.append(run(offset, offset, { deliveryCount: offset % 2 }));
    tree.dropBefore(5_000, () => undefined);
    expect(tree.size).toBe(0);
    tree.append(run(5_000, 5_000));
    expect(shown(tree)).toBe('5000-5000 available');
    expect(tree.hasReady).toBe(true);
  });

  it('says when the next lock runs out and when the next delay ends', () => {
    const tree = treeOf(
      run(0, 0, { state: 'acquired', lock: lockUntil(70) }),
      run(1, 1, { availableAtMs: 40 }),
      run(2, 2, { state: 'acquired', lock: lockUntil(50) }),
      run(3, 3, { availableAtMs: 60 }),
    );
    expect([tree.nextDeadlineMs, tree.nextDelayMs, tree.hasReady]).toEqual([50, 40, false]);
    expect(tree.firstExpired(0, 49)).toBeUndefined();
    expect(tree.firstExpired(0, 50)?.firstOffset).toBe(2);
    expect(tree.firstExpired(0, 70)?.firstOffset).toBe(0);
    expect(tree.firstExpired(1, 70)?.firstOffset).toBe(2);
    expect(tree.firstDelayOver(0, 39)).toBeUndefined();
    expect(tree.firstDelayOver(0, 40)?.firstOffset).toBe(1);
    expect(tree.firstDelayOver(2, 59)).toBeUndefined();
  });

  // Many more runs than one node holds, so that nodes are split, emptied and joined.
  it('agrees with an array of offsets after any changes, with thousands of runs', () => {
    const states: readonly RunState[] = ['available', 'acknowledged', 'archived', 'available', 'acquired'];
    const locks = [lockUntil(100), lockUntil(200), lockUntil(300)];
    const change = fc.tuple(fc.nat(9), fc.nat(9_999), fc.nat(400), fc.nat(14));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60, size: 'max' }), fc.integer(), (changes, seed) => {
        const tree = new RunTree();
        let start = 0;
        let random = seed;
        const next = (below: number): number => {
          random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
          return (random >>> 8) % below;
        };
        const offsets: Run[] = [];
        const grow = (count: number): void => {
          for (let i = 0; i < count; i++) {
            const offset = offsets.length;
            const fields = { deliveryCount: next(3) };
            offsets.push(run(offset, offset, fields));
            tree.append(run(offset, offset, fields));
          }
        };
        const set = (each: Run, choice: number): void => {
          each.state = states[choice % states.length]!;
          each.lock = each.state === 'acquired' ? locks[choice % 3]! : null;
          each.availableAtMs = each.state === 'available' && choice % 2 === 1 ? 10 + choice : 0;
        };
        grow(1_500);
        for (const [kind, at, length, choice] of changes) {
          const size = offsets.length - start;
          if (kind === 0) grow(length);
          else if (kind === 1) {
            start += Math.min(size - 1, length);
            tree.dropBefore(start, () => undefined);
          } else if (kind === 2) {
            // Many small changes, as single acknowledgements make them.
            for (let i = 0; i < length; i++) {
              const offset = start + next(size);
              set(offsets[offset]!, choice + i);
              tree.update(offset, offset, (each) => set(each, choice + i));
            }
          } else {
            const first = start + (at % size);
            const last = Math.min(offsets.length - 1, first + length);
            for (let offset = first; offset <= last; offset++) set(offsets[offset]!, choice);
            tree.update(first, last, (each) => set(each, choice));
          }
          compare(tree, offsets, start);
        }
      }),
      { numRuns: 60 },
    );
  });
});

const same = (a: Run, b: Run): boolean =>
  a.state === b.state &&
  a.deliveryCount === b.deliveryCount &&
  a.lock === b.lock &&
  a.availableAtMs === b.availableAtMs;

function compare(tree: RunTree, offsets: readonly Run[], start: number): void {
  let offset = start;
  let count = 0;
  let previous: Readonly<Run> | undefined;
  for (const each of tree.from(start)) {
    count++;
    if (each.firstOffset !== offset) throw new Error(`run ${each.firstOffset} should begin at ${offset}`);
    if (previous !== undefined && same(previous, each)) throw new Error(`runs at ${offset} are not joined`);
    for (; offset <= each.lastOffset; offset++) {
      if (!same(each, offsets[offset]!)) throw new Error(`offset ${offset} differs`);
    }
    previous = each;
  }
  expect(offset).toBe(offsets.length);
  expect(tree.size).toBe(count);
  const rest = offsets.slice(start);
  const deadlines = rest.map((each) => each.lock?.deadlineMs ?? Infinity);
  const delays = rest.map((each) => (each.availableAtMs === 0 ? Infinity : each.availableAtMs));
  expect(tree.nextDeadlineMs).toBe(Math.min(...deadlines));
  expect(tree.nextDelayMs).toBe(Math.min(...delays));
  const isReady = (each: Run): boolean => each.state === 'available' && each.availableAtMs === 0;
  expect(tree.hasReady).toBe(rest.some(isReady));
  for (const from of [start, start + (rest.length >> 1), offsets.length - 1]) {
    const found = (wanted: (each: Run) => boolean) => offsets.slice(from).find(wanted)?.firstOffset;
    const asFound = (each: Readonly<Run> | undefined) =>
      each === undefined ? undefined : Math.max(from, each.firstOffset);
    expect(asFound(tree.firstReady(from))).toBe(found(isReady));
    expect(asFound(tree.firstExpired(from, 200))).toBe(
      found((each) => each.lock !== null && each.lock.deadlineMs <= 200),
    );
    expect(asFound(tree.firstDelayOver(from, 17))).toBe(
      found((each) => each.availableAtMs !== 0 && each.availableAtMs <= 17),
    );
    expect(tree.find(from)?.state).toBe(offsets[from]!.state);
  }
}

it('calls acknowledged and archived records finished, and no others', () => {
  const states: readonly RunState[] = ['available', 'acquired', 'acknowledged', 'archived'];
  expect(states.filter(isTerminal)).toEqual(['acknowledged', 'archived']);
});
