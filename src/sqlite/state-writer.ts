import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { maxEndingOffsets } from '../core/share-partition/ending.ts';
import { type EndingClass, surplusEndings } from '../core/share-partition/surplus-endings.ts';
import { historyLimits } from '../ports/state-store.ts';
import type { BackgroundWork, OperationCall } from './operation.ts';
import { refusedFault } from './sqlite-fault.ts';
import { readEndings, readGuard, readOpenSharePartition } from './state-operations.ts';
import type { GuardedRequest, ReceivedEnding } from './state-operations.ts';

/** A share partition as the writer knows it: ahead of what is durable while a transaction is open. */
interface SharePartition {
  readonly sharePartitionKey: number;
  readonly name: string;
  stateEpoch: number;
  leaderEpoch: number;
  startOffset: number;
  /** What the row says: at most `offsetsUnwritten` behind. */
  storedStartOffset: number;
  nextSequence: number;
  /** Sequences up to it (exclusive) are reserved in the stored row: one write of the row serves many endings. */
  reservedSequence: number;
}

/** What the history cleanup remembers between two groups; not part of any transaction. */
interface Cleanup {
  /** How far the start offset has moved: only that makes history of endings. */
  offsetsSince: number;
  /** Endings of earlier state epochs may lie anywhere, not only below the start offset. */
  searchAll: boolean;
  running: boolean;
}

/** An ending, as the cleanup of the history sees it. */
interface ScannedEnding {
  readonly lastOffset: number;
  readonly sequence: number;
  readonly firstOffset: number;
  readonly stateEpoch: number;
  readonly class: EndingClass;
}

const sequencesReserved = 1_000_000;
/**
 * How far the start offset moves before the row is written again, where the endings themselves tell that it moved. Endings from the stored
 * one on are kept, and loading slides the start over what is finished: a thousand are soon replayed, and most commits write one page and not two.
 */
const offsetsUnwritten = 1000;
/** Rows that one step of background work reads, and that one deletes. */
const rowsPerScan = 2000;
const rowsPerStep = 256;

/** The writer's side of the state store: fencing, endings, and the history that is kept of them. */
export class StateWriter {
  readonly #startWork: (work: BackgroundWork) => void;
  readonly #offsetsBetweenCleanups: number;
  /** Loaded at first use; forgotten when a transaction is undone. */
  readonly #sharePartitions = new Map<number, SharePartition>();
  readonly #moved = new Set<SharePartition>();
  readonly #cleanups = new Map<number, Cleanup>();
  readonly #sql: ReturnType<typeof prepare>;

  /** `offsetsBetweenCleanups`: how far a share partition's start offset moves before its history is looked through again. */
  constructor(database: DatabaseSync, startWork: (work: BackgroundWork) => void, offsetsBetweenCleanups: number) {
    this.#startWork = startWork;
    this.#offsetsBetweenCleanups = offsetsBetweenCleanups;
    this.#sql = prepare(database);
  }

  /** Takes up the deleting that the last process left. */
  start(): void {
    const purges = this.#sql.allPurges.all() as { key: number }[];
    for (const { key } of purges) this.#startWork(this.#purging(key));
  }

  /** The open transaction was undone: what is known of the share partitions is stored again. */
  forget(): void {
    this.#sharePartitions.clear();
    this.#moved.clear();
  }

