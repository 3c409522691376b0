import { type FeedChange, withoutTime } from '../broker/feed-change.ts';
import type { Watched } from '../broker/feed-channel.ts';
import type { HistorySample } from '../broker/group-history.ts';
import type { Journal } from '../broker/journal.ts';
import { isStale } from '../broker/overview-feed.ts';
import type { ShareGroupDescription, WindowSummary, WorkerRow } from '../broker/requests.ts';
import type { Clock } from '../ports/clock.ts';
import { FeedParts, tellLine } from './feed-parts.ts';
import { mergeRows, mergeSamples, mergeWorkers } from './merging.ts';

interface GroupPart {
  row: ShareGroupDescription | undefined;
  /** By topic and partition. */
  readonly windows: Map<string, WindowSummary>;
  workers: readonly WorkerRow[];
  sample: HistorySample | undefined;
  /** What happened once and has not been told yet. */
  readonly lines: FeedChange[];
  isDeleted: boolean;
}

const emptyPart = (): GroupPart => ({
  row: undefined,
  windows: new Map(),
  workers: [],
  sample: undefined,
  lines: [],
  isDeleted: false,
});

const keyOf = ({ topic, partition }: Pick<WindowSummary, 'topic' | 'partition'>): string =>
  `window ${topic} ${partition}`;

const take = (part: GroupPart, change: FeedChange, node: number): void => {
  switch (change.kind) {
    case 'group-overview':
      part.row = change.group;
      for (const row of change.windows) part.windows.set(keyOf(row), { ...row, node });
      part.workers = change.workers;
      return;
    case 'group':
      part.row = change.row as ShareGroupDescription;
      return;
    case 'window':
      part.windows.set(keyOf(change.row), { ...change.row, node });
      return;
    case 'window-removed':
      part.windows.delete(keyOf(change));
      return;
    case 'workers':
      part.workers = change.workers;
      return;
    case 'group-deleted':
      part.isDeleted = true;
      return;
    case 'sample':
      part.sample = change.sample;
      part.lines.push(change);
      return;
    case 'audit':
    case 'operation':
      part.lines.push(change);
      return;
    case 'overview':
    case 'unreachable':
    case 'topic':
    case 'topic-deleted':
  }
};

/** One group with the windows and workers of all nodes. */
export class ClusterGroupFeed implements Watched<FeedChange> {
  readonly intervalMs = 250;
  readonly #clock: Clock;
  readonly #parts: FeedParts<GroupPart>;
  readonly #windows = new Map<string, WindowSummary>();
  #row: { readonly text: string; readonly row: ShareGroupDescription } | undefined;
  #workers: { readonly text: string; readonly rows: readonly WorkerRow[] } = { text: '', rows: [] };

  constructor(group: string, surroundings: ConstructorParameters<typeof FeedParts>[1]) {
    this.#clock = surroundings.clock;
    this.#parts = new FeedParts(group, surroundings, emptyPart, take);
  }

  async look(journal: Journal<FeedChange>): Promise<boolean> {
    await this.#parts.ask();
    const { own } = this.#parts;
    if (own?.error?.code === 'GROUP_ID_NOT_FOUND' || own?.state.isDeleted === true) {
      journal.line({ kind: 'group-deleted', group: this.#row?.row.group ?? '' });
      return false;
    }
    this.#lookAtWindows(journal);
    this.#lookAtWorkers(journal);
    this.#lookAtGroup(journal);
    this.#parts.tellUnreachable(journal);
    for (const { state } of this.#parts.all) {
      for (const line of state.lines.splice(0)) {
        if (line.kind !== 'sample') tellLine(journal, line);
        else if (state === own?.state) journal.line({ kind: 'sample', sample: mergeSamples(this.#samples()) });
      }
    }
    return true;
  }

  #samples(): HistorySample[] {
    return this.#parts.all.flatMap(({ state: { sample } }) => (sample === undefined ? [] : [sample]));
  }

  snapshot(): FeedChange {
    const row = this.#row?.row;
    if (row === undefined) throw new Error('the share group was not looked at');
    const windows = [...this.#windows.values()].sort((a, b) =>
      a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
    );
    const { unreachable } = this.#parts;
    const atMs = this.#clock.wallMs();
    return { kind: 'group-overview', group: row, windows, workers: this.#workers.rows, unreachable, atMs };
  }

  /** A window that moves is at two nodes for a moment, or at none: the row that was made last counts. */
  #lookAtWindows(journal: Journal<FeedChange>): void {
    const current = new Map<string, WindowSummary>();
    for (const { state } of this.#parts.all) {
      for (const [key, row] of state.windows) {
        const other = current.get(key);
        if (other === undefined || other.atMs < row.atMs) current.set(key, row);
      }
    }
    for (const [key, { topic, partition }] of this.#windows) {
      if (current.has(key)) continue;
      this.#windows.delete(key);
      journal.remove(key, { kind: 'window-removed', topic, partition });
    }
    for (const [key, row] of current) {
      if (this.#windows.get(key) === row) continue;
      this.#windows.set(key, row);
      journal.set(key, { kind: 'window', row });
    }
  }

  #lookAtWorkers(journal: Journal<FeedChange>): void {
    const rows = mergeWorkers(this.#parts.all.map(({ state }) => state.workers));
    const atMs = this.#clock.wallMs();
    const text = JSON.stringify(rows);
    if (text === this.#workers.text) return;
    this.#workers = { text, rows };
    journal.set('workers', { kind: 'workers', workers: rows, atMs });
  }

  #lookAtGroup(journal: Journal<FeedChange>): void {
    const first = this.#parts.own?.state.row;
    if (first === undefined) return;
    const parts = this.#parts.all.flatMap(({ state: { row, workers } }) => {
      const names = workers.filter((each) => each.kind === 'http').map((each) => each.holder);
      return row === undefined ? [] : [{ row, workers: names }];
    });
    const failures = this.#parts.all.flatMap(({ error, state }) =>
      error === null && state.row !== undefined ? [] : [error?.message ?? 'A node has not answered yet.'],
    );
    const row = mergeRows(first, parts, failures);
    const text = withoutTime(row, row.atMs);
    if (this.#row?.text === text && !isStale(this.#row.row, row)) return;
    this.#row = { text, row };
    journal.set('group', { kind: 'group', row });
  }
}
