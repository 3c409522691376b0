import { once } from 'node:events';
import { type ClientRequest, IncomingMessage, ServerResponse, request } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { EventStreams } from '../../src/http/event-streams.ts';
import { eventsResponse } from '../../src/http/schemas/events.ts';
import { FakeClock } from '../broker/fake-clock.ts';
import { until } from '../until.ts';
import { type Json, openDoor, untilConnected } from './door.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Json;
}

/** A door that really listens, with a topic `t` of two partitions. */
const listen = async (change: Parameters<typeof openDoor>[0] = {}) => {
  const door = await openDoor(change);
  await door.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = door.app.server.address() as AddressInfo;
  closing.push(() => door.app.close());
  await door.ok('POST', '/v1/topics', { topic: 't', partitions: 2 });
  await door.ok('PATCH', '/v1/share-groups/g', { config: { 'share.auto.offset.reset': 'earliest' } });

  const open = async (path: string, headers: Record<string, string> = {}) => {
    const sent: ClientRequest = request({ host: '127.0.0.1', port, path, agent: false, headers });
    sent.on('error', () => undefined);
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    closing.push(async () => sent.destroy());
    return { sent, response };
  };

  /** A stream that is read. */
  const watch = async (path: string, headers: Record<string, string> = {}) => {
    const { sent, response } = await open(path, headers);
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    let text = '';
    let hasEnded = false;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('end', () => (hasEnded = true));
    response.on('error', () => undefined);
    const events: Event[] = [];
    const comments: string[] = [];
    const parse = (): void => {
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const lines = part.split('\n');
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const data = field('data');
        if (data === undefined) {
          comments.push(part);
          continue;
        }
        const event = { id: field('id')!, event: field('event')!, data: JSON.parse(data) };
        eventsResponse.parse(event);
        events.push(event);
      }
    };
    /** The events since it was last asked, when there are so many, or one of this name. */
    const come = async (wanted: number | string = 1): Promise<Event[]> => {
      const isThere = (): boolean =>
        typeof wanted === 'number' ? events.length >= wanted : names(events).includes(wanted);
      await until(() => {
        parse();
        return isThere();
      }, `the event ${wanted}`);
      return events.splice(0);
    };
    /** All comments, when there are so many. */
    const commented = async (atLeast: number): Promise<string[]> => {
      await until(() => {
        parse();
        return comments.length >= atLeast;
      }, `${atLeast} comments`);
      return comments;
    };
    const ended = (): Promise<void> => until(() => hasEnded, 'the end of the stream');
    return { sent, come, commented, ended };
  };
  return { ...door, open, watch };
};

const names = (events: readonly Event[]): string[] => events.map(({ event }) => event);

describe('the stream of all groups and topics', () => {
  it('begins with all of them, and then tells of those that changed, whole', async () => {
    const { watch, ok, clock } = await listen();
    const { come } = await watch('/v1/events');
    const [snapshot] = await come();
    expect(snapshot).toMatchObject({
      event: 'snapshot',
      data: { groups: [{ group: 'g', lag: 0 }], topics: [{ topic: 't', recordsInPerSecond: 0 }] },
    });
    expect(snapshot!.data.groups).toEqual((await ok('GET', '/v1/share-groups')).groups);
    await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], workerId: 'w', maxRecords: 1, waitMs: 0 });
    await ok('POST', '/v1/topics/t/records', { records: [{ value: 'a', partition: 0 }] });
    await clock.advance(1_000);
    const events = await come(2);
    expect(names(events)).toEqual(['group', 'topic']);
    expect(events[0]!.data).toMatchObject({ group: 'g', lag: 1 });
    expect(events[1]!.data.partitions[0]).toMatchObject({ logEndOffset: 1 });
  });

  it('tells of groups and topics that come and go, and of what operators did', async () => {
    const { watch, ok, clock } = await listen();
    const { come } = await watch('/v1/events');
    await come();
    await ok('POST', '/v1/topics', { topic: 'other' });
    await ok('PATCH', '/v1/share-groups/new', { config: {} });
    await ok('DELETE', '/v1/share-groups/g');
    await ok('DELETE', '/v1/topics/t');
    await clock.advance(1_000);
    const events = await come(7);
    expect(names(events).toSorted()).toEqual([
      'audit',
      'audit',
      'audit',
      'group',
      'group-deleted',
      'topic',
      'topic-deleted',
    ]);
    expect(events.find(({ event }) => event === 'group-deleted')?.data).toEqual({ group: 'g' });
    expect(events.find(({ event }) => event === 'topic-deleted')?.data).toEqual({ topic: 't' });
    expect(events.find(({ event }) => event === 'audit')?.data).toMatchObject({
      action: 'create-topic',
      topic: 'other',
    });
  });

  it('sends nothing but a comment every ten seconds while nothing happens', async () => {
    const { watch, ok, clock } = await listen();
    await ok('POST', '/v1/topics/t/records', { records: [{ value: 'a', partition: 0 }] });
    await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], workerId: 'w', maxRecords: 1, waitMs: 0 });
    await clock.advance(11_000);
    const { come, commented } = await watch('/v1/events?group=g');
    await come();
    await clock.advance(10_500);
    expect(await commented(2)).toEqual(['retry: 1000', ': alive']);
    // The sentence about what blocks counts seconds in the first minute: told every five at most.
    expect((await come(0)).length).toBeLessThanOrEqual(4);
  });
});

