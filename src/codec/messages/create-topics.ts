// Generated from src/codec/definitions/CreateTopics*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface CreateTopicsRequestCreatableReplicaAssignment {
  readonly partitionIndex: number;
  readonly brokerIds: readonly number[];
}
const decodeCreateTopicsRequestCreatableReplicaAssignment = (r: MessageReader, v: number): CreateTopicsRequestCreatableReplicaAssignment => {
  const flex = v >= 5;
  const partitionIndex = r.int32('topics.assignments.partitionIndex');
  const brokerIdsCount = r.arrayLength(flex, 4, 'topics.assignments.brokerIds');
  const brokerIds = newList<number>(brokerIdsCount);
  for (let i = 0; i < brokerIdsCount; i++) brokerIds[i] = r.int32('topics.assignments.brokerIds');
  if (flex) r.skipTags('topics.assignments.taggedFields');
  return { partitionIndex, brokerIds };
};
const encodeCreateTopicsRequestCreatableReplicaAssignment = (w: MessageWriter, v: number, m: Sparse<CreateTopicsRequestCreatableReplicaAssignment>): void => {
  const flex = v >= 5;
  w.int32(m.partitionIndex ?? 0, 'topics.assignments.partitionIndex');
  const brokerIds = m.brokerIds ?? [];
  w.arrayLength(brokerIds.length, flex);
  for (const each of brokerIds) w.int32(each, 'topics.assignments.brokerIds');
  if (flex) w.uvarint(0);
};

export interface CreateTopicsRequestCreatableTopicConfig {
  readonly name: string;
  readonly value: string | null;
}
const decodeCreateTopicsRequestCreatableTopicConfig = (r: MessageReader, v: number): CreateTopicsRequestCreatableTopicConfig => {
  const flex = v >= 5;
  const name = r.string(flex, 'topics.configs.name');
  const value = r.nullableString(flex, 'topics.configs.value');
  if (flex) r.skipTags('topics.configs.taggedFields');
  return { name, value };
};
const encodeCreateTopicsRequestCreatableTopicConfig = (w: MessageWriter, v: number, m: Sparse<CreateTopicsRequestCreatableTopicConfig>): void => {
  const flex = v >= 5;
  w.string(m.name ?? '', flex, 'topics.configs.name');
  w.nullableString(m.value === undefined ? '' : m.value, true, flex, 'topics.configs.value');
  if (flex) w.uvarint(0);
};

export interface CreateTopicsRequestCreatableTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly CreateTopicsRequestCreatableReplicaAssignment[];
  readonly configs: readonly CreateTopicsRequestCreatableTopicConfig[];
}
const decodeCreateTopicsRequestCreatableTopic = (r: MessageReader, v: number): CreateTopicsRequestCreatableTopic => {
  const flex = v >= 5;
  const name = r.string(flex, 'topics.name');
  const numPartitions = r.int32('topics.numPartitions');
  const replicationFactor = r.int16('topics.replicationFactor');
  const assignmentsCount = r.arrayLength(flex, 5, 'topics.assignments');
  const assignments = newList<CreateTopicsRequestCreatableReplicaAssignment>(assignmentsCount);
  for (let i = 0; i < assignmentsCount; i++) assignments[i] = decodeCreateTopicsRequestCreatableReplicaAssignment(r, v);
  const configsCount = r.arrayLength(flex, 2, 'topics.configs');
  const configs = newList<CreateTopicsRequestCreatableTopicConfig>(configsCount);
  for (let i = 0; i < configsCount; i++) configs[i] = decodeCreateTopicsRequestCreatableTopicConfig(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, numPartitions, replicationFactor, assignments, configs };
};
const encodeCreateTopicsRequestCreatableTopic = (w: MessageWriter, v: number, m: Sparse<CreateTopicsRequestCreatableTopic>): void => {
  const flex = v >= 5;
  w.string(m.name ?? '', flex, 'topics.name');
  w.int32(m.numPartitions ?? 0, 'topics.numPartitions');
  w.int16(m.replicationFactor ?? 0, 'topics.replicationFactor');
  const assignments = m.assignments ?? [];
  w.arrayLength(assignments.length, flex);
  for (const each of assignments) encodeCreateTopicsRequestCreatableReplicaAssignment(w, v, each);
  const configs = m.configs ?? [];
  w.arrayLength(configs.length, flex);
  for (const each of configs) encodeCreateTopicsRequestCreatableTopicConfig(w, v, each);
  if (flex) w.uvarint(0);
};

export interface CreateTopicsRequest {
  readonly topics: readonly CreateTopicsRequestCreatableTopic[];
  readonly timeoutMs: number;
  readonly validateOnly: boolean;
}
const decodeCreateTopicsRequest = (r: MessageReader, v: number): CreateTopicsRequest => {
  const flex = v >= 5;
  const topicsCount = r.arrayLength(flex, 9, 'topics');
  const topics = newList<CreateTopicsRequestCreatableTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeCreateTopicsRequestCreatableTopic(r, v);
  const timeoutMs = r.int32('timeoutMs');
  const validateOnly = r.bool('validateOnly');
  if (flex) r.skipTags('taggedFields');
  return { topics, timeoutMs, validateOnly };
};
const encodeCreateTopicsRequest = (w: MessageWriter, v: number, m: Sparse<CreateTopicsRequest>): void => {
  const flex = v >= 5;
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeCreateTopicsRequestCreatableTopic(w, v, each);
  w.int32(m.timeoutMs ?? 60000, 'timeoutMs');
  w.bool(m.validateOnly ?? false);
  if (flex) w.uvarint(0);
};

