import { shareGroupState } from '../core/share-group/membership.ts';
import { lag } from '../core/share-partition/window.ts';
import type { Clock } from '../ports/clock.ts';
import type { GroupMeasures, SharePartitionMeasures, TopicMeasures } from '../ports/measures.ts';
import { rejectionOf } from './faults.ts';
import { httpWorkers } from './group-view.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import type { Topics } from './topics.ts';

/** How long a measurement waits for windows that are not loaded: a store that hangs must not keep all other numbers back. */
const loadPatienceMs = 1_000;

/** Windows are loaded for it, once in the life of a process: a lag that nobody works off is the one to be seen. */
export async function measureGroups(
  groups: readonly ShareGroup[],
  waiting: ReadonlyMap<ShareGroup, ReadonlyMap<string, number>>,
  clock: Clock,
): Promise<GroupMeasures[]> {
  await loadAll(
    groups.flatMap((group) => group.partitions),
    clock,
  );
  return await Promise.all(
    groups.map(async (group) => {
      const waits = waiting.get(group) ?? new Map<string, number>();
      const partitions = await Promise.all(group.partitions.map((each) => measurePartition(each, clock)));
      const workers = httpWorkers(group, waits).length;
      return {
        group: group.id,
        state: shareGroupState(group.membership, workers),
        isPaused: group.paused,
        members: group.membership.members.size,
        workers,
        waiting: [...waits.values()].reduce((sum, each) => sum + each, 0),
        tally: group.activity.counts,
        partitions,
      };
    }),
  );
}

async function loadAll(partitions: readonly SharePartitionRuntime[], clock: Clock): Promise<void> {
  const unloaded = partitions.filter((each) => each.window === undefined);
  if (unloaded.length === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(loadPatienceMs, resolve);
  // Whoever asks for such a group is told why; a fault is none of the measurement's.
  void Promise.all(unloaded.map((each) => each.load().catch((error: unknown) => void rejectionOf(error)))).then(() =>
    resolve(),
  );
  await promise;
  timer.cancel();
}

async function measurePartition(partition: SharePartitionRuntime, clock: Clock): Promise<SharePartitionMeasures> {
  const oldestAgeMs = await partition.facts.oldestAgeMs(partition.window);
  const { window, facts } = partition;
  return {
    topic: partition.topic,
    partition: partition.key.partition,
    tally: partition.activity.counts,
    window:
      window === undefined
        ? undefined
        : {
            counts: { ...window.counts },
            runs: window.runs.size,
            inFlight: partition.inFlight,
            inFlightLimit: partition.inFlightLimit,
            lag: lag(window, partition.bounds.endOffset),
            oldestAgeMs,
            startStandsMs: partition.inFlight === 0 ? 0 : Math.max(0, clock.wallMs() - facts.startStandsSinceMs),
          },
  };
}

export const measureTopics = (topics: Topics): TopicMeasures[] =>
  topics.all.map((topic) => ({
    topic: topic.name,
    tally: topic.activity.counts,
    partitions: topics.describe(topic).partitions,
  }));
