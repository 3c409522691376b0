import { batch, signal } from '@preact/signals';
import type {
  AuditLine,
  GroupDescription,
  GroupRow,
  HistorySample,
  Operation,
  TopicRow,
  UnreachableNode,
  WindowRow,
  WorkerRow,
} from '../api-types.ts';
import { readEvents } from './event-stream.ts';
import { askForNodes, heardUnreachable } from './nodes.ts';
import { askForOperations, heardOf } from './operations.ts';
import type { StreamEvent } from './event-parser.ts';

/**
 * What the page knows of the server, as it comes in through one stream of events: of all groups and topics, or of the one
 * group that is looked at. Every view reads these signals and nothing else for what is live.
 */

export interface Connection {
  readonly state: 'connecting' | 'live' | 'lost';
  /** When it came to this, wall clock. */
  readonly sinceMs: number;
  /** When lost: in the server's words, where it had any. */
  readonly detail: string | null;
}

export const connection = signal<Connection>({ state: 'connecting', sinceMs: Date.now(), detail: null });
/** When something was last heard of the server, heartbeats included; wall clock. */
export const heardMs = signal(Date.now());
/** The wall clock by the second, for what grows older while one looks. */
export const nowMs = signal(Date.now());

export const groups = signal<ReadonlyMap<string, GroupRow> | null>(null);
export const topics = signal<ReadonlyMap<string, TopicRow> | null>(null);

/** The group that is looked at. */
export interface WatchedGroup {
  readonly group: string;
  readonly description: GroupDescription | null;
  /** By `windowKey`, in the order of topics and partitions. */
  readonly windows: ReadonlyMap<string, WindowRow>;
  readonly workers: readonly WorkerRow[];
  /** When they were looked at; the server's wall clock. */
  readonly workersAtMs: number | undefined;
  /** There is no such group (any more). */
  readonly isGone: boolean;
}

export const watched = signal<WatchedGroup | null>(null);
/** The newest of the group's history. */
export const lastSample = signal<HistorySample | null>(null);
/** The last thing an operator did, here or elsewhere. */
export const lastAudit = signal<AuditLine | null>(null);

/** How far this machine's clock is ahead of the server's; a little more, by the time that news take. */
let clockAheadMs: number | null = null;

/** Called with each row that comes in fresh: the smallest difference is the one with the least delay. */
const hearClock = (atMs: number | undefined): void => {
  if (atMs === undefined) return;
  const aheadMs = Date.now() - atMs;
  if (clockAheadMs === null || aheadMs < clockAheadMs) clockAheadMs = aheadMs;
};

/** The time since the server's clock was `atMs`, for ages that grow while nothing new comes. Grows by the second. */
export const elapsedSince = (atMs: number | undefined): number =>
  atMs === undefined ? 0 : Math.max(0, nowMs.value - (clockAheadMs ?? 0) - atMs);

export const windowKey = (topic: string, partition: number): string => `${topic}:${partition}`;

export const windowMap = (rows: readonly WindowRow[]): ReadonlyMap<string, WindowRow> =>
  new Map(
    rows
      .toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
      .map((row) => [windowKey(row.topic, row.partition), row]),
  );

let current: { readonly group: string | null; readonly stop: AbortController } | undefined;

/** Looks at one group, or with null at all groups and topics. The stream before ends. */
export const watch = (group: string | null): void => {
  if (current !== undefined && current.group === group) return;
  current?.stop.abort();
  const stop = new AbortController();
  current = { group, stop };
  watched.value =
    group === null
      ? null
      : { group, description: null, windows: new Map(), workers: [], workersAtMs: undefined, isGone: false };
  lastSample.value = null;
  const path = group === null ? 'v1/events' : `v1/events?group=${encodeURIComponent(group)}`;
  const apply = group === null ? applyOverview : applyGroup(group);
  const setState = (state: Connection['state'], detail: string | null = null): void => {
    if (connection.value.state !== state || connection.value.detail !== detail)
      connection.value = { state, sinceMs: Date.now(), detail };
  };
  void readEvents(
    path,
    {
      open: () => {
        setState('live');
        void askForOperations();
        void askForNodes();
      },
      heard: () => {
        heardMs.value = Date.now();
      },
      event: (event) => batch(() => apply(event)),
      resting: () => setState('connecting'),
      lost: (status, _retryInMs, detail) => {
        // The server answers, and has no such group; it may come.
        if (status === 404 && group !== null) batch(() => apply({ event: 'group-deleted', data: { group } }));
        if (watched.value?.isGone === true) setState('live');
        else setState('lost', detail);
      },
    },
    stop.signal,
  );
};

