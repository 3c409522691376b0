// Generated from src/codec/definitions/ShareAcknowledge*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ShareAcknowledgeRequestAcknowledgementBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly acknowledgeTypes: readonly number[];
}
const decodeShareAcknowledgeRequestAcknowledgementBatch = (r: MessageReader, _v: number): ShareAcknowledgeRequestAcknowledgementBatch => {
  const firstOffset = r.int64('topics.partitions.acknowledgementBatches.firstOffset');
  const lastOffset = r.int64('topics.partitions.acknowledgementBatches.lastOffset');
  const acknowledgeTypesCount = r.arrayLength(true, 1, 'topics.partitions.acknowledgementBatches.acknowledgeTypes');
  const acknowledgeTypes = newList<number>(acknowledgeTypesCount);
  for (let i = 0; i < acknowledgeTypesCount; i++) acknowledgeTypes[i] = r.int8('topics.partitions.acknowledgementBatches.acknowledgeTypes');
  r.skipTags('topics.partitions.acknowledgementBatches.taggedFields');
  return { firstOffset, lastOffset, acknowledgeTypes };
};
const encodeShareAcknowledgeRequestAcknowledgementBatch = (w: MessageWriter, _v: number, m: Sparse<ShareAcknowledgeRequestAcknowledgementBatch>): void => {
  w.int64(m.firstOffset ?? 0, 'topics.partitions.acknowledgementBatches.firstOffset');
  w.int64(m.lastOffset ?? 0, 'topics.partitions.acknowledgementBatches.lastOffset');
  const acknowledgeTypes = m.acknowledgeTypes ?? [];
  w.arrayLength(acknowledgeTypes.length, true);
  for (const each of acknowledgeTypes) w.int8(each, 'topics.partitions.acknowledgementBatches.acknowledgeTypes');
  w.uvarint(0);
};

export interface ShareAcknowledgeRequestAcknowledgePartition {
  readonly partitionIndex: number;
  readonly acknowledgementBatches: readonly ShareAcknowledgeRequestAcknowledgementBatch[];
}
const decodeShareAcknowledgeRequestAcknowledgePartition = (r: MessageReader, v: number): ShareAcknowledgeRequestAcknowledgePartition => {
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const acknowledgementBatchesCount = r.arrayLength(true, 17, 'topics.partitions.acknowledgementBatches');
  const acknowledgementBatches = newList<ShareAcknowledgeRequestAcknowledgementBatch>(acknowledgementBatchesCount);
  for (let i = 0; i < acknowledgementBatchesCount; i++) acknowledgementBatches[i] = decodeShareAcknowledgeRequestAcknowledgementBatch(r, v);
  r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, acknowledgementBatches };
};
const encodeShareAcknowledgeRequestAcknowledgePartition = (w: MessageWriter, v: number, m: Sparse<ShareAcknowledgeRequestAcknowledgePartition>): void => {
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  const acknowledgementBatches = m.acknowledgementBatches ?? [];
  w.arrayLength(acknowledgementBatches.length, true);
  for (const each of acknowledgementBatches) encodeShareAcknowledgeRequestAcknowledgementBatch(w, v, each);
  w.uvarint(0);
};

export interface ShareAcknowledgeRequestAcknowledgeTopic {
  readonly topicId: string;
  readonly partitions: readonly ShareAcknowledgeRequestAcknowledgePartition[];
}
const decodeShareAcknowledgeRequestAcknowledgeTopic = (r: MessageReader, v: number): ShareAcknowledgeRequestAcknowledgeTopic => {
  const topicId = r.uuid('topics.topicId');
  const partitionsCount = r.arrayLength(true, 5, 'topics.partitions');
  const partitions = newList<ShareAcknowledgeRequestAcknowledgePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeShareAcknowledgeRequestAcknowledgePartition(r, v);
  r.skipTags('topics.taggedFields');
  return { topicId, partitions };
};
const encodeShareAcknowledgeRequestAcknowledgeTopic = (w: MessageWriter, v: number, m: Sparse<ShareAcknowledgeRequestAcknowledgeTopic>): void => {
  w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeShareAcknowledgeRequestAcknowledgePartition(w, v, each);
  w.uvarint(0);
};

