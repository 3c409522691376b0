/**
 * What the page uses of the server's answers, as src/client has them: types alone, so nothing of it is in the page.
 * test/dashboard/api-types.test.ts does not compile when the schemas of src/http say something else.
 */
import type { RecordState, ShareGroup, Topic } from '../client/api.ts';

export type {
  ArchivedRecord as ArchivedRow,
  AuditLine,
  BlockedBy as Blocker,
  History,
  HistorySample,
  Member as MemberRow,
  Node as NodeRow,
  NodesAnswer,
  Operation,
  RecordState,
  ShareGroup as GroupDescription,
  ShareGroupRow as GroupRow,
  StoredRecord,
  Topic as TopicRow,
  UnreachableNode,
  WindowRow,
  WorkerRow,
} from '../client/api.ts';

/** In the order in which a strip counts them. */
export const recordStates = [
  'available',
  'acquired',
  'delayed',
  'acknowledged',
  'archived',
] as const satisfies readonly RecordState[];

export type TopicPartition = Topic['partitions'][number];
export type ConfigEntry = ShareGroup['config'][string];
