import type { PartitionAcknowledgements } from '../broker/member-requests.ts';
import { type TopicPartition, topicId, topicPartitionText } from '../core/ids.ts';
import type { AcknowledgementBatch } from '../core/share-session/share-request.ts';

/** Topics of a ShareFetch or ShareAcknowledge, as on the wire. */
export type RequestedTopics = readonly {
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly acknowledgementBatches: readonly AcknowledgementBatch[];
  }[];
}[];

/** The partitions that are named; one that comes twice does so here. */
export const partitionsOf = (topics: RequestedTopics): TopicPartition[] =>
  topics.flatMap((topic) =>
    topic.partitions.map(({ partitionIndex }) => ({ topicId: topicId(topic.topicId), partition: partitionIndex })),
  );

/** The acknowledgements, by partition; one that is named twice has all of them, so that none gets lost without a word. */
export const acknowledgementsOf = (topics: RequestedTopics): PartitionAcknowledgements[] => {
  const found = new Map<string, TopicPartition & { readonly batches: AcknowledgementBatch[] }>();
  for (const topic of topics) {
    for (const { partitionIndex, acknowledgementBatches } of topic.partitions) {
      if (acknowledgementBatches.length === 0) continue;
      const key = { topicId: topicId(topic.topicId), partition: partitionIndex };
      const text = topicPartitionText(key);
      let all = found.get(text);
      if (all === undefined) found.set(text, (all = { ...key, batches: [] }));
      // One by one: a request may name a partition, or have batches, some hundred thousand times.
      for (const batch of acknowledgementBatches) all.batches.push(batch);
    }
  }
  return [...found.values()];
};

/** Partitions, grouped by their topics, as answers have them. */
export const byTopic = <T extends TopicPartition, P>(
  partitions: readonly T[],
  answer: (partition: T) => P,
): { readonly topicId: string; readonly partitions: readonly P[] }[] => {
  const topics = new Map<string, P[]>();
  for (const partition of partitions) {
    const known = topics.get(partition.topicId);
    if (known === undefined) topics.set(partition.topicId, [answer(partition)]);
    else known.push(answer(partition));
  }
  return [...topics].map(([id, answers]) => ({ topicId: id, partitions: answers }));
};
