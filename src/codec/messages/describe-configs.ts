// Generated from src/codec/definitions/DescribeConfigs*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DescribeConfigsRequestDescribeConfigsResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configurationKeys: readonly string[] | null;
}
const decodeDescribeConfigsRequestDescribeConfigsResource = (r: MessageReader, v: number): DescribeConfigsRequestDescribeConfigsResource => {
  const flex = v >= 4;
  const resourceType = r.int8('resources.resourceType');
  const resourceName = r.string(flex, 'resources.resourceName');
  let configurationKeys: readonly string[] | null = [];
  {
    const count = r.nullableArrayLength(flex, true, 1, 'resources.configurationKeys');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(flex, 'resources.configurationKeys');
    configurationKeys = count < 0 ? null : list;
  }
  if (flex) r.skipTags('resources.taggedFields');
  return { resourceType, resourceName, configurationKeys };
};
const encodeDescribeConfigsRequestDescribeConfigsResource = (w: MessageWriter, v: number, m: Sparse<DescribeConfigsRequestDescribeConfigsResource>): void => {
  const flex = v >= 4;
  w.int8(m.resourceType ?? 0, 'resources.resourceType');
  w.string(m.resourceName ?? '', flex, 'resources.resourceName');
  const configurationKeys = m.configurationKeys === undefined ? [] : m.configurationKeys;
  w.nullableArrayLength(configurationKeys, true, flex, 'resources.configurationKeys');
  if (configurationKeys !== null) for (const each of configurationKeys) w.string(each, flex, 'resources.configurationKeys');
  if (flex) w.uvarint(0);
};

export interface DescribeConfigsRequest {
  readonly resources: readonly DescribeConfigsRequestDescribeConfigsResource[];
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
}
const decodeDescribeConfigsRequest = (r: MessageReader, v: number): DescribeConfigsRequest => {
  const flex = v >= 4;
  const resourcesCount = r.arrayLength(flex, 3, 'resources');
  const resources = newList<DescribeConfigsRequestDescribeConfigsResource>(resourcesCount);
  for (let i = 0; i < resourcesCount; i++) resources[i] = decodeDescribeConfigsRequestDescribeConfigsResource(r, v);
  const includeSynonyms = r.bool('includeSynonyms');
  const includeDocumentation = v >= 3 ? r.bool('includeDocumentation') : false;
  if (flex) r.skipTags('taggedFields');
  return { resources, includeSynonyms, includeDocumentation };
};
const encodeDescribeConfigsRequest = (w: MessageWriter, v: number, m: Sparse<DescribeConfigsRequest>): void => {
  const flex = v >= 4;
  const resources = m.resources ?? [];
  w.arrayLength(resources.length, flex);
  for (const each of resources) encodeDescribeConfigsRequestDescribeConfigsResource(w, v, each);
  w.bool(m.includeSynonyms ?? false);
  if (v >= 3) w.bool(m.includeDocumentation ?? false);
  else if (m.includeDocumentation !== undefined && m.includeDocumentation) throw notInVersion('includeDocumentation', v);
  if (flex) w.uvarint(0);
};

export interface DescribeConfigsResponseDescribeConfigsSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}
const decodeDescribeConfigsResponseDescribeConfigsSynonym = (r: MessageReader, v: number): DescribeConfigsResponseDescribeConfigsSynonym => {
  const flex = v >= 4;
  const name = r.string(flex, 'results.configs.synonyms.name');
  const value = r.nullableString(flex, 'results.configs.synonyms.value');
  const source = r.int8('results.configs.synonyms.source');
  if (flex) r.skipTags('results.configs.synonyms.taggedFields');
  return { name, value, source };
};
const encodeDescribeConfigsResponseDescribeConfigsSynonym = (w: MessageWriter, v: number, m: DescribeConfigsResponseDescribeConfigsSynonym): void => {
  const flex = v >= 4;
  w.string(m.name, flex, 'results.configs.synonyms.name');
  w.nullableString(m.value, true, flex, 'results.configs.synonyms.value');
  w.int8(m.source, 'results.configs.synonyms.source');
  if (flex) w.uvarint(0);
};

