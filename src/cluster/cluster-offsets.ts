import type { Broker } from '../broker/broker.ts';
import type { AlteredOffsets, DeletedOffsets, ShareOffsets, TopicOffsets } from '../broker/share-offsets.ts';
import type { Rejection } from '../core/errors.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { GroupChanges } from './group-changes.ts';
import type { OwnerCalls } from './owner-calls.ts';

type WantedStarts = Parameters<ShareOffsets['alter']>[1];
type WantedTopics = Parameters<ShareOffsets['describe']>[1];

/** Start offsets of share groups: each partition's at its owner, the group's own at its coordinator. */
export class ClusterOffsets {
  readonly #broker: Broker;
  readonly #calls: OwnerCalls;
  readonly #changes: GroupChanges;

  constructor(broker: Broker, calls: OwnerCalls, changes: GroupChanges) {
    this.#broker = broker;
    this.#calls = calls;
    this.#changes = changes;
  }

  async describe(name: string, wanted: WantedTopics): Promise<Result<readonly TopicOffsets[]>> {
    return wanted === null ? await this.#describeAll(name) : await this.#describe(name, wanted);
  }

  /** Each node tells of what it has. */
  async #describeAll(name: string): Promise<Result<readonly TopicOffsets[]>> {
    const own = await this.#broker.shareOffsets.describe(name, null);
    if (!own.ok) return own;
    const found = [...own.value];
    for (const { result } of await this.#calls.ofOthers('offsets', [name, null])) {
      if (!result.ok) return result;
      found.push(...result.value);
    }
    const topics = [...Map.groupBy(found, (each) => each.topic)].sort(([a], [b]) => (a < b ? -1 : 1));
    return ok(
      topics.map(([topic, parts]) => ({
        topic,
        topicId: parts[0]!.topicId,
        partitions: parts.flatMap((each) => each.partitions).sort((a, b) => a.partition - b.partition),
      })),
    );
  }

  async #describe(name: string, wanted: NonNullable<WantedTopics>): Promise<Result<readonly TopicOffsets[]>> {
    const places = wanted.flatMap(({ topic, partitions }, index) =>
      [...new Set(partitions)].map((partition) => ({ topic, partition, index })),
    );
    const topics = wanted.map(({ topic }) => {
      const known = this.#broker.topics.find(topic);
      const partitions: TopicOffsets['partitions'][number][] = [];
      return { topic, topicId: known.ok ? known.value.id : null, partitions };
    });
    const answers = await this.#calls.ofOwners(
      places,
      'offsets',
      (part) => [name, part.map(asTopic)],
      (part) => this.#broker.shareOffsets.describe(name, part.map(asTopic)),
    );
    const found = new Map<object, TopicOffsets['partitions'][number]>();
    for (const { part, answer } of answers) {
      if (!answer.ok) return answer;
      part.forEach((place, i) => found.set(place, answer.value[i]!.partitions[0]!));
    }
    for (const place of places) topics[place.index]!.partitions.push(found.get(place)!);
    return ok(topics);
  }

  /** At the coordinator: nobody may work in the group, at whatever node. */
  alter(
    name: string,
    wanted: WantedStarts,
    outcomes: AlteredOffsets[] = [],
  ): Promise<Result<readonly AlteredOffsets[]>> {
    return this.#changes.atCoordinator(name, 'alterOffsets', [name, wanted], () =>
      this.alterAsCoordinator(name, wanted, outcomes),
    );
  }

  async alterAsCoordinator(
    name: string,
    wanted: WantedStarts,
    outcomes: AlteredOffsets[] = [],
  ): Promise<Result<readonly AlteredOffsets[]>> {
    const places = wanted.flatMap(({ topic, partitions }, topicIndex) =>
      partitions.map(({ partition, startOffset }, index) => ({ topic, partition, startOffset, topicIndex, index })),
    );
    const known = places.filter((each) => this.#calls.ownerOf(each) !== undefined);
    if (known.length > 0) {
      // First those who would refuse: what is refused changes nothing.
      const inUse = await this.#whyInUse(name);
      if (inUse !== undefined) return { ok: false, error: inUse };
      const created = await this.#changes.change(name, () => this.#broker.nodeCalls.createShareGroup(name));
      if (!created.ok) return created;
    }
    for (const { topic } of wanted) {
      const found = this.#broker.topics.find(topic);
      outcomes.push({ topic, topicId: found.ok ? found.value.id : null, partitions: [] });
    }
    const answers = await this.#calls.ofOwners(
      places,
      'alterOwnOffsets',
      (part) => [name, part.map(asStart)],
      (part) => this.#broker.shareOffsets.alter(name, part.map(asStart)),
    );
    const altered = new Map<object, AlteredOffsets['partitions'][number]>();
    let failure: Rejection | undefined;
    for (const { part, answer } of answers) {
      if (!answer.ok) failure = answer.error;
      part.forEach((place, i) => {
        const { partition } = place;
        const outcome = answer.ok
          ? answer.value[i]!.partitions[0]!
          : { partition, startOffset: null, error: answer.error };
        altered.set(place, outcome);
      });
    }
    outcomes.forEach((outcome, topicIndex) => {
      const partitions = places.filter((each) => each.topicIndex === topicIndex).map((each) => altered.get(each)!);
      outcomes[topicIndex] = { ...outcome, partitions };
    });
    return failure !== undefined && answers.every(({ answer }) => !answer.ok)
      ? { ok: false, error: failure }
      : ok(outcomes);
  }

  async #whyInUse(name: string): Promise<Rejection | undefined> {
    const own = this.#broker.shareGroupStates.find((each) => each.group === name);
    // In its own words.
    if (own?.state === 'Stable') {
      const refused = await this.#broker.shareOffsets.alter(name, []);
      return refused.ok ? undefined : refused.error;
    }
    for (const { node, result } of await this.#calls.ofOthers('groupState', [name])) {
      if (!result.ok) return result.error;
      if (result.value !== 'Stable') continue;
      return reject(
        'NON_EMPTY_GROUP',
        `Share group "${name}" is in use at node ${node.nodeId}. Stop its workers first.`,
      ).error;
    }
    return undefined;
  }

  delete(
    name: string,
    topics: readonly string[],
    outcomes: DeletedOffsets[] = [],
  ): Promise<Result<readonly DeletedOffsets[]>> {
    return this.#changes.atCoordinator(name, 'deleteOffsets', [name, topics], () =>
      this.deleteAsCoordinator(name, topics, outcomes),
    );
  }

  async deleteAsCoordinator(
    name: string,
    topics: readonly string[],
    outcomes: DeletedOffsets[] = [],
  ): Promise<Result<readonly DeletedOffsets[]>> {
    if (topics.length === 0) return await this.#broker.shareOffsets.delete(name, topics, outcomes);
    for (const topic of new Set(topics)) {
      const found = this.#broker.topics.find(topic);
      const remove = () => this.#broker.shareOffsets.delete(name, [topic]);
      const deleted = found.ok ? await this.#changes.remove(name, found.value.id, remove) : await remove();
      if (!deleted.ok) return deleted;
      outcomes.push(...deleted.value);
    }
    return ok(outcomes);
  }
}

const asTopic = ({ topic, partition }: { readonly topic: string; readonly partition: number }) => ({
  topic,
  partitions: [partition],
});

const asStart = (place: { readonly topic: string; readonly partition: number; readonly startOffset: number }) => ({
  topic: place.topic,
  partitions: [{ partition: place.partition, startOffset: place.startOffset }],
});
