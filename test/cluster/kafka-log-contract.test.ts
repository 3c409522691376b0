import { afterAll, beforeAll, describe } from 'vitest';

import type { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { clientOf } from './kafka-fixture.ts';
import { type KafkaServer, startKafka } from './kafka-server.ts';
import { kafkaLogContract } from './log-under-test.ts';
import { cannot, sharedKafka } from './shared-kafka.ts';

for (const [name, cacheBytes] of [
  ['over a Kafka cluster', 32 * 1024 * 1024],
  // Nothing stays in it: all reads go to the brokers.
  ['over a Kafka cluster with a tiny cache', 2000],
] as const) {
  describe.skipIf(cannot('kafka'))(`the record log ${name}`, () => {
    let client: KafkaClient;
    beforeAll(async () => {
      client = clientOf(await sharedKafka());
    });
    afterAll(() => client.close());
    kafkaLogContract(() => client, cacheBytes);
  });
}

// 3.0 is the first with KRaft for everything that is used here; its Fetch knows topics by their names only.
describe.skipIf(cannot('kafka'))('the record log over the oldest Kafka that is tested, 3.0.0', () => {
  let kafka: KafkaServer;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({ version: '3.0.0' });
    client = clientOf(kafka.bootstrap);
  });
  afterAll(async () => {
    await client.close();
    await kafka.remove();
  });
  kafkaLogContract(() => client, 32 * 1024 * 1024);
});
