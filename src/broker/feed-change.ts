import type { AuditLine } from '../ports/audit-log.ts';
import type { BackgroundOperation } from '../ports/operation-queue.ts';
import type { HistorySample } from './group-history.ts';
import type { UnreachableNode } from './nodes.ts';
import type { ShareGroupDescription, ShareGroupRow, TopicDescription, WindowSummary, WorkerRow } from './requests.ts';

/** What is told to who watches all groups and topics, or one group. Rows are whole: each replaces the one before. */
export type FeedChange =
  | {
      readonly kind: 'overview';
      readonly groups: readonly ShareGroupRow[];
      readonly topics: readonly TopicDescription[];
      /** What they have is as they told it last, or left out. */
      readonly unreachable: readonly UnreachableNode[];
      /** Wall clock, ms. */
      readonly atMs: number;
    }
  | {
      readonly kind: 'group-overview';
      readonly group: ShareGroupDescription;
      /** In the order of topics and partitions. Those that are not loaded are missing; the group says why. */
      readonly windows: readonly WindowSummary[];
      readonly workers: readonly WorkerRow[];
      /** As in the overview. */
      readonly unreachable: readonly UnreachableNode[];
      /** Wall clock, ms. */
      readonly atMs: number;
    }
  /** With the config where one group is watched. */
  | { readonly kind: 'group'; readonly row: ShareGroupRow | ShareGroupDescription }
  | { readonly kind: 'group-deleted'; readonly group: string }
  | { readonly kind: 'topic'; readonly row: TopicDescription }
  | { readonly kind: 'topic-deleted'; readonly topic: string }
  | { readonly kind: 'window'; readonly row: WindowSummary }
  | { readonly kind: 'window-removed'; readonly topic: string; readonly partition: number }
  /** All of them, those who are gone left out. */
  | { readonly kind: 'workers'; readonly workers: readonly WorkerRow[]; readonly atMs: number }
  /** All of them, as they are now: those that answer again are left out. */
  | { readonly kind: 'unreachable'; readonly nodes: readonly UnreachableNode[] }
  | { readonly kind: 'sample'; readonly sample: HistorySample }
  | { readonly kind: 'audit'; readonly line: AuditLine }
  | { readonly kind: 'operation'; readonly operation: BackgroundOperation };

const durations: ReadonlySet<string> = new Set(['sinceMs', 'standingMs', 'oldestLockMs', 'oldestAgeMs']);

/**
 * A text that is the same for rows between which nothing has happened but time: durations count as the instants in which they
 * began, and sentences, which say the same in words, not at all.
 *
 * @param atMs when the durations were measured
 */
export const withoutTime = (row: object, atMs: number): string =>
  JSON.stringify(row, (name, value: unknown) => {
    if (name === 'sentence' || name === 'atMs') return undefined;
    return typeof value === 'number' && durations.has(name) ? atMs - value : value;
  });
