import { sharePartitionText } from '../../core/ids.ts';
import type { SharePartitionKey } from '../../core/ids.ts';
import { surplusEndings } from '../../core/share-partition/surplus-endings.ts';
import { Fault } from '../../ports/fault.ts';
import { historyLimits } from '../../ports/state-store.ts';
import type { RedisCall } from './connection.ts';
import { type EndingSummary, summaryOf } from './ending-bytes.ts';
import { forgetScript } from './state-scripts.ts';

interface Cleanup {
  readonly key: SharePartitionKey;
  /** How far the start offset has moved: only that makes history of endings. */
  offsetsSince: number;
  /** Endings of earlier state epochs may lie anywhere, not only below the start offset. */
  searchAll: boolean;
  isWaiting: boolean;
}

/** What the cleanup needs of the store. */
export interface CleanupStore {
  call(call: RedisCall): Promise<unknown>;
  keysOf(key: SharePartitionKey): readonly [state: string, endings: string, archived: string];
  /** As it is open now; undefined when it is not. */
  now(key: SharePartitionKey):
    | {
        readonly leaderEpoch: number;
        readonly stateEpoch: number;
        readonly version: number;
        readonly startOffset: number;
      }
    | undefined;
}

const endingsPerPage = 2_000;
const endingsPerStep = 256;
const operation = 'clean up history';

/**
 * Forgets history: endings below the start offset, or of an earlier state epoch, that `surplusEndings` does not keep. What is history once stays
 * history: the start offset only moves back with a new state epoch. So the search may be slow: one share partition at a time, a
 * page at a time, by the node that has it open.
 */
export class HistoryCleanup {
  readonly #store: CleanupStore;
  readonly #offsetsBetween: number;
  readonly #cleanups = new Map<string, Cleanup>();
  readonly #due: Cleanup[] = [];
  #running = false;

  constructor(store: CleanupStore, offsetsBetween: number) {
    this.#store = store;
    this.#offsetsBetween = offsetsBetween;
  }

  /** What the node before left is looked through. */
  opened(key: SharePartitionKey, searchAll: boolean): void {
    const cleanup = this.#cleanupOf(key);
    cleanup.searchAll ||= searchAll;
    this.#schedule(cleanup);
  }

  grew(key: SharePartitionKey, offsets: number): void {
    const cleanup = this.#cleanupOf(key);
    cleanup.offsetsSince += offsets;
    if (cleanup.offsetsSince >= this.#offsetsBetween) this.#schedule(cleanup);
  }

  #cleanupOf(key: SharePartitionKey): Cleanup {
    const name = sharePartitionText(key);
    let cleanup = this.#cleanups.get(name);
    if (cleanup === undefined) {
      cleanup = { key, offsetsSince: 0, searchAll: false, isWaiting: false };
      this.#cleanups.set(name, cleanup);
    }
    return cleanup;
  }

  #schedule(cleanup: Cleanup): void {
    cleanup.offsetsSince = 0;
    if (cleanup.isWaiting) return;
    cleanup.isWaiting = true;
    this.#due.push(cleanup);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      next.isWaiting = false;
      const { searchAll } = next;
      next.searchAll = false;
      try {
        await this.#cleanUp(next.key, searchAll);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        // Redis is away, or the share partition somebody else's: it is looked through again when it has grown, or has been opened.
        next.searchAll ||= searchAll;
      }
    }
    this.#running = false;
  }

  async #cleanUp(key: SharePartitionKey, searchAll: boolean): Promise<void> {
    const [, keyOfEndings] = this.#store.keysOf(key);
    const history: EndingSummary[] = [];
    let from = -Infinity;
    let seenOfFrom = 0;
    for (;;) {
      const now = this.#store.now(key);
      if (now === undefined) return;
      const range = [from === -Infinity ? '-inf' : from, searchAll ? '+inf' : `(${now.startOffset}`];
      const members = (await this.#store.call({
        operation,
        name: 'ZRANGEBYSCORE',
        keys: [keyOfEndings],
        args: [...range, 'LIMIT', seenOfFrom, endingsPerPage],
        writes: false,
      })) as Buffer[];
      for (const member of members) {
        const ending = summaryOf(member);
        if (ending.lastOffset < now.startOffset || ending.stateEpoch < now.stateEpoch) history.push(ending);
        if (ending.lastOffset > from) [from, seenOfFrom] = [ending.lastOffset, 0];
        seenOfFrom++;
      }
      if (members.length < endingsPerPage) break;
    }
    const surplus = surplusEndings(history, historyLimits);
    for (let i = 0; i < surplus.length; i += endingsPerStep) {
      const isForgotten = await this.#forget(key, surplus.slice(i, i + endingsPerStep));
      if (!isForgotten) return;
    }
  }

  async #forget(key: SharePartitionKey, endings: readonly EndingSummary[]): Promise<boolean> {
    const now = this.#store.now(key);
    if (now === undefined) return false;
    const listed = endings.filter((ending) => ending.class === 'archived');
    const listedRecords = listed.reduce((sum, { firstOffset, lastOffset }) => sum + lastOffset - firstOffset + 1, 0);
    const { leaderEpoch, stateEpoch, version } = now;
    const reply = await this.#store.call({
      operation,
      name: forgetScript,
      keys: this.#store.keysOf(key),
      args: [leaderEpoch, stateEpoch, version, listedRecords, ...endings.map(({ member }) => member)],
      writes: true,
    });
    return reply === 1;
  }
}
