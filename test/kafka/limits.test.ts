import { describe, expect, it } from 'vitest';
import type { KafkaClient } from './kafka-door.ts';
import { answersOf, ask, openFakeDoor, produce, quiet } from './fake-apis.ts';
import { until } from '../until.ts';

describe('a client that never reads its answers', () => {
  it('gets no further requests begun once the connection is full, and all its answers when it reads again', async () => {
    const { open, handlers } = await openFakeDoor();
    handlers.isAutomatic = true;
    handlers.answerBytes = 1_000_000;
    const client = await open();
    client.socket.pause();
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    client.socket.write(Buffer.concat(numbers.map(ask)));
    await until(() => handlers.begun.length > 1, 'a request to be begun');
    await quiet();
    // What the sockets themselves hold, on both sides, is a few megabytes.
    expect(handlers.begun.length).toBeLessThan(30);
    client.socket.resume();
    expect(await answersOf(client, numbers.length)).toEqual(numbers);
  });

  it('is not read from either', async () => {
    const { open, handlers } = await openFakeDoor();
    handlers.isAutomatic = true;
    handlers.answerBytes = 10_000_000;
    const client = await open();
    client.socket.pause();
    client.socket.write(ask(0));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    await quiet();
    for (let i = 0; i < 20; i++) client.socket.write(produce(i, 1_000_000));
    await quiet();
    expect(client.socket.writableLength).toBeGreaterThan(5_000_000);
    expect(handlers.begun).toHaveLength(1);
  });

  it('is closed as idle, also in the middle of an answer', async () => {
    const { open, handlers, clock, logged } = await openFakeDoor({ settings: { connectionsMaxIdleMs: 60_000 } });
    handlers.isAutomatic = true;
    handlers.answerBytes = 20_000_000;
    const client = await open();
    client.socket.pause();
    client.socket.write(ask(1));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    await quiet();
    await clock.advance(62_000);
    expect(logged.map(({ message }) => message)).toEqual(['closed an idle connection']);
    client.socket.resume();
    await client.closed();
  });

  it('takes nothing from others', async () => {
    const { open, handlers } = await openFakeDoor();
    handlers.isAutomatic = true;
    handlers.answerBytes = 1_000_000;
    const [stuck, other] = [await open(), await open()];
    stuck.socket.pause();
    stuck.socket.write(Buffer.concat(Array.from({ length: 50 }, (_, index) => ask(index))));
    for (let number = 100; number < 110; number++) {
      other.socket.write(ask(number));
      expect(await answersOf(other, 1)).toEqual([number]);
    }
  });
});

describe('a client that sends on without waiting', () => {
  it('is not read from while its requests wait', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(ask(0));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    for (let i = 1; i <= 30; i++) client.socket.write(produce(i, 1_000_000));
    await quiet();
    expect(client.socket.writableLength).toBeGreaterThan(10_000_000);
    handlers.isAutomatic = true;
    await handlers.end('ask 0');
    expect(await answersOf(client, 31)).toHaveLength(31);
  });
});

