import { type Result, ok, reject } from '../core/result.ts';
import type { AuditLine } from '../ports/audit-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { type BackgroundOperation, hasEnded } from '../ports/operation-queue.ts';
import type { FeedChange } from './feed-change.ts';
import { FeedChannel, type Watched, type Watcher, type Watching } from './feed-channel.ts';
import { GroupFeed } from './group-feed.ts';
import type { HistorySample } from './group-history.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import { OverviewFeed } from './overview-feed.ts';
import type { ShareGroupDescription, ShareGroupRow, TopicDescription } from './requests.ts';
import type { ShareGroup } from './share-group.ts';

interface FeedSources {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly groups: Groups;
  rows(): Promise<readonly ShareGroupRow[]>;
  describe(group: ShareGroup): Promise<ShareGroupDescription>;
  waiting(group: ShareGroup): ReadonlyMap<string, number>;
  topics(): readonly TopicDescription[];
}

/**
 * Tells who watches what changes. What changed is found by looking, a few times a second and only while somebody watches, once for
 * all who watch the same: so it costs the same however busy the server is, and nothing where nobody looks.
 */
export class ChangeFeed {
  readonly #sources: FeedSources;
  /** One for all groups and topics, and one for each group that is watched. */
  #overview: FeedChannel<FeedChange> | undefined;
  readonly #channels = new Map<ShareGroup, FeedChannel<FeedChange>>();
  #count = 0;
  #isDraining = false;

  constructor(sources: FeedSources) {
    this.#sources = sources;
  }

  /**
   * Watches one group, or with null all groups and topics. Who was told before says up to where, by the id of the last change it
   * has seen; where that is known it is told what came after, else all there is.
   */
  watch(group: string | null, lastId: string | null, watcher: Watcher<FeedChange>): Promise<Result<Watching>> {
    const { guard, groups } = this.#sources;
    return guard.run(async () => {
      if (this.#isDraining) return reject('SHUTTING_DOWN', 'The server is stopping; ask again when it is back.');
      let channel: FeedChannel<FeedChange>;
      if (group === null) {
        channel = this.#overview ??= this.#overviewChannel();
      } else {
        const found = groups.find(group);
        if (!found.ok) return found;
        channel = this.#channels.get(found.value) ?? this.#groupChannel(found.value);
      }
      const watching = await channel.join(watcher, lastId);
      if (watching !== undefined) return ok(watching);
      return this.#isDraining
        ? reject('SHUTTING_DOWN', 'The server is stopping; ask again when it is back.')
        : reject('GROUP_ID_NOT_FOUND', `Share group "${group}" was deleted.`, 'group');
    });
  }

  /** A line of the audit: to all who watch everything, or its group. */
  audit(line: AuditLine): void {
    this.#overview?.line({ kind: 'audit', line });
    for (const [group, channel] of this.#channels) if (group.id === line.group) channel.line({ kind: 'audit', line });
  }

  /** An operation in the background has changed: the same. */
  operation(operation: BackgroundOperation): void {
    const key = `operation ${operation.id}`;
    const change: FeedChange = { kind: 'operation', operation };
    const isLast = hasEnded(operation);
    this.#overview?.tell(key, change, isLast);
    for (const [group, channel] of this.#channels) if (group.id === operation.group) channel.tell(key, change, isLast);
  }

  sample(group: ShareGroup, sample: HistorySample): void {
    this.#channels.get(group)?.line({ kind: 'sample', sample });
  }

  /** Ends all streams, and begins none. */
  drain(): void {
    this.#isDraining = true;
    this.#overview?.end();
    for (const channel of this.#channels.values()) channel.end();
  }

  #overviewChannel(): FeedChannel<FeedChange> {
    return this.#channel(new OverviewFeed(this.#sources), () => (this.#overview = undefined));
  }

  #groupChannel(group: ShareGroup): FeedChannel<FeedChange> {
    const channel = this.#channel(new GroupFeed(group, this.#sources), () => void this.#channels.delete(group));
    this.#channels.set(group, channel);
    return channel;
  }

  #channel(watched: Watched<FeedChange>, over: () => void): FeedChannel<FeedChange> {
    // Other than that of any channel of before, also in an earlier process.
    const token = `${this.#sources.clock.wallMs().toString(36)}.${(this.#count++).toString(36)}`;
    return new FeedChannel(watched, token, this.#sources, over);
  }
}
