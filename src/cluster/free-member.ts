import type { GoneMember } from '../broker/share-members.ts';
import type { ClusterNode } from '../ports/cluster.ts';
import type { Peers } from './peers.ts';

/**
 * Frees at another node what a member that is gone has there. A call may come late, and the member be back under its id with records of its own. So the
 * node says first what the member has, and is told to free just that when the member has not come back until then: whatever it takes once it is
 * back, it takes after that moment. Where a call fails, its records wait for their locks.
 */
export async function freeMemberAt(
  node: ClusterNode,
  peers: Peers,
  { group, memberId, reason, isGone }: GoneMember,
): Promise<void> {
  const had = await peers.call(node, 'memberHoldings', [group, memberId]);
  if (!had.ok || !isGone()) return;
  if (had.value.session === null && had.value.partitions.length === 0) return;
  await peers.call(node, 'freeMember', [group, memberId, had.value, reason]);
}
