import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { heartbeatApi } from '../../src/codec/messages/heartbeat.ts';
import { joinGroupApi } from '../../src/codec/messages/join-group.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { kafkaClientDefaults } from '../../src/kafka-client/kafka-client-settings.ts';
import { FakeClock } from '../broker/fake-clock.ts';
import { FakeBroker, silence } from './fake-broker.ts';

const logged: string[] = [];
const note = (_: object, message: string): void => void logged.push(message);
const logger = { debug() {}, info: note, warn: note, error: note };

describe('the client of a Kafka cluster', () => {
  let broker: FakeBroker;
  let clock: FakeClock;
  let client: KafkaClient;

  const open = (bootstrapServers: readonly string[] = [broker.address]): KafkaClient => {
    const settings = { ...kafkaClientDefaults, clientId: 'test', securityProtocol: 'PLAINTEXT' as const };
    return new KafkaClient({ ...settings, bootstrapServers, responseMaxBytes: 10_000 }, { clock, logger });
  };
  /** Resolves when so many requests of a name have come. */
  const came = async (name: string, count = 1): Promise<void> => {
    while (broker.requests.filter((each) => each === name).length < count) await new Promise(setImmediate);
  };
  const heartbeat = (options = {}) => client.request(heartbeatApi, { groupId: 'g' }, { broker: 1, ...options });

  beforeEach(async () => {
    logged.length = 0;
    broker = await new FakeBroker().listen();
    broker.on(heartbeatApi, () => ({ throttleTimeMs: 0, errorCode: 0 }));
    clock = new FakeClock();
    client = open();
    await client.refresh();
  });
  afterEach(async () => {
    await client.close();
    await broker.close();
  });

  test('gives a request up that is not answered in time, and what waits behind it, as sent', async () => {
    broker.raw(heartbeatApi, silence);
    const slow = heartbeat({ timeoutMs: 1000 });
    const behind = heartbeat({ timeoutMs: 9000 });
    const outcomes = Promise.allSettled([slow, behind]);
    await came('Heartbeat', 2);
    await clock.advance(1000);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { name: 'KafkaUnavailable', sent: true } });
    }
    await expect(slow).rejects.toThrow('no answer to Heartbeat within 1000 ms');
    // The next one takes another connection.
    broker.on(heartbeatApi, () => ({ throttleTimeMs: 0, errorCode: 0 }));
    expect((await heartbeat()).response.errorCode).toBe(0);
  });

  test('says that a request was sent when the connection breaks after it, and that it was not when there is none', async () => {
    broker.raw(heartbeatApi, (socket) => socket.destroy());
    await expect(heartbeat()).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: true });
    await broker.close();
    await expect(heartbeat()).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: false });
    broker = await broker.listen();
  });

  test('holds nobody up behind a request that waits at the broker, when that has a lane of its own', async () => {
    broker.raw(joinGroupApi, silence);
    const fresh = open();
    onTestFinished(() => fresh.close());
    await fresh.refresh();
    const joining = fresh.request(joinGroupApi, { groupId: 'g' }, { broker: 1, lane: 'group' });
    void joining.catch(() => {});
    await came('JoinGroup');
    expect((await fresh.request(heartbeatApi, { groupId: 'g' }, { broker: 1 })).response.errorCode).toBe(0);
  });

  test('gives up what is aborted, and nothing else', async () => {
    const answers: (() => void)[] = [];
    broker.raw(heartbeatApi, (socket, correlationId) => {
      const frame = Buffer.from('0000000c000000000000000000000000', 'hex');
      frame.writeInt32BE(correlationId, 4);
      answers.push(() => socket.write(frame));
    });
    const abort = new AbortController();
    const [aborted, other] = [heartbeat({ signal: abort.signal }), heartbeat()];
    await came('Heartbeat', 2);
    abort.abort(new Error('nobody wants it'));
    await expect(aborted).rejects.toThrow('nobody wants it');
    for (const answer of answers) answer();
    expect((await other).response.errorCode).toBe(0);
    // The one to the bootstrap server, and this one.
    expect(broker.connections).toBe(2);
    await expect(heartbeat({ signal: abort.signal })).rejects.toThrow('nobody wants it');
    expect(answers).toHaveLength(2);
  });

  for (const [what, bytes, message] of [
    ['belongs to another request', '0000000b7fffffff00000000000000', /correlation id 2147483647, where \d+ was due/],
    ['is longer than it may be', '00100000', /an answer of 1048576 bytes/],
    ['is no answer at all', '485454502f312e31', /an answer of 1213486160 bytes/],
  ] as const) {
    test(`ends a connection on which something comes that ${what}`, async () => {
      broker.raw(heartbeatApi, (socket) => socket.write(Buffer.from(bytes, 'hex')));
      const answer = heartbeat();
      await expect(answer).rejects.toThrow(message);
      await expect(answer).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: true });
    });
  }

  test('ends a connection whose answer cannot be read', async () => {
    broker.raw(heartbeatApi, (socket, correlationId) => {
      const frame = Buffer.from('0000000500000000ff', 'hex');
      frame.writeInt32BE(correlationId, 4);
      socket.write(frame);
    });
    await expect(heartbeat()).rejects.toThrow('an answer to Heartbeat that cannot be read');
  });

  test('says which API a broker does not have', async () => {
    await expect(client.request(fetchApi, {}, { broker: 1 })).rejects.toMatchObject({
      name: 'KafkaUnsupported',
      message: expect.stringContaining('does not have the API Fetch') as string,
    });
  });

  test('knocks again more and more seldom, however often it is asked', async () => {
    await broker.close();
    broker.connections = 0;
    const knocking = createServer((socket) => {
      attempts++;
      socket.destroy();
    });
    let attempts = 0;
    knocking.listen(Number(broker.address.split(':')[1]), '127.0.0.1');
    await once(knocking, 'listening');
    const endMs = clock.monotonicMs() + 10_000;
    const ask = async (): Promise<void> => {
      while (clock.monotonicMs() < endMs) await heartbeat().catch(() => {});
    };
    const asking = Promise.all([ask(), ask(), ask()]);
    while (clock.monotonicMs() < endMs + 5000) {
      await clock.advance(10);
      await new Promise(setImmediate);
    }
    await asking;
    // 50, 100, 200, 400, 800 ms, and a second from then on, each up to a fifth less or more.
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(40);
    knocking.close();
    await once(knocking, 'close');
    broker = await broker.listen();
  });

  test('never takes another cluster for the one that it knows: all its topics would seem deleted', async () => {
    broker.on(metadataApi, () => broker.metadata({ clusterId: 'two' }));
    const refreshed = client.refresh();
    await Promise.all([clock.advance(200), expect(refreshed).rejects.toThrow(/belong to cluster two now, not one/)]);
    expect(client.metadata().clusterId).toBe('one');
    expect(client.trouble()).toContain('belong to cluster two now');
    expect(logged).toEqual([expect.stringContaining('Kafka cannot be asked')]);
  });

  test('keeps the newer leader of a partition when a broker that lags behind tells an older one', async () => {
    const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
    const told = (leaderId: number, leaderEpoch: number): void => {
      const rest = { replicaNodes: [1, 2], isrNodes: [1], offlineReplicas: [] };
      const partitions = [{ errorCode: 0, partitionIndex: 0, leaderId, leaderEpoch, ...rest }];
      broker.on(metadataApi, () => broker.metadata({ topics: [{ errorCode: 0, name: 't', topicId, partitions }] }));
    };
    const leader = async (): Promise<number | undefined> => {
      const [view] = await Promise.all([client.refresh(), clock.advance(200)]);
      return view.topicsByName.get('t')?.partitions[0]?.leader;
    };
    told(2, 7);
    expect(await leader()).toBe(2);
    told(1, 6);
    expect(await leader()).toBe(2);
    told(1, 8);
    expect(await leader()).toBe(1);
  });

  test('says once that the cluster is away, and once that it is back', async () => {
    broker.breakConnections();
    await broker.close();
    for (let i = 0; i < 5; i++) {
      const refreshed = client.refresh().catch(() => {});
      while ((await Promise.race([refreshed.then(() => 'done'), clock.advance(100).then(() => 'later')])) !== 'done');
    }
    expect(logged.filter((line) => line.startsWith('Kafka cannot be asked'))).toHaveLength(1);
    expect(client.trouble()).not.toBeNull();
    broker = await broker.listen();
    const back = client.refresh();
    while ((await Promise.race([back.then(() => 'done'), clock.advance(1000).then(() => 'later')])) !== 'done');
    expect(client.trouble()).toBeNull();
    expect(logged.at(-1)).toBe('Kafka answers again');
  });

  test('ends at once what waits when it is closed, and takes nothing new', async () => {
    broker.raw(heartbeatApi, silence);
    const waiting = heartbeat();
    void waiting.catch(() => {});
    await came('Heartbeat');
    await client.close();
    await expect(waiting).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: true });
    await expect(heartbeat()).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: false });
    expect(clock.scheduled).toBe(0);
  });
});
