import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startKafka } from './kafka-server.ts';
import { startRedis } from './redis-server.ts';
import { cannot, sharedKafka, uniqueName } from './shared-kafka.ts';

const adminOf = (bootstrap: string) => new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();

describe.skipIf(cannot('redis'))('the Redis of these tests', () => {
  it('has what was confirmed after a kill, and nothing after a start without its files', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.remove());
    const client = new Redis(redis.url);
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());
    await client.set('a', '1');
    await redis.kill();
    await redis.start();
    expect(await client.get('a')).toBe('1');
    await redis.kill();
    await redis.start({ empty: true });
    expect(await client.get('a')).toBe(null);
  });

  it('answers nothing while it is paused, and goes on', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.remove());
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    await client.set('a', '1');
    redis.pause();
    const answer = client.get('a');
    const late = new Promise((resolve) => setTimeout(() => resolve('nothing'), 200));
    expect(await Promise.race([answer, late])).toBe('nothing');
    redis.resume();
    expect(await answer).toBe('1');
  });

  it('takes settings, such as a limit of its memory', async () => {
    const redis = await startRedis({ settings: { maxmemory: '3mb' } });
    onTestFinished(() => redis.remove());
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    await expect(client.set('a', 'x'.repeat(4_000_000)).then(() => client.set('b', '1'))).rejects.toThrow('OOM');
  });
});

describe.skipIf(cannot('kafka'))('the Kafka of these tests', () => {
  it('is one for the whole run', async () => {
    expect(await sharedKafka()).toBe(await sharedKafka());
    const admin = adminOf(await sharedKafka());
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    const topic = uniqueName('topic');
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
    expect(await admin.listTopics()).toContain(topic);
  });

  it('of its own keeps its topics over a kill', async () => {
    const kafka = await startKafka();
    onTestFinished(() => kafka.remove());
    const admin = adminOf(kafka.bootstrap);
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept' }] });
    await admin.disconnect();
    await kafka.kill();
    await kafka.start();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    expect(await admin.listTopics()).toContain('kept');
  }, 60_000);
});
