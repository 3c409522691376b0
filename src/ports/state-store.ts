import type { GroupId, SharePartitionKey, TopicId } from '../core/ids.ts';
import type { Ending } from '../core/share-partition/ending.ts';

/**
 * The durable part of the windows. What is stored is the list of *endings*: how each delivery ended, a range of
 * offsets at a time, in the order in which they happened. The window at any time is the start offset plus the latest
 * ending of each offset; an offset without one has never been ended (acquired is never stored). The same endings say
 * how a repeated acknowledgement came out before (I5), what was archived and why, and the attempts of a record.
 */

/** An ending as stored, with its place in the order of all endings of its share partition. */
export interface StoredEnding extends Ending {
  readonly sequence: number;
}

export interface StoredSharePartition {
  /** Raised by each reset (KIP-932 StateEpoch). */
  readonly stateEpoch: number;
  /** Raised by each `open`. */
  readonly leaderEpoch: number;
  /** SPSO, or before it, where the endings from there on finish what lies between; endings below it are only history. */
  readonly startOffset: number;
  /** All endings with `lastOffset >= startOffset`, in order of `sequence`. */
  readonly endings: readonly StoredEnding[];
}

export interface SharePartitionWrite {
  readonly key: SharePartitionKey;
  /** Both must equal what is stored, otherwise fault `FENCED` (outcome `refused`). */
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
  /** The new start offset; never lower than the stored one. */
  readonly startOffset: number;
  /** Appended in this order. */
  readonly endings: readonly Ending[];
}

export interface StateStore {
  /**
   * Takes over a share partition: raises its leader epoch by one, durably, and gives back what is stored.
   * When nothing is stored: with `startOffsetIfNew` the entry is created there, at state epoch 0 and a leader epoch
   * greater than that of any share partition deleted before (1 where there was none): a lease of a group that was
   * deleted must not fit the lock of a new group of the same name.
   * with `null` the answer is `undefined` and nothing is written.
   */
  open(key: SharePartitionKey, startOffsetIfNew: number | null): Promise<StoredSharePartition | undefined>;

  /**
   * Writes one share partition's changes: durable, and all of them, when it resolves. Fault `outcome: 'refused'`:
   * nothing was written; `'unknown'`: perhaps. Writes of several callers are committed together.
   */
  write(write: SharePartitionWrite): Promise<void>;

  /**
   * Replaces the state, as AlterShareGroupOffsets does: start offset as given, no endings in the window, state
   * epoch raised by one; all in one write, guarded by the epochs. Resolves with the new state epoch. Endings stay
   * readable as history, but those of an earlier state epoch are never part of the window again.
   */
  reset(write: Omit<SharePartitionWrite, 'endings'>): Promise<number>;

  /** The latest ending that covers `offset`, of the current state epoch, or `undefined` when none is kept any more. */
  latestEnding(key: SharePartitionKey, offset: number): Promise<StoredEnding | undefined>;

  /** All endings kept that cover `offset`, oldest first: the record's attempts. */
  endingsOf(key: SharePartitionKey, offset: number): Promise<readonly StoredEnding[]>;

  /** Endings with state `archived` and outcome other than `gap`, newest first, those before `beforeSequence` if given. */
  archived(
    key: SharePartitionKey,
    page: { readonly beforeSequence?: number; readonly limit: number },
  ): Promise<readonly StoredEnding[]>;

  /** How many records those endings cover. */
  countArchived(key: SharePartitionKey): Promise<number>;

  /** Every share partition stored for a group. */
  list(group: GroupId): Promise<readonly (SharePartitionKey & { startOffset: number; stateEpoch: number })[]>;

  /** Deletes the state of all share partitions of the group (only those on one topic where it is given), or of one topic in all groups. */
  deleteGroup(group: GroupId, topicId?: TopicId): Promise<void>;
  deleteTopic(topicId: TopicId): Promise<void>;

  close(): Promise<void>;
}

/**
 * How much history a store keeps for each share partition beyond what the window needs (endings with
 * `lastOffset >= startOffset` are always kept): at least the newest endings that cover this many settled records,
 * and this many records whose ending was not `accepted`.
 */
export const historyLimits = { settledRecords: 10_000, failedRecords: 10_000 } as const;
