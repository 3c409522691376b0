// Generated from src/codec/definitions/ShareFetch*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter, RecordsToWrite } from '../message-writer.ts';

export interface ShareFetchRequestAcknowledgementBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly acknowledgeTypes: readonly number[];
}
const decodeShareFetchRequestAcknowledgementBatch = (r: MessageReader, _v: number): ShareFetchRequestAcknowledgementBatch => {
  const firstOffset = r.int64('topics.partitions.acknowledgementBatches.firstOffset');
  const lastOffset = r.int64('topics.partitions.acknowledgementBatches.lastOffset');
  const acknowledgeTypesCount = r.arrayLength(true, 1, 'topics.partitions.acknowledgementBatches.acknowledgeTypes');
  const acknowledgeTypes = newList<number>(acknowledgeTypesCount);
  for (let i = 0; i < acknowledgeTypesCount; i++) acknowledgeTypes[i] = r.int8('topics.partitions.acknowledgementBatches.acknowledgeTypes');
  r.skipTags('topics.partitions.acknowledgementBatches.taggedFields');
  return { firstOffset, lastOffset, acknowledgeTypes };
};
const encodeShareFetchRequestAcknowledgementBatch = (w: MessageWriter, _v: number, m: Sparse<ShareFetchRequestAcknowledgementBatch>): void => {
  w.int64(m.firstOffset ?? 0, 'topics.partitions.acknowledgementBatches.firstOffset');
  w.int64(m.lastOffset ?? 0, 'topics.partitions.acknowledgementBatches.lastOffset');
  const acknowledgeTypes = m.acknowledgeTypes ?? [];
  w.arrayLength(acknowledgeTypes.length, true);
  for (const each of acknowledgeTypes) w.int8(each, 'topics.partitions.acknowledgementBatches.acknowledgeTypes');
  w.uvarint(0);
};

export interface ShareFetchRequestFetchPartition {
  readonly partitionIndex: number;
  readonly acknowledgementBatches: readonly ShareFetchRequestAcknowledgementBatch[];
}
const decodeShareFetchRequestFetchPartition = (r: MessageReader, v: number): ShareFetchRequestFetchPartition => {
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const acknowledgementBatchesCount = r.arrayLength(true, 17, 'topics.partitions.acknowledgementBatches');
  const acknowledgementBatches = newList<ShareFetchRequestAcknowledgementBatch>(acknowledgementBatchesCount);
  for (let i = 0; i < acknowledgementBatchesCount; i++) acknowledgementBatches[i] = decodeShareFetchRequestAcknowledgementBatch(r, v);
  r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, acknowledgementBatches };
};
const encodeShareFetchRequestFetchPartition = (w: MessageWriter, v: number, m: Sparse<ShareFetchRequestFetchPartition>): void => {
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  const acknowledgementBatches = m.acknowledgementBatches ?? [];
  w.arrayLength(acknowledgementBatches.length, true);
  for (const each of acknowledgementBatches) encodeShareFetchRequestAcknowledgementBatch(w, v, each);
  w.uvarint(0);
};

export interface ShareFetchRequestFetchTopic {
  readonly topicId: string;
  readonly partitions: readonly ShareFetchRequestFetchPartition[];
}
const decodeShareFetchRequestFetchTopic = (r: MessageReader, v: number): ShareFetchRequestFetchTopic => {
  const topicId = r.uuid('topics.topicId');
  const partitionsCount = r.arrayLength(true, 5, 'topics.partitions');
  const partitions = newList<ShareFetchRequestFetchPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeShareFetchRequestFetchPartition(r, v);
  r.skipTags('topics.taggedFields');
  return { topicId, partitions };
};
const encodeShareFetchRequestFetchTopic = (w: MessageWriter, v: number, m: Sparse<ShareFetchRequestFetchTopic>): void => {
  w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeShareFetchRequestFetchPartition(w, v, each);
  w.uvarint(0);
};

