// Generated from src/codec/definitions/DeleteGroups*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DeleteGroupsRequest {
  readonly groupsNames: readonly string[];
}
const decodeDeleteGroupsRequest = (r: MessageReader, v: number): DeleteGroupsRequest => {
  const flex = v >= 2;
  const groupsNamesCount = r.arrayLength(flex, 1, 'groupsNames');
  const groupsNames = newList<string>(groupsNamesCount);
  for (let i = 0; i < groupsNamesCount; i++) groupsNames[i] = r.string(flex, 'groupsNames');
  if (flex) r.skipTags('taggedFields');
  return { groupsNames };
};
const encodeDeleteGroupsRequest = (w: MessageWriter, v: number, m: Sparse<DeleteGroupsRequest>): void => {
  const flex = v >= 2;
  const groupsNames = m.groupsNames ?? [];
  w.arrayLength(groupsNames.length, flex);
  for (const each of groupsNames) w.string(each, flex, 'groupsNames');
  if (flex) w.uvarint(0);
};

export interface DeleteGroupsResponseDeletableGroupResult {
  readonly groupId: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeDeleteGroupsResponseDeletableGroupResult = (r: MessageReader, v: number): DeleteGroupsResponseDeletableGroupResult => {
  const flex = v >= 2;
  const groupId = r.string(flex, 'results.groupId');
  const errorCode = r.int16('results.errorCode');
  const errorMessage = v >= 3 ? r.nullableString(flex, 'results.errorMessage') : null;
  if (flex) r.skipTags('results.taggedFields');
  return { groupId, errorCode, errorMessage };
};
const encodeDeleteGroupsResponseDeletableGroupResult = (w: MessageWriter, v: number, m: DeleteGroupsResponseDeletableGroupResult): void => {
  const flex = v >= 2;
  w.string(m.groupId, flex, 'results.groupId');
  w.int16(m.errorCode, 'results.errorCode');
  if (v >= 3) w.nullableString(m.errorMessage ?? null, true, flex, 'results.errorMessage');
  if (flex) w.uvarint(0);
};

export interface DeleteGroupsResponse {
  readonly throttleTimeMs: number;
  readonly results: readonly DeleteGroupsResponseDeletableGroupResult[];
}
const decodeDeleteGroupsResponse = (r: MessageReader, v: number): DeleteGroupsResponse => {
  const flex = v >= 2;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const resultsCount = r.arrayLength(flex, 3, 'results');
  const results = newList<DeleteGroupsResponseDeletableGroupResult>(resultsCount);
  for (let i = 0; i < resultsCount; i++) results[i] = decodeDeleteGroupsResponseDeletableGroupResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, results };
};
const encodeDeleteGroupsResponse = (w: MessageWriter, v: number, m: DeleteGroupsResponse): void => {
  const flex = v >= 2;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const results = m.results;
  w.arrayLength(results.length, flex);
  for (const each of results) encodeDeleteGroupsResponseDeletableGroupResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const deleteGroupsApi: Api<DeleteGroupsRequest, DeleteGroupsResponse> = {
  key: 42,
  name: 'DeleteGroups',
  firstVersion: 0,
  lastVersion: 3,
  firstFlexibleVersion: 2,
  decodeRequest: decodeDeleteGroupsRequest,
  encodeRequest: encodeDeleteGroupsRequest,
  decodeResponse: decodeDeleteGroupsResponse,
  encodeResponse: encodeDeleteGroupsResponse,
};
