import type { Holder } from '../ids.ts';

/**
 * The runs of a window, in offset order: a B+ tree, so that finding, splitting and joining runs costs a logarithm of
 * their number. Each node carries what a search needs to pass over it: whether something is ready below it, when the
 * next delay ends, when the next lock runs out.
 *
 * Invariant: runs lie end to end, without holes or overlap, and no two neighbours are alike.
 */

export type RunState = 'available' | 'acquired' | 'acknowledged' | 'archived';

/** Acknowledged and archived records are finished: the start of the window slides over them. */
export const isTerminal = (state: RunState): boolean => state === 'acknowledged' || state === 'archived';

/** The lock on neighbouring offsets that one call acquired together. Renewing replaces it for the offsets renewed. */
export interface Lock {
  /** Which acquisition: unique within a leader epoch; renewing keeps it. */
  readonly acquisition: number;
  readonly holder: Holder;
  /** The range it was made for; records of it may have left since. */
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** Wall clock, ms: for people and for the history. */
  readonly acquiredAtMs: number;
  /** Monotonic, ms. The lock is over from this instant on. */
  readonly deadlineMs: number;
  /** How many records it still locks. Kept by `apply`. */
  held: number;
}

/** Neighbouring offsets that are alike. */
export interface Run {
  firstOffset: number;
  /** Inclusive. */
  lastOffset: number;
  state: RunState;
  /** How often its records were acquired. */
  deliveryCount: number;
  /** Only while acquired. */
  lock: Lock | null;
  /** Monotonic, ms: not handed out before; 0 when there is no delay. Only while available. */
  availableAtMs: number;
  /** How many records were handed out together at the last attempt: redelivery halves it near the limit. */
  attemptSize: number;
  /** Why an earlier attempt failed; kept while the record is unfinished, and when it is archived. */
  reason: string | null;
}

export const runSize = (run: Run): number => run.lastOffset - run.firstOffset + 1;

const alike = (a: Run, b: Run): boolean =>
  a.state === b.state &&
  a.deliveryCount === b.deliveryCount &&
  a.lock === b.lock &&
  a.availableAtMs === b.availableAtMs &&
  a.attemptSize === b.attemptSize &&
  a.reason === b.reason;

const maxRuns = 64;
const maxChildren = 32;

class Leaf {
  parent: Inner | null = null;
  prev: Leaf | null = null;
  next: Leaf | null = null;
  runs: Run[];
  firstOffset = 0;
  ready = false;
  nextDelayMs = Infinity;
  nextDeadlineMs = Infinity;

  constructor(runs: Run[]) {
    this.runs = runs;
  }

  refresh(): void {
    let ready = false;
    let nextDelayMs = Infinity;
    let nextDeadlineMs = Infinity;
    for (const run of this.runs) {
      if (run.state === 'available') {
        if (run.availableAtMs === 0) ready = true;
        else if (run.availableAtMs < nextDelayMs) nextDelayMs = run.availableAtMs;
      } else if (run.lock !== null && run.lock.deadlineMs < nextDeadlineMs) {
        nextDeadlineMs = run.lock.deadlineMs;
      }
    }
    const head = this.runs[0];
    if (head !== undefined) this.firstOffset = head.firstOffset;
    this.ready = ready;
    this.nextDelayMs = nextDelayMs;
    this.nextDeadlineMs = nextDeadlineMs;
  }

  /** A run has come in behind all others. */
  include(run: Run): void {
    if (this.runs[0] === run) this.firstOffset = run.firstOffset;
    includeRun(this, run);
  }
}

class Inner {
  parent: Inner | null = null;
  children: Node[];
  firstOffset = 0;
  ready = false;
  nextDelayMs = Infinity;
  nextDeadlineMs = Infinity;

  constructor(children: Node[]) {
    this.children = children;
    for (const child of children) child.parent = this;
  }

  refresh(): void {
    let ready = false;
    let nextDelayMs = Infinity;
    let nextDeadlineMs = Infinity;
    for (const child of this.children) {
      if (child.ready) ready = true;
      if (child.nextDelayMs < nextDelayMs) nextDelayMs = child.nextDelayMs;
      if (child.nextDeadlineMs < nextDeadlineMs) nextDeadlineMs = child.nextDeadlineMs;
    }
    const head = this.children[0];
    if (head !== undefined) this.firstOffset = head.firstOffset;
    this.ready = ready;
    this.nextDelayMs = nextDelayMs;
    this.nextDeadlineMs = nextDeadlineMs;
  }

