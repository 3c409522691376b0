// Generated from src/codec/definitions/Metadata*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface MetadataRequestMetadataRequestTopic {
  readonly topicId: string;
  readonly name: string | null;
}
const decodeMetadataRequestMetadataRequestTopic = (r: MessageReader, v: number): MetadataRequestMetadataRequestTopic => {
  const flex = v >= 9;
  const topicId = v >= 10 ? r.uuid('topics.topicId') : zeroUuid;
  const name = (v >= 10 ? r.nullableString(flex, 'topics.name') : r.string(flex, 'topics.name'));
  if (flex) r.skipTags('topics.taggedFields');
  return { topicId, name };
};
const encodeMetadataRequestMetadataRequestTopic = (w: MessageWriter, v: number, m: Sparse<MetadataRequestMetadataRequestTopic>): void => {
  const flex = v >= 9;
  if (v >= 10) w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  w.nullableString(m.name === undefined ? '' : m.name, v >= 10, flex, 'topics.name');
  if (flex) w.uvarint(0);
};

export interface MetadataRequest {
  readonly topics: readonly MetadataRequestMetadataRequestTopic[] | null;
  readonly allowAutoTopicCreation: boolean;
  readonly includeClusterAuthorizedOperations: boolean;
  readonly includeTopicAuthorizedOperations: boolean;
}
const decodeMetadataRequest = (r: MessageReader, v: number): MetadataRequest => {
  const flex = v >= 9;
  let topics: readonly MetadataRequestMetadataRequestTopic[] | null = [];
  {
    const count = r.nullableArrayLength(flex, v >= 1, 1, 'topics');
    const list = newList<MetadataRequestMetadataRequestTopic>(count);
    for (let i = 0; i < count; i++) list[i] = decodeMetadataRequestMetadataRequestTopic(r, v);
    topics = count < 0 ? null : list;
  }
  const allowAutoTopicCreation = v >= 4 ? r.bool('allowAutoTopicCreation') : true;
  const includeClusterAuthorizedOperations = v >= 8 && v <= 10 ? r.bool('includeClusterAuthorizedOperations') : false;
  const includeTopicAuthorizedOperations = v >= 8 ? r.bool('includeTopicAuthorizedOperations') : false;
  if (flex) r.skipTags('taggedFields');
  return { topics, allowAutoTopicCreation, includeClusterAuthorizedOperations, includeTopicAuthorizedOperations };
};
const encodeMetadataRequest = (w: MessageWriter, v: number, m: Sparse<MetadataRequest>): void => {
  const flex = v >= 9;
  const topics = m.topics === undefined ? [] : m.topics;
  w.nullableArrayLength(topics, v >= 1, flex, 'topics');
  if (topics !== null) for (const each of topics) encodeMetadataRequestMetadataRequestTopic(w, v, each);
  if (v >= 4) w.bool(m.allowAutoTopicCreation ?? true);
  else if (m.allowAutoTopicCreation !== undefined && !m.allowAutoTopicCreation) throw notInVersion('allowAutoTopicCreation', v);
  if (v >= 8 && v <= 10) w.bool(m.includeClusterAuthorizedOperations ?? false);
  else if (m.includeClusterAuthorizedOperations !== undefined && m.includeClusterAuthorizedOperations) throw notInVersion('includeClusterAuthorizedOperations', v);
  if (v >= 8) w.bool(m.includeTopicAuthorizedOperations ?? false);
  else if (m.includeTopicAuthorizedOperations !== undefined && m.includeTopicAuthorizedOperations) throw notInVersion('includeTopicAuthorizedOperations', v);
  if (flex) w.uvarint(0);
};

export interface MetadataResponseMetadataResponseBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}
const decodeMetadataResponseMetadataResponseBroker = (r: MessageReader, v: number): MetadataResponseMetadataResponseBroker => {
  const flex = v >= 9;
  const nodeId = r.int32('brokers.nodeId');
  const host = r.string(flex, 'brokers.host');
  const port = r.int32('brokers.port');
  const rack = v >= 1 ? r.nullableString(flex, 'brokers.rack') : null;
  if (flex) r.skipTags('brokers.taggedFields');
  return { nodeId, host, port, rack };
};
const encodeMetadataResponseMetadataResponseBroker = (w: MessageWriter, v: number, m: MetadataResponseMetadataResponseBroker): void => {
  const flex = v >= 9;
  w.int32(m.nodeId, 'brokers.nodeId');
  w.string(m.host, flex, 'brokers.host');
  w.int32(m.port, 'brokers.port');
  if (v >= 1) w.nullableString(m.rack ?? null, true, flex, 'brokers.rack');
  if (flex) w.uvarint(0);
};

export interface MetadataResponseMetadataResponsePartition {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch?: number | undefined;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
}
const decodeMetadataResponseMetadataResponsePartition = (r: MessageReader, v: number): MetadataResponseMetadataResponsePartition => {
  const flex = v >= 9;
  const errorCode = r.int16('topics.partitions.errorCode');
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const leaderId = r.int32('topics.partitions.leaderId');
  const leaderEpoch = v >= 7 ? r.int32('topics.partitions.leaderEpoch') : -1;
  const replicaNodesCount = r.arrayLength(flex, 4, 'topics.partitions.replicaNodes');
  const replicaNodes = newList<number>(replicaNodesCount);
  for (let i = 0; i < replicaNodesCount; i++) replicaNodes[i] = r.int32('topics.partitions.replicaNodes');
  const isrNodesCount = r.arrayLength(flex, 4, 'topics.partitions.isrNodes');
  const isrNodes = newList<number>(isrNodesCount);
  for (let i = 0; i < isrNodesCount; i++) isrNodes[i] = r.int32('topics.partitions.isrNodes');
  let offlineReplicas: readonly number[] = [];
  if (v >= 5) {
    const count = r.arrayLength(flex, 4, 'topics.partitions.offlineReplicas');
    const list = newList<number>(count);
    for (let i = 0; i < count; i++) list[i] = r.int32('topics.partitions.offlineReplicas');
    offlineReplicas = list;
  }
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas };
};
const encodeMetadataResponseMetadataResponsePartition = (w: MessageWriter, v: number, m: MetadataResponseMetadataResponsePartition): void => {
  const flex = v >= 9;
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int32(m.leaderId, 'topics.partitions.leaderId');
  if (v >= 7) w.int32(m.leaderEpoch ?? -1, 'topics.partitions.leaderEpoch');
  const replicaNodes = m.replicaNodes;
  w.arrayLength(replicaNodes.length, flex);
  for (const each of replicaNodes) w.int32(each, 'topics.partitions.replicaNodes');
  const isrNodes = m.isrNodes;
  w.arrayLength(isrNodes.length, flex);
  for (const each of isrNodes) w.int32(each, 'topics.partitions.isrNodes');
  if (v >= 5) {
    const offlineReplicas = m.offlineReplicas;
    w.arrayLength(offlineReplicas.length, flex);
    for (const each of offlineReplicas) w.int32(each, 'topics.partitions.offlineReplicas');
  }
  if (flex) w.uvarint(0);
};

