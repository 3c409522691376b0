import { type Result, ok } from '../core/result.ts';
import { checkLockDuration } from './acknowledging.ts';
import type { BrokerSettings } from './broker-settings.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import type { Ownership } from './ownership.ts';
import type { AcquireOutcome, AcquireRequest } from './requests.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import type { TopicChanges } from './topic-changes.ts';
import type { Topic } from './topics.ts';

interface AcquiresSurroundings {
  readonly topicChanges: TopicChanges;
  readonly groups: Groups;
  readonly ownership: Ownership;
  readonly fetching: Fetching;
}

/** Acquires of workers: from the names in the request to the share partitions that are asked. */
export class Acquires {
  readonly #surroundings: AcquiresSurroundings;
  readonly #settings: BrokerSettings;

  constructor(surroundings: AcquiresSurroundings, settings: BrokerSettings) {
    this.#surroundings = surroundings;
    this.#settings = settings;
  }

  /**
   * What is known already is not waited for: each wait costs more than what it waits for.
   *
   * @throws Fault
   */
  async acquire(request: AcquireRequest, signal: AbortSignal | null): Promise<Result<AcquireOutcome>> {
    const { topicChanges, groups, ownership, fetching } = this.#surroundings;
    const topics: Topic[] = [];
    for (const name of new Set(request.topics)) {
      const found = topicChanges.toUse(name);
      const topic = found instanceof Promise ? await found : found;
      if (!topic.ok) return topic;
      topics.push(topic.value);
    }
    // Before the group is made: what is refused leaves nothing behind.
    const valid = this.check(request);
    if (!valid.ok) return valid;
    const used = groups.findOrCreate(request.group);
    const group = used instanceof Promise ? await used : used;
    if (!group.ok) return group;
    const partitions: SharePartitionRuntime[] = [];
    for (const topic of topics) {
      const opened = groups.partitionsOf(group.value, topic, request.startFrom);
      const read = opened instanceof Promise ? await opened : opened;
      if (!read.ok) return read;
      partitions.push(...read.value);
    }
    const [first] = topics;
    if (partitions.length === 0 && first !== undefined) {
      return { ok: false, error: ownership.notOwner(first.name, { topicId: first.id, partition: 0 }) };
    }
    const maxBytes = Math.min(request.maxBytes, this.#settings.fetchMaxBytes);
    const capped = maxBytes === request.maxBytes ? request : { ...request, maxBytes };
    return await fetching.acquire(group.value, partitions, capped, signal);
  }

  /** What can be said of an acquire without its group. */
  check({ lockDurationMs }: AcquireRequest): Result<null> {
    const maxLockDurationMs = this.#settings.groupDefaults['group.share.max.record.lock.duration.ms'];
    const tooLong = checkLockDuration(maxLockDurationMs, lockDurationMs);
    return tooLong === undefined ? ok(null) : { ok: false, error: tooLong };
  }
}
