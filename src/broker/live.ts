import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Audit } from './audit.ts';
import { ChangeFeed } from './change-feed.ts';
import { GroupHistory, type GroupPast } from './group-history.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import type { Ownership } from './ownership.ts';
import type { ShareGroupDescription, ShareGroupRow, TopicDescription } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import type { Topics } from './topics.ts';
import { type StripsRequest, type WindowStrip, windowStrip } from './window-strip.ts';

interface LiveSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly groups: Groups;
  readonly topics: Topics;
  readonly ownership: Ownership;
  readonly audit: Audit;
  readonly historyIntervalMs: number;
  rows(): Promise<readonly ShareGroupRow[]>;
  describe(group: ShareGroup): Promise<ShareGroupDescription>;
  /** Acquires that wait, by holder. */
  waiting(group: ShareGroup): ReadonlyMap<string, number>;
}

/** A picture walks over the runs of its window, some 15 million a second: after so many, others have their turn. */
const maxRunsInRow = 100_000;

/** What the live page shows: what changes, pictures of windows, and how groups came to be as they are. */
export class Live {
  readonly feed: ChangeFeed;
  readonly #history: GroupHistory;
  readonly #surroundings: LiveSurroundings;

  constructor(surroundings: LiveSurroundings) {
    const { groups, topics, audit, clock, historyIntervalMs } = surroundings;
    this.#surroundings = surroundings;
    this.feed = new ChangeFeed({
      ...surroundings,
      rows: () => surroundings.rows(),
      describe: (group) => surroundings.describe(group),
      waiting: (group) => surroundings.waiting(group),
      topics: (): TopicDescription[] => topics.all.map((topic) => topics.describe(topic)),
    });
    audit.subscribe((line) => this.feed.audit(line));
    this.#history = new GroupHistory(
      clock,
      historyIntervalMs,
      () => groups.all,
      (group, sample) => this.feed.sample(group, sample),
    );
  }

  start(): void {
    this.#history.start();
  }

  /** Resolves when no sample is being taken any more. */
  async stop(): Promise<void> {
    this.#history.stop();
    await this.#history.idle;
  }

  /** How a group came to be as it is: samples of the last minutes, 15 at most, oldest first. */
  history(name: string, minutes: number): Promise<Result<GroupPast>> {
    const { guard, groups, clock } = this.#surroundings;
    return guard.run(async () => {
      const group = groups.find(name);
      if (!group.ok) return group;
      const fromMs = clock.wallMs() - minutes * 60_000;
      const samples = this.#history.samplesOf(group.value).filter((sample) => sample.atMs > fromMs);
      return ok({ intervalMs: this.#history.intervalMs, samples });
    });
  }

  /** Pictures of windows. Rejects when one of them is none of the group's. */
  strips(request: StripsRequest): Promise<Result<readonly WindowStrip[]>> {
    const { guard, groups, topics, ownership, clock } = this.#surroundings;
    return guard.run(async () => {
      const group = groups.find(request.group);
      if (!group.ok) return group;
      const strips: WindowStrip[] = [];
      let runs = 0;
      for (const { topic, partition } of request.windows) {
        const found = partitionAt(topics, ownership, group.value, { topic, partition });
        if (!found.ok) return found;
        const window = await found.value.load();
        const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
        strips.push({ topic, partition, ...windowStrip(window, request, request.columns, now) });
        runs += window.runs.size;
        if (runs < maxRunsInRow) continue;
        runs = 0;
        await new Promise<void>((resolve) => clock.schedule(0, resolve));
      }
      return ok(strips);
    });
  }
}

/** One of a group's share partitions, by the names of people. */
export function partitionAt(
  topics: Topics,
  ownership: Ownership,
  group: ShareGroup,
  at: { readonly topic: string; readonly partition: number },
): Result<SharePartitionRuntime> {
  const topic = topics.findPartition(at.topic, at.partition);
  if (!topic.ok) return topic;
  const partition = group.partition({ topicId: topic.value.id, partition: at.partition });
  if (partition !== undefined) return ok(partition);
  const key = { topicId: topic.value.id, partition: at.partition };
  if (!ownership.owns(key)) return { ok: false, error: ownership.notOwner(at.topic, key) };
  return reject(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Share group "${group.id}" has not read ${at.topic}-${at.partition} yet: it has no window there.`,
    'topic',
  );
}
