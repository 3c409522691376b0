import { errorCodes } from '../../codec/error-codes.ts';
import type { ProduceRequest, ProduceResponse } from '../../codec/messages/produce.ts';
import type { TopicPartition } from '../../core/ids.ts';
import type { SequencedBatch } from '../../core/producer/producer-state.ts';
import type { NewBatch } from '../../ports/record-log.ts';
import { leaderErrorNumber } from '../error-number.ts';
import { BatchRefused, checkProducedBatch } from '../produced-batch.ts';
import { CloseConnection, type RequestContext } from '../served-api.ts';
import { topicAsked } from '../topic-asked.ts';

type PartitionResponse = ProduceResponse['responses'][number]['partitionResponses'][number];

/**
 * Produce (key 0): appends one record batch to each partition. Versions 3–13; ApiVersions says 0–13, because librdkafka
 * otherwise believes the broker to be too old for lz4 (KAFKA-18659).
 *
 * - Topics by name, from version 13 on by id: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID. Nothing is created here.
 * - Each partition comes out by itself. All are durable when the answer goes out, with acks 1 as well as with -1. With acks 0
 *   nobody is told, so an error closes the connection, as in Kafka. Other acks: INVALID_REQUIRED_ACKS.
 * - What a batch has to be: produced-batch.ts. Its bytes are stored as they came, but for base offset and leader epoch.
 * - A producer with an id is idempotent: a batch that was sent before is answered with its first offset, OUT_OF_ORDER_SEQUENCE_NUMBER,
 *   INVALID_PRODUCER_EPOCH (core/producer/producer-state.ts).
 * - `timeoutMs` has no meaning: nothing is waited for but the disk. Records keep the time of the producer, so logAppendTime is -1.
 * - From version 8 on an error has a message; which record of the batch was wrong is part of it, `recordErrors` stays empty.
 *
 * - Any node takes it, whichever one leads the partition: they all write to the same log.
 *
 * Pipelined: everything is checked and asked of the log before this first waits, so requests keep their order.
 */
export const answerProduce = async (
  context: RequestContext,
  request: ProduceRequest,
): Promise<ProduceResponse | undefined> => {
  const { acks } = request;
  const begun = request.topicData.map(({ name, topicId, partitionData }) => {
    const topic = topicAsked(context.broker.topics, { name, topicId }, context.version >= 13);
    const partitionResponses = partitionData.map(({ index, records }) =>
      topic.ok
        ? producePartition(context, acks, { topicId: topic.value.id, partition: index }, records)
        : Promise.resolve(refused(index, leaderErrorNumber(topic.error), topic.error.message)),
    );
    return { name, topicId, partitionResponses };
  });
  const responses: ProduceResponse['responses'][number][] = [];
  for (const { name, topicId, partitionResponses } of begun) {
    responses.push({ name, topicId, partitionResponses: await Promise.all(partitionResponses) });
  }
  if (acks !== 0) return { responses, throttleTimeMs: 0 };
  for (const { partitionResponses } of responses) {
    const failed = partitionResponses.find(({ errorCode }) => errorCode !== errorCodes.NONE);
    if (failed !== undefined) {
      throw new CloseConnection(
        `records sent with acks=0 were refused with error ${failed.errorCode}: ${failed.errorMessage}`,
      );
    }
  }
  return undefined;
};

/** Asks for the append before it returns. */
const producePartition = (
  { broker, version }: RequestContext,
  acks: number,
  partition: TopicPartition,
  records: Uint8Array | null,
): Promise<PartitionResponse> => {
  const index = partition.partition;
  const startOffset = broker.logs.startOffset(partition);
  if (!startOffset.ok) {
    return Promise.resolve(refused(index, leaderErrorNumber(startOffset.error), startOffset.error.message));
  }
  try {
    const { header, maxTimestampMs } = checkProducedBatch(records, version, (sizeBytes) => {
      if (acks < -1 || acks > 1) {
        throw new BatchRefused('INVALID_REQUIRED_ACKS', `acks is ${acks}; possible are -1, 0 and 1.`);
      }
      const taken = broker.logs.takes(partition, sizeBytes);
      if (!taken.ok) throw new BatchRefused('MESSAGE_TOO_LARGE', taken.error.message);
    });
    const { producerId, producerEpoch, baseSequence, baseTimestampMs } = header;
    const batch = {
      // A view into the request's frame: the log copies it.
      bytes: records as Uint8Array,
      offsetCount: header.lastOffsetDelta + 1,
      baseTimestampMs,
      maxTimestampMs,
    };
    return append(broker, partition, batch, producerId < 0 ? null : { producerId, producerEpoch, baseSequence });
  } catch (error) {
    if (!(error instanceof BatchRefused)) throw error;
    return Promise.resolve(refused(index, error.errorCode, error.message, startOffset.value));
  }
};

const append = async (
  broker: RequestContext['broker'],
  partition: TopicPartition,
  batch: NewBatch,
  producer: SequencedBatch | null,
): Promise<PartitionResponse> => {
  const appended = await broker.logs.append(partition, batch, producer);
  if (!appended.ok) {
    const startOffset = broker.logs.startOffset(partition);
    const logStartOffset = startOffset.ok ? startOffset.value : -1;
    return refused(partition.partition, leaderErrorNumber(appended.error), appended.error.message, logStartOffset);
  }
  const { baseOffset, logStartOffset } = appended.value;
  return {
    index: partition.partition,
    errorCode: errorCodes.NONE,
    baseOffset,
    logAppendTimeMs: -1,
    logStartOffset,
    recordErrors: [],
    errorMessage: null,
  };
};

const refused = (index: number, errorCode: number, errorMessage: string, logStartOffset = -1): PartitionResponse => ({
  index,
  errorCode,
  baseOffset: -1,
  logAppendTimeMs: -1,
  logStartOffset,
  recordErrors: [],
  errorMessage,
});
