import { api, paths } from '../api.ts';
import type { RecordState } from '../api-types.ts';
import { payloadOfBase64 } from './payload.ts';
import type { Payload } from './payload.ts';

/** A record, and where a group is given what became of it there. */
export interface RecordDetails {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since 1970, of the producer or the log. */
  readonly timestamp: number;
  readonly key: Payload | null;
  readonly value: Payload | null;
  readonly headers: readonly { readonly key: string; readonly value: Payload | null }[];
  readonly delivery: RecordDelivery | null;
}

export interface RecordDelivery {
  /** finished: before the window. unread: after it. */
  readonly state: RecordState | 'finished' | 'unread';
  readonly deliveryCount: number;
  readonly deliveryCountLimit: number;
  readonly holder: string | null;
  readonly lastFailure: string | null;
  readonly attempts: readonly Attempt[];
  /** Of the lock, or of the delay; null without one. */
  readonly msLeft: number | null;
  /** On the clock of `performance.now()`. */
  readonly takenMs: number;
}

export interface Attempt {
  readonly deliveryCount: number;
  readonly holder: string;
  readonly acquiredAt: string;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly reason: string | null;
}

interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

interface Peeked extends Omit<RecordDelivery, 'deliveryCountLimit' | 'lastFailure' | 'msLeft' | 'takenMs'> {
  readonly record: StoredRecord & Pick<RecordDelivery, 'deliveryCountLimit' | 'lastFailure'>;
}

interface Run {
  readonly firstOffset: number;
  readonly lockRemainingMs: number | null;
  readonly availableInMs: number | null;
}

/** @param group null: the record alone, as the log has it. @throws Problem */
export async function loadRecord(
  group: string | null,
  { topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: number },
  signal: AbortSignal,
): Promise<RecordDetails | null> {
  if (group === null) {
    const path = `${paths.records(topic, partition)}?fromOffset=${offset}&limit=1&encoding=base64`;
    const { records } = await api.get<{ records: readonly StoredRecord[] }>(path, signal);
    const record = records[0];
    return record?.offset === offset ? detailsOf(record, null) : null;
  }
  const [peeked, { runs }] = await Promise.all([
    api.get<Peeked>(`${paths.peek(group, topic, partition, offset)}?encoding=base64`, signal),
    api.get<{ runs: readonly Run[] }>(`${paths.window(group, topic, partition)}?fromOffset=${offset}&limit=1`, signal),
  ]);
  const { record, ...delivery } = peeked;
  const run = runs.find(({ firstOffset }) => firstOffset <= offset);
  return detailsOf(record, {
    ...delivery,
    deliveryCountLimit: record.deliveryCountLimit,
    lastFailure: record.lastFailure,
    msLeft: run?.lockRemainingMs ?? run?.availableInMs ?? null,
    takenMs: performance.now(),
  });
}

const detailsOf = (record: StoredRecord, delivery: RecordDelivery | null): RecordDetails => ({
  topic: record.topic,
  partition: record.partition,
  offset: record.offset,
  timestamp: record.timestamp,
  key: payloadOfBase64(record.key),
  value: payloadOfBase64(record.value),
  headers: record.headers.map(({ key, value }) => ({ key, value: payloadOfBase64(value) })),
  delivery,
});