  /** Writes what a whole group shares: each share partition's row at most once. */
  beforeCommit(): void {
    for (const sharePartition of this.#moved) this.#writeRow(sharePartition);
    this.#moved.clear();
  }

  open({ request, reply }: OperationCall): void {
    const { group, topicId, partition, startOffsetIfNew } = readOpenSharePartition(request);
    const find = (): number | undefined =>
      (this.#sql.find.get(group, topicId, partition) as { share_partition_key: number } | undefined)
        ?.share_partition_key;
    let key = find();
    if (key === undefined) {
      if (startOffsetIfNew === null) {
        reply.number(0);
        return;
      }
      this.#sql.insert.run(group, topicId, partition, startOffsetIfNew);
      key = find();
    }
    const opened = key === undefined ? undefined : this.#sharePartition(key);
    if (opened === undefined) throw new Error(`share partition ${group}/${topicId}/${partition} is not there`);
    opened.leaderEpoch += 1;
    this.#writeRow(opened);
    reply.number(1);
    reply.number(opened.sharePartitionKey);
    reply.number(opened.stateEpoch);
    reply.number(opened.leaderEpoch);
    reply.number(opened.startOffset);
    this.#historyGrew(opened, this.#offsetsBetweenCleanups); // what the last process left
  }

  write({ request }: OperationCall): void {
    const guard = readGuard(request);
    const endings = readEndings(request);
    const sharePartition = this.#guarded(guard, 'write share state');
    this.#checkWrite(sharePartition, guard.startOffset, endings);

    for (const ending of endings) this.#insertEnding(sharePartition, ending);
    if (guard.startOffset > sharePartition.startOffset) {
      this.#historyGrew(sharePartition, guard.startOffset - sharePartition.startOffset);
      const isTold = finishedFrom(sharePartition.startOffset, endings) >= guard.startOffset;
      sharePartition.startOffset = guard.startOffset;
      const unwritten = guard.startOffset - sharePartition.storedStartOffset;
      if (!isTold || unwritten >= Math.min(offsetsUnwritten, this.#offsetsBetweenCleanups)) {
        this.#moved.add(sharePartition);
      }
    }
  }

  reset({ request, reply }: OperationCall): void {
    const guard = readGuard(request);
    const sharePartition = this.#guarded(guard, 'reset share state');
    sharePartition.stateEpoch += 1;
    sharePartition.startOffset = guard.startOffset;
    this.#writeRow(sharePartition);
    this.#cleanup(sharePartition).searchAll = true;
    this.#historyGrew(sharePartition, this.#offsetsBetweenCleanups);
    reply.number(sharePartition.stateEpoch);
  }

  deleteGroup({ request }: OperationCall): void {
    const group = request.text();
    const onTopic = request.optionalText();
    this.#delete(this.#sql.ofGroup.all(group, onTopic, onTopic) as { share_partition_key: number }[]);
  }

  deleteTopic(topicId: string): void {
    this.#delete(this.#sql.ofTopic.all(topicId) as { share_partition_key: number }[]);
  }

  #sharePartition(key: number): SharePartition | undefined {
    const known = this.#sharePartitions.get(key);
    if (known !== undefined) return known;
    const row = this.#sql.load.get(key) as
      | {
          group_id: string;
          topic_id: string;
          partition: number;
          state_epoch: number;
          leader_epoch: number;
          start_offset: number;
          next_sequence: number;
        }
      | undefined;
    if (row === undefined) return undefined;
    const loaded = {
      sharePartitionKey: key,
      name: `${row.group_id}/${row.topic_id}/${row.partition}`,
      stateEpoch: row.state_epoch,
      leaderEpoch: row.leader_epoch,
      startOffset: row.start_offset,
      storedStartOffset: row.start_offset,
      nextSequence: row.next_sequence,
      reservedSequence: row.next_sequence,
    };
    this.#sharePartitions.set(key, loaded);
    return loaded;
  }

  #guarded(guard: GuardedRequest, operation: string): SharePartition {
    const stored = this.#sharePartition(guard.sharePartitionKey);
    if (stored === undefined) {
      throw fencedFault(operation, 'the share partition has been deleted');
    }
    if (stored.leaderEpoch !== guard.leaderEpoch || stored.stateEpoch !== guard.stateEpoch) {
      throw fencedFault(
        operation,
        `share partition ${stored.name} is at leader epoch ${stored.leaderEpoch} and state epoch ${stored.stateEpoch}, ` +
          `the write was made at ${guard.leaderEpoch} and ${guard.stateEpoch}`,
      );
    }
    return stored;
  }

  #checkWrite(stored: SharePartition, startOffset: number, endings: readonly ReceivedEnding[]): void {
    const refuse = (message: string): never => {
      throw refusedFault(
        'STORAGE_FAILED',
        'write share state',
        `share partition ${stored.name}: ${message}`,
        'this is a bug of sash; please report it with this message',
      );
    };
    if (startOffset < stored.startOffset) {
      refuse(`the start offset ${startOffset} lies below the stored one, ${stored.startOffset}`);
    }
    for (const { firstOffset, lastOffset } of endings) {
      const offsets = lastOffset - firstOffset + 1;
      if (!(offsets >= 1 && offsets <= maxEndingOffsets)) {
        refuse(`an ending covers ${firstOffset} to ${lastOffset}; the limit is 1 to ${maxEndingOffsets} offsets`);
      }
    }
  }

