// Generated from src/codec/definitions/*.json by `npm run messages`; edit neither.

import { produceApi } from '../../src/codec/messages/produce.ts';
import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { listOffsetsApi } from '../../src/codec/messages/list-offsets.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { offsetCommitApi } from '../../src/codec/messages/offset-commit.ts';
import { offsetFetchApi } from '../../src/codec/messages/offset-fetch.ts';
import { findCoordinatorApi } from '../../src/codec/messages/find-coordinator.ts';
import { joinGroupApi } from '../../src/codec/messages/join-group.ts';
import { heartbeatApi } from '../../src/codec/messages/heartbeat.ts';
import { leaveGroupApi } from '../../src/codec/messages/leave-group.ts';
import { syncGroupApi } from '../../src/codec/messages/sync-group.ts';
import { describeGroupsApi } from '../../src/codec/messages/describe-groups.ts';
import { listGroupsApi } from '../../src/codec/messages/list-groups.ts';
import { saslHandshakeApi } from '../../src/codec/messages/sasl-handshake.ts';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { createTopicsApi } from '../../src/codec/messages/create-topics.ts';
import { deleteTopicsApi } from '../../src/codec/messages/delete-topics.ts';
import { deleteRecordsApi } from '../../src/codec/messages/delete-records.ts';
import { initProducerIdApi } from '../../src/codec/messages/init-producer-id.ts';
import { offsetForLeaderEpochApi } from '../../src/codec/messages/offset-for-leader-epoch.ts';
import { addPartitionsToTxnApi } from '../../src/codec/messages/add-partitions-to-txn.ts';
import { addOffsetsToTxnApi } from '../../src/codec/messages/add-offsets-to-txn.ts';
import { endTxnApi } from '../../src/codec/messages/end-txn.ts';
import { txnOffsetCommitApi } from '../../src/codec/messages/txn-offset-commit.ts';
import { describeConfigsApi } from '../../src/codec/messages/describe-configs.ts';
import { alterConfigsApi } from '../../src/codec/messages/alter-configs.ts';
import { saslAuthenticateApi } from '../../src/codec/messages/sasl-authenticate.ts';
import { createPartitionsApi } from '../../src/codec/messages/create-partitions.ts';
import { deleteGroupsApi } from '../../src/codec/messages/delete-groups.ts';
import { incrementalAlterConfigsApi } from '../../src/codec/messages/incremental-alter-configs.ts';
import { listPartitionReassignmentsApi } from '../../src/codec/messages/list-partition-reassignments.ts';
import { offsetDeleteApi } from '../../src/codec/messages/offset-delete.ts';
import { describeClusterApi } from '../../src/codec/messages/describe-cluster.ts';
import { consumerGroupHeartbeatApi } from '../../src/codec/messages/consumer-group-heartbeat.ts';
import { consumerGroupDescribeApi } from '../../src/codec/messages/consumer-group-describe.ts';
import { listConfigResourcesApi } from '../../src/codec/messages/list-config-resources.ts';
import { describeTopicPartitionsApi } from '../../src/codec/messages/describe-topic-partitions.ts';
import { shareGroupHeartbeatApi } from '../../src/codec/messages/share-group-heartbeat.ts';
import { shareGroupDescribeApi } from '../../src/codec/messages/share-group-describe.ts';
import { shareFetchApi } from '../../src/codec/messages/share-fetch.ts';
import { shareAcknowledgeApi } from '../../src/codec/messages/share-acknowledge.ts';
import { describeShareGroupOffsetsApi } from '../../src/codec/messages/describe-share-group-offsets.ts';
import { alterShareGroupOffsetsApi } from '../../src/codec/messages/alter-share-group-offsets.ts';
import { deleteShareGroupOffsetsApi } from '../../src/codec/messages/delete-share-group-offsets.ts';
import type { Api } from '../../src/codec/api.ts';

/** Every API that there are messages of, in the order of their keys. */
export const everyApi: readonly Api<unknown, unknown>[] = [
  produceApi,
  fetchApi,
  listOffsetsApi,
  metadataApi,
  offsetCommitApi,
  offsetFetchApi,
  findCoordinatorApi,
  joinGroupApi,
  heartbeatApi,
  leaveGroupApi,
  syncGroupApi,
  describeGroupsApi,
  listGroupsApi,
  saslHandshakeApi,
  apiVersionsApi,
  createTopicsApi,
  deleteTopicsApi,
  deleteRecordsApi,
  initProducerIdApi,
  offsetForLeaderEpochApi,
  addPartitionsToTxnApi,
  addOffsetsToTxnApi,
  endTxnApi,
  txnOffsetCommitApi,
  describeConfigsApi,
  alterConfigsApi,
  saslAuthenticateApi,
  createPartitionsApi,
  deleteGroupsApi,
  incrementalAlterConfigsApi,
  listPartitionReassignmentsApi,
  offsetDeleteApi,
  describeClusterApi,
  consumerGroupHeartbeatApi,
  consumerGroupDescribeApi,
  listConfigResourcesApi,
  describeTopicPartitionsApi,
  shareGroupHeartbeatApi,
  shareGroupDescribeApi,
  shareFetchApi,
  shareAcknowledgeApi,
  describeShareGroupOffsetsApi,
  alterShareGroupOffsetsApi,
  deleteShareGroupOffsetsApi,
];
