import { errorCodes } from '../codec/error-codes.ts';
import { zeroUuid } from '../codec/api.ts';
import type { MetadataResponse, MetadataResponseMetadataResponseTopic } from '../codec/messages/metadata.ts';
import { type TopicId, topicId } from '../core/ids.ts';

/** The cluster as last told: never changed, replaced as a whole. */
export interface KafkaClusterView {
  readonly clusterId: string | null;
  /** -1: none. In KRaft any broker, which passes on what it is asked. */
  readonly controllerId: number;
  readonly brokers: ReadonlyMap<number, KafkaBroker>;
  /** All that this client may see, the cluster's own (`__…`) among them. */
  readonly topics: ReadonlyMap<TopicId, KafkaTopicView>;
  readonly topicsByName: ReadonlyMap<string, KafkaTopicView>;
}

export interface KafkaBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface KafkaTopicView {
  readonly id: TopicId;
  readonly name: string;
  /** `__consumer_offsets` and its like. */
  readonly isInternal: boolean;
  /** By their index, without holes. */
  readonly partitions: readonly KafkaPartitionView[];
}

export interface KafkaPartitionView {
  readonly partition: number;
  /** Broker id; -1: none at present. */
  readonly leader: number;
  /** -1: not known. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offline: readonly number[];
}

export const nothingKnown: KafkaClusterView = {
  clusterId: null,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
  topicsByName: new Map(),
};

/** The view of a Metadata answer about all topics. A broker that lags behind never takes a partition back to an older leader. */
export const viewOf = (answer: MetadataResponse, before: KafkaClusterView): KafkaClusterView => {
  const topics = answer.topics.flatMap((topic) => topicOf(topic, before) ?? []);
  return {
    clusterId: answer.clusterId ?? null,
    controllerId: answer.controllerId ?? -1,
    brokers: new Map(answer.brokers.map((broker) => [broker.nodeId, { ...broker, rack: broker.rack ?? null }])),
    topics: new Map(topics.map((topic) => [topic.id, topic])),
    topicsByName: new Map(topics.map((topic) => [topic.name, topic])),
  };
};

const topicOf = (
  topic: MetadataResponseMetadataResponseTopic,
  before: KafkaClusterView,
): KafkaTopicView | undefined => {
  if (topic.errorCode !== errorCodes.NONE || topic.name === null || topic.topicId === zeroUuid) return undefined;
  const id = topicId(topic.topicId);
  const known = before.topics.get(id)?.partitions;
  const partitions = topic.partitions
    .map((each): KafkaPartitionView => {
      const older = known?.[each.partitionIndex];
      const leaderEpoch = each.leaderEpoch ?? -1;
      if (older !== undefined && older.leaderEpoch > leaderEpoch) return older;
      return {
        partition: each.partitionIndex,
        leader: each.leaderId,
        leaderEpoch,
        replicas: each.replicaNodes,
        inSync: each.isrNodes,
        offline: each.offlineReplicas,
      };
    })
    .toSorted((a, b) => a.partition - b.partition);
  // Partitions come and are never taken away; one that is missing in between is told of soon.
  const gap = partitions.findIndex((each, index) => each.partition !== index);
  return {
    id,
    name: topic.name,
    isInternal: topic.isInternal ?? false,
    partitions: gap === -1 ? partitions : partitions.slice(0, gap),
  };
};
