import { describe, expect, it } from 'vitest';
import type { KafkaClusterView } from '../../src/kafka-client/kafka-cluster-view.ts';
import { KafkaUnavailable } from '../../src/kafka-client/kafka-unavailable.ts';
import { reachKafka } from '../../src/kafka-client/reach-kafka.ts';
import { isSettled } from '../broker/broker-fixture.ts';
import { FakeClock } from '../broker/fake-clock.ts';

const start = (look: () => Promise<unknown>) => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const note = (_: object, message: string): void => void lines.push(message);
  const logger = { debug: note, info: note, warn: note, error: note };
  const reached = reachKafka(
    { refresh: async () => (await look()) as KafkaClusterView },
    { servers: ['kafka-1:9092', 'kafka-2:9092'], clock, logger },
  );
  reached.catch(() => {});
  return { clock, lines, reached };
};

const waiting =
  'no answer yet from Kafka at kafka-1:9092, kafka-2:9092 (log.kafka.bootstrap.servers): it is waited for up to 30 s, and until it answers the HTTP port is closed';

describe('the first look at Kafka', () => {
  it('says within two seconds what is waited for when nobody answers', async () => {
    const { clock, lines, reached } = start(() => new Promise(() => {}));
    await clock.advance(1_000);
    expect(lines).toEqual([]);
    await clock.advance(1_000);
    expect(lines).toEqual([waiting]);
    await clock.advance(20_000);
    expect(lines).toEqual([waiting]);
    expect(await isSettled(reached)).toBe(false);
  });

  it('says the same when nobody is there, and goes on as soon as somebody is', async () => {
    let isThere = false;
    const { clock, lines, reached } = start(async () => {
      if (!isThere) throw new KafkaUnavailable('nobody is there', { sent: false });
    });
    await clock.advance(5_000);
    expect(lines).toEqual([waiting]);
    isThere = true;
    await clock.advance(500);
    await reached;
    expect(clock.scheduled).toBe(0);
  });

  it('says nothing of a Kafka that answers at once', async () => {
    const { clock, lines, reached } = start(async () => {});
    await reached;
    expect(lines).toEqual([]);
    expect(clock.scheduled).toBe(0);
  });

  it('gives up after 30 s, and at once where waiting does not help', async () => {
    const { clock, reached } = start(async () => {
      throw new KafkaUnavailable('nobody is there', { sent: false });
    });
    await clock.advance(30_500);
    await expect(reached).rejects.toMatchObject({ name: 'Fault', message: 'Kafka: nobody is there' });
    const wrong = start(async () => {
      throw new Error('it is of another make');
    });
    await expect(wrong.reached).rejects.toThrow('it is of another make');
    expect(wrong.clock.scheduled).toBe(0);
  });
});
