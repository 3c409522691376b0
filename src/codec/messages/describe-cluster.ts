// Generated from src/codec/definitions/DescribeCluster*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DescribeClusterRequest {
  readonly includeClusterAuthorizedOperations: boolean;
  readonly endpointType: number;
  readonly includeFencedBrokers: boolean;
}
const decodeDescribeClusterRequest = (r: MessageReader, v: number): DescribeClusterRequest => {
  const includeClusterAuthorizedOperations = r.bool('includeClusterAuthorizedOperations');
  const endpointType = v >= 1 ? r.int8('endpointType') : 1;
  const includeFencedBrokers = v >= 2 ? r.bool('includeFencedBrokers') : false;
  r.skipTags('taggedFields');
  return { includeClusterAuthorizedOperations, endpointType, includeFencedBrokers };
};
const encodeDescribeClusterRequest = (w: MessageWriter, v: number, m: Sparse<DescribeClusterRequest>): void => {
  w.bool(m.includeClusterAuthorizedOperations ?? false);
  if (v >= 1) w.int8(m.endpointType ?? 1, 'endpointType');
  else if (m.endpointType !== undefined && m.endpointType !== 1) throw notInVersion('endpointType', v);
  if (v >= 2) w.bool(m.includeFencedBrokers ?? false);
  else if (m.includeFencedBrokers !== undefined && m.includeFencedBrokers) throw notInVersion('includeFencedBrokers', v);
  w.uvarint(0);
};

export interface DescribeClusterResponseDescribeClusterBroker {
  readonly brokerId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
  readonly isFenced?: boolean | undefined;
}
const decodeDescribeClusterResponseDescribeClusterBroker = (r: MessageReader, v: number): DescribeClusterResponseDescribeClusterBroker => {
  const brokerId = r.int32('brokers.brokerId');
  const host = r.string(true, 'brokers.host');
  const port = r.int32('brokers.port');
  const rack = r.nullableString(true, 'brokers.rack');
  const isFenced = v >= 2 ? r.bool('brokers.isFenced') : false;
  r.skipTags('brokers.taggedFields');
  return { brokerId, host, port, rack, isFenced };
};
const encodeDescribeClusterResponseDescribeClusterBroker = (w: MessageWriter, v: number, m: DescribeClusterResponseDescribeClusterBroker): void => {
  w.int32(m.brokerId, 'brokers.brokerId');
  w.string(m.host, true, 'brokers.host');
  w.int32(m.port, 'brokers.port');
  w.nullableString(m.rack ?? null, true, true, 'brokers.rack');
  if (v >= 2) w.bool(m.isFenced ?? false);
  else if (m.isFenced !== undefined && m.isFenced) throw notInVersion('brokers.isFenced', v);
  w.uvarint(0);
};

export interface DescribeClusterResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly endpointType?: number | undefined;
  readonly clusterId: string;
  readonly controllerId?: number | undefined;
  readonly brokers: readonly DescribeClusterResponseDescribeClusterBroker[];
  readonly clusterAuthorizedOperations?: number | undefined;
}
const decodeDescribeClusterResponse = (r: MessageReader, v: number): DescribeClusterResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const endpointType = v >= 1 ? r.int8('endpointType') : 1;
  const clusterId = r.string(true, 'clusterId');
  const controllerId = r.int32('controllerId');
  const brokersCount = r.arrayLength(true, 10, 'brokers');
  const brokers = newList<DescribeClusterResponseDescribeClusterBroker>(brokersCount);
  for (let i = 0; i < brokersCount; i++) brokers[i] = decodeDescribeClusterResponseDescribeClusterBroker(r, v);
  const clusterAuthorizedOperations = r.int32('clusterAuthorizedOperations');
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, endpointType, clusterId, controllerId, brokers, clusterAuthorizedOperations };
};
const encodeDescribeClusterResponse = (w: MessageWriter, v: number, m: DescribeClusterResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  if (v >= 1) w.int8(m.endpointType ?? 1, 'endpointType');
  else if (m.endpointType !== undefined && m.endpointType !== 1) throw notInVersion('endpointType', v);
  w.string(m.clusterId, true, 'clusterId');
  w.int32(m.controllerId ?? -1, 'controllerId');
  const brokers = m.brokers;
  w.arrayLength(brokers.length, true);
  for (const each of brokers) encodeDescribeClusterResponseDescribeClusterBroker(w, v, each);
  w.int32(m.clusterAuthorizedOperations ?? -2147483648, 'clusterAuthorizedOperations');
  w.uvarint(0);
};

export const describeClusterApi: Api<DescribeClusterRequest, DescribeClusterResponse> = {
  key: 60,
  name: 'DescribeCluster',
  firstVersion: 0,
  lastVersion: 2,
  firstFlexibleVersion: 0,
  decodeRequest: decodeDescribeClusterRequest,
  encodeRequest: encodeDescribeClusterRequest,
  decodeResponse: decodeDescribeClusterResponse,
  encodeResponse: encodeDescribeClusterResponse,
};
