// Generated from src/codec/definitions/Produce*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ProduceRequestPartitionProduceData {
  readonly index: number;
  readonly records: Uint8Array | null;
}
const decodeProduceRequestPartitionProduceData = (r: MessageReader, v: number): ProduceRequestPartitionProduceData => {
  const flex = v >= 9;
  const index = r.int32('topicData.partitionData.index');
  const records = r.nullableBytesView(flex, 'topicData.partitionData.records');
  if (flex) r.skipTags('topicData.partitionData.taggedFields');
  return { index, records };
};
const encodeProduceRequestPartitionProduceData = (w: MessageWriter, v: number, m: Sparse<ProduceRequestPartitionProduceData>): void => {
  const flex = v >= 9;
  w.int32(m.index ?? 0, 'topicData.partitionData.index');
  w.records(m.records ?? null, true, flex, 'topicData.partitionData.records');
  if (flex) w.uvarint(0);
};

export interface ProduceRequestTopicProduceData {
  readonly name: string;
  readonly topicId: string;
  readonly partitionData: readonly ProduceRequestPartitionProduceData[];
}
const decodeProduceRequestTopicProduceData = (r: MessageReader, v: number): ProduceRequestTopicProduceData => {
  const flex = v >= 9;
  const name = v <= 12 ? r.string(flex, 'topicData.name') : '';
  const topicId = v >= 13 ? r.uuid('topicData.topicId') : zeroUuid;
  const partitionDataCount = r.arrayLength(flex, 5, 'topicData.partitionData');
  const partitionData = newList<ProduceRequestPartitionProduceData>(partitionDataCount);
  for (let i = 0; i < partitionDataCount; i++) partitionData[i] = decodeProduceRequestPartitionProduceData(r, v);
  if (flex) r.skipTags('topicData.taggedFields');
  return { name, topicId, partitionData };
};
const encodeProduceRequestTopicProduceData = (w: MessageWriter, v: number, m: Sparse<ProduceRequestTopicProduceData>): void => {
  const flex = v >= 9;
  if (v <= 12) w.string(m.name ?? '', flex, 'topicData.name');
  if (v >= 13) w.uuid(m.topicId ?? zeroUuid, 'topicData.topicId');
  const partitionData = m.partitionData ?? [];
  w.arrayLength(partitionData.length, flex);
  for (const each of partitionData) encodeProduceRequestPartitionProduceData(w, v, each);
  if (flex) w.uvarint(0);
};

export interface ProduceRequest {
  readonly transactionalId: string | null;
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topicData: readonly ProduceRequestTopicProduceData[];
}
const decodeProduceRequest = (r: MessageReader, v: number): ProduceRequest => {
  const flex = v >= 9;
  const transactionalId = r.nullableString(flex, 'transactionalId');
  const acks = r.int16('acks');
  const timeoutMs = r.int32('timeoutMs');
  const topicDataCount = r.arrayLength(flex, 1, 'topicData');
  const topicData = newList<ProduceRequestTopicProduceData>(topicDataCount);
  for (let i = 0; i < topicDataCount; i++) topicData[i] = decodeProduceRequestTopicProduceData(r, v);
  if (flex) r.skipTags('taggedFields');
  return { transactionalId, acks, timeoutMs, topicData };
};
const encodeProduceRequest = (w: MessageWriter, v: number, m: Sparse<ProduceRequest>): void => {
  const flex = v >= 9;
  w.nullableString(m.transactionalId ?? null, true, flex, 'transactionalId');
  w.int16(m.acks ?? 0, 'acks');
  w.int32(m.timeoutMs ?? 0, 'timeoutMs');
  const topicData = m.topicData ?? [];
  w.arrayLength(topicData.length, flex);
  for (const each of topicData) encodeProduceRequestTopicProduceData(w, v, each);
  if (flex) w.uvarint(0);
};

