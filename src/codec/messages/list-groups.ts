// Generated from src/codec/definitions/ListGroups*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ListGroupsRequest {
  readonly statesFilter: readonly string[];
  readonly typesFilter: readonly string[];
}
const decodeListGroupsRequest = (r: MessageReader, v: number): ListGroupsRequest => {
  const flex = v >= 3;
  let statesFilter: readonly string[] = [];
  if (v >= 4) {
    const count = r.arrayLength(flex, 1, 'statesFilter');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(flex, 'statesFilter');
    statesFilter = list;
  }
  let typesFilter: readonly string[] = [];
  if (v >= 5) {
    const count = r.arrayLength(flex, 1, 'typesFilter');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(flex, 'typesFilter');
    typesFilter = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { statesFilter, typesFilter };
};
const encodeListGroupsRequest = (w: MessageWriter, v: number, m: Sparse<ListGroupsRequest>): void => {
  const flex = v >= 3;
  if (v >= 4) {
    const statesFilter = m.statesFilter ?? [];
    w.arrayLength(statesFilter.length, flex);
    for (const each of statesFilter) w.string(each, flex, 'statesFilter');
  }
  else if (m.statesFilter !== undefined && m.statesFilter.length > 0) throw notInVersion('statesFilter', v);
  if (v >= 5) {
    const typesFilter = m.typesFilter ?? [];
    w.arrayLength(typesFilter.length, flex);
    for (const each of typesFilter) w.string(each, flex, 'typesFilter');
  }
  else if (m.typesFilter !== undefined && m.typesFilter.length > 0) throw notInVersion('typesFilter', v);
  if (flex) w.uvarint(0);
};

export interface ListGroupsResponseListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  readonly groupState: string;
  readonly groupType: string;
}
const decodeListGroupsResponseListedGroup = (r: MessageReader, v: number): ListGroupsResponseListedGroup => {
  const flex = v >= 3;
  const groupId = r.string(flex, 'groups.groupId');
  const protocolType = r.string(flex, 'groups.protocolType');
  const groupState = v >= 4 ? r.string(flex, 'groups.groupState') : '';
  const groupType = v >= 5 ? r.string(flex, 'groups.groupType') : '';
  if (flex) r.skipTags('groups.taggedFields');
  return { groupId, protocolType, groupState, groupType };
};
const encodeListGroupsResponseListedGroup = (w: MessageWriter, v: number, m: ListGroupsResponseListedGroup): void => {
  const flex = v >= 3;
  w.string(m.groupId, flex, 'groups.groupId');
  w.string(m.protocolType, flex, 'groups.protocolType');
  if (v >= 4) w.string(m.groupState, flex, 'groups.groupState');
  if (v >= 5) w.string(m.groupType, flex, 'groups.groupType');
  if (flex) w.uvarint(0);
};

export interface ListGroupsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly groups: readonly ListGroupsResponseListedGroup[];
}
const decodeListGroupsResponse = (r: MessageReader, v: number): ListGroupsResponse => {
  const flex = v >= 3;
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  const errorCode = r.int16('errorCode');
  const groupsCount = r.arrayLength(flex, 2, 'groups');
  const groups = newList<ListGroupsResponseListedGroup>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = decodeListGroupsResponseListedGroup(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, groups };
};
const encodeListGroupsResponse = (w: MessageWriter, v: number, m: ListGroupsResponse): void => {
  const flex = v >= 3;
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  const groups = m.groups;
  w.arrayLength(groups.length, flex);
  for (const each of groups) encodeListGroupsResponseListedGroup(w, v, each);
  if (flex) w.uvarint(0);
};

export const listGroupsApi: Api<ListGroupsRequest, ListGroupsResponse> = {
  key: 16,
  name: 'ListGroups',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 3,
  decodeRequest: decodeListGroupsRequest,
  encodeRequest: encodeListGroupsRequest,
  decodeResponse: decodeListGroupsResponse,
  encodeResponse: encodeListGroupsResponse,
};