export interface ShareFetchRequestForgottenTopic {
  readonly topicId: string;
  readonly partitions: readonly number[];
}
const decodeShareFetchRequestForgottenTopic = (r: MessageReader, _v: number): ShareFetchRequestForgottenTopic => {
  const topicId = r.uuid('forgottenTopicsData.topicId');
  const partitionsCount = r.arrayLength(true, 4, 'forgottenTopicsData.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('forgottenTopicsData.partitions');
  r.skipTags('forgottenTopicsData.taggedFields');
  return { topicId, partitions };
};
const encodeShareFetchRequestForgottenTopic = (w: MessageWriter, _v: number, m: Sparse<ShareFetchRequestForgottenTopic>): void => {
  w.uuid(m.topicId ?? zeroUuid, 'forgottenTopicsData.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'forgottenTopicsData.partitions');
  w.uvarint(0);
};

export interface ShareFetchRequest {
  readonly groupId: string | null;
  readonly memberId: string | null;
  readonly shareSessionEpoch: number;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly batchSize: number;
  readonly shareAcquireMode: number;
  readonly isRenewAck: boolean;
  readonly topics: readonly ShareFetchRequestFetchTopic[];
  readonly forgottenTopicsData: readonly ShareFetchRequestForgottenTopic[];
}
const decodeShareFetchRequest = (r: MessageReader, v: number): ShareFetchRequest => {
  const groupId = r.nullableString(true, 'groupId');
  const memberId = r.nullableString(true, 'memberId');
  const shareSessionEpoch = r.int32('shareSessionEpoch');
  const maxWaitMs = r.int32('maxWaitMs');
  const minBytes = r.int32('minBytes');
  const maxBytes = r.int32('maxBytes');
  const maxRecords = r.int32('maxRecords');
  const batchSize = r.int32('batchSize');
  const shareAcquireMode = v >= 2 ? r.int8('shareAcquireMode') : 0;
  const isRenewAck = v >= 2 ? r.bool('isRenewAck') : false;
  const topicsCount = r.arrayLength(true, 17, 'topics');
  const topics = newList<ShareFetchRequestFetchTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeShareFetchRequestFetchTopic(r, v);
  const forgottenTopicsDataCount = r.arrayLength(true, 17, 'forgottenTopicsData');
  const forgottenTopicsData = newList<ShareFetchRequestForgottenTopic>(forgottenTopicsDataCount);
  for (let i = 0; i < forgottenTopicsDataCount; i++) forgottenTopicsData[i] = decodeShareFetchRequestForgottenTopic(r, v);
  r.skipTags('taggedFields');
  return { groupId, memberId, shareSessionEpoch, maxWaitMs, minBytes, maxBytes, maxRecords, batchSize, shareAcquireMode, isRenewAck, topics, forgottenTopicsData };
};
const encodeShareFetchRequest = (w: MessageWriter, v: number, m: Sparse<ShareFetchRequest>): void => {
  w.nullableString(m.groupId ?? null, true, true, 'groupId');
  w.nullableString(m.memberId === undefined ? '' : m.memberId, true, true, 'memberId');
  w.int32(m.shareSessionEpoch ?? 0, 'shareSessionEpoch');
  w.int32(m.maxWaitMs ?? 0, 'maxWaitMs');
  w.int32(m.minBytes ?? 0, 'minBytes');
  w.int32(m.maxBytes ?? 2147483647, 'maxBytes');
  w.int32(m.maxRecords ?? 0, 'maxRecords');
  w.int32(m.batchSize ?? 0, 'batchSize');
  if (v >= 2) w.int8(m.shareAcquireMode ?? 0, 'shareAcquireMode');
  if (v >= 2) w.bool(m.isRenewAck ?? false);
  else if (m.isRenewAck !== undefined && m.isRenewAck) throw notInVersion('isRenewAck', v);
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeShareFetchRequestFetchTopic(w, v, each);
  const forgottenTopicsData = m.forgottenTopicsData ?? [];
  w.arrayLength(forgottenTopicsData.length, true);
  for (const each of forgottenTopicsData) encodeShareFetchRequestForgottenTopic(w, v, each);
  w.uvarint(0);
};

export interface ShareFetchResponseLeaderIdAndEpoch {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}
const decodeShareFetchResponseLeaderIdAndEpoch = (r: MessageReader, _v: number): ShareFetchResponseLeaderIdAndEpoch => {
  const leaderId = r.int32('responses.partitions.currentLeader.leaderId');
  const leaderEpoch = r.int32('responses.partitions.currentLeader.leaderEpoch');
  r.skipTags('responses.partitions.currentLeader.taggedFields');
  return { leaderId, leaderEpoch };
};
const encodeShareFetchResponseLeaderIdAndEpoch = (w: MessageWriter, _v: number, m: ShareFetchResponseLeaderIdAndEpoch): void => {
  w.int32(m.leaderId, 'responses.partitions.currentLeader.leaderId');
  w.int32(m.leaderEpoch, 'responses.partitions.currentLeader.leaderEpoch');
  w.uvarint(0);
};

export interface ShareFetchResponseAcquiredRecords {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly deliveryCount: number;
}
const decodeShareFetchResponseAcquiredRecords = (r: MessageReader, _v: number): ShareFetchResponseAcquiredRecords => {
  const firstOffset = r.int64('responses.partitions.acquiredRecords.firstOffset');
  const lastOffset = r.int64('responses.partitions.acquiredRecords.lastOffset');
  const deliveryCount = r.int16('responses.partitions.acquiredRecords.deliveryCount');
  r.skipTags('responses.partitions.acquiredRecords.taggedFields');
  return { firstOffset, lastOffset, deliveryCount };
};
const encodeShareFetchResponseAcquiredRecords = (w: MessageWriter, _v: number, m: ShareFetchResponseAcquiredRecords): void => {
  w.int64(m.firstOffset, 'responses.partitions.acquiredRecords.firstOffset');
  w.int64(m.lastOffset, 'responses.partitions.acquiredRecords.lastOffset');
  w.int16(m.deliveryCount, 'responses.partitions.acquiredRecords.deliveryCount');
  w.uvarint(0);
};

export interface ShareFetchResponsePartitionData {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly acknowledgeErrorCode: number;
  readonly acknowledgeErrorMessage?: string | null | undefined;
  readonly currentLeader: ShareFetchResponseLeaderIdAndEpoch;
  readonly records: RecordsToWrite;
  readonly acquiredRecords: readonly ShareFetchResponseAcquiredRecords[];
}
const decodeShareFetchResponsePartitionData = (r: MessageReader, v: number): ShareFetchResponsePartitionData => {
  const partitionIndex = r.int32('responses.partitions.partitionIndex');
  const errorCode = r.int16('responses.partitions.errorCode');
  const errorMessage = r.nullableString(true, 'responses.partitions.errorMessage');
  const acknowledgeErrorCode = r.int16('responses.partitions.acknowledgeErrorCode');
  const acknowledgeErrorMessage = r.nullableString(true, 'responses.partitions.acknowledgeErrorMessage');
  const currentLeader = decodeShareFetchResponseLeaderIdAndEpoch(r, v);
  const records = r.bytesView(true, 'responses.partitions.records');
  const acquiredRecordsCount = r.arrayLength(true, 18, 'responses.partitions.acquiredRecords');
  const acquiredRecords = newList<ShareFetchResponseAcquiredRecords>(acquiredRecordsCount);
  for (let i = 0; i < acquiredRecordsCount; i++) acquiredRecords[i] = decodeShareFetchResponseAcquiredRecords(r, v);
  r.skipTags('responses.partitions.taggedFields');
  return { partitionIndex, errorCode, errorMessage, acknowledgeErrorCode, acknowledgeErrorMessage, currentLeader, records, acquiredRecords };
};
const encodeShareFetchResponsePartitionData = (w: MessageWriter, v: number, m: ShareFetchResponsePartitionData): void => {
  w.int32(m.partitionIndex, 'responses.partitions.partitionIndex');
  w.int16(m.errorCode, 'responses.partitions.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'responses.partitions.errorMessage');
  w.int16(m.acknowledgeErrorCode, 'responses.partitions.acknowledgeErrorCode');
  w.nullableString(m.acknowledgeErrorMessage ?? null, true, true, 'responses.partitions.acknowledgeErrorMessage');
  encodeShareFetchResponseLeaderIdAndEpoch(w, v, m.currentLeader);
  w.records(m.records, false, true, 'responses.partitions.records');
  const acquiredRecords = m.acquiredRecords;
  w.arrayLength(acquiredRecords.length, true);
  for (const each of acquiredRecords) encodeShareFetchResponseAcquiredRecords(w, v, each);
  w.uvarint(0);
};

export interface ShareFetchResponseShareFetchableTopicResponse {
  readonly topicId: string;
  readonly partitions: readonly ShareFetchResponsePartitionData[];
}
const decodeShareFetchResponseShareFetchableTopicResponse = (r: MessageReader, v: number): ShareFetchResponseShareFetchableTopicResponse => {
  const topicId = r.uuid('responses.topicId');
  const partitionsCount = r.arrayLength(true, 20, 'responses.partitions');
  const partitions = newList<ShareFetchResponsePartitionData>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeShareFetchResponsePartitionData(r, v);
  r.skipTags('responses.taggedFields');
  return { topicId, partitions };
};
const encodeShareFetchResponseShareFetchableTopicResponse = (w: MessageWriter, v: number, m: ShareFetchResponseShareFetchableTopicResponse): void => {
  w.uuid(m.topicId, 'responses.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeShareFetchResponsePartitionData(w, v, each);
  w.uvarint(0);
};

export interface ShareFetchResponseNodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}
const decodeShareFetchResponseNodeEndpoint = (r: MessageReader, _v: number): ShareFetchResponseNodeEndpoint => {
  const nodeId = r.int32('nodeEndpoints.nodeId');
  const host = r.string(true, 'nodeEndpoints.host');
  const port = r.int32('nodeEndpoints.port');
  const rack = r.nullableString(true, 'nodeEndpoints.rack');
  r.skipTags('nodeEndpoints.taggedFields');
  return { nodeId, host, port, rack };
};
const encodeShareFetchResponseNodeEndpoint = (w: MessageWriter, _v: number, m: ShareFetchResponseNodeEndpoint): void => {
  w.int32(m.nodeId, 'nodeEndpoints.nodeId');
  w.string(m.host, true, 'nodeEndpoints.host');
  w.int32(m.port, 'nodeEndpoints.port');
  w.nullableString(m.rack ?? null, true, true, 'nodeEndpoints.rack');
  w.uvarint(0);
};

export interface ShareFetchResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly acquisitionLockTimeoutMs: number;
  readonly responses: readonly ShareFetchResponseShareFetchableTopicResponse[];
  readonly nodeEndpoints: readonly ShareFetchResponseNodeEndpoint[];
}
const decodeShareFetchResponse = (r: MessageReader, v: number): ShareFetchResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const acquisitionLockTimeoutMs = r.int32('acquisitionLockTimeoutMs');
  const responsesCount = r.arrayLength(true, 17, 'responses');
  const responses = newList<ShareFetchResponseShareFetchableTopicResponse>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeShareFetchResponseShareFetchableTopicResponse(r, v);
  const nodeEndpointsCount = r.arrayLength(true, 10, 'nodeEndpoints');
  const nodeEndpoints = newList<ShareFetchResponseNodeEndpoint>(nodeEndpointsCount);
  for (let i = 0; i < nodeEndpointsCount; i++) nodeEndpoints[i] = decodeShareFetchResponseNodeEndpoint(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, acquisitionLockTimeoutMs, responses, nodeEndpoints };
};
const encodeShareFetchResponse = (w: MessageWriter, v: number, m: ShareFetchResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  w.int32(m.acquisitionLockTimeoutMs, 'acquisitionLockTimeoutMs');
  const responses = m.responses;
  w.arrayLength(responses.length, true);
  for (const each of responses) encodeShareFetchResponseShareFetchableTopicResponse(w, v, each);
  const nodeEndpoints = m.nodeEndpoints;
  w.arrayLength(nodeEndpoints.length, true);
  for (const each of nodeEndpoints) encodeShareFetchResponseNodeEndpoint(w, v, each);
  w.uvarint(0);
};

export const shareFetchApi: Api<ShareFetchRequest, ShareFetchResponse> = {
  key: 78,
  name: 'ShareFetch',
  firstVersion: 1,
  lastVersion: 2,
  firstFlexibleVersion: 0,
  decodeRequest: decodeShareFetchRequest,
  encodeRequest: encodeShareFetchRequest,
  decodeResponse: decodeShareFetchResponse,
  encodeResponse: encodeShareFetchResponse,
};
