import type { FeedChange } from '../../broker/feed-change.ts';
import type { JournalEntry } from '../../broker/journal.ts';
import { refuse } from '../problem.ts';
import { answeredItself, commonHeaders, defineRoute } from '../route.ts';
import { auditLineBody } from '../schemas/audit.ts';
import { eventsQuery, eventsResponse } from '../schemas/events.ts';
import { operationBody } from '../schemas/operations.ts';
import { topicBody } from './topics.ts';

/** How long a browser waits before it connects again. */
const retryMs = 1_000;

export const eventsRoute = defineRoute({
  method: 'GET',
  path: '/v1/events',
  operationId: 'streamEvents',
  tag: 'Server',
  summary: 'What changes, as server-sent events: a snapshot, then rows that changed',
  description:
    'Without a group: all groups and topics, at most once a second. With one: its row, windows and workers, at most four times a second. Each row is whole and replaces the one before. Nothing is sent only because time passes: durations count on from `atMs`. A comment comes every 10 s. With `Last-Event-ID` what changed since comes, where the server still knows (a minute after the last reader has gone), else a snapshot. A reader that does not read misses what is replaced meanwhile, and is cut off after 20 s. More in docs/live-events.md.',
  query: eventsQuery,
  headers: [{ name: 'Last-Event-ID', description: 'The id of the last event seen; browsers send it.', maxLength: 100 }],
  status: 200,
  responseType: 'text/event-stream',
  response: eventsResponse,
  problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'TOO_MANY_STREAMS'],
  handle: async ({ query: { group = null }, headers, reply }, { broker, streams, limits }) => {
    const { raw, request } = reply;
    const place = streams.take(raw);
    if (place === undefined) {
      return refuse(
        'TOO_MANY_STREAMS',
        `${limits.maxEventStreams} streams of events are open, the limit http.max.event.streams; close one`,
      );
    }
    const lastId = headers['last-event-id'];
    const early: string[] = [];
    let take = (text: string): boolean => early.push(text) > 0;
    let end = (): void => {};
    let hasEnded = false;
    const watching = await broker.live.feed.watch(group, typeof lastId === 'string' ? lastId : null, {
      take: (entries) => take(entries.map(eventText).join('')),
      end: () => {
        hasEnded = true;
        end();
      },
    });
    if (!watching.ok) return watching;
    if (place.isGone) {
      watching.value.leave();
      return answeredItself;
    }
    const stream = streams.begin(raw, commonHeaders(request.id));
    raw.once('close', () => watching.value.leave());
    stream.onDrain(() => watching.value.goOn());
    take = (text) => stream.write(text);
    end = () => stream.end();
    take(`retry: ${retryMs}\n\n${early.join('')}`);
    if (hasEnded) end();
    return answeredItself;
  },
});

const texts = new WeakMap<JournalEntry<FeedChange>, string>();

/** Made once for all who read it. */
const eventText = (entry: JournalEntry<FeedChange>): string => {
  let text = texts.get(entry);
  if (text === undefined) {
    const { event, data } = eventOf(entry.change);
    text = `id: ${entry.id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    texts.set(entry, text);
  }
  return text;
};

const eventOf = (change: FeedChange): { readonly event: string; readonly data: object } => {
  const { kind: event } = change;
  switch (event) {
    case 'overview': {
      const { groups, topics, unreachable, atMs } = change;
      return { event: 'snapshot', data: { groups, topics: topics.map(topicBody), unreachable, atMs } };
    }
    case 'group-overview': {
      const { kind: _, ...data } = change;
      return { event: 'snapshot', data };
    }
    case 'group':
    case 'window':
      return { event, data: change.row };
    case 'topic':
      return { event, data: topicBody(change.row) };
    case 'sample':
      return { event, data: change.sample };
    case 'audit':
      return { event, data: auditLineBody(change.line) };
    case 'operation':
      return { event, data: operationBody(change.operation) };
    case 'group-deleted':
    case 'topic-deleted':
    case 'window-removed':
    case 'workers':
    case 'unreachable': {
      const { kind: _, ...data } = change;
      return { event, data };
    }
  }
};