  #insertEnding(sharePartition: SharePartition, ending: ReceivedEnding): void {
    if (sharePartition.nextSequence >= sharePartition.reservedSequence) {
      sharePartition.reservedSequence = sharePartition.nextSequence + sequencesReserved;
      this.#moved.add(sharePartition);
    }
    this.#sql.insertEnding.run(
      sharePartition.sharePartitionKey,
      ending.lastOffset,
      sharePartition.nextSequence++,
      ending.firstOffset,
      sharePartition.stateEpoch,
      ending.leaderEpoch,
      ending.acquisition,
      ending.deliveryCount,
      ending.holder,
      ending.acquiredAtMs,
      ending.endedAtMs,
      ending.outcome,
      ending.state,
      ending.availableAtMs,
      ending.delayMs,
      ending.reason,
    );
  }

  #writeRow(sharePartition: SharePartition): void {
    this.#sql.update.run(
      sharePartition.stateEpoch,
      sharePartition.leaderEpoch,
      sharePartition.startOffset,
      sharePartition.reservedSequence,
      sharePartition.sharePartitionKey,
    );
    sharePartition.storedStartOffset = sharePartition.startOffset;
  }

  #delete(rows: readonly { share_partition_key: number }[]): void {
    for (const { share_partition_key: key } of rows) {
      this.#sql.raiseFloor.run(key);
      this.#sql.delete.run(key);
      this.#sql.insertPurge.run(key);
      const sharePartition = this.#sharePartitions.get(key);
      if (sharePartition !== undefined) this.#moved.delete(sharePartition);
      this.#sharePartitions.delete(key);
      this.#startWork(this.#purging(key));
    }
  }

  *#purging(key: number): BackgroundWork {
    if (this.#sql.load.get(key) !== undefined) return; // the transaction that deleted it was undone
    let deleted: number | bigint = 0;
    do {
      yield () => {
        deleted = this.#sql.deleteSomeEndings.run(key, key, rowsPerStep).changes;
      };
    } while (deleted !== 0);
    yield () => void this.#sql.deletePurge.run(key);
    this.#cleanups.delete(key);
  }

  #cleanup(sharePartition: SharePartition): Cleanup {
    let cleanup = this.#cleanups.get(sharePartition.sharePartitionKey);
    if (cleanup === undefined) {
      cleanup = { offsetsSince: 0, searchAll: sharePartition.stateEpoch > 0, running: false };
      this.#cleanups.set(sharePartition.sharePartitionKey, cleanup);
    }
    return cleanup;
  }

  #historyGrew(sharePartition: SharePartition, offsets: number): void {
    const cleanup = this.#cleanup(sharePartition);
    cleanup.offsetsSince += offsets;
    this.#cleanUpWhenDue(sharePartition.sharePartitionKey, cleanup);
  }

  #cleanUpWhenDue(key: number, cleanup: Cleanup): void {
    if (cleanup.running || cleanup.offsetsSince < this.#offsetsBetweenCleanups) return;
    cleanup.running = true;
    cleanup.offsetsSince = 0;
    this.#startWork(this.#cleaningUp(key, cleanup));
  }

  /**
   * Deletes history: endings below the stored start offset, or of an earlier state epoch. In each class (accepted, gap,
   * archived, back to available) the newest endings that cover `historyLimits` different records stay, which is at
   * least what `historyLimits` asks for. What is history once stays history: the start offset only moves back with
   * a new state epoch. So the search may be slow, a few rows between two groups.
   */
  *#cleaningUp(key: number, cleanup: Cleanup): BackgroundWork {
    try {
      const searchAll = cleanup.searchAll;
      cleanup.searchAll = false;
      const history: ScannedEnding[] = [];
      let after = { lastOffset: -1, sequence: -1 };
      for (;;) {
        const sharePartition = this.#sharePartition(key);
        if (sharePartition === undefined) return;
        const { storedStartOffset: startOffset, stateEpoch } = sharePartition;
        const lastOffset = searchAll ? Number.MAX_SAFE_INTEGER : startOffset - 1;
        const rows = this.#sql.scan.all(
          key,
          after.lastOffset,
          after.sequence,
          lastOffset,
          rowsPerScan,
        ) as unknown as ScannedEnding[];
        for (const row of rows) {
          if (row.lastOffset < startOffset || row.stateEpoch < stateEpoch) history.push(row);
        }
        const last = rows.at(-1);
        if (last === undefined || rows.length < rowsPerScan) break;
        after = last;
        yield () => {};
      }

      const surplus = surplusEndings(history, historyLimits);
      for (let i = 0; i < surplus.length; i += rowsPerStep) {
        const some = surplus.slice(i, i + rowsPerStep);
        yield () => {
          for (const row of some) this.#sql.deleteEnding.run(key, row.lastOffset, row.sequence);
        };
      }
    } finally {
      cleanup.running = false;
      this.#cleanUpWhenDue(key, cleanup);
    }
  }
}

