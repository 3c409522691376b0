import type { TopicDescription } from '../../broker/requests.ts';
import type { HttpLimits } from '../http-settings.ts';
import { operatorOf } from '../operator-of.ts';
import { refuse } from '../problem.ts';
import type { Answered } from '../problem.ts';
import { eachRecord, recordMembersText } from '../record-text.ts';
import type { UnreadableRecord } from '../record-text.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { topicParams, topicPartitionParams } from '../schemas/fields.ts';
import { readQuery, readResponse } from '../schemas/records.ts';
import { alterTopicBody, createTopicBody, topicResponse, topicsResponse } from '../schemas/topics.ts';

const tag = 'Topics';

/** Where the topics are those of a Kafka cluster. */
const clusterRefusals = [
  'POLICY_VIOLATION',
  'INVALID_REPLICATION_FACTOR',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
] as const;

/** A topic as this API writes it. */
export const topicBody = (topic: TopicDescription) => ({
  topic: topic.name,
  topicId: topic.topicId,
  partitions: topic.partitions,
  config: topic.config,
  recordsInPerSecond: topic.recordsInPerSecond,
  bytesInPerSecond: topic.bytesInPerSecond,
});

const mapped = <T, U>(answer: Answered<T>, change: (value: T) => U): Answered<U> =>
  answer.ok ? { ok: true, value: change(answer.value) } : answer;

export const topicRoutes = (limits: HttpLimits): readonly Route[] => [
  defineRoute({
    method: 'POST',
    path: '/v1/topics',
    operationId: 'createTopic',
    tag,
    summary: 'Create a topic',
    body: createTopicBody,
    status: 201,
    response: topicResponse,
    problems: [
      'INVALID_TOPIC_EXCEPTION',
      'TOPIC_ALREADY_EXISTS',
      'INVALID_PARTITIONS',
      'INVALID_CONFIG',
      ...clusterRefusals,
      'STORAGE_FULL',
    ],
    handle: async ({ body, reply }, { broker }) =>
      mapped(
        await operatorOf(broker, reply).createTopic({
          name: body.topic,
          partitions: body.partitions ?? null,
          config: body.config ?? {},
        }),
        topicBody,
      ),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/topics',
    operationId: 'listTopics',
    tag,
    summary: 'List the topics',
    status: 200,
    response: topicsResponse,
    problems: [],
    handle: async (_call, { broker }) => ({ ok: true, value: { topics: (await broker.listTopics()).map(topicBody) } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/topics/{topic}',
    operationId: 'describeTopic',
    tag,
    summary: 'Describe a topic',
    params: topicParams,
    status: 200,
    response: topicResponse,
    problems: ['INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC_OR_PARTITION'],
    handle: async ({ params }, { broker }) => mapped(await broker.describeTopic(params.topic), topicBody),
  }),
  defineRoute({
    method: 'PATCH',
    path: '/v1/topics/{topic}',
    operationId: 'alterTopic',
    tag,
    summary: 'Add partitions, change configs',
    params: topicParams,
    body: alterTopicBody,
    status: 200,
    response: topicResponse,
    problems: [
      'INVALID_TOPIC_EXCEPTION',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_PARTITIONS',
      'INVALID_CONFIG',
      ...clusterRefusals,
      'STORAGE_FULL',
    ],
    handle: async ({ params, body: { partitions, config }, reply }, { broker }) =>
      mapped(
        await operatorOf(broker, reply).alterTopic(params.topic, {
          ...(partitions === undefined ? {} : { partitions }),
          ...(config === undefined ? {} : { config }),
        }),
        topicBody,
      ),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/topics/{topic}',
    operationId: 'deleteTopic',
    tag,
    summary: 'Delete a topic with all its records',
    params: topicParams,
    status: 204,
    response: null,
    problems: ['INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC_OR_PARTITION', ...clusterRefusals, 'STORAGE_FULL'],
    handle: ({ params, reply }, { broker }) => operatorOf(broker, reply).deleteTopic(params.topic),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/topics/{topic}/partitions/{partition}/records',
    operationId: 'readRecords',
    tag: 'Records',
    summary: 'Read records without any group',
    params: topicPartitionParams,
    query: readQuery(limits),
    status: 200,
    response: readResponse,
    problems: ['INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC_OR_PARTITION', 'OFFSET_OUT_OF_RANGE', 'CORRUPT_MESSAGE'],
    handle: async ({ params: { topic, partition }, query }, { broker, batches }) => {
      let startOffset = query.fromOffset;
      if (startOffset === undefined) {
        const description = await broker.describeTopic(topic);
        if (!description.ok) return description;
        // An unknown partition is for the broker to refuse.
        startOffset = description.value.partitions[partition]?.logStartOffset ?? 0;
      }
      const { limit: maxRecords, maxBytes, encoding } = query;
      const answer = await broker.read({ topic, partition, startOffset, maxRecords, maxBytes });
      if (!answer.ok) return answer;
      const { batches: read, topicId, logStartOffset, logEndOffset } = answer.value;
      const records: string[] = [];
      const topicText = JSON.stringify(topic);
      const lastRead = read.at(-1)?.lastOffset ?? startOffset - 1;
      let nextOffset = startOffset;
      let damaged: UnreadableRecord | undefined;
      for (const batch of read) {
        const firstOffset = Math.max(nextOffset, batch.baseOffset);
        const lastOffset = Math.min(batch.lastOffset, firstOffset + maxRecords - records.length - 1);
        if (lastOffset < firstOffset || damaged !== undefined) break;
        eachRecord(
          batches,
          { topicId, partition },
          [batch],
          { firstOffset, lastOffset },
          (record) => records.push(`{${recordMembersText(topicText, partition, record, encoding)}}`),
          // A batch with gaps is whole all the same.
          (unreadable) => (damaged ??= unreadable.message.startsWith('its batch') ? undefined : unreadable),
        );
        if (damaged === undefined) nextOffset = lastOffset + 1;
      }
      if (damaged !== undefined && records.length === 0) {
        return refuse(
          'CORRUPT_MESSAGE',
          `offset ${damaged.offset} of ${topic}-${partition} cannot be read: ${damaged.message}`,
        );
      }
      const next = nextOffset > lastRead && lastRead + 1 >= logEndOffset ? null : nextOffset;
      return {
        ok: true,
        value: `{"records":[${records.join(',')}],"logStartOffset":${logStartOffset},"logEndOffset":${logEndOffset},"nextOffset":${next}}`,
      };
    },
  }),
];
