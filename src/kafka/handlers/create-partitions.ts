import { errorCodes } from '../../codec/error-codes.ts';
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../codec/messages/create-partitions.ts';
import { coordinatorError } from '../error-number.ts';
import { placedByCluster, whyNotPlaced } from '../replica-assignment.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';

type Asked = CreatePartitionsRequest['topics'][number];
type Outcome = CreatePartitionsResponse['results'][number];

/**
 * CreatePartitions (key 37): adds partitions to topics. Versions 0–3. `count` is the new number and has to grow, INVALID_PARTITIONS; new partitions
 * that are placed by hand are on this node, one assignment for each, INVALID_REPLICA_ASSIGNMENT. UNKNOWN_TOPIC_OR_PARTITION also for what is no
 * name. A topic that comes twice: one INVALID_REQUEST, and nothing changes. `validateOnly` adds nothing.
 */
export const answerCreatePartitions = async (
  context: RequestContext,
  request: CreatePartitionsRequest,
): Promise<CreatePartitionsResponse> => {
  const distinct = Map.groupBy(request.topics, (each) => each.name);
  const answer = async ([name, [topic, another]]: readonly [string, readonly Asked[]]): Promise<Outcome> => {
    if (topic === undefined || another !== undefined) {
      return { name, errorCode: errorCodes.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' };
    }
    const error = await add(context, topic, request.validateOnly);
    return { name, ...(error ?? { errorCode: errorCodes.NONE }) };
  };
  return { throttleTimeMs: 0, results: await Promise.all([...distinct].map(answer)) };
};

/** Why not; undefined: they are there. */
const add = async (context: RequestContext, { name, count, assignments }: Asked, validateOnly: boolean) => {
  const { broker, node } = context;
  const topic = broker.topics.find(name);
  if (!topic.ok) {
    return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no topic "${name}".` };
  }
  const before = topic.value.stored.partitionCount;
  if (count <= before) {
    const errorMessage =
      count === before
        ? `Topic already has ${before} partition(s).`
        : `The topic ${name} currently has ${before} partition(s); ${count} would not be an increase.`;
    return { errorCode: errorCodes.INVALID_PARTITIONS, errorMessage };
  }
  if (assignments !== null && broker.topics.isOfCluster) return placedByCluster;
  if (assignments !== null) {
    const misplaced =
      assignments.length === count - before
        ? whyNotPlaced(
            node.nodeId,
            assignments.map((each) => each.brokerIds),
          )
        : {
            errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT,
            errorMessage: `Attempted to add ${count - before} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
          };
    if (misplaced !== undefined) return misplaced;
  }
  const altered = await operatorOf(context).alterTopic(name, { partitions: count }, validateOnly);
  return altered.ok ? undefined : coordinatorError(altered.error);
};
