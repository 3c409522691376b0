// Generated from src/codec/definitions/ApiVersions*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ApiVersionsRequest {
  readonly clientSoftwareName: string;
  readonly clientSoftwareVersion: string;
  readonly clusterId: string | null;
  readonly nodeId: number;
}
const decodeApiVersionsRequest = (r: MessageReader, v: number): ApiVersionsRequest => {
  const flex = v >= 3;
  const clientSoftwareName = v >= 3 ? r.string(flex, 'clientSoftwareName') : '';
  const clientSoftwareVersion = v >= 3 ? r.string(flex, 'clientSoftwareVersion') : '';
  const clusterId = v >= 5 ? r.nullableString(flex, 'clusterId') : null;
  const nodeId = v >= 5 ? r.int32('nodeId') : -1;
  if (flex) r.skipTags('taggedFields');
  return { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId };
};
const encodeApiVersionsRequest = (w: MessageWriter, v: number, m: Sparse<ApiVersionsRequest>): void => {
  const flex = v >= 3;
  if (v >= 3) w.string(m.clientSoftwareName ?? '', flex, 'clientSoftwareName');
  if (v >= 3) w.string(m.clientSoftwareVersion ?? '', flex, 'clientSoftwareVersion');
  if (v >= 5) w.nullableString(m.clusterId ?? null, true, flex, 'clusterId');
  if (v >= 5) w.int32(m.nodeId ?? -1, 'nodeId');
  if (flex) w.uvarint(0);
};

export interface ApiVersionsResponseApiVersion {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}
const decodeApiVersionsResponseApiVersion = (r: MessageReader, v: number): ApiVersionsResponseApiVersion => {
  const flex = v >= 3;
  const apiKey = r.int16('apiKeys.apiKey');
  const minVersion = r.int16('apiKeys.minVersion');
  const maxVersion = r.int16('apiKeys.maxVersion');
  if (flex) r.skipTags('apiKeys.taggedFields');
  return { apiKey, minVersion, maxVersion };
};
const encodeApiVersionsResponseApiVersion = (w: MessageWriter, v: number, m: ApiVersionsResponseApiVersion): void => {
  const flex = v >= 3;
  w.int16(m.apiKey, 'apiKeys.apiKey');
  w.int16(m.minVersion, 'apiKeys.minVersion');
  w.int16(m.maxVersion, 'apiKeys.maxVersion');
  if (flex) w.uvarint(0);
};

export interface ApiVersionsResponseSupportedFeatureKey {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}
const decodeApiVersionsResponseSupportedFeatureKey = (r: MessageReader, _v: number): ApiVersionsResponseSupportedFeatureKey => {
  const name = r.string(true, 'supportedFeatures.name');
  const minVersion = r.int16('supportedFeatures.minVersion');
  const maxVersion = r.int16('supportedFeatures.maxVersion');
  r.skipTags('supportedFeatures.taggedFields');
  return { name, minVersion, maxVersion };
};
const encodeApiVersionsResponseSupportedFeatureKey = (w: MessageWriter, _v: number, m: ApiVersionsResponseSupportedFeatureKey): void => {
  w.string(m.name, true, 'supportedFeatures.name');
  w.int16(m.minVersion, 'supportedFeatures.minVersion');
  w.int16(m.maxVersion, 'supportedFeatures.maxVersion');
  w.uvarint(0);
};

export interface ApiVersionsResponseFinalizedFeatureKey {
  readonly name: string;
  readonly maxVersionLevel: number;
  readonly minVersionLevel: number;
}
const decodeApiVersionsResponseFinalizedFeatureKey = (r: MessageReader, _v: number): ApiVersionsResponseFinalizedFeatureKey => {
  const name = r.string(true, 'finalizedFeatures.name');
  const maxVersionLevel = r.int16('finalizedFeatures.maxVersionLevel');
  const minVersionLevel = r.int16('finalizedFeatures.minVersionLevel');
  r.skipTags('finalizedFeatures.taggedFields');
  return { name, maxVersionLevel, minVersionLevel };
};
const encodeApiVersionsResponseFinalizedFeatureKey = (w: MessageWriter, _v: number, m: ApiVersionsResponseFinalizedFeatureKey): void => {
  w.string(m.name, true, 'finalizedFeatures.name');
  w.int16(m.maxVersionLevel, 'finalizedFeatures.maxVersionLevel');
  w.int16(m.minVersionLevel, 'finalizedFeatures.minVersionLevel');
  w.uvarint(0);
};

