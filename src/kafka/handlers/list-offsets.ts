import { CodecError } from '../../codec/codec-error.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type { ListOffsetsRequest, ListOffsetsResponse } from '../../codec/messages/list-offsets.ts';
import { type BatchRecord, openBatch } from '../../codec/record-batch.ts';
import type { TopicPartition } from '../../core/ids.ts';
import { type Result, ok, reject } from '../../core/result.ts';
import type { StoredBatch } from '../../ports/record-log.ts';
import { leaderErrorNumber } from '../error-number.ts';
import { leaderEpochError } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';
import { topicByName } from '../topic-asked.ts';

type ResponsePartition = ListOffsetsResponse['topics'][number]['partitions'][number];

const firstVersionWithEpochs = 4;

/** Timestamps that stand for a place in the log (ListOffsetsRequest in Kafka), and the version that brought each. */
const places = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const;

const firstVersionOf: ReadonlyMap<number, number> = new Map([
  [places.maxTimestamp, 7],
  [places.earliestLocal, 8],
  [places.latestTiered, 9],
  [places.earliestPendingUpload, 11],
]);

/**
 * ListOffsets (key 2): where a partition's log starts and ends, and which record is the first at or after a time. Versions 1–11.
 *
 * - Latest (-1), earliest (-2), and earliest local (-4), which is the same without tiered storage; of what is tiered (-5) or about to be
 *   (-6) there is none: offset -1. These have no timestamp: -1. One that the version does not have yet: UNSUPPORTED_VERSION.
 * - A time, and the greatest time of all (-3), lead to the very record: its batch is looked into, and decompressed. None: -1, -1.
 * - A partition asked for twice is answered once: INVALID_REQUEST. Leader epochs as in Fetch.
 * - The last stable offset is the high watermark: both isolation levels are the same.
 */
export const answerListOffsets = async (
  context: RequestContext,
  request: ListOffsetsRequest,
): Promise<ListOffsetsResponse> => {
  const times = new Map<string, number>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const text = `${name}/${partitionIndex}`;
      times.set(text, (times.get(text) ?? 0) + 1);
    }
  }
  const topics = request.topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(
      partitions.flatMap((asked) => {
        const text = `${name}/${asked.partitionIndex}`;
        const count = times.get(text);
        // Taken: asked for twice, it is answered once.
        times.delete(text);
        return count === undefined ? [] : [findOffset(context, name, asked, count > 1)];
      }),
    ),
  }));
  return { throttleTimeMs: 0, topics: await Promise.all(topics) };
};

const findOffset = async (
  { broker, version }: RequestContext,
  name: string,
  asked: ListOffsetsRequest['topics'][number]['partitions'][number],
  isTwice: boolean,
): Promise<ResponsePartition> => {
  const { partitionIndex: partition, timestamp } = asked;
  if (isTwice) return failed(partition, errorCodes.INVALID_REQUEST);
  if (version < (firstVersionOf.get(timestamp) ?? 0) || timestamp < places.earliestPendingUpload) {
    return failed(partition, errorCodes.UNSUPPORTED_VERSION);
  }
  const topic = topicByName(broker.topics, name);
  if (!topic.ok) return failed(partition, leaderErrorNumber(topic.error));
  const key = { topicId: topic.value.id, partition };
  const bounds = broker.logs.bounds(key);
  if (!bounds.ok) return failed(partition, leaderErrorNumber(bounds.error));
  const leaderEpoch = broker.logs.leaderEpoch(key);
  const epochError = leaderEpochError(asked.currentLeaderEpoch, leaderEpoch);
  if (epochError !== errorCodes.NONE) return failed(partition, epochError);

  const { startOffset, endOffset } = bounds.value;
  const at = (offset: number, timestampMs = -1): ResponsePartition => ({
    partitionIndex: partition,
    errorCode: errorCodes.NONE,
    timestamp: timestampMs,
    offset,
    leaderEpoch: offset < 0 || version < firstVersionWithEpochs ? -1 : leaderEpoch,
  });
  if (timestamp === places.latest) return at(endOffset);
  if (timestamp === places.earliest || timestamp === places.earliestLocal) return at(startOffset);
  if (timestamp === places.latestTiered || timestamp === places.earliestPendingUpload) return at(-1);
  const found = await readable(() =>
    timestamp === places.maxTimestamp
      ? recordOfMaxTimestamp(broker, key, startOffset)
      : recordAtTimestamp(broker, key, timestamp, startOffset),
  );
  if (!found.ok) return failed(partition, leaderErrorNumber(found.error));
  return found.value === undefined ? at(-1) : at(found.value.offset, found.value.timestampMs);
};

type Broker = RequestContext['broker'];
type Found = Result<BatchRecord | undefined>;

const recordAtTimestamp = async (
  broker: Broker,
  partition: TopicPartition,
  timestampMs: number,
  startOffset: number,
): Promise<Found> => {
  // A second look where records of the first batch are before the start of the log.
  for (let fromOffset = startOffset; ;) {
    const batch = await broker.logs.batchAtTimestamp(partition, timestampMs, fromOffset);
    if (!batch.ok) return batch;
    if (batch.value === undefined) return ok(undefined);
    for (const record of recordsFrom(batch.value, startOffset)) {
      if (record.timestampMs >= timestampMs) return ok(record);
    }
    fromOffset = batch.value.lastOffset + 1;
  }
};

const recordOfMaxTimestamp = async (broker: Broker, partition: TopicPartition, startOffset: number): Promise<Found> => {
  const batch = await broker.logs.batchOfMaxTimestamp(partition);
  if (!batch.ok) return batch;
  let greatest: BatchRecord | undefined;
  for (const record of batch.value === undefined ? [] : recordsFrom(batch.value, startOffset)) {
    if (greatest === undefined || record.timestampMs > greatest.timestampMs) greatest = record;
  }
  return ok(greatest);
};

/** The CRC was right when the batch came from the log. */
function* recordsFrom({ bytes }: StoredBatch, startOffset: number): Generator<BatchRecord, void, undefined> {
  for (const record of openBatch(bytes, { crcChecked: true })) if (record.offset >= startOffset) yield record;
}

/** Bytes that are stored and cannot be read are the client's news, not a bug. */
const readable = async (find: () => Promise<Found>): Promise<Found> => {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return reject('CORRUPT_MESSAGE', error.message);
  }
};

const failed = (partitionIndex: number, errorCode: number): ResponsePartition => ({
  partitionIndex,
  errorCode,
  timestamp: -1,
  offset: -1,
  leaderEpoch: -1,
});
