import type { Sparse } from '../codec/api.ts';
import type { FetchRequest, FetchResponse, FetchResponsePartitionData } from '../codec/messages/fetch.ts';
import { type TopicPartition, topicPartitionText } from '../core/ids.ts';
import type { KafkaPartition } from './kafka-partitions.ts';

/** From here on topics go by their ids, so that one that was created again is not taken for the one before. */
const firstVersionWithTopicIds = 13;

/** A partition as a Fetch asks for it. */
export interface PartitionToFetch {
  readonly partition: KafkaPartition;
  readonly fetchOffset: number;
  /** -1: not known. */
  readonly leaderEpoch: number;
  readonly maxBytes: number;
}

/** The part of a Fetch that names partitions. */
export const topicsToFetch = (partitions: readonly PartitionToFetch[]): Sparse<FetchRequest>['topics'] =>
  byTopic(partitions, ({ partition }) => partition).map(([{ topicId, topicName }, asked]) => ({
    topicId,
    topic: topicName,
    partitions: asked.map((each) => ({
      partition: each.partition.partition,
      fetchOffset: each.fetchOffset,
      currentLeaderEpoch: each.leaderEpoch,
      partitionMaxBytes: each.maxBytes,
    })),
  }));

const byTopic = <T>(items: readonly T[], partitionOf: (item: T) => KafkaPartition): [KafkaPartition, T[]][] => {
  const topics = new Map<string, [KafkaPartition, T[]]>();
  for (const item of items) {
    const partition = partitionOf(item);
    const listed = topics.get(partition.topicId);
    if (listed === undefined) topics.set(partition.topicId, [partition, [item]]);
    else listed[1].push(item);
  }
  return [...topics.values()];
};

/** What was answered of partitions that were asked for, whether by name or by id. */
export const fetchedPartitions = (
  response: FetchResponse,
  version: number,
  asked: Iterable<KafkaPartition>,
): [KafkaPartition, FetchResponsePartitionData][] => {
  const nameOf = ({ topicId, partition }: TopicPartition, topicName: string): string =>
    version >= firstVersionWithTopicIds ? topicPartitionText({ topicId, partition }) : `${topicName}/${partition}`;
  const known = new Map([...asked].map((partition) => [nameOf(partition, partition.topicName), partition]));
  return response.responses.flatMap((topic) =>
    topic.partitions.flatMap((data): [KafkaPartition, FetchResponsePartitionData][] => {
      const topicPartition = { topicId: topic.topicId as TopicPartition['topicId'], partition: data.partitionIndex };
      const partition = known.get(nameOf(topicPartition, topic.topic ?? ''));
      return partition === undefined ? [] : [[partition, data]];
    }),
  );
};

/**
 * An incremental fetch session with one broker (KIP-227): only what changed since the last request is sent, and only what has
 * something new is answered.
 */
export class FetchSession {
  #sessionId = 0;
  #epoch = 0;
  readonly #sent = new Map<KafkaPartition, PartitionToFetch>();

  /** What to send so that all of `wanted` is fetched. */
  next(wanted: readonly PartitionToFetch[]): Sparse<FetchRequest> {
    const isFull = this.#epoch === 0;
    const left = new Set(this.#sent.keys());
    const changed = wanted.filter((each) => {
      left.delete(each.partition);
      const sent = this.#sent.get(each.partition);
      return isFull || sent?.fetchOffset !== each.fetchOffset || sent.leaderEpoch !== each.leaderEpoch;
    });
    for (const partition of left) this.#sent.delete(partition);
    for (const each of wanted) this.#sent.set(each.partition, each);
    const forgotten = isFull ? [] : byTopic([...left], (partition) => partition);
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      topics: topicsToFetch(changed),
      forgottenTopicsData: forgotten.map(([{ topicId, topicName }, gone]) => ({
        topicId,
        topic: topicName,
        partitions: gone.map(({ partition }) => partition),
      })),
    };
  }

  /** The broker took the request; without an id it keeps no session, and everything is sent each time. */
  answered(sessionId: number): void {
    this.#sessionId = sessionId;
    this.#epoch = sessionId === 0 ? 0 : this.#epoch === 0x7fff_ffff ? 1 : this.#epoch + 1;
  }

  /** Whatever the broker knew counts no more. */
  reset(): void {
    this.#sessionId = 0;
    this.#epoch = 0;
    this.#sent.clear();
  }
}
