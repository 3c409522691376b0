import type { Rejection } from '../core/errors.ts';
import type { TopicPartition } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import type { AcknowledgeItem } from './commands.ts';
import type { AcknowledgeResult, Acknowledgement } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/**
 * Settles leases of a group: one result for each, in order. Durable when it answers; not atomic across share partitions.
 *
 * @param elsewhere what is wrong with a lease of a partition that another node serves; undefined where none does
 */
export async function acknowledge(
  group: ShareGroup,
  acknowledgements: readonly Acknowledgement[],
  elsewhere: (partition: TopicPartition) => Rejection | undefined,
): Promise<Result<readonly AcknowledgeResult[]>> {
  const results: (AcknowledgeResult | undefined)[] = acknowledgements.map(() => undefined);
  const byPartition = new Map<SharePartitionRuntime, AcknowledgeItem[]>();
  // Those of one partition come together most of the time.
  let last: SharePartitionRuntime | undefined;
  let lastItems: AcknowledgeItem[] = [];
  acknowledgements.forEach((acknowledgement, index) => {
    const { lease } = acknowledgement;
    const partition = last !== undefined && isIn(last, lease) ? last : group.partition(lease);
    const tooLong = checkLockDuration(group.config.maxLockDurationMs, acknowledgement.lockDurationMs ?? null);
    const notOwner = partition === undefined ? elsewhere(lease) : undefined;
    if (notOwner !== undefined) {
      results[index] = { status: 'error', error: notOwner };
    } else if (partition === undefined) {
      const message = `offset ${lease.offset}: its topic was deleted, or the group was deleted and made again`;
      results[index] = { status: 'error', error: { code: 'RECORD_GONE', message } };
    } else if (tooLong !== undefined) {
      results[index] = { status: 'error', error: tooLong };
    } else {
      if (partition !== last) {
        last = partition;
        lastItems = byPartition.get(partition) ?? [];
        byPartition.set(partition, lastItems);
      }
      lastItems.push({ index, acknowledgement });
    }
  });
  if (byPartition.size === 1) {
    for (const [partition, items] of byPartition) await partition.acknowledge(items, results);
  } else {
    await Promise.all([...byPartition].map(([partition, items]) => partition.acknowledge(items, results)));
  }
  const complete = results as AcknowledgeResult[];
  const first = complete[0];
  // Nothing could be written at all: the request as a whole has failed.
  if (first?.status === 'error' && complete.every((each) => each.status === 'error' && isFull(each.error))) {
    return { ok: false, error: first.error };
  }
  return ok(complete);
}

const isIn = ({ key }: SharePartitionRuntime, lease: TopicPartition): boolean =>
  key.partition === lease.partition && key.topicId === lease.topicId;

const isFull = (error: Rejection): boolean => error.code === 'STORAGE_FULL';

/** Kafka's minimum binds the group's default, not a request; its maximum binds both. */
export function checkLockDuration(maxLockDurationMs: number, lockDurationMs: number | null): Rejection | undefined {
  if (lockDurationMs === null || lockDurationMs <= maxLockDurationMs) return undefined;
  return {
    code: 'INVALID_REQUEST',
    message: `lockDurationMs ${lockDurationMs} is over the server's group.share.max.record.lock.duration.ms, ${maxLockDurationMs}. Renew the lock while you work.`,
    field: 'lockDurationMs',
  };
}
