// Generated from src/codec/definitions/CreatePartitions*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface CreatePartitionsRequestCreatePartitionsAssignment {
  readonly brokerIds: readonly number[];
}
const decodeCreatePartitionsRequestCreatePartitionsAssignment = (r: MessageReader, v: number): CreatePartitionsRequestCreatePartitionsAssignment => {
  const flex = v >= 2;
  const brokerIdsCount = r.arrayLength(flex, 4, 'topics.assignments.brokerIds');
  const brokerIds = newList<number>(brokerIdsCount);
  for (let i = 0; i < brokerIdsCount; i++) brokerIds[i] = r.int32('topics.assignments.brokerIds');
  if (flex) r.skipTags('topics.assignments.taggedFields');
  return { brokerIds };
};
const encodeCreatePartitionsRequestCreatePartitionsAssignment = (w: MessageWriter, v: number, m: Sparse<CreatePartitionsRequestCreatePartitionsAssignment>): void => {
  const flex = v >= 2;
  const brokerIds = m.brokerIds ?? [];
  w.arrayLength(brokerIds.length, flex);
  for (const each of brokerIds) w.int32(each, 'topics.assignments.brokerIds');
  if (flex) w.uvarint(0);
};

export interface CreatePartitionsRequestCreatePartitionsTopic {
  readonly name: string;
  readonly count: number;
  readonly assignments: readonly CreatePartitionsRequestCreatePartitionsAssignment[] | null;
}
const decodeCreatePartitionsRequestCreatePartitionsTopic = (r: MessageReader, v: number): CreatePartitionsRequestCreatePartitionsTopic => {
  const flex = v >= 2;
  const name = r.string(flex, 'topics.name');
  const count = r.int32('topics.count');
  let assignments: readonly CreatePartitionsRequestCreatePartitionsAssignment[] | null = [];
  {
    const count = r.nullableArrayLength(flex, true, 1, 'topics.assignments');
    const list = newList<CreatePartitionsRequestCreatePartitionsAssignment>(count);
    for (let i = 0; i < count; i++) list[i] = decodeCreatePartitionsRequestCreatePartitionsAssignment(r, v);
    assignments = count < 0 ? null : list;
  }
  if (flex) r.skipTags('topics.taggedFields');
  return { name, count, assignments };
};
const encodeCreatePartitionsRequestCreatePartitionsTopic = (w: MessageWriter, v: number, m: Sparse<CreatePartitionsRequestCreatePartitionsTopic>): void => {
  const flex = v >= 2;
  w.string(m.name ?? '', flex, 'topics.name');
  w.int32(m.count ?? 0, 'topics.count');
  const assignments = m.assignments === undefined ? [] : m.assignments;
  w.nullableArrayLength(assignments, true, flex, 'topics.assignments');
  if (assignments !== null) for (const each of assignments) encodeCreatePartitionsRequestCreatePartitionsAssignment(w, v, each);
  if (flex) w.uvarint(0);
};

export interface CreatePartitionsRequest {
  readonly topics: readonly CreatePartitionsRequestCreatePartitionsTopic[];
  readonly timeoutMs: number;
  readonly validateOnly: boolean;
}
const decodeCreatePartitionsRequest = (r: MessageReader, v: number): CreatePartitionsRequest => {
  const flex = v >= 2;
  const topicsCount = r.arrayLength(flex, 6, 'topics');
  const topics = newList<CreatePartitionsRequestCreatePartitionsTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeCreatePartitionsRequestCreatePartitionsTopic(r, v);
  const timeoutMs = r.int32('timeoutMs');
  const validateOnly = r.bool('validateOnly');
  if (flex) r.skipTags('taggedFields');
  return { topics, timeoutMs, validateOnly };
};
const encodeCreatePartitionsRequest = (w: MessageWriter, v: number, m: Sparse<CreatePartitionsRequest>): void => {
  const flex = v >= 2;
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeCreatePartitionsRequestCreatePartitionsTopic(w, v, each);
  w.int32(m.timeoutMs ?? 0, 'timeoutMs');
  w.bool(m.validateOnly ?? false);
  if (flex) w.uvarint(0);
};

export interface CreatePartitionsResponseCreatePartitionsTopicResult {
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeCreatePartitionsResponseCreatePartitionsTopicResult = (r: MessageReader, v: number): CreatePartitionsResponseCreatePartitionsTopicResult => {
  const flex = v >= 2;
  const name = r.string(flex, 'results.name');
  const errorCode = r.int16('results.errorCode');
  const errorMessage = r.nullableString(flex, 'results.errorMessage');
  if (flex) r.skipTags('results.taggedFields');
  return { name, errorCode, errorMessage };
};
const encodeCreatePartitionsResponseCreatePartitionsTopicResult = (w: MessageWriter, v: number, m: CreatePartitionsResponseCreatePartitionsTopicResult): void => {
  const flex = v >= 2;
  w.string(m.name, flex, 'results.name');
  w.int16(m.errorCode, 'results.errorCode');
  w.nullableString(m.errorMessage ?? null, true, flex, 'results.errorMessage');
  if (flex) w.uvarint(0);
};

export interface CreatePartitionsResponse {
  readonly throttleTimeMs: number;
  readonly results: readonly CreatePartitionsResponseCreatePartitionsTopicResult[];
}
const decodeCreatePartitionsResponse = (r: MessageReader, v: number): CreatePartitionsResponse => {
  const flex = v >= 2;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const resultsCount = r.arrayLength(flex, 4, 'results');
  const results = newList<CreatePartitionsResponseCreatePartitionsTopicResult>(resultsCount);
  for (let i = 0; i < resultsCount; i++) results[i] = decodeCreatePartitionsResponseCreatePartitionsTopicResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, results };
};
const encodeCreatePartitionsResponse = (w: MessageWriter, v: number, m: CreatePartitionsResponse): void => {
  const flex = v >= 2;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const results = m.results;
  w.arrayLength(results.length, flex);
  for (const each of results) encodeCreatePartitionsResponseCreatePartitionsTopicResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const createPartitionsApi: Api<CreatePartitionsRequest, CreatePartitionsResponse> = {
  key: 37,
  name: 'CreatePartitions',
  firstVersion: 0,
  lastVersion: 3,
  firstFlexibleVersion: 2,
  decodeRequest: decodeCreatePartitionsRequest,
  encodeRequest: encodeCreatePartitionsRequest,
  decodeResponse: decodeCreatePartitionsResponse,
  encodeResponse: encodeCreatePartitionsResponse,
};
