// Generated from src/codec/definitions/AddPartitionsToTxn*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface AddPartitionsToTxnRequestAddPartitionsToTxnTopic {
  readonly name: string;
  readonly partitions: readonly number[];
}
const decodeAddPartitionsToTxnRequestAddPartitionsToTxnTopic = (r: MessageReader, v: number): AddPartitionsToTxnRequestAddPartitionsToTxnTopic => {
  const flex = v >= 3;
  const name = r.string(flex, 'AddPartitionsToTxnTopic.name');
  const partitionsCount = r.arrayLength(flex, 4, 'AddPartitionsToTxnTopic.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('AddPartitionsToTxnTopic.partitions');
  if (flex) r.skipTags('AddPartitionsToTxnTopic.taggedFields');
  return { name, partitions };
};
const encodeAddPartitionsToTxnRequestAddPartitionsToTxnTopic = (w: MessageWriter, v: number, m: Sparse<AddPartitionsToTxnRequestAddPartitionsToTxnTopic>): void => {
  const flex = v >= 3;
  w.string(m.name ?? '', flex, 'AddPartitionsToTxnTopic.name');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) w.int32(each, 'AddPartitionsToTxnTopic.partitions');
  if (flex) w.uvarint(0);
};

export interface AddPartitionsToTxnRequestAddPartitionsToTxnTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly verifyOnly: boolean;
  readonly topics: readonly AddPartitionsToTxnRequestAddPartitionsToTxnTopic[];
}
const decodeAddPartitionsToTxnRequestAddPartitionsToTxnTransaction = (r: MessageReader, v: number): AddPartitionsToTxnRequestAddPartitionsToTxnTransaction => {
  const transactionalId = r.string(true, 'transactions.transactionalId');
  const producerId = r.int64('transactions.producerId');
  const producerEpoch = r.int16('transactions.producerEpoch');
  const verifyOnly = r.bool('transactions.verifyOnly');
  const topicsCount = r.arrayLength(true, 2, 'transactions.topics');
  const topics = newList<AddPartitionsToTxnRequestAddPartitionsToTxnTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeAddPartitionsToTxnRequestAddPartitionsToTxnTopic(r, v);
  r.skipTags('transactions.taggedFields');
  return { transactionalId, producerId, producerEpoch, verifyOnly, topics };
};
const encodeAddPartitionsToTxnRequestAddPartitionsToTxnTransaction = (w: MessageWriter, v: number, m: Sparse<AddPartitionsToTxnRequestAddPartitionsToTxnTransaction>): void => {
  w.string(m.transactionalId ?? '', true, 'transactions.transactionalId');
  w.int64(m.producerId ?? 0, 'transactions.producerId');
  w.int16(m.producerEpoch ?? 0, 'transactions.producerEpoch');
  w.bool(m.verifyOnly ?? false);
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeAddPartitionsToTxnRequestAddPartitionsToTxnTopic(w, v, each);
  w.uvarint(0);
};