const replaced = <T>(map: ReadonlyMap<string, T> | null, key: string, row: T | null): ReadonlyMap<string, T> => {
  const next = new Map(map);
  if (row === null) next.delete(key);
  else next.set(key, row);
  return next;
};

const byName = <T>(rows: readonly T[], nameOf: (row: T) => string): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [nameOf(row), row]));

const applyOverview = ({ event, data }: StreamEvent): void => {
  hearClock((data as { atMs?: number }).atMs);
  switch (event) {
    case 'snapshot': {
      const snapshot = data as {
        groups: readonly GroupRow[];
        topics: readonly TopicRow[];
        unreachable: readonly UnreachableNode[];
      };
      groups.value = byName(snapshot.groups, (row) => row.group);
      topics.value = byName(snapshot.topics, (row) => row.topic);
      heardUnreachable(snapshot.unreachable);
      break;
    }
    case 'group': {
      const row = data as GroupRow;
      groups.value = replaced(groups.value, row.group, row);
      break;
    }
    case 'group-deleted':
      groups.value = replaced(groups.value, (data as { group: string }).group, null);
      break;
    case 'topic': {
      const row = data as TopicRow;
      topics.value = replaced(topics.value, row.topic, row);
      break;
    }
    case 'topic-deleted':
      topics.value = replaced(topics.value, (data as { topic: string }).topic, null);
      break;
    case 'unreachable':
      heardUnreachable((data as { nodes: readonly UnreachableNode[] }).nodes);
      break;
    case 'audit':
      lastAudit.value = data as AuditLine;
      break;
    case 'operation':
      heardOf(data as Operation);
      break;
  }
};

const applyGroup =
  (group: string) =>
  ({ event, data }: StreamEvent): void => {
    const before = watched.value;
    if (before?.group !== group) return;
    hearClock((data as { atMs?: number }).atMs);
    switch (event) {
      case 'snapshot': {
        const snapshot = data as {
          group: GroupDescription;
          windows: readonly WindowRow[];
          workers: readonly WorkerRow[];
          unreachable: readonly UnreachableNode[];
          atMs: number;
        };
        watched.value = {
          group,
          description: snapshot.group,
          windows: windowMap(snapshot.windows),
          workers: snapshot.workers,
          workersAtMs: snapshot.atMs,
          isGone: false,
        };
        heardUnreachable(snapshot.unreachable);
        break;
      }
      case 'group':
        watched.value = { ...before, description: { ...before.description, ...(data as GroupDescription) } };
        break;
      case 'group-deleted':
        watched.value = { ...before, isGone: true };
        break;
      case 'window': {
        const row = data as WindowRow;
        const key = windowKey(row.topic, row.partition);
        watched.value = {
          ...before,
          windows: before.windows.has(key)
            ? replaced(before.windows, key, row)
            : windowMap([...before.windows.values(), row]),
        };
        break;
      }
      case 'window-removed': {
        const { topic, partition } = data as { topic: string; partition: number };
        watched.value = { ...before, windows: replaced(before.windows, windowKey(topic, partition), null) };
        break;
      }
      case 'workers': {
        const workers = data as { workers: readonly WorkerRow[]; atMs: number };
        watched.value = { ...before, workers: workers.workers, workersAtMs: workers.atMs };
        break;
      }
      case 'unreachable':
        heardUnreachable((data as { nodes: readonly UnreachableNode[] }).nodes);
        break;
      case 'sample':
        lastSample.value = data as HistorySample;
        break;
      case 'audit':
        lastAudit.value = data as AuditLine;
        break;
      case 'operation':
        heardOf(data as Operation);
        break;
    }
  };

export const startClock = (): void => {
  setInterval(() => {
    nowMs.value = Date.now();
  }, 1000);
};
