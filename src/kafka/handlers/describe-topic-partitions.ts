import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../codec/messages/describe-topic-partitions.ts';
import { topicOperations } from '../authorized-operations.ts';
import { coordinatorErrorNumber } from '../error-number.ts';
import { placementOf } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';

/** `max.request.partition.size.limit` of Kafka: partitions in one answer, whatever the client would take. */
const maxPartitionsInAnswer = 2_000;

/**
 * DescribeTopicPartitions (key 75): topics with their partitions, in pages. Version 0.
 *
 * Topics come in the order of their names, each once; no names means all. `cursor` is where the page before ended, as it said; where names are
 * given it is one of them, and its partition is not negative: INVALID_REQUEST for all topics otherwise. There are at most
 * `responsePartitionLimit` partitions in an answer, and at least one (DescribeTopicPartitionsRequestHandler).
 */
export const answerDescribeTopicPartitions = (
  context: RequestContext,
  { topics: asked, cursor, responsePartitionLimit }: DescribeTopicPartitionsRequest,
): DescribeTopicPartitionsResponse => {
  const { broker } = context;
  const names = asked.length > 0 ? asked.map((each) => each.name) : broker.topics.all.map((each) => each.name);
  const from = cursor?.topicName ?? '';
  const isInvalid =
    cursor !== null && (cursor.partitionIndex < 0 || (asked.length > 0 && !names.includes(cursor.topicName)));
  if (isInvalid) {
    return {
      throttleTimeMs: 0,
      topics: asked.map(({ name }) => refused(errorCodes.INVALID_REQUEST, name)),
    };
  }
  const sorted = [...new Set(names)].filter((name) => name >= from).sort((a, b) => (a < b ? -1 : 1));
  const operations = { topicAuthorizedOperations: topicOperations };

  const topics: DescribeTopicPartitionsResponse['topics'][number][] = [];
  let left = Math.max(1, Math.min(responsePartitionLimit, maxPartitionsInAnswer));
  for (const name of sorted) {
    if (left === 0) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic = broker.topics.find(name);
    if (!topic.ok) {
      topics.push({ ...refused(coordinatorErrorNumber(topic.error), name), ...operations });
      continue;
    }
    const count = topic.value.stored.partitionCount;
    const first = Math.min(name === from ? (cursor?.partitionIndex ?? 0) : 0, count);
    const end = Math.min(count, first + left);
    const partitions = Array.from({ length: end - first }, (_, index) => ({
      partitionIndex: first + index,
      ...placementOf(context, { topicId: topic.value.id, partition: first + index }),
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    }));
    topics.push({ errorCode: errorCodes.NONE, name, topicId: topic.value.id, partitions, ...operations });
    if (end < count) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: end } };
    left -= partitions.length;
  }
  return { throttleTimeMs: 0, topics };
};

const refused = (errorCode: number, name: string) => ({ errorCode, name, topicId: zeroUuid, partitions: [] });
