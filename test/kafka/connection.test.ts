import { describe, expect, it } from 'vitest';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { serve } from '../../src/kafka/served-api.ts';
import { decodeResponseFrame, encodeRequestFrame } from '../codec/client-frames.ts';
import { answersOf, ask, openFakeDoor, produce, quiet } from './fake-apis.ts';
import { until } from '../until.ts';

describe('requests of one connection', () => {
  it('are begun one after the other: the next when the one before is answered', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([ask(1), ask(2), ask(3)]));
    await until(() => handlers.begun.length > 0, 'a request to be begun');
    await quiet();
    expect(handlers.begun).toEqual(['ask 1']);
    await handlers.end('ask 1');
    expect(await answersOf(client, 1)).toEqual([1]);
    await handlers.end('ask 2');
    await handlers.end('ask 3');
    expect(await answersOf(client, 2)).toEqual([2, 3]);
  });

  it('are begun together where the API allows it, and answered in their order whichever is ready first', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([produce(1), produce(2), produce(3)]));
    await until(() => handlers.begun.length === 3, 'all three to be begun');
    await handlers.end('produce 3');
    await handlers.end('produce 2');
    await quiet();
    const frames = client.nextFrame();
    await handlers.end('produce 1');
    expect((await frames).readInt32BE()).toBe(1);
    expect(await answersOf(client, 2)).toEqual([2, 3]);
  });

  it('are at most eight at once', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat(Array.from({ length: 20 }, (_, index) => produce(index))));
    await until(() => handlers.begun.length === 8, 'eight to be begun');
    await quiet();
    expect(handlers.begun).toHaveLength(8);
    await handlers.end('produce 5');
    await until(() => handlers.begun.length === 9, 'the ninth to be begun');
    await quiet();
    expect(handlers.begun).toHaveLength(9);
  });

  it('of another API wait for those that are pipelined, and those wait for it', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([produce(1), ask(2), produce(3)]));
    await until(() => handlers.begun.length > 0, 'a request to be begun');
    await quiet();
    expect(handlers.begun).toEqual(['produce 1']);
    await handlers.end('produce 1');
    await until(() => handlers.begun.length === 2, 'the second to be begun');
    await quiet();
    expect(handlers.begun).toEqual(['produce 1', 'ask 2']);
    await handlers.end('ask 2');
    await handlers.end('produce 3');
    expect(await answersOf(client, 3)).toEqual([1, 2, 3]);
  });

  it('that want no answer leave no hole in the order', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([produce(1), produce(2), produce(3)]));
    await handlers.end('produce 3');
    await handlers.end('produce 1');
    await handlers.end('produce 2', 'none');
    expect(await answersOf(client, 2)).toEqual([1, 3]);
  });

  it('come in any number and any pieces, and none is lost', async () => {
    const { open, handlers } = await openFakeDoor();
    handlers.isAutomatic = true;
    const client = await open();
    const numbers = Array.from({ length: 20_000 }, (_, index) => index);
    const sent = Buffer.concat(numbers.map((number) => (number % 3 === 0 ? ask(number) : produce(number))));
    for (let at = 0; at < sent.length; at += 65_521) client.socket.write(sent.subarray(at, at + 65_521));
    expect(await answersOf(client, numbers.length)).toEqual(numbers);
  });

  it('do not keep others waiting, however many come at once', async () => {
    const { open, handlers } = await openFakeDoor();
    handlers.isAutomatic = true;
    const [greedy, other] = [await open(), await open()];
    // Both lie there before the door reads anything.
    greedy.socket.write(Buffer.concat(Array.from({ length: 3_000 }, () => ask(1))));
    other.socket.write(ask(2));
    await other.nextFrame();
    expect(handlers.begun.indexOf('ask 2')).toBeLessThan(2_000);
    expect(await answersOf(greedy, 3_000)).toHaveLength(3_000);
  });
});

describe('a client that goes away', () => {
  it('still has all done that was received: a producer that wants no answer may close at once', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.end(Buffer.concat([ask(1), ask(2), ask(3)]));
    for (const number of [1, 2, 3]) await handlers.end(`ask ${number}`, 'none');
    expect(handlers.begun).toEqual(['ask 1', 'ask 2', 'ask 3']);
  });

  it('is noticed while its request waits', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(ask(1));
    await until(() => handlers.begun.length === 1, 'the request to be begun');
    expect(handlers.contexts[0]?.signal.aborted).toBe(false);
    client.socket.destroy();
    await until(() => handlers.contexts[0]?.signal.aborted === true, 'the door to notice');
    await handlers.end('ask 1');
  });

  it('is noticed too when it only says that it sends no more', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.end(ask(1));
    await until(() => handlers.contexts[0]?.signal.aborted === true, 'the door to notice');
    await client.closed();
    await handlers.end('ask 1');
  });

  it('in the middle of a request is nothing to tell', async () => {
    const { open, logged, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.end(produce(1, 100_000).subarray(0, 50_000));
    await client.closed();
    await quiet();
    expect(handlers.begun).toEqual([]);
    expect(logged).toEqual([]);
  });
});

