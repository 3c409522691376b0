// Generated from src/codec/definitions/ListConfigResources*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ListConfigResourcesRequest {
  readonly resourceTypes: readonly number[];
}
const decodeListConfigResourcesRequest = (r: MessageReader, v: number): ListConfigResourcesRequest => {
  let resourceTypes: readonly number[] = [];
  if (v >= 1) {
    const count = r.arrayLength(true, 1, 'resourceTypes');
    const list = newList<number>(count);
    for (let i = 0; i < count; i++) list[i] = r.int8('resourceTypes');
    resourceTypes = list;
  }
  r.skipTags('taggedFields');
  return { resourceTypes };
};
const encodeListConfigResourcesRequest = (w: MessageWriter, v: number, m: Sparse<ListConfigResourcesRequest>): void => {
  if (v >= 1) {
    const resourceTypes = m.resourceTypes ?? [];
    w.arrayLength(resourceTypes.length, true);
    for (const each of resourceTypes) w.int8(each, 'resourceTypes');
  }
  else if (m.resourceTypes !== undefined && m.resourceTypes.length > 0) throw notInVersion('resourceTypes', v);
  w.uvarint(0);
};

export interface ListConfigResourcesResponseConfigResource {
  readonly resourceName: string;
  readonly resourceType?: number | undefined;
}
const decodeListConfigResourcesResponseConfigResource = (r: MessageReader, v: number): ListConfigResourcesResponseConfigResource => {
  const resourceName = r.string(true, 'configResources.resourceName');
  const resourceType = v >= 1 ? r.int8('configResources.resourceType') : 16;
  r.skipTags('configResources.taggedFields');
  return { resourceName, resourceType };
};
const encodeListConfigResourcesResponseConfigResource = (w: MessageWriter, v: number, m: ListConfigResourcesResponseConfigResource): void => {
  w.string(m.resourceName, true, 'configResources.resourceName');
  if (v >= 1) w.int8(m.resourceType ?? 16, 'configResources.resourceType');
  w.uvarint(0);
};

export interface ListConfigResourcesResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly configResources: readonly ListConfigResourcesResponseConfigResource[];
}
const decodeListConfigResourcesResponse = (r: MessageReader, v: number): ListConfigResourcesResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const configResourcesCount = r.arrayLength(true, 1, 'configResources');
  const configResources = newList<ListConfigResourcesResponseConfigResource>(configResourcesCount);
  for (let i = 0; i < configResourcesCount; i++) configResources[i] = decodeListConfigResourcesResponseConfigResource(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, configResources };
};
const encodeListConfigResourcesResponse = (w: MessageWriter, v: number, m: ListConfigResourcesResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  const configResources = m.configResources;
  w.arrayLength(configResources.length, true);
  for (const each of configResources) encodeListConfigResourcesResponseConfigResource(w, v, each);
  w.uvarint(0);
};

export const listConfigResourcesApi: Api<ListConfigResourcesRequest, ListConfigResourcesResponse> = {
  key: 74,
  name: 'ListConfigResources',
  firstVersion: 0,
  lastVersion: 1,
  firstFlexibleVersion: 0,
  decodeRequest: decodeListConfigResourcesRequest,
  encodeRequest: encodeListConfigResourcesRequest,
  decodeResponse: decodeListConfigResourcesResponse,
  encodeResponse: encodeListConfigResourcesResponse,
};
