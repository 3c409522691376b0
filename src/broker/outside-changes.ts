import type { GroupId, TopicId, TopicPartition } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataStore, StoredGroup, StoredTopic } from '../ports/metadata-store.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import type { PartitionLogs } from './partition-logs.ts';
import type { TopicChanges } from './topic-changes.ts';
import type { Topics } from './topics.ts';

/** The store of the state is away: how long until a change of a group is taken in again. */
const retryDelayMs = 500;

interface OutsideChangesSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metadata: MetadataStore;
  readonly log: RecordLog;
  readonly topics: Topics;
  readonly topicChanges: TopicChanges;
  readonly groups: Groups;
  readonly fetching: Fetching;
  readonly guard: Guard;
  readonly logs: PartitionLogs;
}

/**
 * What came about without this node: another one did it, or somebody at the cluster underneath. It counts here as if it had been
 * done through this node: who waits is woken or told, windows are closed and moved.
 */
export class OutsideChanges {
  readonly #surroundings: OutsideChangesSurroundings;
  /** What is not taken in yet: of each group as it is now. */
  readonly #groups = new Map<GroupId, StoredGroup | null>();
  /** Told before topics and groups were read. */
  #early: (() => void)[] | undefined = [];
  #takingGroups = false;
  #retry: { cancel(): void } | undefined;

  constructor(surroundings: OutsideChangesSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Before topics and groups are read, so that nothing is missed. */
  watch(): void {
    const { metadata, log, topics, fetching } = this.#surroundings;
    log.watch({
      appended: (partition, sizeBytes) => this.#appended(partition, sizeBytes),
      startMoved: (partition) => {
        for (const reader of topics.readers(partition)) {
          reader.logStartMoved();
          void fetching.wake(reader);
        }
      },
    });
    metadata.watch({
      topics: (there, gone) => this.#afterRead(() => this.#topicsChanged(there, gone)),
      group: (group, stored) => this.#afterRead(() => this.#groupChanged(group, stored)),
    });
  }

  /** Topics and groups are read: what was told in the meantime is taken in. */
  start(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const take of early) take();
  }

  stop(): void {
    this.#retry?.cancel();
  }

  /** Looks for changes of the topics now; what others did before the call counts here when it answers. */
  refreshTopics(): Promise<Result<null>> {
    const { guard, metadata, topicChanges } = this.#surroundings;
    return guard.run(async () => {
      await metadata.refreshTopics();
      await topicChanges.settled();
      return ok(null);
    });
  }

  /** This node has appended. A cluster's log tells of that too, as of all that comes, and nobody is to be told twice. */
  appendedHere(partition: TopicPartition, sizeBytes: number): void {
    if (!this.#surroundings.topics.isOfCluster) this.#appended(partition, sizeBytes);
  }

  #appended(partition: TopicPartition, sizeBytes: number): void {
    const { topics, fetching, logs } = this.#surroundings;
    for (const reader of topics.readers(partition)) void fetching.wake(reader);
    logs.appended(partition, sizeBytes);
  }

  #afterRead(take: () => void): void {
    if (this.#early === undefined) take();
    else this.#early.push(take);
  }

  #topicsChanged(there: readonly StoredTopic[], gone: readonly TopicId[]): void {
    const { topicChanges, logger } = this.#surroundings;
    void topicChanges.outside(there, gone).then((taken) => {
      if (!taken.ok && taken.error.code !== 'SHUTTING_DOWN') {
        logger.error({ gone }, `what is left of deleted topics could not be removed: ${taken.error.message}`);
      }
    });
  }

  #groupChanged(group: GroupId, stored: StoredGroup | null): void {
    this.#groups.set(group, stored);
    if (!this.#takingGroups) void this.#takeGroups();
  }

  async #takeGroups(): Promise<void> {
    const { guard, logger, clock } = this.#surroundings;
    this.#takingGroups = true;
    this.#retry = undefined;
    for (const [id, stored] of this.#groups) {
      if (guard.isStopped) break;
      try {
        await this.#takeGroup(id, stored);
        // Unless it has changed once more.
        if (this.#groups.get(id) === stored) this.#groups.delete(id);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const { code: fault, message, hint } = error;
        const repeats = 'changes of share groups that are not taken in yet';
        logger.error(
          { group: id, fault, repeats },
          `a change of a share group is not taken in yet: ${message}. ${hint}`,
        );
      }
    }
    this.#takingGroups = false;
    if (this.#groups.size > 0 && !guard.isStopped) {
      this.#retry = clock.schedule(retryDelayMs, () => void this.#takeGroups());
    }
  }

  async #takeGroup(id: GroupId, stored: StoredGroup | null): Promise<void> {
    const { groups, fetching } = this.#surroundings;
    const before = groups.find(id);
    const partitions = before.ok ? before.value.partitions : [];
    await groups.changedOutside(id, stored);
    if (!before.ok || !before.value.deleted) return;
    const { error } = reject('BUSY', `Share group "${id}" was deleted at this moment; ask again.`);
    for (const partition of partitions) fetching.gone(partition, error);
  }
}