export interface AddPartitionsToTxnRequest {
  readonly transactions: readonly AddPartitionsToTxnRequestAddPartitionsToTxnTransaction[];
  readonly v3AndBelowTransactionalId: string;
  readonly v3AndBelowProducerId: number;
  readonly v3AndBelowProducerEpoch: number;
  readonly v3AndBelowTopics: readonly AddPartitionsToTxnRequestAddPartitionsToTxnTopic[];
}
const decodeAddPartitionsToTxnRequest = (r: MessageReader, v: number): AddPartitionsToTxnRequest => {
  const flex = v >= 3;
  let transactions: readonly AddPartitionsToTxnRequestAddPartitionsToTxnTransaction[] = [];
  if (v >= 4) {
    const count = r.arrayLength(flex, 13, 'transactions');
    const list = newList<AddPartitionsToTxnRequestAddPartitionsToTxnTransaction>(count);
    for (let i = 0; i < count; i++) list[i] = decodeAddPartitionsToTxnRequestAddPartitionsToTxnTransaction(r, v);
    transactions = list;
  }
  const v3AndBelowTransactionalId = v <= 3 ? r.string(flex, 'v3AndBelowTransactionalId') : '';
  const v3AndBelowProducerId = v <= 3 ? r.int64('v3AndBelowProducerId') : 0;
  const v3AndBelowProducerEpoch = v <= 3 ? r.int16('v3AndBelowProducerEpoch') : 0;
  let v3AndBelowTopics: readonly AddPartitionsToTxnRequestAddPartitionsToTxnTopic[] = [];
  if (v <= 3) {
    const count = r.arrayLength(flex, 2, 'v3AndBelowTopics');
    const list = newList<AddPartitionsToTxnRequestAddPartitionsToTxnTopic>(count);
    for (let i = 0; i < count; i++) list[i] = decodeAddPartitionsToTxnRequestAddPartitionsToTxnTopic(r, v);
    v3AndBelowTopics = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { transactions, v3AndBelowTransactionalId, v3AndBelowProducerId, v3AndBelowProducerEpoch, v3AndBelowTopics };
};
const encodeAddPartitionsToTxnRequest = (w: MessageWriter, v: number, m: Sparse<AddPartitionsToTxnRequest>): void => {
  const flex = v >= 3;
  if (v >= 4) {
    const transactions = m.transactions ?? [];
    w.arrayLength(transactions.length, flex);
    for (const each of transactions) encodeAddPartitionsToTxnRequestAddPartitionsToTxnTransaction(w, v, each);
  }
  else if (m.transactions !== undefined && m.transactions.length > 0) throw notInVersion('transactions', v);
  if (v <= 3) w.string(m.v3AndBelowTransactionalId ?? '', flex, 'v3AndBelowTransactionalId');
  else if (m.v3AndBelowTransactionalId !== undefined && m.v3AndBelowTransactionalId !== '') throw notInVersion('v3AndBelowTransactionalId', v);
  if (v <= 3) w.int64(m.v3AndBelowProducerId ?? 0, 'v3AndBelowProducerId');
  else if (m.v3AndBelowProducerId !== undefined && m.v3AndBelowProducerId !== 0) throw notInVersion('v3AndBelowProducerId', v);
  if (v <= 3) w.int16(m.v3AndBelowProducerEpoch ?? 0, 'v3AndBelowProducerEpoch');
  else if (m.v3AndBelowProducerEpoch !== undefined && m.v3AndBelowProducerEpoch !== 0) throw notInVersion('v3AndBelowProducerEpoch', v);
  if (v <= 3) {
    const v3AndBelowTopics = m.v3AndBelowTopics ?? [];
    w.arrayLength(v3AndBelowTopics.length, flex);
    for (const each of v3AndBelowTopics) encodeAddPartitionsToTxnRequestAddPartitionsToTxnTopic(w, v, each);
  }
  else if (m.v3AndBelowTopics !== undefined && m.v3AndBelowTopics.length > 0) throw notInVersion('v3AndBelowTopics', v);
  if (flex) w.uvarint(0);
};

export interface AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult {
  readonly partitionIndex: number;
  readonly partitionErrorCode: number;
}
const decodeAddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult = (r: MessageReader, v: number): AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult => {
  const flex = v >= 3;
  const partitionIndex = r.int32('AddPartitionsToTxnPartitionResult.partitionIndex');
  const partitionErrorCode = r.int16('AddPartitionsToTxnPartitionResult.partitionErrorCode');
  if (flex) r.skipTags('AddPartitionsToTxnPartitionResult.taggedFields');
  return { partitionIndex, partitionErrorCode };
};
const encodeAddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult = (w: MessageWriter, v: number, m: AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult): void => {
  const flex = v >= 3;
  w.int32(m.partitionIndex, 'AddPartitionsToTxnPartitionResult.partitionIndex');
  w.int16(m.partitionErrorCode, 'AddPartitionsToTxnPartitionResult.partitionErrorCode');
  if (flex) w.uvarint(0);
};

export interface AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult {
  readonly name: string;
  readonly resultsByPartition: readonly AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult[];
}
const decodeAddPartitionsToTxnResponseAddPartitionsToTxnTopicResult = (r: MessageReader, v: number): AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult => {
  const flex = v >= 3;
  const name = r.string(flex, 'AddPartitionsToTxnTopicResult.name');
  const resultsByPartitionCount = r.arrayLength(flex, 6, 'AddPartitionsToTxnTopicResult.resultsByPartition');
  const resultsByPartition = newList<AddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult>(resultsByPartitionCount);
  for (let i = 0; i < resultsByPartitionCount; i++) resultsByPartition[i] = decodeAddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult(r, v);
  if (flex) r.skipTags('AddPartitionsToTxnTopicResult.taggedFields');
  return { name, resultsByPartition };
};
const encodeAddPartitionsToTxnResponseAddPartitionsToTxnTopicResult = (w: MessageWriter, v: number, m: AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult): void => {
  const flex = v >= 3;
  w.string(m.name, flex, 'AddPartitionsToTxnTopicResult.name');
  const resultsByPartition = m.resultsByPartition;
  w.arrayLength(resultsByPartition.length, flex);
  for (const each of resultsByPartition) encodeAddPartitionsToTxnResponseAddPartitionsToTxnPartitionResult(w, v, each);
  if (flex) w.uvarint(0);
};

export interface AddPartitionsToTxnResponseAddPartitionsToTxnResult {
  readonly transactionalId: string;
  readonly topicResults: readonly AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult[];
}
const decodeAddPartitionsToTxnResponseAddPartitionsToTxnResult = (r: MessageReader, v: number): AddPartitionsToTxnResponseAddPartitionsToTxnResult => {
  const transactionalId = r.string(true, 'resultsByTransaction.transactionalId');
  const topicResultsCount = r.arrayLength(true, 2, 'resultsByTransaction.topicResults');
  const topicResults = newList<AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult>(topicResultsCount);
  for (let i = 0; i < topicResultsCount; i++) topicResults[i] = decodeAddPartitionsToTxnResponseAddPartitionsToTxnTopicResult(r, v);
  r.skipTags('resultsByTransaction.taggedFields');
  return { transactionalId, topicResults };
};
const encodeAddPartitionsToTxnResponseAddPartitionsToTxnResult = (w: MessageWriter, v: number, m: AddPartitionsToTxnResponseAddPartitionsToTxnResult): void => {
  w.string(m.transactionalId, true, 'resultsByTransaction.transactionalId');
  const topicResults = m.topicResults;
  w.arrayLength(topicResults.length, true);
  for (const each of topicResults) encodeAddPartitionsToTxnResponseAddPartitionsToTxnTopicResult(w, v, each);
  w.uvarint(0);
};

export interface AddPartitionsToTxnResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly resultsByTransaction?: readonly AddPartitionsToTxnResponseAddPartitionsToTxnResult[] | undefined;
  readonly resultsByTopicV3AndBelow?: readonly AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult[] | undefined;
}
const decodeAddPartitionsToTxnResponse = (r: MessageReader, v: number): AddPartitionsToTxnResponse => {
  const flex = v >= 3;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = v >= 4 ? r.int16('errorCode') : 0;
  let resultsByTransaction: readonly AddPartitionsToTxnResponseAddPartitionsToTxnResult[] = [];
  if (v >= 4) {
    const count = r.arrayLength(flex, 2, 'resultsByTransaction');
    const list = newList<AddPartitionsToTxnResponseAddPartitionsToTxnResult>(count);
    for (let i = 0; i < count; i++) list[i] = decodeAddPartitionsToTxnResponseAddPartitionsToTxnResult(r, v);
    resultsByTransaction = list;
  }
  let resultsByTopicV3AndBelow: readonly AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult[] = [];
  if (v <= 3) {
    const count = r.arrayLength(flex, 2, 'resultsByTopicV3AndBelow');
    const list = newList<AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult>(count);
    for (let i = 0; i < count; i++) list[i] = decodeAddPartitionsToTxnResponseAddPartitionsToTxnTopicResult(r, v);
    resultsByTopicV3AndBelow = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, resultsByTransaction, resultsByTopicV3AndBelow };
};
const encodeAddPartitionsToTxnResponse = (w: MessageWriter, v: number, m: AddPartitionsToTxnResponse): void => {
  const flex = v >= 3;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  if (v >= 4) w.int16(m.errorCode, 'errorCode');
  if (v >= 4) {
    const resultsByTransaction = m.resultsByTransaction ?? [];
    w.arrayLength(resultsByTransaction.length, flex);
    for (const each of resultsByTransaction) encodeAddPartitionsToTxnResponseAddPartitionsToTxnResult(w, v, each);
  }
  else if (m.resultsByTransaction !== undefined && m.resultsByTransaction.length > 0) throw notInVersion('resultsByTransaction', v);
  if (v <= 3) {
    const resultsByTopicV3AndBelow = m.resultsByTopicV3AndBelow ?? [];
    w.arrayLength(resultsByTopicV3AndBelow.length, flex);
    for (const each of resultsByTopicV3AndBelow) encodeAddPartitionsToTxnResponseAddPartitionsToTxnTopicResult(w, v, each);
  }
  else if (m.resultsByTopicV3AndBelow !== undefined && m.resultsByTopicV3AndBelow.length > 0) throw notInVersion('resultsByTopicV3AndBelow', v);
  if (flex) w.uvarint(0);
};

export const addPartitionsToTxnApi: Api<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> = {
  key: 24,
  name: 'AddPartitionsToTxn',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 3,
  decodeRequest: decodeAddPartitionsToTxnRequest,
  encodeRequest: encodeAddPartitionsToTxnRequest,
  decodeResponse: decodeAddPartitionsToTxnResponse,
  encodeResponse: encodeAddPartitionsToTxnResponse,
};
