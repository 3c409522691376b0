import type { AcquiredRange } from '../broker/requests.ts';
import type { BatchReader, BatchRecord } from '../codec/record-batch.ts';
import type { TopicId } from '../core/ids.ts';
import type { BatchCache, StoredBatch } from './batch-cache.ts';
import { instantText } from './instant-text.ts';
import { headersText, valueMembers } from './value-encoding.ts';
import type { WantedEncoding } from './value-encoding.ts';

/** The members of a record that every answer has, as JSON text without the braces around them. */
export const recordMembersText = (
  topicText: string,
  partition: number,
  record: BatchRecord,
  encoding: WantedEncoding,
): string =>
  `"topic":${topicText},"partition":${partition},"offset":${record.offset},"timestamp":${record.timestampMs},` +
  `${valueMembers('key', record.key, encoding)},${valueMembers('value', record.value, encoding)},` +
  `"headers":${headersText(record.headers, encoding)}`;

/** A record that the log holds but that cannot be read. */
export interface UnreadableRecord {
  readonly offset: number;
  readonly message: string;
}

/**
 * Goes through the records of `batches` (in order of offsets) from `firstOffset` to `lastOffset`, both inclusive. Offsets
 * whose batch is damaged, or that no batch holds, are unreadable; the others do not suffer from them.
 */
export const eachRecord = (
  cache: BatchCache,
  place: { readonly topicId: TopicId; readonly partition: number },
  batches: readonly StoredBatch[],
  range: { readonly firstOffset: number; readonly lastOffset: number },
  visit: (record: BatchRecord) => void,
  unreadable: (record: UnreadableRecord) => void,
): void => {
  let offset = range.firstOffset;
  for (const batch of batches) {
    if (batch.lastOffset < offset) continue;
    if (offset > range.lastOffset) break;
    for (; offset < batch.baseOffset && offset <= range.lastOffset; offset++) {
      unreadable({ offset, message: 'no stored batch holds it' });
    }
    const end = Math.min(batch.lastOffset, range.lastOffset) + 1;
    let reader: BatchReader;
    try {
      reader = cache.open(place.topicId, place.partition, batch);
    } catch (error) {
      // The codec throws nothing else; anything else is a bug of ours.
      if (!(error instanceof Error) || error.name !== 'CodecError') throw error;
      for (; offset < end; offset++) unreadable({ offset, message: error.message });
      continue;
    }
    for (; offset < end; offset++) {
      const record = reader.record(offset);
      if (record === undefined) unreadable({ offset, message: 'its batch has no record there' });
      else visit(record);
    }
  }
  for (; offset <= range.lastOffset; offset++) unreadable({ offset, message: 'no stored batch holds it' });
};

/** The members of an acquired record behind those that every record has, up to its lease. The same for a whole range. */
export const deliveryMembersText = (range: AcquiredRange): string =>
  `"deliveryCount":${range.deliveryCount},"deliveryCountLimit":${range.deliveryCountLimit},` +
  `"lastFailure":${range.lastFailure === null ? 'null' : JSON.stringify(range.lastFailure)},` +
  `"lockedUntil":"${instantText(range.lockedUntilMs)}","lockRemainingMs":${range.lockRemainingMs}`;