export interface ProduceResponseBatchIndexAndErrorMessage {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage?: string | null | undefined;
}
const decodeProduceResponseBatchIndexAndErrorMessage = (r: MessageReader, v: number): ProduceResponseBatchIndexAndErrorMessage => {
  const flex = v >= 9;
  const batchIndex = r.int32('responses.partitionResponses.recordErrors.batchIndex');
  const batchIndexErrorMessage = r.nullableString(flex, 'responses.partitionResponses.recordErrors.batchIndexErrorMessage');
  if (flex) r.skipTags('responses.partitionResponses.recordErrors.taggedFields');
  return { batchIndex, batchIndexErrorMessage };
};
const encodeProduceResponseBatchIndexAndErrorMessage = (w: MessageWriter, v: number, m: ProduceResponseBatchIndexAndErrorMessage): void => {
  const flex = v >= 9;
  w.int32(m.batchIndex, 'responses.partitionResponses.recordErrors.batchIndex');
  w.nullableString(m.batchIndexErrorMessage ?? null, true, flex, 'responses.partitionResponses.recordErrors.batchIndexErrorMessage');
  if (flex) w.uvarint(0);
};

export interface ProduceResponseLeaderIdAndEpoch {
  readonly leaderId?: number | undefined;
  readonly leaderEpoch?: number | undefined;
}
const defaultProduceResponseLeaderIdAndEpoch: ProduceResponseLeaderIdAndEpoch = { leaderId: -1, leaderEpoch: -1 };
const isSetProduceResponseLeaderIdAndEpoch = (m: ProduceResponseLeaderIdAndEpoch): boolean =>
  (m.leaderId !== undefined && m.leaderId !== -1) || (m.leaderEpoch !== undefined && m.leaderEpoch !== -1);
const decodeProduceResponseLeaderIdAndEpoch = (r: MessageReader, _v: number): ProduceResponseLeaderIdAndEpoch => {
  const leaderId = r.int32('responses.partitionResponses.currentLeader.leaderId');
  const leaderEpoch = r.int32('responses.partitionResponses.currentLeader.leaderEpoch');
  r.skipTags('responses.partitionResponses.currentLeader.taggedFields');
  return { leaderId, leaderEpoch };
};
const encodeProduceResponseLeaderIdAndEpoch = (w: MessageWriter, _v: number, m: ProduceResponseLeaderIdAndEpoch): void => {
  w.int32(m.leaderId ?? -1, 'responses.partitionResponses.currentLeader.leaderId');
  w.int32(m.leaderEpoch ?? -1, 'responses.partitionResponses.currentLeader.leaderEpoch');
  w.uvarint(0);
};

