import { sharePartitionText } from '../core/ids.ts';
import type { GroupId, SharePartitionKey, TopicId } from '../core/ids.ts';
import { maxEndingOffsets } from '../core/share-partition/ending.ts';
import { Fault } from '../ports/fault.ts';
import type { FaultCode } from '../ports/fault.ts';
import type { SharePartitionWrite, StateStore, StoredEnding, StoredSharePartition } from '../ports/state-store.ts';

interface SharePartition {
  readonly key: SharePartitionKey;
  stateEpoch: number;
  leaderEpoch: number;
  startOffset: number;
  /** In order of sequence; none is ever forgotten. */
  readonly endings: { readonly stateEpoch: number; readonly ending: StoredEnding }[];
}

/** The state store in memory: for tests, and obviously right. Keeps all history. */
export class MemoryStore implements StateStore {
  readonly #stored = new Map<string, SharePartition>();
  #nextSequence = 0;
  /** The greatest leader epoch of any share partition ever deleted. */
  #leaderEpochFloor = 0;
  #closed = false;

  async open(key: SharePartitionKey, startOffsetIfNew: number | null): Promise<StoredSharePartition | undefined> {
    this.#checkOpen('open share partition');
    let stored = this.#stored.get(sharePartitionText(key));
    if (stored === undefined) {
      if (startOffsetIfNew === null) return undefined;
      stored = { key, stateEpoch: 0, leaderEpoch: this.#leaderEpochFloor, startOffset: startOffsetIfNew, endings: [] };
      this.#stored.set(sharePartitionText(key), stored);
    }
    stored.leaderEpoch += 1;
    const { stateEpoch, leaderEpoch, startOffset } = stored;
    const endings = current(stored).filter((ending) => ending.lastOffset >= startOffset);
    return { stateEpoch, leaderEpoch, startOffset, endings };
  }

  async write(write: SharePartitionWrite): Promise<void> {
    const stored = this.#guarded(write, 'write share state');
    if (write.startOffset < stored.startOffset) {
      throw fault(
        'STORAGE_FAILED',
        'write share state',
        `share partition ${sharePartitionText(write.key)}: the start offset ${write.startOffset} lies below the stored one, ${stored.startOffset}`,
      );
    }
    for (const { firstOffset, lastOffset } of write.endings) {
      const offsets = lastOffset - firstOffset + 1;
      if (offsets >= 1 && offsets <= maxEndingOffsets) continue;
      throw fault(
        'STORAGE_FAILED',
        'write share state',
        `share partition ${sharePartitionText(write.key)}: an ending covers ${firstOffset} to ${lastOffset}; the limit is 1 to ${maxEndingOffsets} offsets`,
      );
    }
    stored.startOffset = write.startOffset;
    for (const ending of write.endings) {
      stored.endings.push({ stateEpoch: stored.stateEpoch, ending: { ...ending, sequence: this.#nextSequence++ } });
    }
  }

  async reset(write: Omit<SharePartitionWrite, 'endings'>): Promise<number> {
    const stored = this.#guarded(write, 'reset share state');
    stored.startOffset = write.startOffset;
    stored.stateEpoch += 1;
    return stored.stateEpoch;
  }

  async latestEnding(key: SharePartitionKey, offset: number): Promise<StoredEnding | undefined> {
    this.#checkOpen('read share state');
    const stored = this.#stored.get(sharePartitionText(key));
    return stored === undefined ? undefined : current(stored).findLast((ending) => covers(ending, offset));
  }

  async endingsOf(key: SharePartitionKey, offset: number): Promise<readonly StoredEnding[]> {
    this.#checkOpen('read share state');
    return this.#all(key).filter((ending) => covers(ending, offset));
  }

  async archived(
    key: SharePartitionKey,
    page: { readonly beforeSequence?: number; readonly limit: number },
  ): Promise<readonly StoredEnding[]> {
    this.#checkOpen('read share state');
    const { beforeSequence = Infinity, limit } = page;
    return this.#all(key)
      .filter((ending) => isListed(ending) && ending.sequence < beforeSequence)
      .toReversed()
      .slice(0, limit);
  }

  async countArchived(key: SharePartitionKey): Promise<number> {
    this.#checkOpen('read share state');
    return this.#all(key)
      .filter(isListed)
      .reduce((records, ending) => records + ending.lastOffset - ending.firstOffset + 1, 0);
  }

  async list(group: GroupId): Promise<readonly (SharePartitionKey & { startOffset: number; stateEpoch: number })[]> {
    this.#checkOpen('read share state');
    return [...this.#stored.values()]
      .filter(({ key }) => key.group === group)
      .map(({ key, startOffset, stateEpoch }) => ({ ...key, startOffset, stateEpoch }));
  }

  async deleteGroup(group: GroupId, topicId?: TopicId): Promise<void> {
    this.#checkOpen('delete the state of a group');
    this.#delete(({ key }) => key.group === group && key.topicId === (topicId ?? key.topicId));
  }

  async deleteTopic(topicId: TopicId): Promise<void> {
    this.#checkOpen('delete the state of a topic');
    this.#delete(({ key }) => key.topicId === topicId);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #delete(wanted: (stored: SharePartition) => boolean): void {
    for (const [name, stored] of this.#stored) {
      if (!wanted(stored)) continue;
      this.#leaderEpochFloor = Math.max(this.#leaderEpochFloor, stored.leaderEpoch);
      this.#stored.delete(name);
    }
  }

  #all(key: SharePartitionKey): StoredEnding[] {
    return (this.#stored.get(sharePartitionText(key))?.endings ?? []).map(({ ending }) => ending);
  }

  #guarded(write: Omit<SharePartitionWrite, 'endings'>, operation: string): SharePartition {
    this.#checkOpen(operation);
    const stored = this.#stored.get(sharePartitionText(write.key));
    const name = sharePartitionText(write.key);
    if (stored === undefined) throw fault('FENCED', operation, `share partition ${name} is not stored`);
    if (stored.leaderEpoch !== write.leaderEpoch || stored.stateEpoch !== write.stateEpoch) {
      throw fault(
        'FENCED',
        operation,
        `share partition ${name} is at leader epoch ${stored.leaderEpoch} and state epoch ${stored.stateEpoch}, ` +
          `the write was made at ${write.leaderEpoch} and ${write.stateEpoch}`,
      );
    }
    return stored;
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw fault('CLOSED', operation, 'the state store has been closed');
  }
}

const covers = (ending: StoredEnding, offset: number): boolean =>
  ending.firstOffset <= offset && offset <= ending.lastOffset;

const current = ({ endings, stateEpoch }: SharePartition): StoredEnding[] =>
  endings.filter((stored) => stored.stateEpoch === stateEpoch).map(({ ending }) => ending);

const hints: Partial<Record<FaultCode, string>> = {
  FENCED: 'load the share partition again before writing to it',
  CLOSED: 'the process is stopping; ask again when it has started',
};

function fault(code: FaultCode, operation: string, message: string): Fault {
  const hint = hints[code] ?? 'this is a bug of sash; please report it with this message';
  return new Fault({ code, operation, message, retriable: false, outcome: 'refused', hint });
}

const isListed = (ending: StoredEnding): boolean => ending.state === 'archived' && ending.outcome !== 'gap';
