import { apiVersionsApi } from '../codec/messages/api-versions.ts';
import { createPartitionsApi } from '../codec/messages/create-partitions.ts';
import { createTopicsApi } from '../codec/messages/create-topics.ts';
import { deleteTopicsApi } from '../codec/messages/delete-topics.ts';
import { describeClusterApi } from '../codec/messages/describe-cluster.ts';
import { describeTopicPartitionsApi } from '../codec/messages/describe-topic-partitions.ts';
import { fetchApi } from '../codec/messages/fetch.ts';
import { findCoordinatorApi } from '../codec/messages/find-coordinator.ts';
import { listOffsetsApi } from '../codec/messages/list-offsets.ts';
import { metadataApi } from '../codec/messages/metadata.ts';
import { shareAcknowledgeApi } from '../codec/messages/share-acknowledge.ts';
import { shareFetchApi } from '../codec/messages/share-fetch.ts';
import { shareGroupDescribeApi } from '../codec/messages/share-group-describe.ts';
import { shareGroupHeartbeatApi } from '../codec/messages/share-group-heartbeat.ts';
import { produceApi } from '../codec/messages/produce.ts';
import { answerApiVersions } from './handlers/api-versions.ts';
import { answerCreatePartitions } from './handlers/create-partitions.ts';
import { answerCreateTopics } from './handlers/create-topics.ts';
import { answerDeleteTopics } from './handlers/delete-topics.ts';
import { answerDescribeCluster } from './handlers/describe-cluster.ts';
import { answerDescribeTopicPartitions } from './handlers/describe-topic-partitions.ts';
import { answerFetch } from './handlers/fetch.ts';
import { answerFindCoordinator } from './handlers/find-coordinator.ts';
import { answerListOffsets } from './handlers/list-offsets.ts';
import { answerMetadata } from './handlers/metadata.ts';
import { answerShareAcknowledge } from './handlers/share-acknowledge.ts';
import { answerShareFetch } from './handlers/share-fetch.ts';
import { answerShareGroupDescribe } from './handlers/share-group-describe.ts';
import { answerShareGroupHeartbeat } from './handlers/share-group-heartbeat.ts';
import { answerProduce } from './handlers/produce.ts';
import { type ServedApi, serve } from './served-api.ts';

/**
 * ★ Every API that is served: what ApiVersions answers is made from this table, and a request for anything else closes its
 * connection, as in Kafka. Versions are Kafka 4.4's unless a reason stands here. Transactions are not served.
 */
export const servedApis: readonly ServedApi[] = [
  serve(apiVersionsApi, (context, request) => answerApiVersions(context, request, servedApis)),
  serve(produceApi, answerProduce, { firstVersion: 0, isPipelined: true }),
  serve(fetchApi, answerFetch),
  serve(listOffsetsApi, answerListOffsets),
  serve(metadataApi, answerMetadata),
  serve(findCoordinatorApi, answerFindCoordinator),
  serve(describeClusterApi, answerDescribeCluster),
  serve(describeTopicPartitionsApi, answerDescribeTopicPartitions),
  serve(shareGroupHeartbeatApi, answerShareGroupHeartbeat),
  serve(shareGroupDescribeApi, answerShareGroupDescribe),
  serve(shareFetchApi, answerShareFetch),
  serve(shareAcknowledgeApi, answerShareAcknowledge),
  serve(createTopicsApi, answerCreateTopics),
  serve(deleteTopicsApi, answerDeleteTopics),
  serve(createPartitionsApi, answerCreatePartitions),
];
