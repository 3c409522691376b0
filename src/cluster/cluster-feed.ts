import type { FeedChange } from '../broker/feed-change.ts';
import { FeedChannel, type Watched, type Watcher, type Watching } from '../broker/feed-channel.ts';
import { parseGroupId } from '../core/names.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Logger } from '../ports/logger.ts';
import { ClusterGroupFeed } from './cluster-group-feed.ts';
import { ClusterOverviewFeed } from './cluster-overview-feed.ts';
import type { FeedParts } from './feed-parts.ts';

type Surroundings = ConstructorParameters<typeof FeedParts>[1] & { readonly logger: Logger };

/** As the change feed of one node, of all of them: the others are asked only while somebody watches, once for all who do. */
export class ClusterFeed {
  readonly #surroundings: Surroundings;
  #overview: FeedChannel<FeedChange> | undefined;
  readonly #groups = new Map<string, FeedChannel<FeedChange>>();
  #count = 0;
  #isDraining = false;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** As `ChangeFeed.watch`. */
  async watch(group: string | null, lastId: string | null, watcher: Watcher<FeedChange>): Promise<Result<Watching>> {
    const { broker } = this.#surroundings;
    const running = broker.ready();
    if (this.#isDraining || (!running.ok && running.error.code === 'SHUTTING_DOWN')) return stopping;
    if (group !== null && broker.nodeCalls.storedShareGroup(group)?.exists !== true) {
      const parsed = parseGroupId(group, 'group');
      return parsed.ok ? reject('GROUP_ID_NOT_FOUND', `There is no share group "${group}".`, 'group') : parsed;
    }
    const channel = group === null ? this.#ofAll() : this.#ofGroup(group);
    const watching = await channel.join(watcher, lastId);
    if (watching !== undefined) return ok(watching);
    if (this.#isDraining) return stopping;
    return reject('GROUP_ID_NOT_FOUND', `Share group "${group}" was deleted.`, 'group');
  }

  /** Ends all streams, and begins none. */
  drain(): void {
    this.#isDraining = true;
    this.#overview?.end();
    for (const channel of this.#groups.values()) channel.end();
  }

  #ofAll(): FeedChannel<FeedChange> {
    return (this.#overview ??= this.#channel(
      new ClusterOverviewFeed(this.#surroundings),
      () => (this.#overview = undefined),
    ));
  }

  #ofGroup(group: string): FeedChannel<FeedChange> {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const feed = new ClusterGroupFeed(group, this.#surroundings);
    const channel = this.#channel(feed, () => {
      if (this.#groups.get(group) === channel) this.#groups.delete(group);
    });
    this.#groups.set(group, channel);
    return channel;
  }

  #channel(watched: Watched<FeedChange>, over: () => void): FeedChannel<FeedChange> {
    const { clock, cluster } = this.#surroundings;
    // Other than that of any channel of before, also in an earlier process or at another node.
    const token = `${clock.wallMs().toString(36)}.${(this.#count++).toString(36)}.${cluster.self.nodeId}`;
    return new FeedChannel(watched, token, this.#surroundings, over);
  }
}

const stopping = reject('SHUTTING_DOWN', 'The server is stopping; ask again when it is back.');