  /** A run has come in behind all others. */
  include(run: Run): void {
    includeRun(this, run);
  }
}

function includeRun(node: Node, run: Run): void {
  if (run.state !== 'available') {
    if (run.lock !== null) node.nextDeadlineMs = Math.min(node.nextDeadlineMs, run.lock.deadlineMs);
  } else if (run.availableAtMs === 0) {
    node.ready = true;
  } else {
    node.nextDelayMs = Math.min(node.nextDelayMs, run.availableAtMs);
  }
}

type Node = Leaf | Inner;

/** Index of the last entry whose `firstOffset` is at most `offset`; 0 when there is none. */
function indexOf(entries: readonly { readonly firstOffset: number }[], offset: number): number {
  let low = 0;
  let high = entries.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (entries[middle]!.firstOffset <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export class RunTree {
  #root: Node = new Leaf([]);
  #tail: Leaf = this.#root as Leaf;
  #size = 0;

  /** Number of runs. */
  get size(): number {
    return this.#size;
  }

  /** Monotonic, ms: when the next lock runs out; Infinity without locks. */
  get nextDeadlineMs(): number {
    return this.#root.nextDeadlineMs;
  }

  /** Monotonic, ms: when the next delayed run becomes available; Infinity without any. */
  get nextDelayMs(): number {
    return this.#root.nextDelayMs;
  }

  get hasReady(): boolean {
    return this.#root.ready;
  }

  /** The run that holds `offset`, or undefined when the tree does not reach there. */
  find(offset: number): Readonly<Run> | undefined {
    const leaf = this.#leafOf(offset);
    const run = leaf.runs[indexOf(leaf.runs, offset)];
    return run !== undefined && run.firstOffset <= offset && offset <= run.lastOffset ? run : undefined;
  }

  /** Runs in offset order, from the one that holds `offset`. The tree must not change while it is walked. */
  *from(offset: number): IterableIterator<Readonly<Run>> {
    let leaf: Leaf | null = this.#leafOf(offset);
    let index = indexOf(leaf.runs, offset);
    while (leaf !== null) {
      for (; index < leaf.runs.length; index++) {
        const run = leaf.runs[index]!;
        if (run.lastOffset >= offset) yield run;
      }
      leaf = leaf.next;
      index = 0;
    }
  }

  /** The same for many runs, in a fraction of the time: calls `visit` with each until it returns false. */
  visitFrom(offset: number, visit: (run: Readonly<Run>) => boolean): void {
    let leaf: Leaf | null = this.#leafOf(offset);
    let index = indexOf(leaf.runs, offset);
    for (; leaf !== null; leaf = leaf.next, index = 0) {
      const { runs } = leaf;
      for (; index < runs.length; index++) {
        const run = runs[index]!;
        if (run.lastOffset >= offset && !visit(run)) return;
      }
    }
  }

  /** The first run at or after `offset` that is available and not delayed; it may begin before `offset`. */
  firstReady(offset: number): Readonly<Run> | undefined {
    return this.#search(
      this.#root,
      offset,
      (node) => node.ready,
      (run) => run.state === 'available' && run.availableAtMs === 0,
    );
  }

  /** The first run at or after `offset` whose lock is over at `nowMs`. */
  firstExpired(offset: number, nowMs: number): Readonly<Run> | undefined {
    return this.#search(
      this.#root,
      offset,
      (node) => node.nextDeadlineMs <= nowMs,
      (run) => run.lock !== null && run.lock.deadlineMs <= nowMs,
    );
  }

  /** The first run at or after `offset` whose delay is over at `nowMs`. */
  firstDelayOver(offset: number, nowMs: number): Readonly<Run> | undefined {
    return this.#search(
      this.#root,
      offset,
      (node) => node.nextDelayMs <= nowMs,
      (run) => run.availableAtMs !== 0 && run.availableAtMs <= nowMs,
    );
  }

  /** Adds a run behind the last one; joins it to that where they are alike. */
  append(run: Run): void {
    const leaf = this.#tail;
    const last = leaf.runs.at(-1);
    if (last !== undefined && alike(last, run)) {
      last.lastOffset = run.lastOffset;
      return;
    }
    leaf.runs.push(run);
    this.#size++;
    this.#splitIfFull(leaf);
    // What is added takes nothing away: no other run has to be looked at.
    for (let at: Node | null = this.#tail; at !== null; at = at.parent) at.include(run);
  }

  /**
   * Changes every run in the range [firstOffset, lastOffset], which must lie in the tree: splits at its ends, lets
   * `change` set the fields of each run inside (all but its offsets), and joins what became alike.
   */
  update(firstOffset: number, lastOffset: number, change: (run: Run) => void): void {
    if (this.#updateOne(firstOffset, lastOffset, change)) return;
    this.#splitAt(firstOffset);
    this.#splitAt(lastOffset + 1);
    let leaf: Leaf | null = this.#leafOf(firstOffset);
    let index = indexOf(leaf.runs, firstOffset);
    walk: while (leaf !== null) {
      for (; index < leaf.runs.length; index++) {
        const run = leaf.runs[index]!;
        if (run.firstOffset > lastOffset) break walk;
        change(run);
      }
      leaf = leaf.next;
      index = 0;
    }
    this.#join(firstOffset, lastOffset + 1);
  }

  /** The same where the range is just one run, as with records that are worked on one by one. */
  #updateOne(firstOffset: number, lastOffset: number, change: (run: Run) => void): boolean {
    const leaf = this.#leafOf(firstOffset);
    const index = indexOf(leaf.runs, firstOffset);
    const run = leaf.runs[index];
    if (run?.firstOffset !== firstOffset || run.lastOffset !== lastOffset) return false;
    change(run);
    const left = index > 0 ? leaf.runs[index - 1] : leaf.prev?.runs.at(-1);
    const right = index + 1 < leaf.runs.length ? leaf.runs[index + 1] : leaf.next?.runs[0];
    const isAlike = (left !== undefined && alike(left, run)) || (right !== undefined && alike(run, right));
    if (isAlike) this.#join(firstOffset, lastOffset + 1);
    else this.#refreshUp(leaf);
    return true;
  }

  /** Removes everything before `offset`; a run that reaches over it is cut. `removed` sees each piece that goes. */
  dropBefore(offset: number, removed: (run: Readonly<Run>) => void): void {
    for (;;) {
      const leaf = this.#leafOf(-1);
      let gone = 0;
      for (const run of leaf.runs) {
        if (run.lastOffset >= offset) break;
        removed(run);
        gone++;
      }
      if (gone > 0) {
        leaf.runs.splice(0, gone);
        this.#size -= gone;
      }
      const head = leaf.runs[0];
      if (head !== undefined && head.firstOffset < offset) {
        removed({ ...head, lastOffset: offset - 1 });
        head.firstOffset = offset;
      }
      this.#tidy(leaf);
      if (head !== undefined || this.#size === 0) return;
    }
  }

  #leafOf(offset: number): Leaf {
    let node = this.#root;
    while (node instanceof Inner) node = node.children[indexOf(node.children, offset)]!;
    return node;
  }

  #search(
    node: Node,
    offset: number,
    wanted: (node: Node) => boolean,
    matches: (run: Run) => boolean,
  ): Run | undefined {
    if (!wanted(node)) return undefined;
    if (node instanceof Leaf) {
      for (let index = indexOf(node.runs, offset); index < node.runs.length; index++) {
        const run = node.runs[index]!;
        if (run.lastOffset >= offset && matches(run)) return run;
      }
      return undefined;
    }
    for (let index = indexOf(node.children, offset); index < node.children.length; index++) {
      const found = this.#search(node.children[index]!, offset, wanted, matches);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Makes a run begin at `offset`, when one reaches over it. */
  #splitAt(offset: number): void {
    const leaf = this.#leafOf(offset);
    const index = indexOf(leaf.runs, offset);
    const run = leaf.runs[index];
    if (run === undefined || run.firstOffset >= offset || run.lastOffset < offset) return;
    leaf.runs.splice(index + 1, 0, { ...run, firstOffset: offset });
    run.lastOffset = offset - 1;
    this.#size++;
    this.#splitIfFull(leaf);
  }

  /** Joins neighbours that are alike where the right one begins in [start, end]; refreshes every leaf on the way. */
  #join(start: number, end: number): void {
    let leaf: Leaf | null = this.#leafOf(start);
    let index = indexOf(leaf.runs, start);
    let left: Run | undefined = index > 0 ? leaf.runs[index - 1] : leaf.prev?.runs.at(-1);
    while (leaf !== null) {
      const next: Leaf | null = leaf.next;
      let done = false;
      let write = index;
      for (let read = index; read < leaf.runs.length; read++) {
        const run = leaf.runs[read]!;
        if (run.firstOffset > end) {
          done = true;
          if (write === read) {
            write = leaf.runs.length;
            break;
          }
        }
        if (!done && left !== undefined && alike(left, run)) {
          left.lastOffset = run.lastOffset;
          this.#size--;
        } else {
          leaf.runs[write++] = run;
          left = run;
        }
      }
      if (write < leaf.runs.length) {
        leaf.runs.length = write;
        if (write === 0) this.#tidy(leaf);
        else this.#refreshUp(leaf);
      }
      if (done) break;
      leaf = next;
      index = 0;
    }
    // Only now: moving runs between leaves while they are compared would compare runs that are not neighbours.
    for (leaf = this.#leafOf(start); leaf !== null && leaf.firstOffset <= end;) {
      const next: Leaf | null = leaf.next;
      this.#tidy(leaf);
      leaf = next;
    }
  }

  #refreshUp(node: Node): void {
    for (let at: Node | null = node; at !== null; at = at.parent) at.refresh();
  }

  #splitIfFull(leaf: Leaf): void {
    if (leaf.runs.length <= maxRuns) return;
    // At the tail a full leaf stays full: appends go on in the new one, so a growing window packs its leaves.
    const keep = leaf === this.#tail ? maxRuns : maxRuns >> 1;
    const right = new Leaf(leaf.runs.splice(keep));
    right.prev = leaf;
    right.next = leaf.next;
    if (leaf.next !== null) leaf.next.prev = right;
    else this.#tail = right;
    leaf.next = right;
    right.refresh();
    leaf.refresh();
    this.#insertBehind(leaf, right);
  }

  #insertBehind(left: Node, right: Node): void {
    const parent = left.parent;
    if (parent === null) {
      this.#root = new Inner([left, right]);
      this.#root.refresh();
      return;
    }
    right.parent = parent;
    parent.children.splice(parent.children.indexOf(left) + 1, 0, right);
    if (parent.children.length > maxChildren) {
      const upper = new Inner(parent.children.splice(maxChildren >> 1));
      upper.refresh();
      parent.refresh();
      this.#insertBehind(parent, upper);
    }
    this.#refreshUp(parent);
  }

  /** After runs left a leaf: removes it when it is empty, else empties a small one into its neighbour; refreshes. */
  #tidy(leaf: Leaf): void {
    const next = leaf.next;
    if (next !== null && next.parent === leaf.parent && leaf.runs.length + next.runs.length <= maxRuns >> 1) {
      next.runs.unshift(...leaf.runs);
      leaf.runs.length = 0;
      next.refresh();
    }
    if (leaf.runs.length === 0 && leaf.parent !== null) {
      if (leaf.prev !== null) leaf.prev.next = next;
      if (next !== null) next.prev = leaf.prev;
      else this.#tail = leaf.prev!;
      this.#remove(leaf);
    } else {
      this.#refreshUp(leaf);
    }
  }

  #remove(node: Node): void {
    const parent = node.parent;
    if (parent === null) {
      // The last leaf went with its last inner node: start anew.
      this.#root = new Leaf([]);
      this.#tail = this.#root;
      return;
    }
    parent.children.splice(parent.children.indexOf(node), 1);
    if (parent.children.length === 0) {
      this.#remove(parent);
      return;
    }
    this.#refreshUp(parent);
    while (this.#root instanceof Inner && this.#root.children.length === 1) {
      this.#root = this.#root.children[0]!;
      this.#root.parent = null;
    }
  }
}
