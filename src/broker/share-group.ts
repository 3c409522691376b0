import type { GroupConfig } from '../core/group-config.ts';
import type { GroupId, TopicPartition } from '../core/ids.ts';
import { PartitionMap } from '../core/partition-map.ts';
import { emptyMembership } from '../core/share-group/membership.ts';
import type { StoredGroup } from '../ports/metadata-store.ts';
import { GroupActivity, type ShareCounts } from './activity.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/** A share group as the broker keeps it: what is stored of it, its config in force, and its share partitions. */
export class ShareGroup {
  readonly id: GroupId;
  stored: StoredGroup;
  config: GroupConfig;
  /** Kafka's members; share-members.ts changes it. Nobody after a restart. */
  readonly membership = emptyMembership();
  readonly activity: GroupActivity;
  /** Nobody finds it any more; who still has it in hand must not bring it back. */
  deleted = false;
  readonly #partitions = new PartitionMap<SharePartitionRuntime>();

  /** @param activityOfAll of the groups there ever were */
  constructor(stored: StoredGroup, config: GroupConfig, activityOfAll: ShareCounts) {
    this.activity = new GroupActivity(activityOfAll);
    this.id = stored.group;
    this.stored = stored;
    this.config = config;
  }

  get paused(): boolean {
    return this.stored.paused;
  }

  get partitions(): readonly SharePartitionRuntime[] {
    return [...this.#partitions.values()];
  }

  partition(of: TopicPartition): SharePartitionRuntime | undefined {
    return this.#partitions.get(of);
  }

  add(partition: SharePartitionRuntime): void {
    this.#partitions.set(partition.key, partition);
  }

  remove(of: TopicPartition): void {
    this.#partitions.delete(of);
  }
}
