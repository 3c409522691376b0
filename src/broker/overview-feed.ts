import type { Clock } from '../ports/clock.ts';
import { type FeedChange, withoutTime } from './feed-change.ts';
import type { Watched } from './feed-channel.ts';
import type { Journal } from './journal.ts';
import type { ShareGroupRow, TopicDescription } from './requests.ts';

interface Sources {
  readonly clock: Clock;
  rows(): Promise<readonly ShareGroupRow[]>;
  topics(): readonly TopicDescription[];
}

/** What is said of a row only because time passes (a sentence), is said so often at most. */
const sentenceMs = 5_000;

/** All groups and all topics. */
export class OverviewFeed implements Watched<FeedChange> {
  readonly intervalMs = 1_000;
  readonly #sources: Sources;
  /** What was told last, by group and by topic. */
  readonly #groups = new Map<string, { readonly text: string; readonly row: ShareGroupRow }>();
  readonly #topics = new Map<string, string>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async look(journal: Journal<FeedChange>): Promise<boolean> {
    const rows = await this.#sources.rows();
    const groups = new Set<string>();
    for (const row of rows) {
      groups.add(row.group);
      const text = withoutTime(row, row.atMs);
      const told = this.#groups.get(row.group);
      if (told?.text === text && !isStale(told.row, row)) continue;
      this.#groups.set(row.group, { text, row });
      journal.set(`group ${row.group}`, { kind: 'group', row });
    }
    for (const group of this.#groups.keys()) {
      if (groups.has(group)) continue;
      this.#groups.delete(group);
      journal.remove(`group ${group}`, { kind: 'group-deleted', group });
    }
    const topics = new Set<string>();
    for (const row of this.#sources.topics()) {
      topics.add(row.name);
      const text = JSON.stringify(row);
      if (this.#topics.get(row.name) === text) continue;
      this.#topics.set(row.name, text);
      journal.set(`topic ${row.name}`, { kind: 'topic', row });
    }
    for (const topic of this.#topics.keys()) {
      if (topics.has(topic)) continue;
      this.#topics.delete(topic);
      journal.remove(`topic ${topic}`, { kind: 'topic-deleted', topic });
    }
    return true;
  }

  snapshot(journal: Journal<FeedChange>): FeedChange {
    const groups: ShareGroupRow[] = [];
    const topics: TopicDescription[] = [];
    for (const change of journal.now()) {
      if (change.kind === 'group') groups.push(change.row);
      else if (change.kind === 'topic') topics.push(change.row);
    }
    groups.sort((a, b) => (a.group < b.group ? -1 : 1));
    topics.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { kind: 'overview', groups, topics, unreachable: [], atMs: this.#sources.clock.wallMs() };
  }
}

/** Whether the sentence about what blocks says something else by now, and was last told some seconds ago. */
export const isStale = (
  told: Pick<ShareGroupRow, 'atMs'> & { readonly blockedBy: { readonly sentence: string } | null },
  now: Pick<ShareGroupRow, 'atMs'> & { readonly blockedBy: { readonly sentence: string } | null },
): boolean => now.atMs - told.atMs >= sentenceMs && now.blockedBy?.sentence !== told.blockedBy?.sentence;
