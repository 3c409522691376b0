import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../codec/messages/delete-topics.ts';
import { topicId } from '../../core/ids.ts';
import { coordinatorError } from '../error-number.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';

type Asked = DeleteTopicsRequest['topics'][number];
type Outcome = DeleteTopicsResponse['responses'][number];

/**
 * DeleteTopics (key 20): topics with their records and the share state on them, each by itself, durably. Versions 1–6; from 6 on also by id.
 *
 * UNKNOWN_TOPIC_OR_PARTITION for a name that there is no topic of (also for what is no name), UNKNOWN_TOPIC_ID for an id.
 * INVALID_REQUEST, and nothing deleted, for a topic that is named twice in whatever way, with both name and id, or with neither.
 */
export const answerDeleteTopics = async (
  context: RequestContext,
  request: DeleteTopicsRequest,
): Promise<DeleteTopicsResponse> => {
  const { broker, version } = context;
  const asked: readonly Asked[] =
    version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: zeroUuid }));

  // What each is known by: its id where there is such a topic, what was asked for otherwise.
  const identityOf = ({ name, topicId: id }: Asked): string => {
    if (name === null) return id;
    const topic = broker.topics.find(name);
    return topic.ok ? topic.value.id : `name ${name}`;
  };
  const distinct = Map.groupBy(asked, identityOf);

  const answer = async ([first, another]: readonly Asked[]): Promise<Outcome> => {
    const { name, topicId: id } = first ?? { name: null, topicId: zeroUuid };
    const invalid = (errorMessage: string): Outcome => ({
      name,
      topicId: id,
      errorCode: errorCodes.INVALID_REQUEST,
      errorMessage,
    });
    if (name !== null && id !== zeroUuid) return invalid('You may not specify both topic name and topic id.');
    if (name === null && id === zeroUuid) return invalid('Neither topic name nor id were specified.');
    if (another !== undefined) {
      if (another.name !== name) return invalid('The provided topic name maps to an ID that was already supplied.');
      return invalid(name === null ? 'Duplicate topic id.' : 'Duplicate topic name.');
    }
    const topic = name === null ? broker.topics.byId(topicId(id)) : valueOf(broker.topics.find(name));
    if (topic === undefined) {
      return name === null ? { name, topicId: id, ...unknown.id } : { name, topicId: id, ...unknown.name };
    }
    const deleted = await operatorOf(context).deleteTopic(topic.name, topic.id);
    const of = { name: topic.name, topicId: topic.id };
    return deleted.ok ? { ...of, errorCode: errorCodes.NONE } : { ...of, ...coordinatorError(deleted.error) };
  };
  return { throttleTimeMs: 0, responses: await Promise.all([...distinct.values()].map(answer)) };
};

const valueOf = <T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T | undefined =>
  result.ok ? result.value : undefined;

const unknown = {
  id: { errorCode: errorCodes.UNKNOWN_TOPIC_ID, errorMessage: 'This server does not host this topic ID.' },
  name: {
    errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: 'This server does not host this topic-partition.',
  },
} as const;
