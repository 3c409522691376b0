// Generated from src/codec/definitions/DeleteTopics*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DeleteTopicsRequestDeleteTopicState {
  readonly name: string | null;
  readonly topicId: string;
}
const decodeDeleteTopicsRequestDeleteTopicState = (r: MessageReader, _v: number): DeleteTopicsRequestDeleteTopicState => {
  const name = r.nullableString(true, 'topics.name');
  const topicId = r.uuid('topics.topicId');
  r.skipTags('topics.taggedFields');
  return { name, topicId };
};
const encodeDeleteTopicsRequestDeleteTopicState = (w: MessageWriter, _v: number, m: Sparse<DeleteTopicsRequestDeleteTopicState>): void => {
  w.nullableString(m.name ?? null, true, true, 'topics.name');
  w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  w.uvarint(0);
};

export interface DeleteTopicsRequest {
  readonly topics: readonly DeleteTopicsRequestDeleteTopicState[];
  readonly topicNames: readonly string[];
  readonly timeoutMs: number;
}
const decodeDeleteTopicsRequest = (r: MessageReader, v: number): DeleteTopicsRequest => {
  const flex = v >= 4;
  let topics: readonly DeleteTopicsRequestDeleteTopicState[] = [];
  if (v >= 6) {
    const count = r.arrayLength(flex, 17, 'topics');
    const list = newList<DeleteTopicsRequestDeleteTopicState>(count);
    for (let i = 0; i < count; i++) list[i] = decodeDeleteTopicsRequestDeleteTopicState(r, v);
    topics = list;
  }
  let topicNames: readonly string[] = [];
  if (v <= 5) {
    const count = r.arrayLength(flex, 1, 'topicNames');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(flex, 'topicNames');
    topicNames = list;
  }
  const timeoutMs = r.int32('timeoutMs');
  if (flex) r.skipTags('taggedFields');
  return { topics, topicNames, timeoutMs };
};
const encodeDeleteTopicsRequest = (w: MessageWriter, v: number, m: Sparse<DeleteTopicsRequest>): void => {
  const flex = v >= 4;
  if (v >= 6) {
    const topics = m.topics ?? [];
    w.arrayLength(topics.length, flex);
    for (const each of topics) encodeDeleteTopicsRequestDeleteTopicState(w, v, each);
  }
  else if (m.topics !== undefined && m.topics.length > 0) throw notInVersion('topics', v);
  if (v <= 5) {
    const topicNames = m.topicNames ?? [];
    w.arrayLength(topicNames.length, flex);
    for (const each of topicNames) w.string(each, flex, 'topicNames');
  }
  w.int32(m.timeoutMs ?? 0, 'timeoutMs');
  if (flex) w.uvarint(0);
};

export interface DeleteTopicsResponseDeletableTopicResult {
  readonly name: string | null;
  readonly topicId: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeDeleteTopicsResponseDeletableTopicResult = (r: MessageReader, v: number): DeleteTopicsResponseDeletableTopicResult => {
  const flex = v >= 4;
  const name = (v >= 6 ? r.nullableString(flex, 'responses.name') : r.string(flex, 'responses.name'));
  const topicId = v >= 6 ? r.uuid('responses.topicId') : zeroUuid;
  const errorCode = r.int16('responses.errorCode');
  const errorMessage = v >= 5 ? r.nullableString(flex, 'responses.errorMessage') : null;
  if (flex) r.skipTags('responses.taggedFields');
  return { name, topicId, errorCode, errorMessage };
};
const encodeDeleteTopicsResponseDeletableTopicResult = (w: MessageWriter, v: number, m: DeleteTopicsResponseDeletableTopicResult): void => {
  const flex = v >= 4;
  w.nullableString(m.name, v >= 6, flex, 'responses.name');
  if (v >= 6) w.uuid(m.topicId, 'responses.topicId');
  w.int16(m.errorCode, 'responses.errorCode');
  if (v >= 5) w.nullableString(m.errorMessage ?? null, true, flex, 'responses.errorMessage');
  if (flex) w.uvarint(0);
};

export interface DeleteTopicsResponse {
  readonly throttleTimeMs: number;
  readonly responses: readonly DeleteTopicsResponseDeletableTopicResult[];
}
const decodeDeleteTopicsResponse = (r: MessageReader, v: number): DeleteTopicsResponse => {
  const flex = v >= 4;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const responsesCount = r.arrayLength(flex, 3, 'responses');
  const responses = newList<DeleteTopicsResponseDeletableTopicResult>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeDeleteTopicsResponseDeletableTopicResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, responses };
};
const encodeDeleteTopicsResponse = (w: MessageWriter, v: number, m: DeleteTopicsResponse): void => {
  const flex = v >= 4;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const responses = m.responses;
  w.arrayLength(responses.length, flex);
  for (const each of responses) encodeDeleteTopicsResponseDeletableTopicResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const deleteTopicsApi: Api<DeleteTopicsRequest, DeleteTopicsResponse> = {
  key: 20,
  name: 'DeleteTopics',
  firstVersion: 1,
  lastVersion: 6,
  firstFlexibleVersion: 4,
  decodeRequest: decodeDeleteTopicsRequest,
  encodeRequest: encodeDeleteTopicsRequest,
  decodeResponse: decodeDeleteTopicsResponse,
  encodeResponse: encodeDeleteTopicsResponse,
};