export interface ShareAcknowledgeRequest {
  readonly groupId: string | null;
  readonly memberId: string | null;
  readonly shareSessionEpoch: number;
  readonly isRenewAck: boolean;
  readonly topics: readonly ShareAcknowledgeRequestAcknowledgeTopic[];
}
const decodeShareAcknowledgeRequest = (r: MessageReader, v: number): ShareAcknowledgeRequest => {
  const groupId = r.nullableString(true, 'groupId');
  const memberId = r.nullableString(true, 'memberId');
  const shareSessionEpoch = r.int32('shareSessionEpoch');
  const isRenewAck = v >= 2 ? r.bool('isRenewAck') : false;
  const topicsCount = r.arrayLength(true, 17, 'topics');
  const topics = newList<ShareAcknowledgeRequestAcknowledgeTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeShareAcknowledgeRequestAcknowledgeTopic(r, v);
  r.skipTags('taggedFields');
  return { groupId, memberId, shareSessionEpoch, isRenewAck, topics };
};
const encodeShareAcknowledgeRequest = (w: MessageWriter, v: number, m: Sparse<ShareAcknowledgeRequest>): void => {
  w.nullableString(m.groupId ?? null, true, true, 'groupId');
  w.nullableString(m.memberId === undefined ? '' : m.memberId, true, true, 'memberId');
  w.int32(m.shareSessionEpoch ?? 0, 'shareSessionEpoch');
  if (v >= 2) w.bool(m.isRenewAck ?? false);
  else if (m.isRenewAck !== undefined && m.isRenewAck) throw notInVersion('isRenewAck', v);
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeShareAcknowledgeRequestAcknowledgeTopic(w, v, each);
  w.uvarint(0);
};

export interface ShareAcknowledgeResponseLeaderIdAndEpoch {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}
const decodeShareAcknowledgeResponseLeaderIdAndEpoch = (r: MessageReader, _v: number): ShareAcknowledgeResponseLeaderIdAndEpoch => {
  const leaderId = r.int32('responses.partitions.currentLeader.leaderId');
  const leaderEpoch = r.int32('responses.partitions.currentLeader.leaderEpoch');
  r.skipTags('responses.partitions.currentLeader.taggedFields');
  return { leaderId, leaderEpoch };
};
const encodeShareAcknowledgeResponseLeaderIdAndEpoch = (w: MessageWriter, _v: number, m: ShareAcknowledgeResponseLeaderIdAndEpoch): void => {
  w.int32(m.leaderId, 'responses.partitions.currentLeader.leaderId');
  w.int32(m.leaderEpoch, 'responses.partitions.currentLeader.leaderEpoch');
  w.uvarint(0);
};