export interface ApiVersionsResponse {
  readonly errorCode: number;
  readonly apiKeys: readonly ApiVersionsResponseApiVersion[];
  readonly throttleTimeMs: number;
  readonly supportedFeatures?: readonly ApiVersionsResponseSupportedFeatureKey[] | undefined;
  readonly finalizedFeaturesEpoch?: number | undefined;
  readonly finalizedFeatures?: readonly ApiVersionsResponseFinalizedFeatureKey[] | undefined;
  readonly zkMigrationReady?: boolean | undefined;
}
const decodeApiVersionsResponse = (r: MessageReader, v: number): ApiVersionsResponse => {
  const flex = v >= 3;
  const errorCode = r.int16('errorCode');
  const apiKeysCount = r.arrayLength(flex, 6, 'apiKeys');
  const apiKeys = newList<ApiVersionsResponseApiVersion>(apiKeysCount);
  for (let i = 0; i < apiKeysCount; i++) apiKeys[i] = decodeApiVersionsResponseApiVersion(r, v);
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  let supportedFeatures: readonly ApiVersionsResponseSupportedFeatureKey[] = [];
  let finalizedFeaturesEpoch: number = -1;
  let finalizedFeatures: readonly ApiVersionsResponseFinalizedFeatureKey[] = [];
  let zkMigrationReady: boolean = false;
  for (let tags = !flex ? 0 : r.uvarint('taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('taggedFields');
    const end = r.openTag('taggedFields');
    if (tag === 0) {
      const count = r.arrayLength(true, 5, 'supportedFeatures');
      const list = newList<ApiVersionsResponseSupportedFeatureKey>(count);
      for (let i = 0; i < count; i++) list[i] = decodeApiVersionsResponseSupportedFeatureKey(r, v);
      supportedFeatures = list;
    } else if (tag === 1) {
      finalizedFeaturesEpoch = r.int64('finalizedFeaturesEpoch');
    } else if (tag === 2) {
      const count = r.arrayLength(true, 5, 'finalizedFeatures');
      const list = newList<ApiVersionsResponseFinalizedFeatureKey>(count);
      for (let i = 0; i < count; i++) list[i] = decodeApiVersionsResponseFinalizedFeatureKey(r, v);
      finalizedFeatures = list;
    } else if (tag === 3) {
      zkMigrationReady = r.bool('zkMigrationReady');
    } else r.position = end;
    r.closeTag(end, 'taggedFields');
  }
  return { errorCode, apiKeys, throttleTimeMs, supportedFeatures, finalizedFeaturesEpoch, finalizedFeatures, zkMigrationReady };
};
const encodeApiVersionsResponse = (w: MessageWriter, v: number, m: ApiVersionsResponse): void => {
  const flex = v >= 3;
  w.int16(m.errorCode, 'errorCode');
  const apiKeys = m.apiKeys;
  w.arrayLength(apiKeys.length, flex);
  for (const each of apiKeys) encodeApiVersionsResponseApiVersion(w, v, each);
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  if (flex) {
    const hasSupportedFeatures = m.supportedFeatures !== undefined && m.supportedFeatures.length > 0;
    const hasFinalizedFeaturesEpoch = m.finalizedFeaturesEpoch !== undefined && m.finalizedFeaturesEpoch !== -1;
    const hasFinalizedFeatures = m.finalizedFeatures !== undefined && m.finalizedFeatures.length > 0;
    const hasZkMigrationReady = m.zkMigrationReady !== undefined && m.zkMigrationReady;
    w.uvarint((hasSupportedFeatures ? 1 : 0) + (hasFinalizedFeaturesEpoch ? 1 : 0) + (hasFinalizedFeatures ? 1 : 0) + (hasZkMigrationReady ? 1 : 0));
    if (hasSupportedFeatures) {
      const start = w.openTag(0);
      const supportedFeatures = m.supportedFeatures;
      w.arrayLength(supportedFeatures.length, true);
      for (const each of supportedFeatures) encodeApiVersionsResponseSupportedFeatureKey(w, v, each);
      w.closeTag(start);
    }
    if (hasFinalizedFeaturesEpoch) {
      const start = w.openTag(1);
      w.int64(m.finalizedFeaturesEpoch, 'finalizedFeaturesEpoch');
      w.closeTag(start);
    }
    if (hasFinalizedFeatures) {
      const start = w.openTag(2);
      const finalizedFeatures = m.finalizedFeatures;
      w.arrayLength(finalizedFeatures.length, true);
      for (const each of finalizedFeatures) encodeApiVersionsResponseFinalizedFeatureKey(w, v, each);
      w.closeTag(start);
    }
    if (hasZkMigrationReady) {
      const start = w.openTag(3);
      w.bool(m.zkMigrationReady);
      w.closeTag(start);
    }
  }
};

export const apiVersionsApi: Api<ApiVersionsRequest, ApiVersionsResponse> = {
  key: 18,
  name: 'ApiVersions',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 3,
  decodeRequest: decodeApiVersionsRequest,
  encodeRequest: encodeApiVersionsRequest,
  decodeResponse: decodeApiVersionsResponse,
  encodeResponse: encodeApiVersionsResponse,
};
