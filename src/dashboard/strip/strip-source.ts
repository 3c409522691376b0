import { api, paths } from '../api.ts';
import { StripFeed } from './strip-feed.ts';
import type { StripPicture } from './strip-picture.ts';

const feeds = new Map<string, StripFeed>();

/** The feed of a group's strips: one for all of them on the page. */
export function stripFeed(group: string): StripFeed {
  let feed = feeds.get(group);
  if (feed === undefined) {
    feed = new StripFeed({
      nowMs: () => performance.now(),
      later: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      load: async ({ windows, columns, range }) => {
        const query = new URLSearchParams({
          windows: windows.map(({ topic, partition }) => `${topic}:${partition}`).join(','),
          columns: String(columns),
          ...(range === null ? {} : { fromOffset: String(range.fromOffset), endOffset: String(range.endOffset) }),
        });
        const path = `${paths.ofGroup(group, 'strips')}?${query.toString()}`;
        return (await api.get<{ windows: readonly StripPicture[] }>(path)).windows;
      },
    });
    feeds.set(group, feed);
  }
  return feed;
}
