import { describe, expect, onTestFinished, test } from 'vitest';

import type { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { KafkaWitness } from '../../src/store/kafka-witness.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { clientOf } from './kafka-fixture.ts';
import { cannot, sharedKafka, uniqueName } from './shared-kafka.ts';

describe.skipIf(cannot('kafka'))('the witness on a Kafka topic', () => {
  const connect = async (): Promise<KafkaClient> => {
    const client = clientOf(await sharedKafka());
    onTestFinished(() => client.close());
    await client.refresh();
    return client;
  };
  const witnessOf = (client: KafkaClient, name: string) => new KafkaWitness(client, name, { clock: systemClock });

  test('knows nothing where nothing was ever written, and makes no topic then', async () => {
    const client = await connect();
    const name = uniqueName('sash');
    expect(await witnessOf(client, name).read()).toBeNull();
    expect((await client.refresh()).topicsByName.has(`__${name}_meta`)).toBe(false);
  });

  test('gives back what was written last, to every node, from a compacted topic', async () => {
    const [client, another] = [await connect(), await connect()];
    const name = uniqueName('sash');
    const [one, other] = [witnessOf(client, name), witnessOf(another, name)];
    await one.write('first ü');
    expect(await other.read()).toBe('first ü');
    for (let count = 0; count < 30; count++) await other.write(`count ${count}`);
    expect(await one.read()).toBe('count 29');
    expect(await other.read()).toBe('count 29');
  });

  test('many nodes that make it at the same time make one', async () => {
    const name = uniqueName('sash');
    const witnesses = [];
    for (let node = 0; node < 4; node++) witnesses.push(witnessOf(await connect(), name));
    await Promise.all(witnesses.map((witness, node) => witness.write(`node ${node}`)));
    const texts = await Promise.all(witnesses.map((witness) => witness.read()));
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^node \d$/);
  });
});
