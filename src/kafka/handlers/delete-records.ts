import { errorCodes } from '../../codec/error-codes.ts';
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '../../codec/messages/delete-records.ts';
import { leaderErrorNumber } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';
import { topicByName } from '../topic-asked.ts';

type ResponsePartition = DeleteRecordsResponse['topics'][number]['partitions'][number];

/**
 * DeleteRecords (key 21): moves the start of partitions' logs. Versions 0–2. Offset -1 stands for the high watermark; before the start
 * nothing happens; beyond the end, or below -1: OFFSET_OUT_OF_RANGE. Durable when it is answered with the new start.
 */
export const answerDeleteRecords = async (
  context: RequestContext,
  request: DeleteRecordsRequest,
): Promise<DeleteRecordsResponse> => {
  const topics = request.topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(
      partitions.map(({ partitionIndex, offset }) => deleteRecords(context, name, partitionIndex, offset)),
    ),
  }));
  return { throttleTimeMs: 0, topics: await Promise.all(topics) };
};

const deleteRecords = async (
  { broker }: RequestContext,
  name: string,
  partitionIndex: number,
  offset: number,
): Promise<ResponsePartition> => {
  const topic = topicByName(broker.topics, name);
  const deleted = topic.ok
    ? await broker.logs.deleteRecords({ topicId: topic.value.id, partition: partitionIndex }, offset)
    : topic;
  return deleted.ok
    ? { partitionIndex, lowWatermark: deleted.value, errorCode: errorCodes.NONE }
    : { partitionIndex, lowWatermark: -1, errorCode: leaderErrorNumber(deleted.error) };
};
