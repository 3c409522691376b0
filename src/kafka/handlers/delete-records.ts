import { errorCodes } from '../../codec/error-codes.ts';
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '../../codec/messages/delete-records.ts';
import { leaderErrorNumber } from '../error-number.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';
import { topicByName } from '../topic-asked.ts';

type Asked = DeleteRecordsRequest['topics'][number];
type Answered = DeleteRecordsResponse['topics'][number];

/**
 * DeleteRecords (key 21): moves the start of partitions' logs. Versions 0–2. Offset -1 stands for the high watermark; before the start
 * nothing happens; beyond the end, or below -1: OFFSET_OUT_OF_RANGE. Durable when it is answered with the new start.
 */
export const answerDeleteRecords = async (
  context: RequestContext,
  request: DeleteRecordsRequest,
): Promise<DeleteRecordsResponse> => ({
  throttleTimeMs: 0,
  topics: await Promise.all(request.topics.map((topic) => deleteRecords(context, topic))),
});

const deleteRecords = async (context: RequestContext, { name, partitions }: Asked): Promise<Answered> => {
  const topic = topicByName(context.broker.topics, name);
  const wanted = partitions.map(({ partitionIndex, offset }) => ({ partition: partitionIndex, beforeOffset: offset }));
  const outcomes = topic.ok ? await operatorOf(context).deleteRecords(topic.value, wanted) : topic;
  return {
    name,
    partitions: wanted.map(({ partition: partitionIndex }, index) => {
      const deleted = outcomes.ok ? outcomes.value[index]! : outcomes;
      return deleted.ok
        ? { partitionIndex, lowWatermark: deleted.value, errorCode: errorCodes.NONE }
        : { partitionIndex, lowWatermark: -1, errorCode: leaderErrorNumber(deleted.error) };
    }),
  };
};
