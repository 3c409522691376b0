// Generated from src/codec/definitions/DeleteShareGroupOffsets*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic {
  readonly topicName: string;
}
const decodeDeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic = (r: MessageReader, _v: number): DeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic => {
  const topicName = r.string(true, 'topics.topicName');
  r.skipTags('topics.taggedFields');
  return { topicName };
};
const encodeDeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic = (w: MessageWriter, _v: number, m: Sparse<DeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic>): void => {
  w.string(m.topicName ?? '', true, 'topics.topicName');
  w.uvarint(0);
};

export interface DeleteShareGroupOffsetsRequest {
  readonly groupId: string;
  readonly topics: readonly DeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic[];
}
const decodeDeleteShareGroupOffsetsRequest = (r: MessageReader, v: number): DeleteShareGroupOffsetsRequest => {
  const groupId = r.string(true, 'groupId');
  const topicsCount = r.arrayLength(true, 1, 'topics');
  const topics = newList<DeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeDeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic(r, v);
  r.skipTags('taggedFields');
  return { groupId, topics };
};
const encodeDeleteShareGroupOffsetsRequest = (w: MessageWriter, v: number, m: Sparse<DeleteShareGroupOffsetsRequest>): void => {
  w.string(m.groupId ?? '', true, 'groupId');
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeDeleteShareGroupOffsetsRequestDeleteShareGroupOffsetsRequestTopic(w, v, each);
  w.uvarint(0);
};

export interface DeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic {
  readonly topicName: string;
  readonly topicId: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeDeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic = (r: MessageReader, _v: number): DeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic => {
  const topicName = r.string(true, 'responses.topicName');
  const topicId = r.uuid('responses.topicId');
  const errorCode = r.int16('responses.errorCode');
  const errorMessage = r.nullableString(true, 'responses.errorMessage');
  r.skipTags('responses.taggedFields');
  return { topicName, topicId, errorCode, errorMessage };
};
const encodeDeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic = (w: MessageWriter, _v: number, m: DeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic): void => {
  w.string(m.topicName, true, 'responses.topicName');
  w.uuid(m.topicId, 'responses.topicId');
  w.int16(m.errorCode, 'responses.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'responses.errorMessage');
  w.uvarint(0);
};

export interface DeleteShareGroupOffsetsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly responses: readonly DeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic[];
}
const decodeDeleteShareGroupOffsetsResponse = (r: MessageReader, v: number): DeleteShareGroupOffsetsResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const responsesCount = r.arrayLength(true, 20, 'responses');
  const responses = newList<DeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeDeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, responses };
};
const encodeDeleteShareGroupOffsetsResponse = (w: MessageWriter, v: number, m: DeleteShareGroupOffsetsResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  const responses = m.responses;
  w.arrayLength(responses.length, true);
  for (const each of responses) encodeDeleteShareGroupOffsetsResponseDeleteShareGroupOffsetsResponseTopic(w, v, each);
  w.uvarint(0);
};

export const deleteShareGroupOffsetsApi: Api<DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse> = {
  key: 92,
  name: 'DeleteShareGroupOffsets',
  firstVersion: 0,
  lastVersion: 0,
  firstFlexibleVersion: 0,
  decodeRequest: decodeDeleteShareGroupOffsetsRequest,
  encodeRequest: encodeDeleteShareGroupOffsetsRequest,
  decodeResponse: decodeDeleteShareGroupOffsetsResponse,
  encodeResponse: encodeDeleteShareGroupOffsetsResponse,
};