export interface ShareAcknowledgeResponsePartitionData {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly currentLeader: ShareAcknowledgeResponseLeaderIdAndEpoch;
}
const decodeShareAcknowledgeResponsePartitionData = (r: MessageReader, v: number): ShareAcknowledgeResponsePartitionData => {
  const partitionIndex = r.int32('responses.partitions.partitionIndex');
  const errorCode = r.int16('responses.partitions.errorCode');
  const errorMessage = r.nullableString(true, 'responses.partitions.errorMessage');
  const currentLeader = decodeShareAcknowledgeResponseLeaderIdAndEpoch(r, v);
  r.skipTags('responses.partitions.taggedFields');
  return { partitionIndex, errorCode, errorMessage, currentLeader };
};
const encodeShareAcknowledgeResponsePartitionData = (w: MessageWriter, v: number, m: ShareAcknowledgeResponsePartitionData): void => {
  w.int32(m.partitionIndex, 'responses.partitions.partitionIndex');
  w.int16(m.errorCode, 'responses.partitions.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'responses.partitions.errorMessage');
  encodeShareAcknowledgeResponseLeaderIdAndEpoch(w, v, m.currentLeader);
  w.uvarint(0);
};

export interface ShareAcknowledgeResponseShareAcknowledgeTopicResponse {
  readonly topicId: string;
  readonly partitions: readonly ShareAcknowledgeResponsePartitionData[];
}
const decodeShareAcknowledgeResponseShareAcknowledgeTopicResponse = (r: MessageReader, v: number): ShareAcknowledgeResponseShareAcknowledgeTopicResponse => {
  const topicId = r.uuid('responses.topicId');
  const partitionsCount = r.arrayLength(true, 15, 'responses.partitions');
  const partitions = newList<ShareAcknowledgeResponsePartitionData>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeShareAcknowledgeResponsePartitionData(r, v);
  r.skipTags('responses.taggedFields');
  return { topicId, partitions };
};
const encodeShareAcknowledgeResponseShareAcknowledgeTopicResponse = (w: MessageWriter, v: number, m: ShareAcknowledgeResponseShareAcknowledgeTopicResponse): void => {
  w.uuid(m.topicId, 'responses.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeShareAcknowledgeResponsePartitionData(w, v, each);
  w.uvarint(0);
};

export interface ShareAcknowledgeResponseNodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}
const decodeShareAcknowledgeResponseNodeEndpoint = (r: MessageReader, _v: number): ShareAcknowledgeResponseNodeEndpoint => {
  const nodeId = r.int32('nodeEndpoints.nodeId');
  const host = r.string(true, 'nodeEndpoints.host');
  const port = r.int32('nodeEndpoints.port');
  const rack = r.nullableString(true, 'nodeEndpoints.rack');
  r.skipTags('nodeEndpoints.taggedFields');
  return { nodeId, host, port, rack };
};
const encodeShareAcknowledgeResponseNodeEndpoint = (w: MessageWriter, _v: number, m: ShareAcknowledgeResponseNodeEndpoint): void => {
  w.int32(m.nodeId, 'nodeEndpoints.nodeId');
  w.string(m.host, true, 'nodeEndpoints.host');
  w.int32(m.port, 'nodeEndpoints.port');
  w.nullableString(m.rack ?? null, true, true, 'nodeEndpoints.rack');
  w.uvarint(0);
};

export interface ShareAcknowledgeResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly acquisitionLockTimeoutMs: number;
  readonly responses: readonly ShareAcknowledgeResponseShareAcknowledgeTopicResponse[];
  readonly nodeEndpoints: readonly ShareAcknowledgeResponseNodeEndpoint[];
}
const decodeShareAcknowledgeResponse = (r: MessageReader, v: number): ShareAcknowledgeResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const acquisitionLockTimeoutMs = v >= 2 ? r.int32('acquisitionLockTimeoutMs') : 0;
  const responsesCount = r.arrayLength(true, 17, 'responses');
  const responses = newList<ShareAcknowledgeResponseShareAcknowledgeTopicResponse>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeShareAcknowledgeResponseShareAcknowledgeTopicResponse(r, v);
  const nodeEndpointsCount = r.arrayLength(true, 10, 'nodeEndpoints');
  const nodeEndpoints = newList<ShareAcknowledgeResponseNodeEndpoint>(nodeEndpointsCount);
  for (let i = 0; i < nodeEndpointsCount; i++) nodeEndpoints[i] = decodeShareAcknowledgeResponseNodeEndpoint(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, acquisitionLockTimeoutMs, responses, nodeEndpoints };
};
const encodeShareAcknowledgeResponse = (w: MessageWriter, v: number, m: ShareAcknowledgeResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  if (v >= 2) w.int32(m.acquisitionLockTimeoutMs, 'acquisitionLockTimeoutMs');
  const responses = m.responses;
  w.arrayLength(responses.length, true);
  for (const each of responses) encodeShareAcknowledgeResponseShareAcknowledgeTopicResponse(w, v, each);
  const nodeEndpoints = m.nodeEndpoints;
  w.arrayLength(nodeEndpoints.length, true);
  for (const each of nodeEndpoints) encodeShareAcknowledgeResponseNodeEndpoint(w, v, each);
  w.uvarint(0);
};

export const shareAcknowledgeApi: Api<ShareAcknowledgeRequest, ShareAcknowledgeResponse> = {
  key: 79,
  name: 'ShareAcknowledge',
  firstVersion: 1,
  lastVersion: 2,
  firstFlexibleVersion: 0,
  decodeRequest: decodeShareAcknowledgeRequest,
  encodeRequest: encodeShareAcknowledgeRequest,
  decodeResponse: decodeShareAcknowledgeResponse,
  encodeResponse: encodeShareAcknowledgeResponse,
};
