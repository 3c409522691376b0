/** What Kafka's share consumers ask, as the broker takes and answers it (KIP-932: ShareGroupHeartbeat, ShareFetch, ShareAcknowledge). */
import type { Rejection } from '../core/errors.ts';
import type { GroupId, TopicId, TopicName, TopicPartition } from '../core/ids.ts';
import type { Assignment } from '../core/share-group/simple-assignor.ts';
import type { ShareGroupState } from '../core/share-group/membership.ts';
import type { AcquireMode } from '../core/share-partition/acquire.ts';
import type { AcknowledgementBatch } from '../core/share-session/share-request.ts';
import type { StoredBatch } from '../ports/record-log.ts';
import type { AcquiredRange } from './requests.ts';

/** The acknowledgements of one partition: all of them count or none. */
export interface PartitionAcknowledgements extends TopicPartition {
  readonly batches: readonly AcknowledgementBatch[];
}

export interface ShareAcknowledgeRequest {
  readonly groupId: string | null;
  readonly memberId: string | null;
  /** −1 closes the session. */
  readonly sessionEpoch: number;
  readonly isRenewAck: boolean;
  /** Of the API, 1 or 2: what acknowledge types there are. */
  readonly version: number;
  /** Each partition once. */
  readonly acknowledgements: readonly PartitionAcknowledgements[];
}

export interface ShareFetchRequest extends ShareAcknowledgeRequest {
  /** 0 opens a session. The one that opens it owns it: when that connection drops, it ends. */
  readonly connectionId: string;
  readonly maxWaitMs: number;
  /** 0: answer at once. Any record is enough otherwise. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly acquireMode: AcquireMode;
  readonly partitions: readonly TopicPartition[];
  readonly forgotten: readonly TopicPartition[];
}

/** How one partition's acknowledgements came out. */
export interface AcknowledgedPartition extends TopicPartition {
  /** null: they are durable. */
  readonly error: Rejection | null;
}

export interface ShareAcknowledgeOutcome {
  /** `share.record.lock.duration.ms` of the group. */
  readonly lockDurationMs: number;
  readonly partitions: readonly AcknowledgedPartition[];
}

export interface SharePartitionAnswer extends TopicPartition {
  /** Of fetching. */
  readonly error: Rejection | null;
  readonly acknowledgeError: Rejection | null;
  /** In offset order. */
  readonly ranges: readonly AcquiredRange[];
  /** Those that cover the ranges, in offset order, each once. */
  readonly batches: readonly StoredBatch[];
}

export interface ShareFetchOutcome {
  readonly lockDurationMs: number;
  readonly partitions: readonly SharePartitionAnswer[];
}

export interface MemberDescription {
  readonly memberId: string;
  readonly rackId: string | null;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly TopicName[];
  readonly assignment: Assignment;
  /** How long ago its last heartbeat came. */
  readonly sinceHeartbeatMs: number;
}

export interface MembershipDescription {
  readonly group: GroupId;
  readonly state: ShareGroupState;
  /** The assignment's epoch is the same number. */
  readonly groupEpoch: number;
  readonly members: readonly MemberDescription[];
  /** Of the topics assigned. */
  readonly topicNames: ReadonlyMap<TopicId, TopicName>;
}
