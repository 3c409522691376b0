// Generated from src/codec/definitions/AlterConfigs*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface AlterConfigsRequestAlterableConfig {
  readonly name: string;
  readonly value: string | null;
}
const decodeAlterConfigsRequestAlterableConfig = (r: MessageReader, v: number): AlterConfigsRequestAlterableConfig => {
  const flex = v >= 2;
  const name = r.string(flex, 'resources.configs.name');
  const value = r.nullableString(flex, 'resources.configs.value');
  if (flex) r.skipTags('resources.configs.taggedFields');
  return { name, value };
};
const encodeAlterConfigsRequestAlterableConfig = (w: MessageWriter, v: number, m: Sparse<AlterConfigsRequestAlterableConfig>): void => {
  const flex = v >= 2;
  w.string(m.name ?? '', flex, 'resources.configs.name');
  w.nullableString(m.value === undefined ? '' : m.value, true, flex, 'resources.configs.value');
  if (flex) w.uvarint(0);
};

export interface AlterConfigsRequestAlterConfigsResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly AlterConfigsRequestAlterableConfig[];
}
const decodeAlterConfigsRequestAlterConfigsResource = (r: MessageReader, v: number): AlterConfigsRequestAlterConfigsResource => {
  const flex = v >= 2;
  const resourceType = r.int8('resources.resourceType');
  const resourceName = r.string(flex, 'resources.resourceName');
  const configsCount = r.arrayLength(flex, 2, 'resources.configs');
  const configs = newList<AlterConfigsRequestAlterableConfig>(configsCount);
  for (let i = 0; i < configsCount; i++) configs[i] = decodeAlterConfigsRequestAlterableConfig(r, v);
  if (flex) r.skipTags('resources.taggedFields');
  return { resourceType, resourceName, configs };
};
const encodeAlterConfigsRequestAlterConfigsResource = (w: MessageWriter, v: number, m: Sparse<AlterConfigsRequestAlterConfigsResource>): void => {
  const flex = v >= 2;
  w.int8(m.resourceType ?? 0, 'resources.resourceType');
  w.string(m.resourceName ?? '', flex, 'resources.resourceName');
  const configs = m.configs ?? [];
  w.arrayLength(configs.length, flex);
  for (const each of configs) encodeAlterConfigsRequestAlterableConfig(w, v, each);
  if (flex) w.uvarint(0);
};

export interface AlterConfigsRequest {
  readonly resources: readonly AlterConfigsRequestAlterConfigsResource[];
  readonly validateOnly: boolean;
}
const decodeAlterConfigsRequest = (r: MessageReader, v: number): AlterConfigsRequest => {
  const flex = v >= 2;
  const resourcesCount = r.arrayLength(flex, 3, 'resources');
  const resources = newList<AlterConfigsRequestAlterConfigsResource>(resourcesCount);
  for (let i = 0; i < resourcesCount; i++) resources[i] = decodeAlterConfigsRequestAlterConfigsResource(r, v);
  const validateOnly = r.bool('validateOnly');
  if (flex) r.skipTags('taggedFields');
  return { resources, validateOnly };
};
const encodeAlterConfigsRequest = (w: MessageWriter, v: number, m: Sparse<AlterConfigsRequest>): void => {
  const flex = v >= 2;
  const resources = m.resources ?? [];
  w.arrayLength(resources.length, flex);
  for (const each of resources) encodeAlterConfigsRequestAlterConfigsResource(w, v, each);
  w.bool(m.validateOnly ?? false);
  if (flex) w.uvarint(0);
};

export interface AlterConfigsResponseAlterConfigsResourceResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}
const decodeAlterConfigsResponseAlterConfigsResourceResponse = (r: MessageReader, v: number): AlterConfigsResponseAlterConfigsResourceResponse => {
  const flex = v >= 2;
  const errorCode = r.int16('responses.errorCode');
  const errorMessage = r.nullableString(flex, 'responses.errorMessage');
  const resourceType = r.int8('responses.resourceType');
  const resourceName = r.string(flex, 'responses.resourceName');
  if (flex) r.skipTags('responses.taggedFields');
  return { errorCode, errorMessage, resourceType, resourceName };
};
const encodeAlterConfigsResponseAlterConfigsResourceResponse = (w: MessageWriter, v: number, m: AlterConfigsResponseAlterConfigsResourceResponse): void => {
  const flex = v >= 2;
  w.int16(m.errorCode, 'responses.errorCode');
  w.nullableString(m.errorMessage, true, flex, 'responses.errorMessage');
  w.int8(m.resourceType, 'responses.resourceType');
  w.string(m.resourceName, flex, 'responses.resourceName');
  if (flex) w.uvarint(0);
};

export interface AlterConfigsResponse {
  readonly throttleTimeMs: number;
  readonly responses: readonly AlterConfigsResponseAlterConfigsResourceResponse[];
}
const decodeAlterConfigsResponse = (r: MessageReader, v: number): AlterConfigsResponse => {
  const flex = v >= 2;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const responsesCount = r.arrayLength(flex, 5, 'responses');
  const responses = newList<AlterConfigsResponseAlterConfigsResourceResponse>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeAlterConfigsResponseAlterConfigsResourceResponse(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, responses };
};
const encodeAlterConfigsResponse = (w: MessageWriter, v: number, m: AlterConfigsResponse): void => {
  const flex = v >= 2;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const responses = m.responses;
  w.arrayLength(responses.length, flex);
  for (const each of responses) encodeAlterConfigsResponseAlterConfigsResourceResponse(w, v, each);
  if (flex) w.uvarint(0);
};

export const alterConfigsApi: Api<AlterConfigsRequest, AlterConfigsResponse> = {
  key: 33,
  name: 'AlterConfigs',
  firstVersion: 0,
  lastVersion: 2,
  firstFlexibleVersion: 2,
  decodeRequest: decodeAlterConfigsRequest,
  encodeRequest: encodeAlterConfigsRequest,
  decodeResponse: decodeAlterConfigsResponse,
  encodeResponse: encodeAlterConfigsResponse,
};
