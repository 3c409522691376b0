import type { TopicPartition } from '../core/ids.ts';
import type { ErrorCode, Rejection } from '../core/errors.ts';
import type { NewBatch, ProducerSequence, RequestKey } from '../ports/record-log.ts';
import type { MessageReader, MessageWriter } from './message.ts';
import { operationCode } from './operation.ts';
import type { Operation } from './operation.ts';

/** The log's operations as they cross to the writer. For each: how the main thread writes it, and how the writer reads it. */

/** Where a partition's log lies, as a reply gives it. `key` is the number the database knows the partition by. */
export interface PartitionReply {
  readonly partitionKey: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly startPosition: number;
  readonly endPosition: number;
}

export function writePartitionReply(reply: MessageWriter, at: PartitionReply): void {
  reply.number(at.partitionKey);
  reply.number(at.startOffset);
  reply.number(at.endOffset);
  reply.number(at.startPosition);
  reply.number(at.endPosition);
}

const readPartitionReply = (reply: MessageReader): PartitionReply => ({
  partitionKey: reply.number(),
  startOffset: reply.number(),
  endOffset: reply.number(),
  startPosition: reply.number(),
  endPosition: reply.number(),
});

export function createPartitionsOperation(partitions: readonly TopicPartition[]): Operation<readonly PartitionReply[]> {
  return {
    code: operationCode.createPartitions,
    name: 'create partitions',
    payload: [],
    write(request) {
      request.number(partitions.length);
      for (const { topicId, partition } of partitions) {
        request.text(topicId);
        request.number(partition);
      }
    },
    read: (reply) => partitions.map(() => readPartitionReply(reply)),
  };
}

export const readCreatePartitions = (request: MessageReader): readonly { topicId: string; partition: number }[] =>
  Array.from({ length: request.number() }, () => ({ topicId: request.text(), partition: request.number() }));

export function deletePartitionsOperation(partitionKeys: readonly number[]): Operation<void> {
  return {
    code: operationCode.deletePartitions,
    name: 'delete partitions',
    payload: [],
    write(request) {
      request.number(partitionKeys.length);
      for (const key of partitionKeys) request.number(key);
    },
    read: () => {},
  };
}

export const readDeletePartitions = (request: MessageReader): readonly number[] =>
  Array.from({ length: request.number() }, () => request.number());

export interface AppendRequest {
  readonly entries: readonly { readonly partitionKey: number; readonly batch: NewBatch }[];
  readonly requestKey: RequestKey | undefined;
  readonly requestKeyRetentionMs: number;
  readonly producer: ProducerSequence | undefined;
  readonly producerIdExpirationMs: number;
}

export type AppendReply =
  | { readonly kind: 'appended'; readonly baseOffsets: readonly number[]; readonly payload: Uint8Array }
  | { readonly kind: 'replayed'; readonly baseOffsets: readonly number[]; readonly layout: string }
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly error: Rejection };

export function appendOperation(append: AppendRequest): Operation<AppendReply> {
  const { entries, requestKey, producer } = append;
  return {
    code: operationCode.append,
    name: 'append',
    payload: entries.map((entry) => entry.batch.bytes),
    write(request) {
      request.number(entries.length);
      for (const { partitionKey, batch } of entries) {
        request.number(partitionKey);
        request.number(batch.bytes.length);
        request.number(batch.offsetCount);
        request.number(batch.baseTimestampMs);
        request.number(batch.maxTimestampMs);
      }
      request.optionalNumber(producer?.nowMs ?? null);
      if (producer !== undefined) {
        request.number(append.producerIdExpirationMs);
        request.number(producer.producerId);
        request.number(producer.producerEpoch);
        request.number(producer.baseSequence);
      }
      request.optionalNumber(requestKey?.nowMs ?? null);
      if (requestKey === undefined) return;
      request.number(append.requestKeyRetentionMs);
      request.text(requestKey.topicId);
      request.text(requestKey.key);
      request.text(requestKey.fingerprint);
      request.text(requestKey.layout);
    },
    read(reply, payload) {
      const kind = reply.number();
      if (kind === appendKind.keyReused) return { kind: 'key_reused' };
      if (kind === appendKind.appended)
        return { kind: 'appended', baseOffsets: entries.map(() => reply.number()), payload };
      if (kind === appendKind.duplicate) return { kind: 'duplicate', baseOffset: reply.number() };
      if (kind === appendKind.refused) {
        return { kind: 'refused', error: { code: reply.text() as ErrorCode, message: reply.text() } };
      }
      const baseOffsets = Array.from({ length: reply.number() }, () => reply.number());
      return { kind: 'replayed', baseOffsets, layout: reply.text() };
    },
  };
}