export interface CreateTopicsResponseCreatableTopicConfigs {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource?: number | undefined;
  readonly isSensitive: boolean;
}
const decodeCreateTopicsResponseCreatableTopicConfigs = (r: MessageReader, _v: number): CreateTopicsResponseCreatableTopicConfigs => {
  const name = r.string(true, 'topics.configs.name');
  const value = r.nullableString(true, 'topics.configs.value');
  const readOnly = r.bool('topics.configs.readOnly');
  const configSource = r.int8('topics.configs.configSource');
  const isSensitive = r.bool('topics.configs.isSensitive');
  r.skipTags('topics.configs.taggedFields');
  return { name, value, readOnly, configSource, isSensitive };
};
const encodeCreateTopicsResponseCreatableTopicConfigs = (w: MessageWriter, _v: number, m: CreateTopicsResponseCreatableTopicConfigs): void => {
  w.string(m.name, true, 'topics.configs.name');
  w.nullableString(m.value, true, true, 'topics.configs.value');
  w.bool(m.readOnly);
  w.int8(m.configSource ?? -1, 'topics.configs.configSource');
  w.bool(m.isSensitive);
  w.uvarint(0);
};

export interface CreateTopicsResponseCreatableTopicResult {
  readonly name: string;
  readonly topicId: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topicConfigErrorCode?: number | undefined;
  readonly numPartitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly configs: readonly CreateTopicsResponseCreatableTopicConfigs[] | null;
}
const decodeCreateTopicsResponseCreatableTopicResult = (r: MessageReader, v: number): CreateTopicsResponseCreatableTopicResult => {
  const flex = v >= 5;
  const name = r.string(flex, 'topics.name');
  const topicId = v >= 7 ? r.uuid('topics.topicId') : zeroUuid;
  const errorCode = r.int16('topics.errorCode');
  const errorMessage = r.nullableString(flex, 'topics.errorMessage');
  let topicConfigErrorCode: number = 0;
  const numPartitions = v >= 5 ? r.int32('topics.numPartitions') : -1;
  const replicationFactor = v >= 5 ? r.int16('topics.replicationFactor') : -1;
  let configs: readonly CreateTopicsResponseCreatableTopicConfigs[] | null = [];
  if (v >= 5) {
    const count = r.nullableArrayLength(flex, true, 5, 'topics.configs');
    const list = newList<CreateTopicsResponseCreatableTopicConfigs>(count);
    for (let i = 0; i < count; i++) list[i] = decodeCreateTopicsResponseCreatableTopicConfigs(r, v);
    configs = count < 0 ? null : list;
  }
  for (let tags = !flex ? 0 : r.uvarint('topics.taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('topics.taggedFields');
    const end = r.openTag('topics.taggedFields');
    if (tag === 0) {
      topicConfigErrorCode = r.int16('topics.topicConfigErrorCode');
    } else r.position = end;
    r.closeTag(end, 'topics.taggedFields');
  }
  return { name, topicId, errorCode, errorMessage, topicConfigErrorCode, numPartitions, replicationFactor, configs };
};
const encodeCreateTopicsResponseCreatableTopicResult = (w: MessageWriter, v: number, m: CreateTopicsResponseCreatableTopicResult): void => {
  const flex = v >= 5;
  w.string(m.name, flex, 'topics.name');
  if (v >= 7) w.uuid(m.topicId, 'topics.topicId');
  w.int16(m.errorCode, 'topics.errorCode');
  w.nullableString(m.errorMessage, true, flex, 'topics.errorMessage');
  if (v >= 5) w.int32(m.numPartitions ?? -1, 'topics.numPartitions');
  if (v >= 5) w.int16(m.replicationFactor ?? -1, 'topics.replicationFactor');
  if (v >= 5) {
    const configs = m.configs;
    w.nullableArrayLength(configs, true, flex, 'topics.configs');
    if (configs !== null) for (const each of configs) encodeCreateTopicsResponseCreatableTopicConfigs(w, v, each);
  }
  if (flex) {
    const hasTopicConfigErrorCode = m.topicConfigErrorCode !== undefined && m.topicConfigErrorCode !== 0;
    w.uvarint((hasTopicConfigErrorCode ? 1 : 0));
    if (hasTopicConfigErrorCode) {
      const start = w.openTag(0);
      w.int16(m.topicConfigErrorCode, 'topics.topicConfigErrorCode');
      w.closeTag(start);
    }
  }
};

export interface CreateTopicsResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly CreateTopicsResponseCreatableTopicResult[];
}
const decodeCreateTopicsResponse = (r: MessageReader, v: number): CreateTopicsResponse => {
  const flex = v >= 5;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const topicsCount = r.arrayLength(flex, 4, 'topics');
  const topics = newList<CreateTopicsResponseCreatableTopicResult>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeCreateTopicsResponseCreatableTopicResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics };
};
const encodeCreateTopicsResponse = (w: MessageWriter, v: number, m: CreateTopicsResponse): void => {
  const flex = v >= 5;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeCreateTopicsResponseCreatableTopicResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const createTopicsApi: Api<CreateTopicsRequest, CreateTopicsResponse> = {
  key: 19,
  name: 'CreateTopics',
  firstVersion: 2,
  lastVersion: 7,
  firstFlexibleVersion: 5,
  decodeRequest: decodeCreateTopicsRequest,
  encodeRequest: encodeCreateTopicsRequest,
  decodeResponse: decodeCreateTopicsResponse,
  encodeResponse: encodeCreateTopicsResponse,
};