export interface ProduceResponsePartitionProduceResponse {
  readonly index: number;
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly logAppendTimeMs?: number | undefined;
  readonly logStartOffset?: number | undefined;
  readonly recordErrors: readonly ProduceResponseBatchIndexAndErrorMessage[];
  readonly errorMessage?: string | null | undefined;
  readonly currentLeader?: ProduceResponseLeaderIdAndEpoch | undefined;
}
const decodeProduceResponsePartitionProduceResponse = (r: MessageReader, v: number): ProduceResponsePartitionProduceResponse => {
  const flex = v >= 9;
  const index = r.int32('responses.partitionResponses.index');
  const errorCode = r.int16('responses.partitionResponses.errorCode');
  const baseOffset = r.int64('responses.partitionResponses.baseOffset');
  const logAppendTimeMs = r.int64('responses.partitionResponses.logAppendTimeMs');
  const logStartOffset = v >= 5 ? r.int64('responses.partitionResponses.logStartOffset') : -1;
  let recordErrors: readonly ProduceResponseBatchIndexAndErrorMessage[] = [];
  if (v >= 8) {
    const count = r.arrayLength(flex, 5, 'responses.partitionResponses.recordErrors');
    const list = newList<ProduceResponseBatchIndexAndErrorMessage>(count);
    for (let i = 0; i < count; i++) list[i] = decodeProduceResponseBatchIndexAndErrorMessage(r, v);
    recordErrors = list;
  }
  const errorMessage = v >= 8 ? r.nullableString(flex, 'responses.partitionResponses.errorMessage') : null;
  let currentLeader: ProduceResponseLeaderIdAndEpoch = defaultProduceResponseLeaderIdAndEpoch;
  for (let tags = !flex ? 0 : r.uvarint('responses.partitionResponses.taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('responses.partitionResponses.taggedFields');
    const end = r.openTag('responses.partitionResponses.taggedFields');
    if (tag === 0 && v >= 10) {
      currentLeader = decodeProduceResponseLeaderIdAndEpoch(r, v);
    } else r.position = end;
    r.closeTag(end, 'responses.partitionResponses.taggedFields');
  }
  return { index, errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors, errorMessage, currentLeader };
};
const encodeProduceResponsePartitionProduceResponse = (w: MessageWriter, v: number, m: ProduceResponsePartitionProduceResponse): void => {
  const flex = v >= 9;
  w.int32(m.index, 'responses.partitionResponses.index');
  w.int16(m.errorCode, 'responses.partitionResponses.errorCode');
  w.int64(m.baseOffset, 'responses.partitionResponses.baseOffset');
  w.int64(m.logAppendTimeMs ?? -1, 'responses.partitionResponses.logAppendTimeMs');
  if (v >= 5) w.int64(m.logStartOffset ?? -1, 'responses.partitionResponses.logStartOffset');
  if (v >= 8) {
    const recordErrors = m.recordErrors;
    w.arrayLength(recordErrors.length, flex);
    for (const each of recordErrors) encodeProduceResponseBatchIndexAndErrorMessage(w, v, each);
  }
  if (v >= 8) w.nullableString(m.errorMessage ?? null, true, flex, 'responses.partitionResponses.errorMessage');
  if (!(v >= 10) && m.currentLeader !== undefined && isSetProduceResponseLeaderIdAndEpoch(m.currentLeader)) throw notInVersion('responses.partitionResponses.currentLeader', v);
  if (flex) {
    const hasCurrentLeader = v >= 10 && m.currentLeader !== undefined && isSetProduceResponseLeaderIdAndEpoch(m.currentLeader);
    w.uvarint((hasCurrentLeader ? 1 : 0));
    if (hasCurrentLeader) {
      const start = w.openTag(0);
      encodeProduceResponseLeaderIdAndEpoch(w, v, m.currentLeader);
      w.closeTag(start);
    }
  }
};

export interface ProduceResponseTopicProduceResponse {
  readonly name?: string | undefined;
  readonly topicId: string;
  readonly partitionResponses: readonly ProduceResponsePartitionProduceResponse[];
}
const decodeProduceResponseTopicProduceResponse = (r: MessageReader, v: number): ProduceResponseTopicProduceResponse => {
  const flex = v >= 9;
  const name = v <= 12 ? r.string(flex, 'responses.name') : '';
  const topicId = v >= 13 ? r.uuid('responses.topicId') : zeroUuid;
  const partitionResponsesCount = r.arrayLength(flex, 22, 'responses.partitionResponses');
  const partitionResponses = newList<ProduceResponsePartitionProduceResponse>(partitionResponsesCount);
  for (let i = 0; i < partitionResponsesCount; i++) partitionResponses[i] = decodeProduceResponsePartitionProduceResponse(r, v);
  if (flex) r.skipTags('responses.taggedFields');
  return { name, topicId, partitionResponses };
};
const encodeProduceResponseTopicProduceResponse = (w: MessageWriter, v: number, m: ProduceResponseTopicProduceResponse): void => {
  const flex = v >= 9;
  if (v <= 12) w.string(m.name ?? '', flex, 'responses.name');
  if (v >= 13) w.uuid(m.topicId, 'responses.topicId');
  const partitionResponses = m.partitionResponses;
  w.arrayLength(partitionResponses.length, flex);
  for (const each of partitionResponses) encodeProduceResponsePartitionProduceResponse(w, v, each);
  if (flex) w.uvarint(0);
};

export interface ProduceResponseNodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}
const decodeProduceResponseNodeEndpoint = (r: MessageReader, _v: number): ProduceResponseNodeEndpoint => {
  const nodeId = r.int32('nodeEndpoints.nodeId');
  const host = r.string(true, 'nodeEndpoints.host');
  const port = r.int32('nodeEndpoints.port');
  const rack = r.nullableString(true, 'nodeEndpoints.rack');
  r.skipTags('nodeEndpoints.taggedFields');
  return { nodeId, host, port, rack };
};
const encodeProduceResponseNodeEndpoint = (w: MessageWriter, _v: number, m: ProduceResponseNodeEndpoint): void => {
  w.int32(m.nodeId, 'nodeEndpoints.nodeId');
  w.string(m.host, true, 'nodeEndpoints.host');
  w.int32(m.port, 'nodeEndpoints.port');
  w.nullableString(m.rack ?? null, true, true, 'nodeEndpoints.rack');
  w.uvarint(0);
};

