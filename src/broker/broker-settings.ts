import type { GroupConfigDefaults } from '../core/group-config.ts';
import type { TopicId } from '../core/ids.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataStore } from '../ports/metadata-store.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { StorageHealth } from '../ports/storage-health.ts';

/** What the broker is made with. */

export interface BrokerOutside {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: RecordLog;
  readonly store: StateStore;
  readonly metadata: MetadataStore;
  readonly audit: AuditLog;
  readonly health: StorageHealth;
  readonly cluster: Cluster;
  newTopicId(): TopicId;
}

export interface BrokerSettings {
  /** Defaults and bounds of the group configs, by their names in Kafka's broker config. */
  readonly groupDefaults: GroupConfigDefaults;
  /** `num.partitions`: of a topic that does not say. */
  readonly numPartitions: number;
  /** `auto.create.topics.enable`. */
  readonly autoCreateTopics: boolean;
  /** `fetch.max.bytes`: caps what a request may ask for, without a word, as Kafka's broker does (KafkaApis). */
  readonly fetchMaxBytes: number;
  /** `group.share.max.size`: members of a group. */
  readonly maxGroupSize: number;
  /** `group.share.max.share.sessions`. */
  readonly maxShareSessions: number;
  /** `log.retention.check.interval.ms`. */
  readonly retentionCheckIntervalMs: number;
  /** How often each group is sampled for its history. */
  readonly historyIntervalMs: number;
}