export interface MetadataResponseMetadataResponseTopic {
  readonly errorCode: number;
  readonly name: string | null;
  readonly topicId: string;
  readonly isInternal?: boolean | undefined;
  readonly partitions: readonly MetadataResponseMetadataResponsePartition[];
  readonly topicAuthorizedOperations?: number | undefined;
}
const decodeMetadataResponseMetadataResponseTopic = (r: MessageReader, v: number): MetadataResponseMetadataResponseTopic => {
  const flex = v >= 9;
  const errorCode = r.int16('topics.errorCode');
  const name = (v >= 12 ? r.nullableString(flex, 'topics.name') : r.string(flex, 'topics.name'));
  const topicId = v >= 10 ? r.uuid('topics.topicId') : zeroUuid;
  const isInternal = v >= 1 ? r.bool('topics.isInternal') : false;
  const partitionsCount = r.arrayLength(flex, 12, 'topics.partitions');
  const partitions = newList<MetadataResponseMetadataResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeMetadataResponseMetadataResponsePartition(r, v);
  const topicAuthorizedOperations = v >= 8 ? r.int32('topics.topicAuthorizedOperations') : -2147483648;
  if (flex) r.skipTags('topics.taggedFields');
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
};
const encodeMetadataResponseMetadataResponseTopic = (w: MessageWriter, v: number, m: MetadataResponseMetadataResponseTopic): void => {
  const flex = v >= 9;
  w.int16(m.errorCode, 'topics.errorCode');
  w.nullableString(m.name, v >= 12, flex, 'topics.name');
  if (v >= 10) w.uuid(m.topicId, 'topics.topicId');
  if (v >= 1) w.bool(m.isInternal ?? false);
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeMetadataResponseMetadataResponsePartition(w, v, each);
  if (v >= 8) w.int32(m.topicAuthorizedOperations ?? -2147483648, 'topics.topicAuthorizedOperations');
  else if (m.topicAuthorizedOperations !== undefined && m.topicAuthorizedOperations !== -2147483648) throw notInVersion('topics.topicAuthorizedOperations', v);
  if (flex) w.uvarint(0);
};

export interface MetadataResponse {
  readonly throttleTimeMs: number;
  readonly brokers: readonly MetadataResponseMetadataResponseBroker[];
  readonly clusterId?: string | null | undefined;
  readonly controllerId?: number | undefined;
  readonly topics: readonly MetadataResponseMetadataResponseTopic[];
  readonly clusterAuthorizedOperations?: number | undefined;
  readonly errorCode: number;
}
const decodeMetadataResponse = (r: MessageReader, v: number): MetadataResponse => {
  const flex = v >= 9;
  const throttleTimeMs = v >= 3 ? r.int32('throttleTimeMs') : 0;
  const brokersCount = r.arrayLength(flex, 9, 'brokers');
  const brokers = newList<MetadataResponseMetadataResponseBroker>(brokersCount);
  for (let i = 0; i < brokersCount; i++) brokers[i] = decodeMetadataResponseMetadataResponseBroker(r, v);
  const clusterId = v >= 2 ? r.nullableString(flex, 'clusterId') : null;
  const controllerId = v >= 1 ? r.int32('controllerId') : -1;
  const topicsCount = r.arrayLength(flex, 4, 'topics');
  const topics = newList<MetadataResponseMetadataResponseTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeMetadataResponseMetadataResponseTopic(r, v);
  const clusterAuthorizedOperations = v >= 8 && v <= 10 ? r.int32('clusterAuthorizedOperations') : -2147483648;
  const errorCode = v >= 13 ? r.int16('errorCode') : 0;
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations, errorCode };
};
const encodeMetadataResponse = (w: MessageWriter, v: number, m: MetadataResponse): void => {
  const flex = v >= 9;
  if (v >= 3) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const brokers = m.brokers;
  w.arrayLength(brokers.length, flex);
  for (const each of brokers) encodeMetadataResponseMetadataResponseBroker(w, v, each);
  if (v >= 2) w.nullableString(m.clusterId ?? null, true, flex, 'clusterId');
  if (v >= 1) w.int32(m.controllerId ?? -1, 'controllerId');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeMetadataResponseMetadataResponseTopic(w, v, each);
  if (v >= 8 && v <= 10) w.int32(m.clusterAuthorizedOperations ?? -2147483648, 'clusterAuthorizedOperations');
  else if (m.clusterAuthorizedOperations !== undefined && m.clusterAuthorizedOperations !== -2147483648) throw notInVersion('clusterAuthorizedOperations', v);
  if (v >= 13) w.int16(m.errorCode, 'errorCode');
  if (flex) w.uvarint(0);
};

export const metadataApi: Api<MetadataRequest, MetadataResponse> = {
  key: 3,
  name: 'Metadata',
  firstVersion: 0,
  lastVersion: 13,
  firstFlexibleVersion: 9,
  decodeRequest: decodeMetadataRequest,
  encodeRequest: encodeMetadataRequest,
  decodeResponse: decodeMetadataResponse,
  encodeResponse: encodeMetadataResponse,
};