export interface DescribeConfigsResponseDescribeConfigsResourceResult {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource?: number | undefined;
  readonly isSensitive: boolean;
  readonly synonyms: readonly DescribeConfigsResponseDescribeConfigsSynonym[];
  readonly configType?: number | undefined;
  readonly documentation: string | null;
}
const decodeDescribeConfigsResponseDescribeConfigsResourceResult = (r: MessageReader, v: number): DescribeConfigsResponseDescribeConfigsResourceResult => {
  const flex = v >= 4;
  const name = r.string(flex, 'results.configs.name');
  const value = r.nullableString(flex, 'results.configs.value');
  const readOnly = r.bool('results.configs.readOnly');
  const configSource = r.int8('results.configs.configSource');
  const isSensitive = r.bool('results.configs.isSensitive');
  const synonymsCount = r.arrayLength(flex, 3, 'results.configs.synonyms');
  const synonyms = newList<DescribeConfigsResponseDescribeConfigsSynonym>(synonymsCount);
  for (let i = 0; i < synonymsCount; i++) synonyms[i] = decodeDescribeConfigsResponseDescribeConfigsSynonym(r, v);
  const configType = v >= 3 ? r.int8('results.configs.configType') : 0;
  const documentation = v >= 3 ? r.nullableString(flex, 'results.configs.documentation') : '';
  if (flex) r.skipTags('results.configs.taggedFields');
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation };
};
const encodeDescribeConfigsResponseDescribeConfigsResourceResult = (w: MessageWriter, v: number, m: DescribeConfigsResponseDescribeConfigsResourceResult): void => {
  const flex = v >= 4;
  w.string(m.name, flex, 'results.configs.name');
  w.nullableString(m.value, true, flex, 'results.configs.value');
  w.bool(m.readOnly);
  w.int8(m.configSource ?? -1, 'results.configs.configSource');
  w.bool(m.isSensitive);
  const synonyms = m.synonyms;
  w.arrayLength(synonyms.length, flex);
  for (const each of synonyms) encodeDescribeConfigsResponseDescribeConfigsSynonym(w, v, each);
  if (v >= 3) w.int8(m.configType ?? 0, 'results.configs.configType');
  if (v >= 3) w.nullableString(m.documentation, true, flex, 'results.configs.documentation');
  if (flex) w.uvarint(0);
};

export interface DescribeConfigsResponseDescribeConfigsResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly DescribeConfigsResponseDescribeConfigsResourceResult[];
}
const decodeDescribeConfigsResponseDescribeConfigsResult = (r: MessageReader, v: number): DescribeConfigsResponseDescribeConfigsResult => {
  const flex = v >= 4;
  const errorCode = r.int16('results.errorCode');
  const errorMessage = r.nullableString(flex, 'results.errorMessage');
  const resourceType = r.int8('results.resourceType');
  const resourceName = r.string(flex, 'results.resourceName');
  const configsCount = r.arrayLength(flex, 6, 'results.configs');
  const configs = newList<DescribeConfigsResponseDescribeConfigsResourceResult>(configsCount);
  for (let i = 0; i < configsCount; i++) configs[i] = decodeDescribeConfigsResponseDescribeConfigsResourceResult(r, v);
  if (flex) r.skipTags('results.taggedFields');
  return { errorCode, errorMessage, resourceType, resourceName, configs };
};
const encodeDescribeConfigsResponseDescribeConfigsResult = (w: MessageWriter, v: number, m: DescribeConfigsResponseDescribeConfigsResult): void => {
  const flex = v >= 4;
  w.int16(m.errorCode, 'results.errorCode');
  w.nullableString(m.errorMessage, true, flex, 'results.errorMessage');
  w.int8(m.resourceType, 'results.resourceType');
  w.string(m.resourceName, flex, 'results.resourceName');
  const configs = m.configs;
  w.arrayLength(configs.length, flex);
  for (const each of configs) encodeDescribeConfigsResponseDescribeConfigsResourceResult(w, v, each);
  if (flex) w.uvarint(0);
};

export interface DescribeConfigsResponse {
  readonly throttleTimeMs: number;
  readonly results: readonly DescribeConfigsResponseDescribeConfigsResult[];
}
const decodeDescribeConfigsResponse = (r: MessageReader, v: number): DescribeConfigsResponse => {
  const flex = v >= 4;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const resultsCount = r.arrayLength(flex, 6, 'results');
  const results = newList<DescribeConfigsResponseDescribeConfigsResult>(resultsCount);
  for (let i = 0; i < resultsCount; i++) results[i] = decodeDescribeConfigsResponseDescribeConfigsResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, results };
};
const encodeDescribeConfigsResponse = (w: MessageWriter, v: number, m: DescribeConfigsResponse): void => {
  const flex = v >= 4;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const results = m.results;
  w.arrayLength(results.length, flex);
  for (const each of results) encodeDescribeConfigsResponseDescribeConfigsResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const describeConfigsApi: Api<DescribeConfigsRequest, DescribeConfigsResponse> = {
  key: 32,
  name: 'DescribeConfigs',
  firstVersion: 1,
  lastVersion: 4,
  firstFlexibleVersion: 4,
  decodeRequest: decodeDescribeConfigsRequest,
  encodeRequest: encodeDescribeConfigsRequest,
  decodeResponse: decodeDescribeConfigsResponse,
  encodeResponse: encodeDescribeConfigsResponse,
};
