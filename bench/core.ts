/**
 * The window alone, without a store or a door: what deciding and applying cost. `node bench/core.ts` prints the table;
 * `bench/run.ts` includes it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { holderOf } from '../src/core/ids.ts';
import { type EndChange, endRun, standingOf } from '../src/core/share-partition/acknowledge.ts';
import { type AcquireLimits, type Acquired, acquire, planAcquire } from '../src/core/share-partition/acquire.ts';
import { type Window, apply, emptyWindow, startOffsetAfter } from '../src/core/share-partition/window.ts';
import { type BenchOptions, type Row, median, number, table } from './row.ts';

const holder = holderOf('http', 'bench');
const time = { nowMs: 1_000, wallMs: 1_800_000_000_000, deliveryCountLimit: 5 };
const limitsOf = (maxRecords: number): AcquireLimits => {
  return { mode: 'record_limit', maxRecords, inFlightLimit: 2_000_000, deliveryCountLimit: 5 };
};
const newWindow = (): Window => emptyWindow(0, { stateEpoch: 0, leaderEpoch: 1 });

function acquireNext(window: Window, records: number, logEndOffset: number): Acquired[] {
  const limits = limitsOf(records);
  const plan = planAcquire(window, limits, logEndOffset);
  const acquired = acquire(window, limits, plan, { holder, ...time, lockDurationMs: 30_000 });
  for (const { lock } of acquired) apply(window, { kind: 'acquire', lock });
  return acquired;
}

/** Accepts by lease, each on its own, and writes nothing: decide, the start offset to store, apply. */
function accept(window: Window, leases: readonly { readonly offset: number; readonly acquisition: number }[]): void {
  const changes: EndChange[] = [];
  for (const { offset, acquisition } of leases) {
    const lease = { offset, acquisition, leaderEpoch: window.leaderEpoch, stateEpoch: window.stateEpoch };
    const standing = standingOf(window, lease, time.nowMs);
    if (standing.kind !== 'live') throw new Error(`offset ${offset} is not held`);
    const range = { firstOffset: offset, lastOffset: offset };
    endRun(changes, window, standing.run, range, { outcome: 'accepted', reason: null, delayMs: 0 }, time);
  }
  startOffsetAfter(
    window,
    changes.map((change) => change.ending),
  );
  for (const change of changes) apply(window, change);
}

const leasesOf = (acquired: readonly Acquired[]): { offset: number; acquisition: number }[] =>
  acquired.flatMap(({ firstOffset, lastOffset, lock }) =>
    Array.from({ length: lastOffset - firstOffset + 1 }, (_, index) => {
      return { offset: firstOffset + index, acquisition: lock.acquisition };
    }),
  );

/** Records a second through acquire and accept, `batch` at a time, all in one window that slides. */
function throughput(batch: number, durationMs: number): number {
  const window = newWindow();
  const startMs = performance.now();
  let records = 0;
  do {
    accept(window, leasesOf(acquireNext(window, batch, Number.MAX_SAFE_INTEGER)));
    records += batch;
  } while (performance.now() - startMs < durationMs);
  return (records / (performance.now() - startMs)) * 1_000;
}

/** A random order that is the same each time. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let state = 42;
  for (let index = result.length - 1; index > 0; index--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (index + 1));
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}

const acquireAll = (window: Window, records: number): { offset: number; acquisition: number }[] => {
  const leases: { offset: number; acquisition: number }[] = [];
  while (leases.length < records) {
    for (const lease of leasesOf(acquireNext(window, Math.min(10_000, records), records))) leases.push(lease);
  }
  return leases;
};

/** Microseconds for one accept with so many records in flight, on average over all of them in random order. */
function acceptCostUs(inFlight: number): number {
  const rounds = Math.max(1, Math.floor(200_000 / inFlight));
  let elapsedMs = 0;
  for (let round = 0; round < rounds; round++) {
    const window = newWindow();
    const leases = shuffled(acquireAll(window, inFlight));
    const startMs = performance.now();
    for (const lease of leases) accept(window, [lease]);
    elapsedMs += performance.now() - startMs;
    if (window.startOffset !== inFlight) throw new Error(`the window starts at ${window.startOffset}`);
  }
  return (elapsedMs * 1_000) / (rounds * inFlight);
}

/** Heap bytes for one run, in a window where no two neighbours are alike. */
function bytesPerRun(records: number, collect: () => void): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const window = newWindow();
  acquireNext(window, records, records);
  const acquisition = window.nextAcquisition - 1;
  for (let offset = 1; offset < records; offset += 2) accept(window, [{ offset, acquisition }]);
  collect();
  return (process.memoryUsage().heapUsed - before) / window.runs.size;
}

/** Records/s through acquire and accept, the cost of one accept by records in flight, and bytes for each run. */
export function benchCore(options: BenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const durationMs = options.short ? 300 : 1_500;
  for (const batch of [1, 100, 10_000]) {
    options.log(`core: acquire+accept, batches of ${number(batch)}`);
    throughput(batch, durationMs / 5);
    const perSecond = median([1, 2, 3].map(() => throughput(batch, durationMs)));
    rows.push({
      section: 'core',
      what: `acquire + accept, batch ${number(batch)}`,
      figure: `${number(perSecond)} records/s`,
    });
  }
  let smallest: number | undefined;
  for (const inFlight of [1_000, 10_000, 100_000, ...(options.short ? [] : [1_000_000])]) {
    options.log(`core: accepts in random order, ${number(inFlight)} in flight`);
    const costUs = acceptCostUs(inFlight);
    rows.push({
      section: 'core',
      what: `one accept, ${number(inFlight)} in flight, random order`,
      figure: `${number(costUs)} µs`,
      ...(smallest === undefined ? {} : { against: { what: '1,000 in flight', ratio: costUs / smallest } }),
    });
    smallest ??= costUs;
  }
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const bytes = bytesPerRun(options.short ? 200_000 : 1_000_000, collect);
  rows.push({ section: 'core', what: 'memory of one run, no two alike', figure: `${number(bytes)} bytes` });
  return Promise.resolve(rows);
}

if (import.meta.main) {
  const options = { short: process.argv.includes('--short'), log: (text: string) => console.error(text) };
  console.log(table(await benchCore(options)));
}