describe('the stream of one group', () => {
  const prepared = async () => {
    const door = await listen();
    await door.ok('POST', '/v1/topics/t/records', {
      records: ['a', 'b', 'c'].map((value) => ({ value, partition: 0 })),
    });
    const acquire = (maxRecords = 1) =>
      door.ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], workerId: 'w', maxRecords, waitMs: 0 });
    await acquire();
    return { ...door, acquire };
  };

  it('begins with its row, config, windows and workers as they are asked for one by one', async () => {
    const { watch, ok } = await prepared();
    const { come } = await watch('/v1/events?group=g');
    const [{ event, data }] = (await come()) as [Event];
    expect(event).toBe('snapshot');
    expect(data.group).toEqual(await ok('GET', '/v1/share-groups/g'));
    expect(data.windows).toEqual((await ok('GET', '/v1/share-groups/g/windows')).windows);
    expect(data.workers).toEqual((await ok('GET', '/v1/share-groups/g/workers')).workers);
  });

  it('tells of a window that changed, and of no other', async () => {
    const { watch, acquire, clock } = await prepared();
    const { come } = await watch('/v1/events?group=g');
    await come();
    await acquire();
    await clock.advance(250);
    const events = await come(2);
    expect(names(events)).toEqual(['group', 'window']);
    expect(events[1]!.data).toMatchObject({ topic: 't', partition: 0, counts: { acquired: 2 } });
    await clock.advance(1_000);
    const later = await come('workers');
    expect(later.find(({ event }) => event === 'workers')?.data.workers).toMatchObject([{ holder: 'w', records: 2 }]);
    expect(names(later)).not.toContain('window');
  });

  it('comes at most four times a second, with the latest of each', async () => {
    const { watch, ok, clock } = await prepared();
    const { come } = await watch('/v1/events?group=g');
    await come();
    for (let i = 0; i < 100; i++) {
      await ok('POST', '/v1/topics/t/records', { records: [{ value: 'a', partition: 0 }] });
      await clock.advance(10);
    }
    const windows = (await come(8)).filter(({ event }) => event === 'window');
    expect(windows.length).toBe(4);
    expect(windows.at(-1)!.data.logEndOffset).toBe(103);
  });

  it('tells of windows that are gone with their topic, and of samples of its history', async () => {
    const { watch, ok, clock } = await listen({ broker: { settings: { historyIntervalMs: 5_000 } } });
    await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], workerId: 'w', maxRecords: 1, waitMs: 0 });
    const { come } = await watch('/v1/events?group=g');
    await come();
    await ok('DELETE', '/v1/topics/t');
    await clock.advance(250);
    const gone = (await come(3)).filter(({ event }) => event === 'window-removed');
    expect(gone.map(({ data }) => data)).toEqual([
      { topic: 't', partition: 0 },
      { topic: 't', partition: 1 },
    ]);
    await clock.advance(5_000);
    const sample = (await come('sample')).find(({ event }) => event === 'sample');
    expect(sample?.data).toMatchObject({ lag: 0, inFlight: 0, deliveredPerSecond: 0 });
  });

  it('ends when the group is deleted, and is refused for a group that is not there', async () => {
    const { watch, ok, call, clock } = await listen();
    const { come, ended } = await watch('/v1/events?group=g');
    await come();
    await ok('DELETE', '/v1/share-groups/g');
    await clock.advance(250);
    await come('group-deleted');
    await ended();
    expect((await call('GET', '/v1/events?group=g')).json).toMatchObject({ code: 'GROUP_ID_NOT_FOUND' });
  });
});

