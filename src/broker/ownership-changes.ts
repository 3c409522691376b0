import { type TopicPartition, topicPartitionText } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, OwnershipChange } from '../ports/cluster.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import type { Ownership } from './ownership.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import type { Topics } from './topics.ts';

/** Kafka or Redis is away: how long until what was gained is tried to be opened again. */
const retryDelayMs = 500;

interface OwnershipChangesSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly log: RecordLog;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly fetching: Fetching;
  readonly guard: Guard;
  /** Who reads them without a group is told to ask their owner. */
  lost(partitions: readonly TopicPartition[]): void;
}

/** Partitions that come to this node and go from it. */
export class OwnershipChanges {
  readonly #surroundings: OwnershipChangesSurroundings;

  constructor(surroundings: OwnershipChangesSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Once topics and groups are read. */
  start(): void {
    this.#surroundings.cluster.watch((change) => this.#changed(change));
  }

  async #changed({ gained, lost }: OwnershipChange): Promise<void> {
    const { ownership, fetching } = this.#surroundings;
    ownership.opening(gained);
    // Before anything is waited for: from here on nobody gets what belongs to another node.
    const closed = this.#lose(lost);
    if (gained.length > 0) await this.#open(gained);
    fetching.wakeAll();
    await closed;
  }

  async #lose(lost: readonly TopicPartition[]): Promise<void> {
    const { topics, groups, fetching, ownership, cluster, log } = this.#surroundings;
    const closing: Promise<void>[] = [];
    for (const partition of lost) {
      for (const reader of topics.readers(partition)) {
        topics.removeReader(reader);
        closing.push(groups.close(reader, 'lost'));
        fetching.gone(reader, ownership.notOwner(reader.topic, partition));
      }
    }
    if (lost.length > 0) this.#surroundings.lost(lost);
    await Promise.all(closing);
    // After the turns under way: they look at the log's bounds.
    log.unfollow(lost.filter((each) => !cluster.owns(each)));
  }

  /** Until it succeeds, or nothing is this node's any more. */
  async #open(gained: readonly TopicPartition[]): Promise<void> {
    const { ownership, cluster, log, groups, topics, fetching, logger, clock, guard } = this.#surroundings;
    for (;;) {
      const ours = gained.filter((each) => cluster.owns(each));
      try {
        await log.follow(ours);
        const opened = await groups.openOwned(new Set(ours.map(topicPartitionText)));
        ownership.opened(gained);
        this.#load(opened);
        // Who waits for other partitions of these topics does not wait for these yet.
        for (const topicId of new Set(ours.map((each) => each.topicId))) {
          const topic = topics.byId(topicId);
          if (topic !== undefined) for (const reader of topics.readersOf(topic)) fetching.endWaits(reader);
        }
        return;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const why = `cannot take partitions over: ${error.message}. ${error.hint}`;
        logger.error({ fault: error.code, partitions: ours.length, repeats: 'attempts to take partitions over' }, why);
        if (ours.length === 0 || guard.isStopped) return ownership.opened(gained);
        await new Promise<void>((resolve) => clock.schedule(retryDelayMs, resolve));
      }
    }
  }

  /** Now, not when somebody asks: it fences who had them before. */
  #load(opened: readonly SharePartitionRuntime[]): void {
    const { logger, fetching } = this.#surroundings;
    for (const partition of opened) {
      partition.load().then(
        () => void fetching.wake(partition),
        (error: unknown) => {
          if (!(error instanceof Fault)) throw error;
          const { group, partition: index } = partition.key;
          // Whoever uses it loads it.
          logger.warn(
            {
              group,
              topic: partition.topic,
              partition: index,
              fault: error.code,
              repeats: 'share partitions not loaded',
            },
            `not loaded yet: ${error.message}`,
          );
        },
      );
    }
  }
}
