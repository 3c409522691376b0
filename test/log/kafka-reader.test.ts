import { describe, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import { KafkaBatches } from '../../src/log/kafka-batches.ts';
import { KafkaPartitions } from '../../src/log/kafka-partitions.ts';
import { truncated } from '../../src/log/kafka-reader.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';

describe('a partition whose end the cluster has lost', () => {
  test('is not read from memory any more: other records come at those offsets', () => {
    const partitions = new KafkaPartitions();
    const batches = new KafkaBatches(1_000_000);
    const errors: unknown[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (fields: object) => errors.push(fields) };
    const partition = partitions.add({ topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 }, 'orders');
    const { bytes } = newBatchOfRecords({ offsets: 10, sizeBytes: 90 });
    const batch = { baseOffset: 0, lastOffset: 9, baseTimestampMs: 0, maxTimestampMs: 0, bytes };
    batches.add(partition, { batches: [batch], nextOffset: 10, damage: undefined }, bytes.length);
    partitions.learn(partition, { startOffset: 0, endOffset: 10 });

    truncated({ partitions, batches, logger }, partition, { startOffset: 0, endOffset: 4 });

    expect(batches.find(partition, 4)).toBeUndefined();
    expect(partition.bounds).toMatchObject({ startOffset: 0, endOffset: 4 });
    expect(errors).toMatchObject([{ before: 10, endOffset: 4 }]);
  });
});
