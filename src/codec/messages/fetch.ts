// Generated from src/codec/definitions/Fetch*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter, RecordsToWrite } from '../message-writer.ts';

export interface FetchRequestReplicaState {
  readonly replicaId: number;
  readonly replicaEpoch: number;
}
const defaultFetchRequestReplicaState: FetchRequestReplicaState = { replicaId: -1, replicaEpoch: -1 };
const isSetFetchRequestReplicaState = (m: Sparse<FetchRequestReplicaState>): boolean =>
  (m.replicaId !== undefined && m.replicaId !== -1) || (m.replicaEpoch !== undefined && m.replicaEpoch !== -1);
const decodeFetchRequestReplicaState = (r: MessageReader, _v: number): FetchRequestReplicaState => {
  const replicaId = r.int32('replicaState.replicaId');
  const replicaEpoch = r.int64('replicaState.replicaEpoch');
  r.skipTags('replicaState.taggedFields');
  return { replicaId, replicaEpoch };
};
const encodeFetchRequestReplicaState = (w: MessageWriter, _v: number, m: Sparse<FetchRequestReplicaState>): void => {
  w.int32(m.replicaId ?? -1, 'replicaState.replicaId');
  w.int64(m.replicaEpoch ?? -1, 'replicaState.replicaEpoch');
  w.uvarint(0);
};