/** The first offset from `startOffset` on that these endings, in their order, do not finish. */
function finishedFrom(startOffset: number, endings: readonly ReceivedEnding[]): number {
  let offset = startOffset;
  for (const { firstOffset, lastOffset, state } of endings) {
    if (state !== 'available' && firstOffset <= offset) offset = Math.max(offset, lastOffset + 1);
  }
  return offset;
}

export const fencedFault = (operation: string, why: string): Error =>
  refusedFault('FENCED', operation, why, 'load the share partition again before writing to it');

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    find: statement(
      'SELECT share_partition_key FROM share_partition WHERE group_id = ? AND topic_id = ? AND partition = ?',
    ),
    load: statement('SELECT * FROM share_partition WHERE share_partition_key = ?'),
    insert: statement(
      `INSERT INTO share_partition (group_id, topic_id, partition, state_epoch, leader_epoch, start_offset, next_sequence)
       VALUES (?, ?, ?, 0, (SELECT leader_epoch FROM leader_epoch_floor), ?, 0)`,
    ),
    update: statement(
      `UPDATE share_partition SET state_epoch = ?, leader_epoch = ?, start_offset = ?, next_sequence = ?
       WHERE share_partition_key = ?`,
    ),
    insertEnding: statement(`INSERT INTO ending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    ofGroup: statement(
      'SELECT share_partition_key FROM share_partition WHERE group_id = ? AND (topic_id = ? OR ? IS NULL)',
    ),
    ofTopic: statement('SELECT share_partition_key FROM share_partition WHERE topic_id = ?'),
    raiseFloor: statement(
      `UPDATE leader_epoch_floor SET leader_epoch =
         max(leader_epoch, (SELECT leader_epoch FROM share_partition WHERE share_partition_key = ?))`,
    ),
    delete: statement('DELETE FROM share_partition WHERE share_partition_key = ?'),
    allPurges: statement(`SELECT key FROM purge WHERE kind = 'share_partition'`),
    insertPurge: statement(`INSERT INTO purge (kind, key) VALUES ('share_partition', ?)`),
    deletePurge: statement(`DELETE FROM purge WHERE kind = 'share_partition' AND key = ?`),
    deleteSomeEndings: statement(
      `DELETE FROM ending WHERE share_partition_key = ? AND (last_offset, sequence) IN
         (SELECT last_offset, sequence FROM ending WHERE share_partition_key = ? LIMIT ?)`,
    ),
    scan: statement(
      `SELECT last_offset AS lastOffset, sequence, first_offset AS firstOffset, state_epoch AS stateEpoch,
              CASE WHEN state = 'available' THEN state WHEN outcome = 'gap' THEN outcome WHEN state = 'archived' THEN state ELSE 'accepted' END AS class
       FROM ending
       WHERE share_partition_key = ? AND (last_offset, sequence) > (?, ?) AND last_offset <= ?
       ORDER BY last_offset, sequence LIMIT ?`,
    ),
    deleteEnding: statement('DELETE FROM ending WHERE share_partition_key = ? AND last_offset = ? AND sequence = ?'),
  };
}