export const appendKind = { appended: 0, replayed: 1, keyReused: 2, duplicate: 3, refused: 4 } as const;

export interface AppendEntry {
  readonly partitionKey: number;
  readonly sizeBytes: number;
  readonly offsetCount: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
}

export interface ReceivedRequestKey {
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly topicId: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly layout: string;
}

/** `ProducerSequence`, and when producers are forgotten. */
export interface ReceivedProducer extends ProducerSequence {
  readonly expirationMs: number;
}

export function readAppend(request: MessageReader): {
  readonly entries: readonly AppendEntry[];
  readonly requestKey: ReceivedRequestKey | undefined;
  readonly producer: ReceivedProducer | undefined;
} {
  const count = request.number();
  const entries: AppendEntry[] = [];
  for (let i = 0; i < count; i++) {
    entries.push({
      partitionKey: request.number(),
      sizeBytes: request.number(),
      offsetCount: request.number(),
      baseTimestampMs: request.number(),
      maxTimestampMs: request.number(),
    });
  }
  const producer = readProducer(request);
  return { entries, producer, requestKey: readRequestKey(request) };
}

function readProducer(request: MessageReader): ReceivedProducer | undefined {
  const nowMs = request.optionalNumber();
  if (nowMs === null) return undefined;
  return {
    nowMs,
    expirationMs: request.number(),
    producerId: request.number(),
    producerEpoch: request.number(),
    baseSequence: request.number(),
  };
}

function readRequestKey(request: MessageReader): ReceivedRequestKey | undefined {
  const nowMs = request.optionalNumber();
  if (nowMs === null) return undefined;
  return {
    nowMs,
    retentionMs: request.number(),
    topicId: request.text(),
    key: request.text(),
    fingerprint: request.text(),
    layout: request.text(),
  };
}

export function trimOperation(partitionKey: number, startOffset: number): Operation<PartitionReply> {
  return {
    code: operationCode.trim,
    name: 'trim',
    payload: [],
    write(request) {
      request.number(partitionKey);
      request.number(startOffset);
    },
    read: readPartitionReply,
  };
}

export const readTrim = (request: MessageReader): { partitionKey: number; startOffset: number } => ({
  partitionKey: request.number(),
  startOffset: request.number(),
});

export interface RetentionRequest {
  readonly partitionKey: number;
  readonly minTimestampMs: number | null;
  readonly maxBytes: number | null;
}

/** `more`: there are more batches to drop than one operation looks at; ask again. */
export function applyRetentionOperation(
  retention: RetentionRequest,
): Operation<PartitionReply & { readonly more: boolean }> {
  return {
    code: operationCode.applyRetention,
    name: 'apply retention',
    payload: [],
    write(request) {
      request.number(retention.partitionKey);
      request.optionalNumber(retention.minTimestampMs);
      request.optionalNumber(retention.maxBytes);
    },
    read: (reply) => ({ ...readPartitionReply(reply), more: reply.number() === 1 }),
  };
}

export const readApplyRetention = (request: MessageReader): RetentionRequest => ({
  partitionKey: request.number(),
  minTimestampMs: request.optionalNumber(),
  maxBytes: request.optionalNumber(),
});