export interface FetchRequestFetchPartition {
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
  readonly partitionMaxBytes: number;
  readonly replicaDirectoryId: string;
  readonly highWatermark: number;
}
const decodeFetchRequestFetchPartition = (r: MessageReader, v: number): FetchRequestFetchPartition => {
  const flex = v >= 12;
  const partition = r.int32('topics.partitions.partition');
  const currentLeaderEpoch = v >= 9 ? r.int32('topics.partitions.currentLeaderEpoch') : -1;
  const fetchOffset = r.int64('topics.partitions.fetchOffset');
  const lastFetchedEpoch = v >= 12 ? r.int32('topics.partitions.lastFetchedEpoch') : -1;
  const logStartOffset = v >= 5 ? r.int64('topics.partitions.logStartOffset') : -1;
  const partitionMaxBytes = r.int32('topics.partitions.partitionMaxBytes');
  let replicaDirectoryId: string = zeroUuid;
  let highWatermark: number = Number.MAX_SAFE_INTEGER;
  for (let tags = !flex ? 0 : r.uvarint('topics.partitions.taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('topics.partitions.taggedFields');
    const end = r.openTag('topics.partitions.taggedFields');
    if (tag === 0 && v >= 17) {
      replicaDirectoryId = r.uuid('topics.partitions.replicaDirectoryId');
    } else if (tag === 1 && v >= 18) {
      highWatermark = r.int64('topics.partitions.highWatermark');
    } else r.position = end;
    r.closeTag(end, 'topics.partitions.taggedFields');
  }
  return { partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes, replicaDirectoryId, highWatermark };
};
const encodeFetchRequestFetchPartition = (w: MessageWriter, v: number, m: Sparse<FetchRequestFetchPartition>): void => {
  const flex = v >= 12;
  w.int32(m.partition ?? 0, 'topics.partitions.partition');
  if (v >= 9) w.int32(m.currentLeaderEpoch ?? -1, 'topics.partitions.currentLeaderEpoch');
  w.int64(m.fetchOffset ?? 0, 'topics.partitions.fetchOffset');
  if (v >= 12) w.int32(m.lastFetchedEpoch ?? -1, 'topics.partitions.lastFetchedEpoch');
  else if (m.lastFetchedEpoch !== undefined && m.lastFetchedEpoch !== -1) throw notInVersion('topics.partitions.lastFetchedEpoch', v);
  if (v >= 5) w.int64(m.logStartOffset ?? -1, 'topics.partitions.logStartOffset');
  w.int32(m.partitionMaxBytes ?? 0, 'topics.partitions.partitionMaxBytes');
  if (flex) {
    const hasReplicaDirectoryId = v >= 17 && m.replicaDirectoryId !== undefined && m.replicaDirectoryId !== zeroUuid;
    const hasHighWatermark = v >= 18 && m.highWatermark !== undefined && m.highWatermark !== Number.MAX_SAFE_INTEGER;
    w.uvarint((hasReplicaDirectoryId ? 1 : 0) + (hasHighWatermark ? 1 : 0));
    if (hasReplicaDirectoryId) {
      const start = w.openTag(0);
      w.uuid(m.replicaDirectoryId, 'topics.partitions.replicaDirectoryId');
      w.closeTag(start);
    }
    if (hasHighWatermark) {
      const start = w.openTag(1);
      w.int64(m.highWatermark, 'topics.partitions.highWatermark');
      w.closeTag(start);
    }
  }
};

export interface FetchRequestFetchTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly FetchRequestFetchPartition[];
}
const decodeFetchRequestFetchTopic = (r: MessageReader, v: number): FetchRequestFetchTopic => {
  const flex = v >= 12;
  const topic = v <= 12 ? r.string(flex, 'topics.topic') : '';
  const topicId = v >= 13 ? r.uuid('topics.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 16, 'topics.partitions');
  const partitions = newList<FetchRequestFetchPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeFetchRequestFetchPartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { topic, topicId, partitions };
};
const encodeFetchRequestFetchTopic = (w: MessageWriter, v: number, m: Sparse<FetchRequestFetchTopic>): void => {
  const flex = v >= 12;
  if (v <= 12) w.string(m.topic ?? '', flex, 'topics.topic');
  if (v >= 13) w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeFetchRequestFetchPartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface FetchRequestForgottenTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly number[];
}
const decodeFetchRequestForgottenTopic = (r: MessageReader, v: number): FetchRequestForgottenTopic => {
  const flex = v >= 12;
  const topic = v <= 12 ? r.string(flex, 'forgottenTopicsData.topic') : '';
  const topicId = v >= 13 ? r.uuid('forgottenTopicsData.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 4, 'forgottenTopicsData.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('forgottenTopicsData.partitions');
  if (flex) r.skipTags('forgottenTopicsData.taggedFields');
  return { topic, topicId, partitions };
};
const encodeFetchRequestForgottenTopic = (w: MessageWriter, v: number, m: Sparse<FetchRequestForgottenTopic>): void => {
  const flex = v >= 12;
  if (v <= 12) w.string(m.topic ?? '', flex, 'forgottenTopicsData.topic');
  if (v >= 13) w.uuid(m.topicId ?? zeroUuid, 'forgottenTopicsData.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) w.int32(each, 'forgottenTopicsData.partitions');
  if (flex) w.uvarint(0);
};

export interface FetchRequest {
  readonly clusterId: string | null;
  readonly replicaId: number;
  readonly replicaState: FetchRequestReplicaState;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly FetchRequestFetchTopic[];
  readonly forgottenTopicsData: readonly FetchRequestForgottenTopic[];
  readonly rackId: string;
}
const decodeFetchRequest = (r: MessageReader, v: number): FetchRequest => {
  const flex = v >= 12;
  let clusterId: string | null = null;
  const replicaId = v <= 14 ? r.int32('replicaId') : -1;
  let replicaState: FetchRequestReplicaState = defaultFetchRequestReplicaState;
  const maxWaitMs = r.int32('maxWaitMs');
  const minBytes = r.int32('minBytes');
  const maxBytes = r.int32('maxBytes');
  const isolationLevel = r.int8('isolationLevel');
  const sessionId = v >= 7 ? r.int32('sessionId') : 0;
  const sessionEpoch = v >= 7 ? r.int32('sessionEpoch') : -1;
  const topicsCount = r.arrayLength(flex, 1, 'topics');
  const topics = newList<FetchRequestFetchTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeFetchRequestFetchTopic(r, v);
  let forgottenTopicsData: readonly FetchRequestForgottenTopic[] = [];
  if (v >= 7) {
    const count = r.arrayLength(flex, 1, 'forgottenTopicsData');
    const list = newList<FetchRequestForgottenTopic>(count);
    for (let i = 0; i < count; i++) list[i] = decodeFetchRequestForgottenTopic(r, v);
    forgottenTopicsData = list;
  }
  const rackId = v >= 11 ? r.string(flex, 'rackId') : '';
  for (let tags = !flex ? 0 : r.uvarint('taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('taggedFields');
    const end = r.openTag('taggedFields');
    if (tag === 0) {
      clusterId = r.nullableString(true, 'clusterId');
    } else if (tag === 1 && v >= 15) {
      replicaState = decodeFetchRequestReplicaState(r, v);
    } else r.position = end;
    r.closeTag(end, 'taggedFields');
  }
  return { clusterId, replicaId, replicaState, maxWaitMs, minBytes, maxBytes, isolationLevel, sessionId, sessionEpoch, topics, forgottenTopicsData, rackId };
};
const encodeFetchRequest = (w: MessageWriter, v: number, m: Sparse<FetchRequest>): void => {
  const flex = v >= 12;
  if (v <= 14) w.int32(m.replicaId ?? -1, 'replicaId');
  else if (m.replicaId !== undefined && m.replicaId !== -1) throw notInVersion('replicaId', v);
  if (!(v >= 15) && m.replicaState !== undefined && isSetFetchRequestReplicaState(m.replicaState)) throw notInVersion('replicaState', v);
  w.int32(m.maxWaitMs ?? 0, 'maxWaitMs');
  w.int32(m.minBytes ?? 0, 'minBytes');
  w.int32(m.maxBytes ?? 2147483647, 'maxBytes');
  w.int8(m.isolationLevel ?? 0, 'isolationLevel');
  if (v >= 7) w.int32(m.sessionId ?? 0, 'sessionId');
  if (v >= 7) w.int32(m.sessionEpoch ?? -1, 'sessionEpoch');
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeFetchRequestFetchTopic(w, v, each);
  if (v >= 7) {
    const forgottenTopicsData = m.forgottenTopicsData ?? [];
    w.arrayLength(forgottenTopicsData.length, flex);
    for (const each of forgottenTopicsData) encodeFetchRequestForgottenTopic(w, v, each);
  }
  else if (m.forgottenTopicsData !== undefined && m.forgottenTopicsData.length > 0) throw notInVersion('forgottenTopicsData', v);
  if (v >= 11) w.string(m.rackId ?? '', flex, 'rackId');
  if (flex) {
    const hasClusterId = m.clusterId !== undefined && m.clusterId !== null;
    const hasReplicaState = v >= 15 && m.replicaState !== undefined && isSetFetchRequestReplicaState(m.replicaState);
    w.uvarint((hasClusterId ? 1 : 0) + (hasReplicaState ? 1 : 0));
    if (hasClusterId) {
      const start = w.openTag(0);
      w.nullableString(m.clusterId, true, true, 'clusterId');
      w.closeTag(start);
    }
    if (hasReplicaState) {
      const start = w.openTag(1);
      encodeFetchRequestReplicaState(w, v, m.replicaState);
      w.closeTag(start);
    }
  }
};

export interface FetchResponseEpochEndOffset {
  readonly epoch?: number | undefined;
  readonly endOffset?: number | undefined;
}
const defaultFetchResponseEpochEndOffset: FetchResponseEpochEndOffset = { epoch: -1, endOffset: -1 };
const isSetFetchResponseEpochEndOffset = (m: FetchResponseEpochEndOffset): boolean =>
  (m.epoch !== undefined && m.epoch !== -1) || (m.endOffset !== undefined && m.endOffset !== -1);
const decodeFetchResponseEpochEndOffset = (r: MessageReader, _v: number): FetchResponseEpochEndOffset => {
  const epoch = r.int32('responses.partitions.divergingEpoch.epoch');
  const endOffset = r.int64('responses.partitions.divergingEpoch.endOffset');
  r.skipTags('responses.partitions.divergingEpoch.taggedFields');
  return { epoch, endOffset };
};
const encodeFetchResponseEpochEndOffset = (w: MessageWriter, _v: number, m: FetchResponseEpochEndOffset): void => {
  w.int32(m.epoch ?? -1, 'responses.partitions.divergingEpoch.epoch');
  w.int64(m.endOffset ?? -1, 'responses.partitions.divergingEpoch.endOffset');
  w.uvarint(0);
};

export interface FetchResponseLeaderIdAndEpoch {
  readonly leaderId?: number | undefined;
  readonly leaderEpoch?: number | undefined;
}
const defaultFetchResponseLeaderIdAndEpoch: FetchResponseLeaderIdAndEpoch = { leaderId: -1, leaderEpoch: -1 };
const isSetFetchResponseLeaderIdAndEpoch = (m: FetchResponseLeaderIdAndEpoch): boolean =>
  (m.leaderId !== undefined && m.leaderId !== -1) || (m.leaderEpoch !== undefined && m.leaderEpoch !== -1);
const decodeFetchResponseLeaderIdAndEpoch = (r: MessageReader, _v: number): FetchResponseLeaderIdAndEpoch => {
  const leaderId = r.int32('responses.partitions.currentLeader.leaderId');
  const leaderEpoch = r.int32('responses.partitions.currentLeader.leaderEpoch');
  r.skipTags('responses.partitions.currentLeader.taggedFields');
  return { leaderId, leaderEpoch };
};
const encodeFetchResponseLeaderIdAndEpoch = (w: MessageWriter, _v: number, m: FetchResponseLeaderIdAndEpoch): void => {
  w.int32(m.leaderId ?? -1, 'responses.partitions.currentLeader.leaderId');
  w.int32(m.leaderEpoch ?? -1, 'responses.partitions.currentLeader.leaderEpoch');
  w.uvarint(0);
};

export interface FetchResponseSnapshotId {
  readonly endOffset?: number | undefined;
  readonly epoch?: number | undefined;
}
const defaultFetchResponseSnapshotId: FetchResponseSnapshotId = { endOffset: -1, epoch: -1 };
const isSetFetchResponseSnapshotId = (m: FetchResponseSnapshotId): boolean =>
  (m.endOffset !== undefined && m.endOffset !== -1) || (m.epoch !== undefined && m.epoch !== -1);
const decodeFetchResponseSnapshotId = (r: MessageReader, _v: number): FetchResponseSnapshotId => {
  const endOffset = r.int64('responses.partitions.snapshotId.endOffset');
  const epoch = r.int32('responses.partitions.snapshotId.epoch');
  r.skipTags('responses.partitions.snapshotId.taggedFields');
  return { endOffset, epoch };
};
const encodeFetchResponseSnapshotId = (w: MessageWriter, _v: number, m: FetchResponseSnapshotId): void => {
  w.int64(m.endOffset ?? -1, 'responses.partitions.snapshotId.endOffset');
  w.int32(m.epoch ?? -1, 'responses.partitions.snapshotId.epoch');
  w.uvarint(0);
};

export interface FetchResponseAbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}
const decodeFetchResponseAbortedTransaction = (r: MessageReader, v: number): FetchResponseAbortedTransaction => {
  const flex = v >= 12;
  const producerId = r.int64('responses.partitions.abortedTransactions.producerId');
  const firstOffset = r.int64('responses.partitions.abortedTransactions.firstOffset');
  if (flex) r.skipTags('responses.partitions.abortedTransactions.taggedFields');
  return { producerId, firstOffset };
};
const encodeFetchResponseAbortedTransaction = (w: MessageWriter, v: number, m: FetchResponseAbortedTransaction): void => {
  const flex = v >= 12;
  w.int64(m.producerId, 'responses.partitions.abortedTransactions.producerId');
  w.int64(m.firstOffset, 'responses.partitions.abortedTransactions.firstOffset');
  if (flex) w.uvarint(0);
};

export interface FetchResponsePartitionData {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset?: number | undefined;
  readonly logStartOffset?: number | undefined;
  readonly divergingEpoch?: FetchResponseEpochEndOffset | undefined;
  readonly currentLeader?: FetchResponseLeaderIdAndEpoch | undefined;
  readonly snapshotId?: FetchResponseSnapshotId | undefined;
  readonly abortedTransactions: readonly FetchResponseAbortedTransaction[] | null;
  readonly preferredReadReplica?: number | undefined;
  readonly records: RecordsToWrite | null;
}
const decodeFetchResponsePartitionData = (r: MessageReader, v: number): FetchResponsePartitionData => {
  const flex = v >= 12;
  const partitionIndex = r.int32('responses.partitions.partitionIndex');
  const errorCode = r.int16('responses.partitions.errorCode');
  const highWatermark = r.int64('responses.partitions.highWatermark');
  const lastStableOffset = r.int64('responses.partitions.lastStableOffset');
  const logStartOffset = v >= 5 ? r.int64('responses.partitions.logStartOffset') : -1;
  let divergingEpoch: FetchResponseEpochEndOffset = defaultFetchResponseEpochEndOffset;
  let currentLeader: FetchResponseLeaderIdAndEpoch = defaultFetchResponseLeaderIdAndEpoch;
  let snapshotId: FetchResponseSnapshotId = defaultFetchResponseSnapshotId;
  let abortedTransactions: readonly FetchResponseAbortedTransaction[] | null = [];
  {
    const count = r.nullableArrayLength(flex, true, 16, 'responses.partitions.abortedTransactions');
    const list = newList<FetchResponseAbortedTransaction>(count);
    for (let i = 0; i < count; i++) list[i] = decodeFetchResponseAbortedTransaction(r, v);
    abortedTransactions = count < 0 ? null : list;
  }
  const preferredReadReplica = v >= 11 ? r.int32('responses.partitions.preferredReadReplica') : -1;
  const records = r.nullableBytesView(flex, 'responses.partitions.records');
  for (let tags = !flex ? 0 : r.uvarint('responses.partitions.taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('responses.partitions.taggedFields');
    const end = r.openTag('responses.partitions.taggedFields');
    if (tag === 0) {
      divergingEpoch = decodeFetchResponseEpochEndOffset(r, v);
    } else if (tag === 1) {
      currentLeader = decodeFetchResponseLeaderIdAndEpoch(r, v);
    } else if (tag === 2) {
      snapshotId = decodeFetchResponseSnapshotId(r, v);
    } else r.position = end;
    r.closeTag(end, 'responses.partitions.taggedFields');
  }
  return { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, currentLeader, snapshotId, abortedTransactions, preferredReadReplica, records };
};
const encodeFetchResponsePartitionData = (w: MessageWriter, v: number, m: FetchResponsePartitionData): void => {
  const flex = v >= 12;
  w.int32(m.partitionIndex, 'responses.partitions.partitionIndex');
  w.int16(m.errorCode, 'responses.partitions.errorCode');
  w.int64(m.highWatermark, 'responses.partitions.highWatermark');
  w.int64(m.lastStableOffset ?? -1, 'responses.partitions.lastStableOffset');
  if (v >= 5) w.int64(m.logStartOffset ?? -1, 'responses.partitions.logStartOffset');
  if (!(v >= 12) && m.divergingEpoch !== undefined && isSetFetchResponseEpochEndOffset(m.divergingEpoch)) throw notInVersion('responses.partitions.divergingEpoch', v);
  if (!(v >= 12) && m.currentLeader !== undefined && isSetFetchResponseLeaderIdAndEpoch(m.currentLeader)) throw notInVersion('responses.partitions.currentLeader', v);
  if (!(v >= 12) && m.snapshotId !== undefined && isSetFetchResponseSnapshotId(m.snapshotId)) throw notInVersion('responses.partitions.snapshotId', v);
  const abortedTransactions = m.abortedTransactions;
  w.nullableArrayLength(abortedTransactions, true, flex, 'responses.partitions.abortedTransactions');
  if (abortedTransactions !== null) for (const each of abortedTransactions) encodeFetchResponseAbortedTransaction(w, v, each);
  if (v >= 11) w.int32(m.preferredReadReplica ?? -1, 'responses.partitions.preferredReadReplica');
  else if (m.preferredReadReplica !== undefined && m.preferredReadReplica !== -1) throw notInVersion('responses.partitions.preferredReadReplica', v);
  w.records(m.records, true, flex, 'responses.partitions.records');
  if (flex) {
    const hasDivergingEpoch = m.divergingEpoch !== undefined && isSetFetchResponseEpochEndOffset(m.divergingEpoch);
    const hasCurrentLeader = m.currentLeader !== undefined && isSetFetchResponseLeaderIdAndEpoch(m.currentLeader);
    const hasSnapshotId = m.snapshotId !== undefined && isSetFetchResponseSnapshotId(m.snapshotId);
    w.uvarint((hasDivergingEpoch ? 1 : 0) + (hasCurrentLeader ? 1 : 0) + (hasSnapshotId ? 1 : 0));
    if (hasDivergingEpoch) {
      const start = w.openTag(0);
      encodeFetchResponseEpochEndOffset(w, v, m.divergingEpoch);
      w.closeTag(start);
    }
    if (hasCurrentLeader) {
      const start = w.openTag(1);
      encodeFetchResponseLeaderIdAndEpoch(w, v, m.currentLeader);
      w.closeTag(start);
    }
    if (hasSnapshotId) {
      const start = w.openTag(2);
      encodeFetchResponseSnapshotId(w, v, m.snapshotId);
      w.closeTag(start);
    }
  }
};

export interface FetchResponseFetchableTopicResponse {
  readonly topic?: string | undefined;
  readonly topicId: string;
  readonly partitions: readonly FetchResponsePartitionData[];
}
const decodeFetchResponseFetchableTopicResponse = (r: MessageReader, v: number): FetchResponseFetchableTopicResponse => {
  const flex = v >= 12;
  const topic = v <= 12 ? r.string(flex, 'responses.topic') : '';
  const topicId = v >= 13 ? r.uuid('responses.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 24, 'responses.partitions');
  const partitions = newList<FetchResponsePartitionData>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeFetchResponsePartitionData(r, v);
  if (flex) r.skipTags('responses.taggedFields');
  return { topic, topicId, partitions };
};
const encodeFetchResponseFetchableTopicResponse = (w: MessageWriter, v: number, m: FetchResponseFetchableTopicResponse): void => {
  const flex = v >= 12;
  if (v <= 12) w.string(m.topic ?? '', flex, 'responses.topic');
  if (v >= 13) w.uuid(m.topicId, 'responses.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeFetchResponsePartitionData(w, v, each);
  if (flex) w.uvarint(0);
};

export interface FetchResponseNodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}
const decodeFetchResponseNodeEndpoint = (r: MessageReader, _v: number): FetchResponseNodeEndpoint => {
  const nodeId = r.int32('nodeEndpoints.nodeId');
  const host = r.string(true, 'nodeEndpoints.host');
  const port = r.int32('nodeEndpoints.port');
  const rack = r.nullableString(true, 'nodeEndpoints.rack');
  r.skipTags('nodeEndpoints.taggedFields');
  return { nodeId, host, port, rack };
};
const encodeFetchResponseNodeEndpoint = (w: MessageWriter, _v: number, m: FetchResponseNodeEndpoint): void => {
  w.int32(m.nodeId, 'nodeEndpoints.nodeId');
  w.string(m.host, true, 'nodeEndpoints.host');
  w.int32(m.port, 'nodeEndpoints.port');
  w.nullableString(m.rack ?? null, true, true, 'nodeEndpoints.rack');
  w.uvarint(0);
};

export interface FetchResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly sessionId?: number | undefined;
  readonly responses: readonly FetchResponseFetchableTopicResponse[];
  readonly nodeEndpoints?: readonly FetchResponseNodeEndpoint[] | undefined;
}
const decodeFetchResponse = (r: MessageReader, v: number): FetchResponse => {
  const flex = v >= 12;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = v >= 7 ? r.int16('errorCode') : 0;
  const sessionId = v >= 7 ? r.int32('sessionId') : 0;
  const responsesCount = r.arrayLength(flex, 1, 'responses');
  const responses = newList<FetchResponseFetchableTopicResponse>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeFetchResponseFetchableTopicResponse(r, v);
  let nodeEndpoints: readonly FetchResponseNodeEndpoint[] = [];
  for (let tags = !flex ? 0 : r.uvarint('taggedFields'); tags > 0; tags--) {
    const tag = r.uvarint('taggedFields');
    const end = r.openTag('taggedFields');
    if (tag === 0 && v >= 16) {
      const count = r.arrayLength(true, 10, 'nodeEndpoints');
      const list = newList<FetchResponseNodeEndpoint>(count);
      for (let i = 0; i < count; i++) list[i] = decodeFetchResponseNodeEndpoint(r, v);
      nodeEndpoints = list;
    } else r.position = end;
    r.closeTag(end, 'taggedFields');
  }
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints };
};
const encodeFetchResponse = (w: MessageWriter, v: number, m: FetchResponse): void => {
  const flex = v >= 12;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  if (v >= 7) w.int16(m.errorCode, 'errorCode');
  if (v >= 7) w.int32(m.sessionId ?? 0, 'sessionId');
  else if (m.sessionId !== undefined && m.sessionId !== 0) throw notInVersion('sessionId', v);
  const responses = m.responses;
  w.arrayLength(responses.length, flex);
  for (const each of responses) encodeFetchResponseFetchableTopicResponse(w, v, each);
  if (!(v >= 16) && m.nodeEndpoints !== undefined && m.nodeEndpoints.length > 0) throw notInVersion('nodeEndpoints', v);
  if (flex) {
    const hasNodeEndpoints = v >= 16 && m.nodeEndpoints !== undefined && m.nodeEndpoints.length > 0;
    w.uvarint((hasNodeEndpoints ? 1 : 0));
    if (hasNodeEndpoints) {
      const start = w.openTag(0);
      const nodeEndpoints = m.nodeEndpoints;
      w.arrayLength(nodeEndpoints.length, true);
      for (const each of nodeEndpoints) encodeFetchResponseNodeEndpoint(w, v, each);
      w.closeTag(start);
    }
  }
};

export const fetchApi: Api<FetchRequest, FetchResponse> = {
  key: 1,
  name: 'Fetch',
  firstVersion: 4,
  lastVersion: 18,
  firstFlexibleVersion: 12,
  decodeRequest: decodeFetchRequest,
  encodeRequest: encodeFetchRequest,
  decodeResponse: decodeFetchResponse,
  encodeResponse: encodeFetchResponse,
};