describe('room for large requests (queued.max.request.bytes)', () => {
  const settings = { requestMaxBytes: 1_000_000, queuedMaxRequestBytes: 1_000_000 };
  const large = (number: number): Buffer => produce(number, 900_000);

  it('is waited for, and small requests pass', async () => {
    const { open, handlers } = await openFakeDoor({ settings });
    const [first, second, third] = [await open(), await open(), await open()];
    first.socket.write(large(1));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    second.socket.write(large(2));
    await quiet();
    expect(handlers.begun).toEqual(['produce 1']);
    third.socket.write(ask(3));
    await handlers.end('ask 3');
    expect(await answersOf(third, 1)).toEqual([3]);
    await handlers.end('produce 1');
    await handlers.end('produce 2');
    expect(await answersOf(second, 1)).toEqual([2]);
  });

  it('comes back however a request ends', async () => {
    const { open, handlers } = await openFakeDoor({ settings });
    const isFree = async (): Promise<void> => {
      const client = await open();
      client.socket.write(large(99));
      await handlers.end('produce 99');
      expect(await answersOf(client, 1)).toEqual([99]);
      client.socket.destroy();
    };
    await isFree();
    // With a bug.
    const buggy = await open();
    buggy.socket.write(large(1));
    await handlers.end('produce 1', 'throw');
    await buggy.closed();
    await isFree();
    // The client goes away half-way.
    const partial = await open();
    partial.socket.end(large(2).subarray(0, 500_000));
    await partial.closed();
    await isFree();
    // While it is worked on.
    const gone = await open();
    gone.socket.write(large(3));
    await until(() => handlers.begun.includes('produce 3'), 'the request to be begun');
    gone.socket.destroy();
    await handlers.end('produce 3');
    await isFree();
    // What comes after it makes no sense, while it waits behind another.
    const senseless = await open();
    senseless.socket.write(Buffer.concat([ask(4), large(5), Buffer.alloc(4, 0xff)]));
    await handlers.end('ask 4');
    await handlers.end('produce 5', 'none');
    await senseless.closed();
    await isFree();
    // It makes no sense itself.
    const wrong = await open();
    wrong.socket.write(large(6).fill(0x7f, 12, 13));
    await wrong.closed();
    await isFree();
  });

  it('is not kept by who waits for it and is closed', async () => {
    const { open, handlers, clock } = await openFakeDoor({ settings: { ...settings, connectionsMaxIdleMs: 60_000 } });
    const [first, waiting] = [await open(), await open()];
    first.socket.write(large(1));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    waiting.socket.write(large(2));
    await quiet();
    await clock.advance(62_000);
    await waiting.closed();
    const last = await open();
    last.socket.write(large(3));
    await quiet();
    await handlers.end('produce 1');
    await handlers.end('produce 3');
    expect(await answersOf(last, 1)).toEqual([3]);
    expect(handlers.begun).toEqual(['produce 1', 'produce 3']);
  });

  it('is given for one request at least, whatever the setting', async () => {
    const { open, handlers } = await openFakeDoor({ settings: { ...settings, queuedMaxRequestBytes: 1 } });
    const client = await open();
    client.socket.write(large(1));
    await handlers.end('produce 1');
    expect(await answersOf(client, 1)).toEqual([1]);
  });
});

describe('a connection', () => {
  const settings = { connectionsMaxIdleMs: 60_000, requestTimeoutMs: 30_000 };

  it('without a request for too long is closed, without a warning', async () => {
    const { open, clock, warnings } = await openFakeDoor({ settings });
    const client = await open();
    await clock.advance(59_000);
    expect(client.socket.destroyed).toBe(false);
    await clock.advance(2_000);
    await client.closed();
    expect(warnings()).toEqual([]);
  });

  it('is not idle while its request is worked on', async () => {
    const { open, clock, handlers } = await openFakeDoor({ settings });
    const client = await open();
    client.socket.write(ask(1));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    await clock.advance(600_000);
    await handlers.end('ask 1');
    expect(await answersOf(client, 1)).toEqual([1]);
  });

  it('whose request does not come to its end is closed, and says so', async () => {
    const { open, clock, warnings } = await openFakeDoor({ settings });
    const client = await open();
    const frame = ask(1);
    for (let at = 0; at < 32 && !client.socket.destroyed; at++) {
      client.socket.write(frame.subarray(at, at + 1));
      await quiet();
      await clock.advance(1_000);
    }
    await client.closed();
    expect(warnings()).toEqual([expect.stringContaining('kafka.request.timeout.ms, 30000')]);
  });

  it('is not too slow while requests come one behind the other, each of them in time', async () => {
    const { open, clock, handlers } = await openFakeDoor({ settings });
    handlers.isAutomatic = true;
    const client = await open();
    const frame = produce(1, 10_000);
    client.socket.write(frame.subarray(0, 5_000));
    for (let second = 0; second < 90; second++) {
      await until(() => handlers.begun.length === second, 'the request to be begun');
      await clock.advance(1_000);
      client.socket.write(Buffer.concat([frame.subarray(5_000), frame.subarray(0, 5_000)]));
      expect(await answersOf(client, 1)).toEqual([1]);
    }
    expect(client.socket.destroyed).toBe(false);
  });

  it('is not too slow while it waits for room', async () => {
    const { open, clock, handlers } = await openFakeDoor({
      settings: { ...settings, connectionsMaxIdleMs: 600_000, requestMaxBytes: 1_000_000, queuedMaxRequestBytes: 1 },
    });
    const [first, second] = [await open(), await open()];
    first.socket.write(produce(1, 900_000));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    second.socket.write(produce(2, 900_000));
    await quiet();
    await clock.advance(120_000);
    await handlers.end('produce 1');
    await handlers.end('produce 2');
    expect(await answersOf(second, 1)).toEqual([2]);
  });

  it('beyond max.connections is closed, and one that ends makes room for the next', async () => {
    const { open, handlers, warnings } = await openFakeDoor({ settings: { maxConnections: 2 } });
    handlers.isAutomatic = true;
    const [first, second] = [await open(), await open()];
    await (await open()).closed();
    expect(warnings()).toEqual([expect.stringContaining('max.connections allows 2')]);
    second.socket.write(ask(1));
    expect(await answersOf(second, 1)).toEqual([1]);
    first.socket.end();
    await first.closed();
    const third = await open();
    third.socket.write(ask(2));
    expect(await answersOf(third, 1)).toEqual([2]);
  });

  it('of a peer that is wrong ten thousand times has ten lines and a count', async () => {
    const { open, warnings, clock } = await openFakeDoor();
    for (let i = 0; i < 300; i++) {
      const client = await open();
      client.socket.write('GET / HTTP/1.1\r\n\r\n');
      await client.closed();
    }
    expect(warnings()).toHaveLength(10);
    await clock.advance(62_000);
    expect(warnings().slice(10)).toEqual([expect.stringContaining('(290 like this in 30 s, the last 30 s ago)')]);
  });

  it('that sends nothing costs others nothing, a thousand times over', async () => {
    const { open, handlers, clock } = await openFakeDoor({ settings });
    handlers.isAutomatic = true;
    // Not all at once: the system lets a few hundred wait to be accepted, and tells the rest that they were.
    const silent: KafkaClient[] = [];
    for (let i = 0; i < 20; i++) silent.push(...(await Promise.all(Array.from({ length: 50 }, () => open()))));
    const client = await open();
    client.socket.write(ask(1));
    expect(await answersOf(client, 1)).toEqual([1]);
    await clock.advance(61_000);
    await Promise.all(silent.map((each) => each.closed()));
  });
});

