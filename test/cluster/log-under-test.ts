import type { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import type { KafkaLog } from '../../src/log/kafka-log.ts';
import { MemoryRequestKeys } from '../../src/store/memory-request-keys.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';
import { recordLogContract } from '../contract/record-log.ts';
import { newTopic, openLog } from './kafka-fixture.ts';

/** The contract of the record log on the cluster of a client: a new topic for each test. */
export const kafkaLogContract = (client: () => KafkaClient, cacheBytes: number): void =>
  recordLogContract(
    async (options) => {
      const { id } = await newTopic(client());
      const keys = new MemoryRequestKeys(options);
      const followed = [0, 1].map((partition) => ({ topicId: id, partition }));
      const open = async (): Promise<KafkaLog> => {
        const log = await openLog(client(), { cacheBytes, keys });
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
