import { alterConfigsApi } from '../codec/messages/alter-configs.ts';
import { alterShareGroupOffsetsApi } from '../codec/messages/alter-share-group-offsets.ts';
import { apiVersionsApi } from '../codec/messages/api-versions.ts';
import { createPartitionsApi } from '../codec/messages/create-partitions.ts';
import { createTopicsApi } from '../codec/messages/create-topics.ts';
import { deleteGroupsApi } from '../codec/messages/delete-groups.ts';
import { deleteShareGroupOffsetsApi } from '../codec/messages/delete-share-group-offsets.ts';
import { deleteRecordsApi } from '../codec/messages/delete-records.ts';
import { deleteTopicsApi } from '../codec/messages/delete-topics.ts';
import { describeClusterApi } from '../codec/messages/describe-cluster.ts';
import { describeConfigsApi } from '../codec/messages/describe-configs.ts';
import { describeShareGroupOffsetsApi } from '../codec/messages/describe-share-group-offsets.ts';
import { describeTopicPartitionsApi } from '../codec/messages/describe-topic-partitions.ts';
import { fetchApi } from '../codec/messages/fetch.ts';
import { findCoordinatorApi } from '../codec/messages/find-coordinator.ts';
import { incrementalAlterConfigsApi } from '../codec/messages/incremental-alter-configs.ts';
import { listConfigResourcesApi } from '../codec/messages/list-config-resources.ts';
import { listGroupsApi } from '../codec/messages/list-groups.ts';
import { initProducerIdApi } from '../codec/messages/init-producer-id.ts';
import { listOffsetsApi } from '../codec/messages/list-offsets.ts';
import { listPartitionReassignmentsApi } from '../codec/messages/list-partition-reassignments.ts';
import { metadataApi } from '../codec/messages/metadata.ts';
import { produceApi } from '../codec/messages/produce.ts';
import { shareAcknowledgeApi } from '../codec/messages/share-acknowledge.ts';
import { shareFetchApi } from '../codec/messages/share-fetch.ts';
import { shareGroupDescribeApi } from '../codec/messages/share-group-describe.ts';
import { shareGroupHeartbeatApi } from '../codec/messages/share-group-heartbeat.ts';
import { answerAlterConfigs } from './handlers/alter-configs.ts';
import { answerAlterShareGroupOffsets } from './handlers/alter-share-group-offsets.ts';
import { answerApiVersions } from './handlers/api-versions.ts';
import { answerCreatePartitions } from './handlers/create-partitions.ts';
import { answerCreateTopics } from './handlers/create-topics.ts';
import { answerDeleteGroups } from './handlers/delete-groups.ts';
import { answerDeleteShareGroupOffsets } from './handlers/delete-share-group-offsets.ts';
import { offsetForLeaderEpochApi } from '../codec/messages/offset-for-leader-epoch.ts';
import { answerDeleteRecords } from './handlers/delete-records.ts';
import { answerDeleteTopics } from './handlers/delete-topics.ts';
import { answerDescribeCluster } from './handlers/describe-cluster.ts';
import { answerDescribeConfigs } from './handlers/describe-configs.ts';
import { answerDescribeShareGroupOffsets } from './handlers/describe-share-group-offsets.ts';
import { answerDescribeTopicPartitions } from './handlers/describe-topic-partitions.ts';
import { answerFetch } from './handlers/fetch.ts';
import { answerFindCoordinator } from './handlers/find-coordinator.ts';
import { answerIncrementalAlterConfigs } from './handlers/incremental-alter-configs.ts';
import { answerListConfigResources } from './handlers/list-config-resources.ts';
import { answerListGroups } from './handlers/list-groups.ts';
import { answerInitProducerId } from './handlers/init-producer-id.ts';
import { answerListOffsets } from './handlers/list-offsets.ts';
import { answerListPartitionReassignments } from './handlers/list-partition-reassignments.ts';
import { answerMetadata } from './handlers/metadata.ts';
import { answerProduce } from './handlers/produce.ts';
import { answerShareAcknowledge } from './handlers/share-acknowledge.ts';
import { answerShareFetch } from './handlers/share-fetch.ts';
import { answerShareGroupDescribe } from './handlers/share-group-describe.ts';
import { answerShareGroupHeartbeat } from './handlers/share-group-heartbeat.ts';
import { answerOffsetForLeaderEpoch } from './handlers/offset-for-leader-epoch.ts';
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
  serve(initProducerIdApi, answerInitProducerId),
  serve(offsetForLeaderEpochApi, answerOffsetForLeaderEpoch),
  serve(deleteRecordsApi, answerDeleteRecords),
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
  serve(describeConfigsApi, answerDescribeConfigs),
  serve(alterConfigsApi, answerAlterConfigs),
  serve(incrementalAlterConfigsApi, answerIncrementalAlterConfigs),
  serve(listConfigResourcesApi, answerListConfigResources),
  serve(listGroupsApi, answerListGroups),
  serve(deleteGroupsApi, answerDeleteGroups),
  serve(describeShareGroupOffsetsApi, answerDescribeShareGroupOffsets),
  serve(alterShareGroupOffsetsApi, answerAlterShareGroupOffsets),
  serve(deleteShareGroupOffsetsApi, answerDeleteShareGroupOffsets),
  serve(listPartitionReassignmentsApi, answerListPartitionReassignments),
];