describe('a stop', () => {
  it('lets what was begun be answered, begins nothing more, and closes', async () => {
    const { open, handlers, server } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([produce(1), produce(2), ask(3)]));
    await until(() => handlers.begun.length === 2, 'the request to be begun');
    const stopped = server.stop();
    client.socket.write(Buffer.concat([ask(4), produce(5, 1_000_000)]));
    await quiet();
    await handlers.end('produce 2');
    await handlers.end('produce 1');
    expect(await answersOf(client, 2)).toEqual([1, 2]);
    await client.closed();
    await stopped;
    expect(handlers.begun).toEqual(['produce 1', 'produce 2']);
  });

  it('hands over a large answer to its last byte', async () => {
    const { open, handlers, server } = await openFakeDoor();
    handlers.answerBytes = 30_000_000;
    const client = await open();
    client.socket.pause();
    client.socket.write(Buffer.concat([ask(1), ask(2)]));
    await handlers.end('ask 1');
    await quiet();
    const stopped = server.stop();
    await quiet();
    client.socket.resume();
    expect((await client.nextFrame()).length).toBeGreaterThan(30_000_000);
    await stopped;
  });

  it('waits a second, and no longer, for a peer that does not read', async () => {
    const { open, handlers, server, clock } = await openFakeDoor();
    handlers.answerBytes = 30_000_000;
    const client = await open();
    client.socket.pause();
    client.socket.write(ask(1));
    await handlers.end('ask 1');
    await quiet();
    let isStopped = false;
    const stopped = server.stop().then(() => (isStopped = true));
    await clock.advance(999);
    await quiet();
    expect(isStopped).toBe(false);
    await clock.advance(1);
    await stopped;
  });

  it('waits for what was received and is still worked on, also where its client is gone', async () => {
    const { open, handlers, server, clock } = await openFakeDoor();
    const client = await open();
    client.socket.write(ask(1));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    client.socket.destroy();
    await until(() => handlers.contexts[0]?.signal.aborted === true, 'the door to notice');
    let isStopped = false;
    const stopped = server.stop().then(() => (isStopped = true));
    await clock.advance(5_000);
    expect(isStopped).toBe(false);
    await handlers.end('ask 1');
    await stopped;
  });

  it('is over at once where nobody has anything to wait for', async () => {
    const { open, server } = await openFakeDoor();
    const clients = [await open(), await open()];
    clients[0]!.socket.write(ask(1).subarray(0, 7));
    await quiet();
    await server.stop();
    await Promise.all(clients.map((client) => client.closed()));
    await expect(open()).rejects.toThrow('ECONNREFUSED');
  });
});
