import type { PartitionToFetch } from '../../broker/partition-logs.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type { FetchRequest, FetchResponse } from '../../codec/messages/fetch.ts';
import type { Rejection } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/ids.ts';
import { leaderErrorNumber } from '../error-number.ts';
import type { AskedPartition, ReadPartition } from '../fetch-sessions.ts';
import { MovedLeaders, leaderEpochError } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';
import { topicAsked } from '../topic-asked.ts';

const firstVersionWithLeaders = 12;
const firstVersionWithEndpoints = 16;

type ResponseTopic = FetchResponse['responses'][number];
type ResponsePartition = ResponseTopic['partitions'][number];

/**
 * Fetch (key 1): reads partitions without a share group. Versions 4–18; topics by name, from version 13 on by id; sessions from
 * version 7 on (fetch-sessions.ts).
 *
 * - Batches go out as they are stored, never decoded; the first may begin before the offset asked for.
 * - Waits up to `maxWaitMs` until there are `minBytes`. Answers at once when a partition cannot be read, when the epochs of client and
 *   server differ, or when there is nothing that could be read; a topic that is not known does not end the wait for others.
 * - `maxBytes`, at most `fetch.max.bytes` and what room there is for answers (answer-memory.ts), and `partitionMaxBytes` are kept, but that the first batch always comes (KIP-74).
 * - NOT_LEADER_OR_FOLLOWER for a partition of another node, from version 12 on with that node, and from 16 on with its address.
 * - OFFSET_OUT_OF_RANGE outside of the log. The leader epoch is that of the record log: UNKNOWN_LEADER_EPOCH for a later one. A client that has read beyond the end
 *   of it (version 12 on) is told in `divergingEpoch` where that is; OFFSET_OUT_OF_RANGE if it has read in a later epoch.
 * - The last stable offset is the high watermark and no transaction is aborted: both isolation levels are the same.
 * - Replicas, racks and `highWatermark` of the request (KIP-1166) mean nothing here: a partition has one replica.
 */
export const answerFetch = async (context: RequestContext, request: FetchRequest): Promise<FetchResponse> => {
  const { broker, fetchSessions, version, signal } = context;
  const scope = fetchSessions.open(request, version);
  if (scope.errorCode !== errorCodes.NONE) {
    return { throttleTimeMs: 0, errorCode: scope.errorCode, sessionId: 0, responses: [] };
  }
  const moved = new MovedLeaders(context);
  const checked = scope.asked.map((asked) => check(context, asked, moved));
  const toRead = checked.filter((each) => 'maxBytes' in each);
  const answersAtOnce = checked.some((each) => 'answersAtOnce' in each && each.answersAtOnce);
  const read = await broker.logs.fetch(
    {
      partitions: toRead,
      maxBytes: Math.min(request.maxBytes, context.answerMemory.roomBytes),
      minBytes: request.minBytes,
      waitMs: answersAtOnce ? 0 : request.maxWaitMs,
    },
    signal,
  );
  let next = 0;
  const partitions = checked.map((each, i): ResponsePartition => {
    if (!('maxBytes' in each)) return each.partition;
    const result = read[next++];
    const index = scope.asked[i]?.partition ?? -1;
    if (result === undefined) return failed(index, errorCodes.UNKNOWN_SERVER_ERROR);
    if (!result.ok) return refused(each, result.error, moved, context.version);
    const { batches, bounds } = result.value;
    return {
      partitionIndex: index,
      errorCode: errorCodes.NONE,
      highWatermark: bounds.endOffset,
      lastStableOffset: bounds.endOffset,
      logStartOffset: bounds.startOffset,
      abortedTransactions: request.isolationLevel === 1 ? [] : null,
      records: batches.map(({ bytes }) => bytes),
    };
  });
  const { sessionId, isTold } = scope.settle(partitions.map(readOf));
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    sessionId,
    responses: byTopic(scope.asked, partitions, isTold),
    ...(context.version >= firstVersionWithEndpoints && moved.endpoints.length > 0
      ? { nodeEndpoints: moved.endpoints }
      : {}),
  };
};

type Checked = PartitionToFetch | { readonly partition: ResponsePartition; readonly answersAtOnce: boolean };

/** What of a partition can be answered without reading it. */
const check = ({ broker, version }: RequestContext, asked: AskedPartition, moved: MovedLeaders): Checked => {
  const { topic: name, topicId, partition: index, fetchOffset, maxBytes } = asked;
  const topic = topicAsked(broker.topics, { name, topicId }, version >= 13);
  if (!topic.ok) return { partition: failed(index, leaderErrorNumber(topic.error)), answersAtOnce: false };
  const partition = { topicId: topic.value.id, partition: index };
  const bounds = broker.logs.bounds(partition);
  if (!bounds.ok) {
    const hasMoved = bounds.error.code === 'NOT_OWNER';
    return { partition: refused(partition, bounds.error, moved, version), answersAtOnce: hasMoved };
  }
  const leaderEpoch = broker.logs.leaderEpoch(partition);
  // Any number below 0 says nothing here (FetchRequest.optionalEpoch in Kafka).
  const epochError = leaderEpochError(Math.max(-1, asked.currentLeaderEpoch), leaderEpoch);
  if (epochError !== errorCodes.NONE) return { partition: failed(index, epochError), answersAtOnce: true };
  const { startOffset, endOffset } = bounds.value;
  if (asked.lastFetchedEpoch > leaderEpoch) {
    return { partition: failed(index, errorCodes.OFFSET_OUT_OF_RANGE), answersAtOnce: true };
  }
  const hasDiverged = asked.lastFetchedEpoch === leaderEpoch && endOffset < fetchOffset;
  if (!hasDiverged) return { ...partition, fetchOffset, maxBytes };
  const diverging = {
    ...failed(index, errorCodes.NONE),
    highWatermark: endOffset,
    lastStableOffset: endOffset,
    logStartOffset: startOffset,
    divergingEpoch: { epoch: leaderEpoch, endOffset },
  };
  return { partition: diverging, answersAtOnce: true };
};

/** With whom to ask where the partition has moved. */
const refused = (
  partition: TopicPartition,
  error: Rejection,
  moved: MovedLeaders,
  version: number,
): ResponsePartition => {
  const answer = failed(partition.partition, leaderErrorNumber(error));
  const currentLeader = moved.of(partition, error);
  const isTold = version >= firstVersionWithLeaders && currentLeader.leaderId >= 0;
  return isTold ? { ...answer, currentLeader } : answer;
};

const failed = (partitionIndex: number, errorCode: number): ResponsePartition => ({
  partitionIndex,
  errorCode,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  abortedTransactions: null,
  records: [],
});

const readOf = (partition: ResponsePartition): ReadPartition => ({
  errorCode: partition.errorCode,
  highWatermark: partition.highWatermark,
  logStartOffset: partition.logStartOffset ?? -1,
  hasRecords: partition.records !== null && partition.records.length > 0,
  diverges: partition.divergingEpoch !== undefined,
});

/** Neighbours of one topic stand under it together; the order of the partitions stays, because clients read in it. */
const byTopic = (
  asked: readonly AskedPartition[],
  partitions: readonly ResponsePartition[],
  isTold: readonly boolean[],
): ResponseTopic[] => {
  const topics: { topic: string; topicId: string; partitions: ResponsePartition[] }[] = [];
  for (const [i, { topic, topicId }] of asked.entries()) {
    const partition = partitions[i];
    if (isTold[i] !== true || partition === undefined) continue;
    const last = topics.at(-1);
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(partition);
    else topics.push({ topic, topicId, partitions: [partition] });
  }
  return topics;
};
