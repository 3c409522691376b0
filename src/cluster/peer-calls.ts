import type { Broker } from '../broker/broker.ts';
import type { AcquireOutcome } from '../broker/requests.ts';
import { type Result, ok } from '../core/result.ts';
import { ownDescription, ownRows } from './cluster-looking.ts';
import type { ClusterOffsets } from './cluster-offsets.ts';
import type { GroupChanges } from './group-changes.ts';
import type { GroupOperations } from './group-operations.ts';
import type { OwnAcquire } from './own-acquire.ts';
import { ownChanges } from './own-changes.ts';
import type { PeerArguments, PeerCalls, PeerMethod } from './peer-methods.ts';

/** What the calls of other nodes are answered with. */
export interface OwnNode {
  readonly broker: Broker;
  readonly own: OwnAcquire;
  readonly changes: GroupChanges;
  readonly operations: GroupOperations;
  readonly offsets: ClusterOffsets;
}

/** How this node answers each of them. */
export const peerCalls = ({ broker, own, changes, operations, offsets }: OwnNode): PeerCalls => ({
  takeBack: async () => ok(null),
  ping: async () => ok(null),

  acquire: (signal, request) => own.acquire(request, signal),
  giveBack: async (_signal, group, ranges) => {
    broker.giveBack(group, ranges);
    return ok(null);
  },
  acknowledge: (_signal, group, acknowledgements) => broker.acknowledge(group, acknowledgements),
  settle: (_signal, request) => broker.settle(request),
  reset: (_signal, request) => broker.reset(request),
  releaseWorker: (_signal, group, holder) => broker.releaseWorker(group, holder),
  memberHoldings: async (_signal, group, memberId) => ok(broker.nodeCalls.memberHoldings(group, memberId)),
  freeMember: async (_signal, group, memberId, had, reason) => {
    broker.nodeCalls.freeMember(group, memberId, had, reason);
    return ok(null);
  },
  alterOwnOffsets: (_signal, group, wanted) => broker.shareOffsets.alter(group, wanted),

  rows: () => ownRows(broker),
  describe: (_signal, group) => ownDescription(broker, group),
  windows: (_signal, group) => broker.windows(group),
  windowPage: (_signal, request) => broker.windowPage(request),
  peek: (_signal, request) => broker.peek(request),
  strips: (_signal, request) => broker.live.strips(request),
  workers: (_signal, group) => broker.workers(group),
  history: (_signal, group, minutes) => broker.live.history(group, minutes),
  read: (_signal, request) => broker.read(request),
  changes: (_signal, group, lastId) => ownChanges(broker, group, lastId),
  topics: async () => ok(broker.listTopics()),
  topic: async (_signal, name) => broker.describeTopic(name),
  groupState: async (_signal, group) => ok(broker.shareGroupStates.find((each) => each.group === group)?.state ?? null),
  busyGroups: async () =>
    ok(broker.shareGroupStates.filter((each) => each.state === 'Stable').map((each) => each.group)),
  offsets: (_signal, group, wanted) => broker.shareOffsets.describe(group, wanted),

  openGroupTopic: (_signal, stored, topicId, startFrom) =>
    broker.nodeCalls.openShareGroupTopic(stored, topicId, startFrom),
  closeGroup: (_signal, group, topicId) => broker.nodeCalls.closeShareGroup(group, topicId),
  groupChanged: (_signal, group, stored) => broker.nodeCalls.shareGroupChanged(group, stored),
  topicsChanged: () => broker.outsideChanges.refreshTopics(),

  startGroup: (_signal, group, topicIds, startFrom) => changes.start(group, topicIds, startFrom),
  alterGroup: (_signal, group, config) => operations.alterHere(group, config),
  alterGroupConfig: (_signal, group, config, validateOnly) => operations.alterConfigHere(group, config, validateOnly),
  pause: (_signal, group, paused) => operations.pauseHere(group, paused),
  deleteGroup: (_signal, group) => operations.deleteHere(group),
  alterOffsets: (_signal, group, wanted) => offsets.alterAsCoordinator(group, wanted),
  deleteOffsets: (_signal, group, topics) => offsets.deleteAsCoordinator(group, topics),
  members: async (_signal, group) => broker.members.describe(group),
});

/** How to take back what was done for a caller who never sees the result; undefined: there is nothing. Holds no records. */
export const undoCall = (
  calls: PeerCalls,
  method: PeerMethod,
  args: readonly unknown[],
  result: Result<unknown>,
): (() => void) | undefined => {
  if (method !== 'acquire' || !result.ok) return undefined;
  const [{ group }] = args as unknown as PeerArguments<'acquire'>;
  const ranges = (result.value as AcquireOutcome).ranges.map((range) => ({ ...range, batches: [] }));
  if (ranges.length === 0) return undefined;
  return () => void calls.giveBack(new AbortController().signal, group, ranges);
};
