import type { TopicId, TopicPartition } from './ids.ts';

/** One value for each partition. Found without making a text of the key, which cost more than what was looked for. */
export class PartitionMap<T> {
  readonly #topics = new Map<TopicId, Map<number, T>>();

  get(of: TopicPartition): T | undefined {
    return this.#topics.get(of.topicId)?.get(of.partition);
  }

  has(of: TopicPartition): boolean {
    return this.get(of) !== undefined;
  }

  set(of: TopicPartition, value: T): void {
    const partitions = this.#topics.get(of.topicId);
    if (partitions === undefined) this.#topics.set(of.topicId, new Map([[of.partition, value]]));
    else partitions.set(of.partition, value);
  }

  delete(of: TopicPartition): void {
    const partitions = this.#topics.get(of.topicId);
    partitions?.delete(of.partition);
    if (partitions?.size === 0) this.#topics.delete(of.topicId);
  }

  *values(): Generator<T, void, undefined> {
    for (const partitions of this.#topics.values()) yield* partitions.values();
  }
}
