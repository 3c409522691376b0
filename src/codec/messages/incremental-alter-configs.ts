// Generated from src/codec/definitions/IncrementalAlterConfigs*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface IncrementalAlterConfigsRequestAlterableConfig {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}
const decodeIncrementalAlterConfigsRequestAlterableConfig = (r: MessageReader, v: number): IncrementalAlterConfigsRequestAlterableConfig => {
  const flex = v >= 1;
  const name = r.string(flex, 'resources.configs.name');
  const configOperation = r.int8('resources.configs.configOperation');
  const value = r.nullableString(flex, 'resources.configs.value');
  if (flex) r.skipTags('resources.configs.taggedFields');
  return { name, configOperation, value };
};
const encodeIncrementalAlterConfigsRequestAlterableConfig = (w: MessageWriter, v: number, m: Sparse<IncrementalAlterConfigsRequestAlterableConfig>): void => {
  const flex = v >= 1;
  w.string(m.name ?? '', flex, 'resources.configs.name');
  w.int8(m.configOperation ?? 0, 'resources.configs.configOperation');
  w.nullableString(m.value === undefined ? '' : m.value, true, flex, 'resources.configs.value');
  if (flex) w.uvarint(0);
};

export interface IncrementalAlterConfigsRequestAlterConfigsResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly IncrementalAlterConfigsRequestAlterableConfig[];
}
const decodeIncrementalAlterConfigsRequestAlterConfigsResource = (r: MessageReader, v: number): IncrementalAlterConfigsRequestAlterConfigsResource => {
  const flex = v >= 1;
  const resourceType = r.int8('resources.resourceType');
  const resourceName = r.string(flex, 'resources.resourceName');
  const configsCount = r.arrayLength(flex, 3, 'resources.configs');
  const configs = newList<IncrementalAlterConfigsRequestAlterableConfig>(configsCount);
  for (let i = 0; i < configsCount; i++) configs[i] = decodeIncrementalAlterConfigsRequestAlterableConfig(r, v);
  if (flex) r.skipTags('resources.taggedFields');
  return { resourceType, resourceName, configs };
};
const encodeIncrementalAlterConfigsRequestAlterConfigsResource = (w: MessageWriter, v: number, m: Sparse<IncrementalAlterConfigsRequestAlterConfigsResource>): void => {
  const flex = v >= 1;
  w.int8(m.resourceType ?? 0, 'resources.resourceType');
  w.string(m.resourceName ?? '', flex, 'resources.resourceName');
  const configs = m.configs ?? [];
  w.arrayLength(configs.length, flex);
  for (const each of configs) encodeIncrementalAlterConfigsRequestAlterableConfig(w, v, each);
  if (flex) w.uvarint(0);
};

export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly IncrementalAlterConfigsRequestAlterConfigsResource[];
  readonly validateOnly: boolean;
}
const decodeIncrementalAlterConfigsRequest = (r: MessageReader, v: number): IncrementalAlterConfigsRequest => {
  const flex = v >= 1;
  const resourcesCount = r.arrayLength(flex, 3, 'resources');
  const resources = newList<IncrementalAlterConfigsRequestAlterConfigsResource>(resourcesCount);
  for (let i = 0; i < resourcesCount; i++) resources[i] = decodeIncrementalAlterConfigsRequestAlterConfigsResource(r, v);
  const validateOnly = r.bool('validateOnly');
  if (flex) r.skipTags('taggedFields');
  return { resources, validateOnly };
};
const encodeIncrementalAlterConfigsRequest = (w: MessageWriter, v: number, m: Sparse<IncrementalAlterConfigsRequest>): void => {
  const flex = v >= 1;
  const resources = m.resources ?? [];
  w.arrayLength(resources.length, flex);
  for (const each of resources) encodeIncrementalAlterConfigsRequestAlterConfigsResource(w, v, each);
  w.bool(m.validateOnly ?? false);
  if (flex) w.uvarint(0);
};

export interface IncrementalAlterConfigsResponseAlterConfigsResourceResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}
const decodeIncrementalAlterConfigsResponseAlterConfigsResourceResponse = (r: MessageReader, v: number): IncrementalAlterConfigsResponseAlterConfigsResourceResponse => {
  const flex = v >= 1;
  const errorCode = r.int16('responses.errorCode');
  const errorMessage = r.nullableString(flex, 'responses.errorMessage');
  const resourceType = r.int8('responses.resourceType');
  const resourceName = r.string(flex, 'responses.resourceName');
  if (flex) r.skipTags('responses.taggedFields');
  return { errorCode, errorMessage, resourceType, resourceName };
};
const encodeIncrementalAlterConfigsResponseAlterConfigsResourceResponse = (w: MessageWriter, v: number, m: IncrementalAlterConfigsResponseAlterConfigsResourceResponse): void => {
  const flex = v >= 1;
  w.int16(m.errorCode, 'responses.errorCode');
  w.nullableString(m.errorMessage, true, flex, 'responses.errorMessage');
  w.int8(m.resourceType, 'responses.resourceType');
  w.string(m.resourceName, flex, 'responses.resourceName');
  if (flex) w.uvarint(0);
};

export interface IncrementalAlterConfigsResponse {
  readonly throttleTimeMs: number;
  readonly responses: readonly IncrementalAlterConfigsResponseAlterConfigsResourceResponse[];
}
const decodeIncrementalAlterConfigsResponse = (r: MessageReader, v: number): IncrementalAlterConfigsResponse => {
  const flex = v >= 1;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const responsesCount = r.arrayLength(flex, 5, 'responses');
  const responses = newList<IncrementalAlterConfigsResponseAlterConfigsResourceResponse>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeIncrementalAlterConfigsResponseAlterConfigsResourceResponse(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, responses };
};
const encodeIncrementalAlterConfigsResponse = (w: MessageWriter, v: number, m: IncrementalAlterConfigsResponse): void => {
  const flex = v >= 1;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const responses = m.responses;
  w.arrayLength(responses.length, flex);
  for (const each of responses) encodeIncrementalAlterConfigsResponseAlterConfigsResourceResponse(w, v, each);
  if (flex) w.uvarint(0);
};

export const incrementalAlterConfigsApi: Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  firstVersion: 0,
  lastVersion: 1,
  firstFlexibleVersion: 1,
  decodeRequest: decodeIncrementalAlterConfigsRequest,
  encodeRequest: encodeIncrementalAlterConfigsRequest,
  decodeResponse: decodeIncrementalAlterConfigsResponse,
  encodeResponse: encodeIncrementalAlterConfigsResponse,
};
