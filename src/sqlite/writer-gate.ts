/**
 * A gate in front of the writer's commit, for tests: it can be shut, and it can make a commit fail. It lies in shared
 * memory, because the writer is another thread; without one in `DatabaseOptions` it costs nothing.
 */
export type WriterGate = Int32Array<SharedArrayBuffer>;

/** What the gate orders. Failing orders count for one commit, then the gate is open again. */
export const gateOrder = {
  open: 0,
  /** The writer waits in front of the commit, everything inserted, until the order changes. */
  hold: 1,
  /** The commit fails with an I/O error; nothing was written. */
  failCommit: 2,
  /** The commit succeeds and then reports an I/O error: the outcome is unknown, and it is durable. */
  failAfterCommit: 3,
  /** The thread ends in front of the commit. */
  die: 4,
} as const;

const orderAt = 0;
const arrivalsAt = 1;

export const newWriterGate = (): WriterGate => new Int32Array(new SharedArrayBuffer(8));

/** How many transactions have come to the gate so far. */
export const gateArrivals = (gate: WriterGate): number => Atomics.load(gate, arrivalsAt);

export function orderGate(gate: WriterGate, order: (typeof gateOrder)[keyof typeof gateOrder]): void {
  Atomics.store(gate, orderAt, order);
  Atomics.notify(gate, orderAt);
}

/** The writer's side. */
export function waitAtGate(gate: Int32Array): void {
  Atomics.add(gate, arrivalsAt, 1);
  Atomics.notify(gate, arrivalsAt);
  while (Atomics.load(gate, orderAt) === gateOrder.hold) Atomics.wait(gate, orderAt, gateOrder.hold);
  // eslint-disable-next-line unicorn/no-process-exit -- ends the thread only
  if (Atomics.load(gate, orderAt) === gateOrder.die) process.exit(1);
}

export function failAtGate(gate: Int32Array, place: 'commit' | 'after commit'): void {
  const order = place === 'commit' ? gateOrder.failCommit : gateOrder.failAfterCommit;
  if (Atomics.compareExchange(gate, orderAt, order, gateOrder.open) !== order) return;
  throw Object.assign(new Error(`disk I/O error (ordered by the test, ${place})`), { errcode: 10 });
}
