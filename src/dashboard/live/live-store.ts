import { batch, signal } from '@preact/signals';
import { api, paths, Problem } from '../api.ts';
import type {
  AuditLine,
  GroupDescription,
  GroupRow,
  TopicDescription,
  TopicRow,
  WindowRow,
  WorkerRow,
} from '../api-types.ts';
import { readEvents } from './event-stream.ts';
import type { StreamEvent } from './event-stream.ts';

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
  /** There is no such group (any more). */
  readonly isGone: boolean;
}

export const watched = signal<WatchedGroup | null>(null);
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
  watched.value = group === null ? null : { group, description: null, windows: new Map(), workers: [], isGone: false };
  const path = group === null ? 'v1/events' : `v1/events?group=${encodeURIComponent(group)}`;
  const apply = group === null ? applyOverview : applyGroup(group);
  let isPolling = false;
  const setState = (state: Connection['state'], detail: string | null = null): void => {
    if (connection.value.state !== state || connection.value.detail !== detail)
      connection.value = { state, sinceMs: Date.now(), detail };
  };
  void readEvents(
    path,
    {
      open: () => setState('live'),
      heard: () => {
        heardMs.value = Date.now();
      },
      event: (event) => batch(() => apply(event)),
      lost: (status, _retryInMs, detail) => {
        if (status === 404) {
          if (!isPolling) void poll(group, apply, setState, stop.signal);
          isPolling = true;
        } else setState('lost', detail);
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
      const snapshot = data as { groups: readonly GroupRow[]; topics: readonly TopicRow[] };
      groups.value = byName(snapshot.groups, (row) => row.group);
      topics.value = byName(snapshot.topics, (row) => row.topic);
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
    case 'audit':
      lastAudit.value = data as AuditLine;
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
        };
        hearClock(snapshot.group.atMs);
        watched.value = {
          group,
          description: snapshot.group,
          windows: windowMap(snapshot.windows),
          workers: snapshot.workers,
          isGone: false,
        };
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
      case 'workers':
        watched.value = { ...before, workers: (data as { workers: readonly WorkerRow[] }).workers };
        break;
      case 'audit':
        lastAudit.value = data as AuditLine;
        break;
    }
  };

const topicRow = ({ topic, topicId, partitions }: TopicDescription) => ({
  topic,
  topicId,
  partitions: partitions.length,
  records: partitions.reduce((sum, each) => sum + each.logEndOffset - each.logStartOffset, 0),
  sizeBytes: partitions.reduce((sum, each) => sum + each.sizeBytes, 0),
});

/** Until the server has events: asks again and again. */
const poll = async (
  group: string | null,
  apply: (event: StreamEvent) => void,
  setState: (state: Connection['state'], detail?: string | null) => void,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const snapshot =
        group === null
          ? Promise.all([
              api.get<{ groups: readonly GroupRow[] }>(paths.groups, signal),
              api.get<{ topics: readonly TopicDescription[] }>(paths.topics, signal),
            ]).then(([{ groups }, { topics }]) => ({ groups, topics: topics.map(topicRow) }))
          : Promise.all([
              api.get<GroupDescription>(paths.group(group), signal),
              api.get<{ windows: readonly WindowRow[] }>(paths.ofGroup(group, 'windows'), signal),
              api.get<{ workers: readonly WorkerRow[] }>(paths.ofGroup(group, 'workers'), signal),
            ]).then(([description, { windows }, { workers }]) => ({ group: description, windows, workers }));
      const data = await snapshot;
      batch(() => apply({ event: 'snapshot', data }));
      heardMs.value = Date.now();
      setState('live');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 404) apply({ event: 'group-deleted', data: { group } });
      else setState('lost');
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};

export const startClock = (): void => {
  setInterval(() => {
    nowMs.value = Date.now();
  }, 1000);
};
