import { type FeedChange, withoutTime } from '../broker/feed-change.ts';
import type { Watched } from '../broker/feed-channel.ts';
import type { Journal } from '../broker/journal.ts';
import { isStale } from '../broker/overview-feed.ts';
import type { ShareGroupRow, TopicDescription } from '../broker/requests.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { mergeTopic } from './cluster-looking.ts';
import { FeedParts, tellLine } from './feed-parts.ts';
import { mergeRows } from './merging.ts';

interface OverviewPart {
  readonly groups: Map<string, ShareGroupRow>;
  readonly topics: Map<string, TopicDescription>;
  readonly lines: FeedChange[];
}

const emptyPart = (): OverviewPart => ({ groups: new Map(), topics: new Map(), lines: [] });

const take = (part: OverviewPart, change: FeedChange): void => {
  switch (change.kind) {
    case 'overview':
      for (const row of change.groups) part.groups.set(row.group, row);
      for (const row of change.topics) part.topics.set(row.name, row);
      return;
    case 'group':
      part.groups.set(change.row.group, change.row);
      return;
    case 'group-deleted':
      part.groups.delete(change.group);
      return;
    case 'topic':
      part.topics.set(change.row.name, change.row);
      return;
    case 'topic-deleted':
      part.topics.delete(change.topic);
      return;
    case 'audit':
    case 'operation':
      part.lines.push(change);
      return;
    case 'group-overview':
    case 'window':
    case 'window-removed':
    case 'workers':
    case 'unreachable':
    case 'sample':
  }
};

/** All groups and all topics, with what every node has of them. */
export class ClusterOverviewFeed implements Watched<FeedChange> {
  readonly intervalMs = 1_000;
  readonly #clock: Clock;
  readonly #cluster: Cluster;
  readonly #parts: FeedParts<OverviewPart>;
  readonly #groups = new Map<string, { readonly text: string; readonly row: ShareGroupRow }>();
  readonly #topics = new Map<string, { readonly text: string; readonly row: TopicDescription }>();

  constructor(surroundings: ConstructorParameters<typeof FeedParts>[1]) {
    this.#clock = surroundings.clock;
    this.#cluster = surroundings.cluster;
    this.#parts = new FeedParts(null, surroundings, emptyPart, take);
  }

  async look(journal: Journal<FeedChange>): Promise<boolean> {
    await this.#parts.ask();
    this.#lookAtGroups(journal);
    this.#lookAtTopics(journal);
    this.#parts.tellUnreachable(journal);
    for (const { state } of this.#parts.all) for (const line of state.lines.splice(0)) tellLine(journal, line);
    return true;
  }

  snapshot(): FeedChange {
    const groups = [...this.#groups.values()].map(({ row }) => row).sort((a, b) => (a.group < b.group ? -1 : 1));
    const topics = [...this.#topics.values()].map(({ row }) => row).sort((a, b) => (a.name < b.name ? -1 : 1));
    return { kind: 'overview', groups, topics, unreachable: this.#parts.unreachable, atMs: this.#clock.wallMs() };
  }

  #lookAtGroups(journal: Journal<FeedChange>): void {
    const { all, own } = this.#parts;
    const failures = all.flatMap(({ error }) => (error === null ? [] : [error.message]));
    for (const [group, first] of own?.state.groups ?? []) {
      const rows = all.flatMap(({ state }) => state.groups.get(group) ?? []);
      const parts = rows.map((row) => ({ row, workers: [] }));
      const row = mergeRows(first, parts, failures);
      const text = withoutTime(row, row.atMs);
      const told = this.#groups.get(group);
      if (told?.text === text && !isStale(told.row, row)) continue;
      this.#groups.set(group, { text, row });
      journal.set(`group ${group}`, { kind: 'group', row });
    }
    for (const group of this.#groups.keys()) {
      if (own?.state.groups.has(group) === true) continue;
      this.#groups.delete(group);
      journal.remove(`group ${group}`, { kind: 'group-deleted', group });
    }
  }

  #lookAtTopics(journal: Journal<FeedChange>): void {
    const { all, own } = this.#parts;
    for (const [name, first] of own?.state.topics ?? []) {
      const others = all.flatMap(({ nodeId, state }) => {
        const topic = state.topics.get(name);
        return topic === undefined || topic === first ? [] : [{ nodeId, topic }];
      });
      const row = mergeTopic(this.#cluster, first, others);
      const text = JSON.stringify(row);
      if (this.#topics.get(name)?.text === text) continue;
      this.#topics.set(name, { text, row });
      journal.set(`topic ${name}`, { kind: 'topic', row });
    }
    for (const topic of this.#topics.keys()) {
      if (own?.state.topics.has(topic) === true) continue;
      this.#topics.delete(topic);
      journal.remove(`topic ${topic}`, { kind: 'topic-deleted', topic });
    }
  }
}
