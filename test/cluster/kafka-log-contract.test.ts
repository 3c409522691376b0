import { afterAll, beforeAll, describe } from 'vitest';

import type { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import type { KafkaLog } from '../../src/log/kafka-log.ts';
import { MemoryRequestKeys } from '../../src/store/memory-request-keys.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';
import { recordLogContract } from '../contract/record-log.ts';
import { clientOf, newTopic, openLog } from './kafka-fixture.ts';
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

    recordLogContract(
      async (options) => {
        const { id } = await newTopic(client);
        const keys = new MemoryRequestKeys(options);
        const followed = [0, 1].map((partition) => ({ topicId: id, partition }));
        const open = async (): Promise<KafkaLog> => {
          const log = await openLog(client, { cacheBytes, keys });
          await log.createPartitions(followed);
          await log.follow(followed);
          return log;
        };
        let log = await open();
        return {
          log,
          topicId: id,
          async reopen() {
            await log.close();
            log = await open();
            return log;
          },
          cleanUp: () => log.close(),
        };
      },
      { newBatch: newBatchOfRecords },
    );
  });
}
