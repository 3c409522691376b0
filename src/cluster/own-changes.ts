import type { Broker } from '../broker/broker.ts';
import type { FeedChange } from '../broker/feed-change.ts';
import { type Result, ok } from '../core/result.ts';

/** What changed at one node since the id that was seen last. */
export interface OwnChanges {
  readonly changes: readonly FeedChange[];
  readonly lastId: string | null;
}

/** What this node's own feed says of a group, or with null of all groups and topics. Who asks again in a minute is told what changed. */
export async function ownChanges(
  broker: Broker,
  group: string | null,
  lastId: string | null,
): Promise<Result<OwnChanges>> {
  const changes: FeedChange[] = [];
  let told = lastId;
  const watching = await broker.live.feed.watch(group, lastId, {
    take: (entries) => {
      for (const { id, change } of entries) {
        changes.push(change);
        told = id;
      }
      return true;
    },
    end: () => {},
  });
  if (!watching.ok) return watching;
  watching.value.leave();
  return ok({ changes, lastId: told });
}