describe('who comes back with the id of the last event', () => {
  it('is told only what changed since, the latest of each', async () => {
    const { watch, ok, clock } = await listen();
    const first = await watch('/v1/events');
    const [{ id }] = (await first.come()) as [Event];
    first.sent.destroy();
    await ok('POST', '/v1/topics/t/records', { records: [{ value: 'a', partition: 0 }] });
    await clock.advance(1_000);
    await ok('POST', '/v1/topics/t/records', { records: [{ value: 'a', partition: 1 }] });
    const { come } = await watch('/v1/events', { 'last-event-id': id });
    const events = await come();
    expect(names(events)).toEqual(['topic']);
    expect(events[0]!.data.partitions.map((each: Json) => each.logEndOffset)).toEqual([1, 1]);
  });

  it('is told of what was removed meanwhile', async () => {
    const { watch, ok } = await listen();
    const first = await watch('/v1/events');
    const [{ id }] = (await first.come()) as [Event];
    first.sent.destroy();
    await ok('DELETE', '/v1/topics/t');
    const { come } = await watch('/v1/events', { 'last-event-id': id });
    expect(names(await come(2)).toSorted()).toEqual(['audit', 'topic-deleted']);
  });

  it.each(['nonsense', 'abc.0-5', '-1', ''])('begins anew when the id is %j, which is not known', async (id) => {
    const { watch } = await listen();
    const { come } = await watch('/v1/events', { 'last-event-id': id });
    expect(names(await come())).toEqual(['snapshot']);
  });

  it('begins anew when nobody watched for more than a minute', async () => {
    const { watch, clock, app } = await listen();
    const first = await watch('/v1/events');
    const [{ id }] = (await first.come()) as [Event];
    first.sent.destroy();
    await untilConnected(app, 0);
    await clock.advance(61_000);
    const { come } = await watch('/v1/events', { 'last-event-id': id });
    expect(names(await come())).toEqual(['snapshot']);
  });
});

describe('streams', () => {
  it('are limited; one more is told so, and to try again', async () => {
    const { watch, call, app } = await listen({ limits: { maxEventStreams: 2 } });
    const one = await watch('/v1/events');
    await watch('/v1/events?group=g');
    const refused = await call('GET', '/v1/events');
    expect(refused.status).toBe(503);
    expect(refused.json).toMatchObject({ code: 'TOO_MANY_STREAMS', retriable: true });
    expect(refused.headers['retry-after']).toBe('1');
    one.sent.destroy();
    await untilConnected(app, 1);
    expect(names(await (await watch('/v1/events')).come())).toEqual(['snapshot']);
  });

  it('are for GET alone: a HEAD would keep its connection waiting for ever', async () => {
    const { app } = await listen();
    const { statusCode, headers } = await app.inject({ method: 'HEAD', url: '/v1/events' });
    expect([statusCode, headers['allow']]).toEqual([405, 'GET']);
  });

  it('are cut off when nobody reads them for two comments, and their place is free again', async () => {
    const clock = new FakeClock();
    const streams = new EventStreams(1, clock);
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const place = streams.take(response);
    const stream = streams.begin(response, []);
    expect(stream.write('x'.repeat(1_000_000))).toBe(false);
    const sizeBytes = response.writableLength;
    await clock.advance(19_999);
    expect(response.writableLength, 'not even comments are kept for it').toBe(sizeBytes);
    expect([place?.isGone, streams.take(new ServerResponse(new IncomingMessage(new Socket())))]).toEqual([
      false,
      undefined,
    ]);
    await clock.advance(1);
    expect([place?.isGone, clock.scheduled]).toEqual([true, 0]);
    expect(streams.take(new ServerResponse(new IncomingMessage(new Socket())))).toBeDefined();
  });

  it('cost nothing when nobody watches', async () => {
    const { watch, clock, app } = await listen();
    await clock.advance(1_000);
    const before = clock.scheduled;
    const { sent, come } = await watch('/v1/events');
    await come();
    expect(clock.scheduled).toBe(before + 2);
    sent.destroy();
    await untilConnected(app, 0);
    await clock.advance(61_000);
    expect(clock.scheduled).toBe(before);
  });

  it('end when the server drains', async () => {
    const { watch, broker, app } = await listen();
    const { come, ended } = await watch('/v1/events?group=g');
    await come();
    await broker.drain();
    await ended();
    await app.close();
  });
});