export interface ProduceResponse {
  readonly responses: readonly ProduceResponseTopicProduceResponse[];
  readonly throttleTimeMs?: number | undefined;
  readonly nodeEndpoints?: readonly ProduceResponseNodeEndpoint[] | undefined;
}
const decodeProduceResponse = (r: MessageReader, v: number): ProduceResponse => {
  const flex = v >= 9;
  const responsesCount = r.arrayLength(flex, 1, 'responses');
  const responses = newList<ProduceResponseTopicProduceResponse>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeProduceResponseTopicProduceResponse(r, v);
  const throttleTimeMs = r.int32('throttleTimeMs');
  let nodeEndpoints: readonly ProduceResponseNodeEndpoint[] = [];
  for (let tags = !flex ? 0 : r.uvarint('taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('taggedFields');
    const end = r.openTag('taggedFields');
    if (tag === 0 && v >= 10) {
      const count = r.arrayLength(true, 10, 'nodeEndpoints');
      const list = newList<ProduceResponseNodeEndpoint>(count);
      for (let i = 0; i < count; i++) list[i] = decodeProduceResponseNodeEndpoint(r, v);
      nodeEndpoints = list;
    } else r.position = end;
    r.closeTag(end, 'taggedFields');
  }
  return { responses, throttleTimeMs, nodeEndpoints };
};
const encodeProduceResponse = (w: MessageWriter, v: number, m: ProduceResponse): void => {
  const flex = v >= 9;
  const responses = m.responses;
  w.arrayLength(responses.length, flex);
  for (const each of responses) encodeProduceResponseTopicProduceResponse(w, v, each);
  w.int32(m.throttleTimeMs ?? 0, 'throttleTimeMs');
  if (!(v >= 10) && m.nodeEndpoints !== undefined && m.nodeEndpoints.length > 0) throw notInVersion('nodeEndpoints', v);
  if (flex) {
    const hasNodeEndpoints = v >= 10 && m.nodeEndpoints !== undefined && m.nodeEndpoints.length > 0;
    w.uvarint((hasNodeEndpoints ? 1 : 0));
    if (hasNodeEndpoints) {
      const start = w.openTag(0);
      const nodeEndpoints = m.nodeEndpoints;
      w.arrayLength(nodeEndpoints.length, true);
      for (const each of nodeEndpoints) encodeProduceResponseNodeEndpoint(w, v, each);
      w.closeTag(start);
    }
  }
};

export const produceApi: Api<ProduceRequest, ProduceResponse> = {
  key: 0,
  name: 'Produce',
  firstVersion: 3,
  lastVersion: 13,
  firstFlexibleVersion: 9,
  decodeRequest: decodeProduceRequest,
  encodeRequest: encodeProduceRequest,
  decodeResponse: decodeProduceResponse,
  encodeResponse: encodeProduceResponse,
};
