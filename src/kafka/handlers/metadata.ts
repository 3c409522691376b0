import type { Topic } from '../../broker/topics.ts';
import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type { MetadataRequest, MetadataResponse } from '../../codec/messages/metadata.ts';
import { topicId } from '../../core/ids.ts';
import { clusterOperations, operationsIfAsked, topicOperations } from '../authorized-operations.ts';
import { coordinatorErrorNumber } from '../error-number.ts';
import { controllerOf, endpointsOf, placementOf } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';

type ResponseTopic = MetadataResponse['topics'][number];

/**
 * Metadata (key 3): the nodes, and topics with their partitions, each led by the node that owns it. Versions 0–13.
 *
 * - A partition that moves from one node to another has LEADER_NOT_AVAILABLE meanwhile. Any node is named as the controller, everywhere the same.
 * - No list of topics means all; in version 0, which has no null, an empty one does. Otherwise an empty one means none.
 * - Topics are asked for by name, from version 12 on also by id (versions 10 and 11 have the field, and Kafka refuses it there).
 *   Where one of the topics has an id, names are not looked at. A topic named twice is answered once.
 * - UNKNOWN_TOPIC_OR_PARTITION and INVALID_TOPIC_EXCEPTION for names, UNKNOWN_TOPIC_ID for ids.
 * - A topic is created by being asked for when both `auto.create.topics.enable` and the client say so (up to version 3 clients cannot say,
 *   and mean it). Kafka answers LEADER_NOT_AVAILABLE meanwhile; here it is there at once.
 * - What is allowed is told where it is asked for, from version 8 on: everything. In version 13 the error of the whole is 0.
 */
export const answerMetadata = async (context: RequestContext, request: MetadataRequest): Promise<MetadataResponse> => {
  const { node, version } = context;
  const { topics } = request;
  const operations = operationsIfAsked(topicOperations, request.includeTopicAuthorizedOperations);
  const asked = topics ?? [];
  const hasIds = asked.some((each) => each.topicId !== zeroUuid);
  if ((hasIds && version < 12) || (!hasIds && asked.some((each) => each.name === null))) {
    return {
      throttleTimeMs: 0,
      brokers: [],
      topics: asked.map(({ name, topicId: id }) => refused(errorCodes.INVALID_REQUEST, name ?? '', id)),
      errorCode: errorCodes.INVALID_REQUEST,
    };
  }
  const found = (topic: Topic): ResponseTopic => ({
    errorCode: errorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    partitions: Array.from({ length: topic.stored.partitionCount }, (_, partitionIndex) => ({
      partitionIndex,
      ...placementOf(context, { topicId: topic.id, partition: partitionIndex }),
    })),
    topicAuthorizedOperations: operations,
  });
  const byName = async (name: string): Promise<ResponseTopic> => {
    const topic = await topicToTell(context, name, request.allowAutoTopicCreation);
    if (topic.ok) return found(topic.value);
    return { ...refused(coordinatorErrorNumber(topic.error), name, zeroUuid), topicAuthorizedOperations: operations };
  };
  const byId = (id: string): ResponseTopic => {
    const topic = context.broker.topics.byId(topicId(id));
    return topic === undefined ? refused(errorCodes.UNKNOWN_TOPIC_ID, null, id) : found(topic);
  };

  const isAll = topics === null || (version === 0 && topics.length === 0);
  const ids = new Set(asked.map((each) => each.topicId).filter((id) => id !== zeroUuid));
  const names = new Set(asked.map((each) => each.name ?? ''));
  return {
    throttleTimeMs: 0,
    brokers: endpointsOf(context).map((each) => ({ ...each, rack: null })),
    clusterId: node.clusterId,
    controllerId: controllerOf(context),
    topics: isAll
      ? context.broker.topics.all.map(found)
      : hasIds
        ? [...ids].map(byId)
        : await Promise.all([...names].map(byName)),
    ...(version >= 8 && version <= 10
      ? {
          clusterAuthorizedOperations: operationsIfAsked(clusterOperations, request.includeClusterAuthorizedOperations),
        }
      : {}),
    errorCode: errorCodes.NONE,
  };
};

const refused = (errorCode: number, name: string | null, id: string): ResponseTopic => ({
  errorCode,
  name,
  topicId: id,
  partitions: [],
});

const topicToTell = async ({ broker }: RequestContext, name: string, mayCreate: boolean) => {
  const topic = broker.topics.find(name);
  if (topic.ok || topic.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION' || !mayCreate) return topic;
  const created = await broker.topicForProduce(name);
  return created.ok ? broker.topics.find(name) : created;
};
