import { holderOf } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import { type FeedChange, withoutTime } from './feed-change.ts';
import type { Watched } from './feed-channel.ts';
import { type Held, workers } from './group-view.ts';
import type { Journal } from './journal.ts';
import { isStale } from './overview-feed.ts';
import type { ShareGroupDescription, WindowSummary, WorkerRow } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import { windowSummary } from './window-view.ts';

interface Sources {
  readonly clock: Clock;
  describe(group: ShareGroup): Promise<ShareGroupDescription>;
  waiting(group: ShareGroup): ReadonlyMap<string, number>;
}

/** What a window's row was made of: while all of it is the same, so is the row. */
interface Told {
  readonly version: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly config: ShareGroup['config'];
  readonly damages: number;
  readonly row: WindowSummary;
  /** When it was last looked whether the row's sentence is still right. */
  checkedMs: number;
}

/** Rows made anew in one look, about: with more, each window comes up to an eighth of them at a time, the one told longest ago first. */
const rowsPerLook = 50;
const shareOfRows = 8;
/** How often rows are checked for what changes only because time passes. */
const checkMs = 5_000;
const workersMs = 1_000;
const retryMs = 2_000;

/** One group with its windows and workers. */
export class GroupFeed implements Watched<FeedChange> {
  readonly intervalMs = 250;
  readonly #group: ShareGroup;
  readonly #sources: Sources;
  readonly #windows = new Map<SharePartitionRuntime, Told>();
  #described: { readonly text: string; readonly row: ShareGroupDescription } | undefined;
  #retryFromMs = -Infinity;
  #workers: { text: string; rows: readonly WorkerRow[]; atMs: number } = { text: '', rows: [], atMs: -Infinity };

  constructor(group: ShareGroup, sources: Sources) {
    this.#group = group;
    this.#sources = sources;
  }

  async look(journal: Journal<FeedChange>): Promise<boolean> {
    const group = this.#group;
    if (group.deleted) {
      journal.line({ kind: 'group-deleted', group: group.id });
      return false;
    }
    // It loads the windows that are not loaded, and says which cannot be.
    await this.#lookAtGroup(journal);
    await this.#lookAtWindows(journal);
    this.#lookAtWorkers(journal);
    return true;
  }

  snapshot(): FeedChange {
    const row = this.#described?.row;
    if (row === undefined) throw new Error(`share group ${this.#group.id} was not looked at`);
    const windows = [...this.#windows.values()].map((told) => told.row);
    windows.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
    const atMs = this.#sources.clock.wallMs();
    return { kind: 'group-overview', group: row, windows, workers: this.#workers.rows, unreachable: [], atMs };
  }

  async #lookAtGroup(journal: Journal<FeedChange>): Promise<void> {
    const nowMs = this.#sources.clock.monotonicMs();
    // A window that cannot be loaded is not tried again at each look.
    if (this.#described !== undefined && this.#described.row.error !== null && nowMs < this.#retryFromMs) return;
    this.#retryFromMs = nowMs + retryMs;
    const row = await this.#sources.describe(this.#group);
    const text = withoutTime(row, row.atMs);
    if (this.#described?.text === text && !isStale(this.#described.row, row)) return;
    this.#described = { text, row };
    journal.set('group', { kind: 'group', row });
  }

  async #lookAtWindows(journal: Journal<FeedChange>): Promise<void> {
    const { partitions } = this.#group;
    const current = new Set(partitions);
    for (const [partition, { row }] of this.#windows) {
      if (current.has(partition)) continue;
      this.#windows.delete(partition);
      journal.remove(keyOf(row), { kind: 'window-removed', topic: row.topic, partition: row.partition });
    }
    const changed = partitions.filter((partition) => this.#hasChanged(partition));
    const isFirst = this.#windows.size === 0;
    const rows = isFirst ? changed.length : Math.max(rowsPerLook, Math.ceil(changed.length / shareOfRows));
    if (changed.length > rows) changed.sort((a, b) => this.#toldMs(a) - this.#toldMs(b));
    for (const partition of changed.slice(0, rows)) await this.#lookAtWindow(partition, journal);
  }

  #toldMs(partition: SharePartitionRuntime): number {
    return this.#windows.get(partition)?.row.atMs ?? 0;
  }

  #hasChanged(partition: SharePartitionRuntime): boolean {
    const { window, bounds, damaged } = partition;
    if (window === undefined) return false;
    const told = this.#windows.get(partition);
    return (
      told === undefined ||
      told.version !== window.version ||
      told.logEndOffset !== bounds.endOffset ||
      told.logStartOffset !== bounds.startOffset ||
      told.config !== this.#group.config ||
      told.damages !== damaged.length ||
      (told.row.blockedBy !== null && this.#sources.clock.monotonicMs() - told.checkedMs >= checkMs)
    );
  }

  async #lookAtWindow(partition: SharePartitionRuntime, journal: Journal<FeedChange>): Promise<void> {
    const { config } = this.#group;
    const { clock } = this.#sources;
    const before = this.#windows.get(partition);
    let row: WindowSummary;
    try {
      row = await windowSummary(partition, config.deliveryCountLimit, clock);
    } catch (error) {
      // Dropped or closed at this moment: what it was is told until it is loaded again, or removed.
      if (error instanceof Fault) return;
      throw error;
    }
    const { version, logStartOffset, logEndOffset } = row;
    const checkedMs = clock.monotonicMs();
    const made = { version, logStartOffset, logEndOffset, config, damages: partition.damaged.length };
    const isSame =
      before?.version === version &&
      before.logStartOffset === logStartOffset &&
      before.logEndOffset === logEndOffset &&
      before.config === config &&
      before.damages === made.damages;
    if (isSame && !isStale(before.row, row)) {
      before.checkedMs = checkedMs;
      return;
    }
    this.#windows.set(partition, { ...made, row, checkedMs });
    journal.set(keyOf(row), { kind: 'window', row });
  }

  /** From the rows of the windows: walking all locks again would cost more than all else. */
  #lookAtWorkers(journal: Journal<FeedChange>): void {
    const { clock } = this.#sources;
    const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    if (now.wallMs - this.#workers.atMs < workersMs && now.wallMs >= this.#workers.atMs) return;
    const held: Held[] = [];
    for (const { row } of this.#windows.values()) {
      for (const { kind, holder, records, oldestLockMs } of row.holders) {
        held.push({
          holder: holderOf(kind, holder),
          records,
          oldestLockMs: oldestLockMs + Math.max(0, now.wallMs - row.atMs),
        });
      }
    }
    const rows = workers(this.#group, held, this.#sources.waiting(this.#group), now);
    const text = withoutTime(rows, now.wallMs);
    if (text !== this.#workers.text) journal.set('workers', { kind: 'workers', workers: rows, atMs: now.wallMs });
    this.#workers = { text, rows, atMs: now.wallMs };
  }
}

const keyOf = ({ topic, partition }: WindowSummary): string => `window ${topic} ${partition}`;
