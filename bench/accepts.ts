import { Broker } from '../src/broker/broker.ts';
import type { BrokerOutside } from '../src/broker/broker-settings.ts';
import { readConfig } from '../src/config.ts';
import { holderOf } from '../src/core/ids.ts';
import type { TopicId } from '../src/core/ids.ts';
import { soleNode } from '../src/ports/cluster.ts';
import type { NewBatch } from '../src/ports/record-log.ts';
import { systemClock } from '../src/system/system-clock.ts';
import { newTopicId } from '../src/system/topic-ids.ts';

export const acceptsPerBlock = 50;
const topic = 'emails';
const group = 'mailers';

/** A broker in this process with the default settings, over what it is given, with one topic. */
export async function openBroker(over: Pick<BrokerOutside, 'log' | 'store' | 'metadata' | 'audit' | 'health'>) {
  const read = readConfig({ argv: [], environment: {}, readFile: () => undefined });
  if (read.kind !== 'config') throw new Error('the default settings are not accepted');
  const { config } = read;
  const silent = { debug() {}, info() {}, warn() {}, error: console.error };
  const broker = new Broker(
    {
      ...over,
      clock: systemClock,
      logger: silent,
      cluster: soleNode(() => ({ nodeId: 1, httpUrl: 'http://127.0.0.1:8080', kafka: null })),
      newTopicId,
    },
    {
      groupDefaults: config,
      numPartitions: 1,
      autoCreateTopics: false,
      fetchMaxBytes: config['fetch.max.bytes'],
      maxGroupSize: 200,
      maxShareSessions: 2_000,
      retentionCheckIntervalMs: config['log.retention.check.interval.ms'],
      historyIntervalMs: 5_000,
    },
  );
  await broker.start();
  const created = await broker.createTopic({ name: topic, partitions: 1, config: {} });
  if (!created.ok) throw new Error(created.error.message);
  return { broker, topicId: created.value.topicId };
}

/** Produces so many records, each a batch of its own. */
export async function fill(broker: Broker, records: number, batchOf: () => NewBatch): Promise<void> {
  for (let done = 0; done < records; done += 500) {
    const batches = Array.from({ length: 500 }, () => ({ partition: 0, batch: batchOf() }));
    const produced = await broker.produce({ topic, batches });
    if (!produced.ok) throw new Error(produced.error.message);
  }
}

/** How long each of the accepts takes, ms; the records are acquired before. */
export async function timeAccepts(broker: Broker, topicId: TopicId): Promise<number[]> {
  const acquired = await broker.acquire(
    {
      group,
      topics: [topic],
      holder: holderOf('http', 'bench'),
      maxRecords: acceptsPerBlock,
      maxBytes: 2 ** 20,
      waitMs: 0,
      lockDurationMs: null,
      acquireMode: 'record_limit',
      startFrom: 'earliest',
    },
    null,
  );
  if (!acquired.ok) throw new Error(acquired.error.message);
  const times: number[] = [];
  for (const range of acquired.value.ranges) {
    const { partition, acquisition, leaderEpoch, stateEpoch } = range;
    for (let offset = range.firstOffset; offset <= range.lastOffset; offset++) {
      const lease = { topicId, partition, offset, acquisition, leaderEpoch, stateEpoch };
      const startMs = performance.now();
      const answer = await broker.acknowledge(group, [{ lease, type: 'accept' }]);
      times.push(performance.now() - startMs);
      if (!answer.ok || answer.value[0]?.status !== 'accepted') throw new Error('an accept was refused');
    }
  }
  if (times.length !== acceptsPerBlock) throw new Error(`acquired ${times.length} of ${acceptsPerBlock} records`);
  return times;
}