describe('a request that makes no sense', () => {
  const damaged = (): Buffer => {
    const frame = ask(2);
    // The length of the client's name.
    frame.writeInt16BE(30_000, 12);
    return frame;
  };

  it('closes the connection with one line, and what came after it is not begun', async () => {
    const { open, handlers, warnings } = await openFakeDoor();
    handlers.isAutomatic = true;
    const client = await open();
    client.socket.write(Buffer.concat([damaged(), ask(3)]));
    await client.closed();
    await quiet();
    expect(handlers.begun).toEqual([]);
    expect(warnings()).toEqual([expect.stringContaining('clientId')]);
  });

  it('takes nothing from what came before it', async () => {
    const { open, handlers } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([produce(1), damaged()]));
    await handlers.end('produce 1');
    expect(await answersOf(client, 1)).toEqual([1]);
    await client.closed();
  });

  it('nor does a length that cannot be: what came with it is still done', async () => {
    const { open, handlers, warnings } = await openFakeDoor();
    const client = await open();
    client.socket.write(Buffer.concat([ask(1), ask(2), Buffer.from([0x7f, 0xff, 0xff, 0xff])]));
    await client.closed();
    await handlers.end('ask 1', 'none');
    await handlers.end('ask 2', 'none');
    expect(warnings()).toEqual([expect.stringContaining('2147483647')]);
  });

  it.each([
    ['of an API that is not served', () => produce(1)],
    ['of a version that the codec has and the table does not', () => encodeRequestFrame(metadataApi, 12, {})],
    ['of a version that there is not', () => encodeRequestFrame(metadataApi, 12, {}).fill(99, 7, 8)],
  ])('%s closes the connection; the others go on', async (_name, frame) => {
    const answer = { throttleTimeMs: 0, brokers: [], clusterId: 'c', controllerId: 1, topics: [], errorCode: 0 };
    const { open, warnings } = await openFakeDoor({ apis: [serve(metadataApi, () => answer, { lastVersion: 8 })] });
    const [wrong, right] = [await open(), await open()];
    wrong.socket.write(frame());
    await wrong.closed();
    expect(warnings()).toHaveLength(1);
    right.socket.write(encodeRequestFrame(metadataApi, 8, {}, { correlationId: 7 }));
    expect(await answersOf(right, 1)).toEqual([7]);
  });

  it('is answered by ApiVersions alone, in version 0, where only the version is not known', async () => {
    const { open } = await openFakeDoor();
    const client = await open();
    client.socket.write(ask(5).fill(99, 7, 8));
    const { correlationId, response } = decodeResponseFrame(apiVersionsApi, 0, await client.nextFrame());
    expect({ correlationId, errorCode: response.errorCode }).toEqual({ correlationId: 5, errorCode: 35 });
  });
});

describe('a handler with a bug', () => {
  it('closes its connection and says so; the others go on', async () => {
    const { open, handlers, errors } = await openFakeDoor();
    const [unlucky, other] = [await open(), await open()];
    unlucky.socket.write(ask(1));
    await handlers.end('ask 1', 'throw');
    await unlucky.closed();
    expect(errors()).toEqual(['a bug while answering a request; closed its connection']);
    other.socket.write(ask(2));
    await handlers.end('ask 2');
    expect(await answersOf(other, 1)).toEqual([2]);
  });

  it('is told as a bug of ours also where the answer cannot be written in the version asked for', async () => {
    const answer = { errorCode: 70_000, apiKeys: [], throttleTimeMs: 0 };
    const { open, errors, warnings } = await openFakeDoor({ apis: [serve(apiVersionsApi, () => answer)] });
    const client = await open();
    client.socket.write(ask(1));
    await client.closed();
    expect(errors()).toHaveLength(1);
    expect(warnings()).toEqual([]);
  });

  it('can close the connection on purpose, where no answer could say what is wrong', async () => {
    const { open, handlers, warnings, errors } = await openFakeDoor();
    const client = await open();
    client.socket.write(produce(1));
    await handlers.end('produce 1', 'close');
    await client.closed();
    expect(warnings()).toEqual(['closed a connection: produce 1 cannot be answered']);
    expect(errors()).toEqual([]);
  });
});
