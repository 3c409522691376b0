import type { GroupPast } from '../broker/group-history.ts';
import type { MembershipDescription } from '../broker/member-requests.ts';
import type {
  AcknowledgeResult,
  Acknowledgement,
  AcquireOutcome,
  AcquireRequest,
  AcquiredRange,
  PeekOutcome,
  ReadOutcome,
  ReadRequest,
  ResetRequest,
  ResetRow,
  SettleOutcome,
  SettleRequest,
  ShareGroupDescription,
  TopicDescription,
  WindowPage,
  WindowPageRequest,
  WindowSummary,
  WorkerRow,
} from '../broker/requests.ts';
import type { AlteredOffsets, DeletedOffsets, ShareOffsets, TopicOffsets } from '../broker/share-offsets.ts';
import type { StripsRequest, WindowStrip } from '../broker/window-strip.ts';
import type { ConfigChange } from '../core/config-value.ts';
import type { GroupId, TopicId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type { ShareGroupState } from '../core/share-group/membership.ts';
import type { StoredGroup } from '../ports/metadata-store.ts';
import type { MemberHoldings } from '../broker/share-session-runtime.ts';
import type { OwnChanges } from './own-changes.ts';
import type { OwnRow } from './merging.ts';

type WindowPlace = { readonly group: string; readonly topic: string; readonly partition: number };
type StartFrom = AcquireRequest['startFrom'];
type WantedStarts = Parameters<ShareOffsets['alter']>[1];
type WantedTopics = Parameters<ShareOffsets['describe']>[1];

/**
 * ★ Everything that one node may ask of another: a list, and nothing beside it. Arguments and results are plain data. Each works on what the node
 * asked owns or coordinates; what it does not comes as NOT_OWNER or NOT_COORDINATOR.
 */
export interface PeerMethods {
  /** The call of this id is not wanted any more. Done where calls come in. */
  takeBack(callId: string): null;
  /** Whether it answers. */
  ping(): null;

  // Of an owner: records.
  acquire(request: AcquireRequest): AcquireOutcome;
  giveBack(group: string, ranges: readonly AcquiredRange[]): null;
  acknowledge(group: string, acknowledgements: readonly Acknowledgement[]): readonly AcknowledgeResult[];
  settle(request: SettleRequest): SettleOutcome;
  reset(request: ResetRequest): readonly ResetRow[];
  releaseWorker(group: string, holder: string): { released: number; archived: number };
  memberHoldings(group: GroupId, memberId: string): MemberHoldings;
  freeMember(group: GroupId, memberId: string, had: MemberHoldings, reason: string): null;
  alterOwnOffsets(group: string, wanted: WantedStarts): readonly AlteredOffsets[];

  // Of an owner: looking.
  rows(): readonly OwnRow[];
  describe(group: string): OwnRow & { readonly row: ShareGroupDescription };
  windows(group: string): readonly WindowSummary[];
  windowPage(request: WindowPageRequest): WindowPage;
  peek(request: WindowPlace & { readonly offset: number }): PeekOutcome;
  strips(request: StripsRequest): readonly WindowStrip[];
  workers(group: string): readonly WorkerRow[];
  history(group: string, minutes: number): GroupPast;
  read(request: ReadRequest): ReadOutcome;
  /** For the live page. */
  changes(group: string | null, lastId: string | null): OwnChanges;
  topics(): readonly TopicDescription[];
  topic(name: string): TopicDescription;
  groupState(group: string): ShareGroupState | null;
  /** Those in which somebody works. */
  busyGroups(): readonly string[];
  offsets(group: string, wanted: WantedTopics): readonly TopicOffsets[];

  // Of an owner, by a coordinator.
  openGroupTopic(stored: StoredGroup, topicId: TopicId, startFrom: StartFrom): readonly number[];
  closeGroup(group: string, topicId: TopicId | null): null;
  groupChanged(group: GroupId, stored: StoredGroup | null): null;
  topicsChanged(): null;

  // Of a coordinator.
  startGroup(group: string, topicIds: readonly TopicId[], startFrom: StartFrom): StoredGroup;
  alterGroup(group: string, config: ConfigChange): ShareGroupDescription;
  alterGroupConfig(group: string, config: ConfigChange, validateOnly: boolean): null;
  pause(group: string, paused: boolean): { group: string; paused: boolean };
  deleteGroup(group: string): null;
  alterOffsets(group: string, wanted: WantedStarts): readonly AlteredOffsets[];
  deleteOffsets(group: string, topics: readonly string[]): readonly DeletedOffsets[];
  members(group: string): MembershipDescription;
}

export type PeerMethod = keyof PeerMethods;
export type PeerArguments<M extends PeerMethod> = Parameters<PeerMethods[M]>;
export type PeerValue<M extends PeerMethod> = ReturnType<PeerMethods[M]>;

/** What answers them; the signal says that the caller has left off. */
export type PeerCalls = {
  readonly [M in PeerMethod]: (signal: AbortSignal, ...args: PeerArguments<M>) => Promise<Result<PeerValue<M>>>;
};

/** Whether it matters that a method may have been done or not. */
const effects: Readonly<Record<PeerMethod, boolean>> = {
  takeBack: false,
  ping: false,
  // What was acquired for a caller who is gone is given back.
  acquire: false,
  giveBack: false,
  acknowledge: true,
  settle: true,
  reset: true,
  releaseWorker: true,
  memberHoldings: false,
  freeMember: false,
  alterOwnOffsets: true,
  rows: false,
  describe: false,
  windows: false,
  windowPage: false,
  peek: false,
  strips: false,
  workers: false,
  history: false,
  read: false,
  changes: false,
  topics: false,
  topic: false,
  groupState: false,
  busyGroups: false,
  offsets: false,
  // Done twice they are as good as done once.
  openGroupTopic: false,
  closeGroup: false,
  groupChanged: false,
  topicsChanged: false,
  startGroup: false,
  alterGroup: true,
  alterGroupConfig: true,
  pause: true,
  deleteGroup: true,
  alterOffsets: true,
  deleteOffsets: true,
  members: false,
};

export const isPeerMethod = (name: string): name is PeerMethod => Object.hasOwn(effects, name);
export const changesState = (method: PeerMethod): boolean => effects[method];
