import { errorCodes } from '../codec/error-codes.ts';
import { createTopicsApi } from '../codec/messages/create-topics.ts';
import { fetchApi } from '../codec/messages/fetch.ts';
import { listOffsetsApi } from '../codec/messages/list-offsets.ts';
import { produceApi } from '../codec/messages/produce.ts';
import { encodeBatch, inspectBatch, openBatch } from '../codec/record-batch.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { KafkaTopicView } from '../kafka-client/kafka-cluster-view.ts';
import { kafkaFault, refusedByKafka } from '../kafka-client/kafka-fault.ts';
import { KafkaUnavailable } from '../kafka-client/kafka-unavailable.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Witness } from '../ports/witness.ts';

/** Leaders change, topics are just being made: it is tried again for so long. */
const tryForMs = 10_000;
const tryAgainMs = 200;
const fetchBytes = 1024 * 1024;
const earliest = -2;
const latest = -1;
/** -1: as many as the cluster gives a topic. */
const replicationFactor = -1;
/** Of all replicas in sync. */
const acks = -1;
const identityKey = Buffer.from('identity');

/**
 * The witness on a compacted topic of the Kafka cluster, `__<cluster.name>_meta`, of one partition. It is made at the first write, and read
 * from its start to its end: the last record of the key counts.
 */
export class KafkaWitness implements Witness {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  readonly #topic: string;

  constructor(client: KafkaClient, clusterName: string, outside: { readonly clock: Clock }) {
    this.#client = client;
    this.#clock = outside.clock;
    this.#topic = `__${clusterName}_meta`;
  }

  async read(): Promise<string | null> {
    const operation = `read ${this.#topic}`;
    const topic = await this.#try(operation, () => this.#view());
    if (topic === undefined) return null;
    let offset = await this.#try(operation, () => this.#offset(operation, topic, earliest));
    const endOffset = await this.#try(operation, () => this.#offset(operation, topic, latest));
    let text: string | null = null;
    while (offset < endOffset) {
      const records = await this.#try(operation, () => this.#fetch(operation, topic, offset));
      for (const batch of batchesOf(records)) {
        const { lastOffset, isControl } = inspectBatch(batch, { allowGaps: true });
        if (lastOffset < offset) continue;
        offset = lastOffset + 1;
        if (isControl) continue;
        for (const { key, value } of openBatch(batch)) {
          if (key !== null && identityKey.equals(key)) text = value === null ? null : Buffer.from(value).toString();
        }
      }
    }
    return text;
  }

  async write(text: string): Promise<void> {
    const operation = `write ${this.#topic}`;
    const topic =
      (await this.#try(operation, () => this.#view())) ?? (await this.#try(operation, () => this.#create(operation)));
    const timestampMs = this.#clock.wallMs();
    const { bytes } = encodeBatch({
      records: [{ timestampMs, key: identityKey, value: Buffer.from(text), headers: [] }],
    });
    // What is written twice says the same.
    await this.#try(operation, async () => {
      const partitionData = [{ index: 0, records: bytes }];
      const asked = { acks, timeoutMs: tryForMs, topicData: [{ name: topic.name, topicId: topic.id, partitionData }] };
      const { response } = await this.#client.request(produceApi, asked, { broker: await this.#leader(topic) });
      this.#check(operation, response.responses[0]?.partitionResponses[0]);
    });
  }

  async #view(): Promise<KafkaTopicView | undefined> {
    // What is there is not taken away; what is not may be new.
    return (
      this.#client.metadata().topicsByName.get(this.#topic) ??
      (await this.#client.refresh()).topicsByName.get(this.#topic)
    );
  }

  async #create(operation: string): Promise<KafkaTopicView> {
    const configs = Object.entries({
      'cleanup.policy': 'compact',
      // What is overwritten is gone within hours.
      'segment.ms': '3600000',
    }).map(([name, value]) => ({ name, value }));
    const topics = [{ name: this.#topic, numPartitions: 1, replicationFactor, assignments: [], configs }];
    const asked = { topics, timeoutMs: tryForMs };
    const { response } = await this.#client.request(createTopicsApi, asked, { broker: 'controller' });
    const [answer] = response.topics;
    if (answer?.errorCode !== errorCodes.TOPIC_ALREADY_EXISTS) this.#check(operation, answer);
    const topic = await this.#view();
    if (topic === undefined) throw new KafkaUnavailable(`'${this.#topic}' is being made`, { sent: false });
    return topic;
  }

  #leader({ id }: KafkaTopicView): Promise<number> {
    return this.#client.leaderOf({ topicId: id, partition: 0 });
  }

  /** @throws Fault what the answer says */
  #check<T extends Answer>(operation: string, answer: T | undefined): T {
    if (answer?.errorCode === errorCodes.NONE) return answer;
    const errorCode = answer?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR;
    throw refusedByKafka(operation, `partition 0 of '${this.#topic}'`, errorCode, answer?.errorMessage);
  }

  async #offset(operation: string, topic: KafkaTopicView, timestamp: number): Promise<number> {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
    const asked = { topics: [{ name: topic.name, partitions }] };
    const { response } = await this.#client.request(listOffsetsApi, asked, { broker: await this.#leader(topic) });
    const answer = this.#check(operation, response.topics[0]?.partitions[0]);
    return answer.offset ?? -1;
  }

  async #fetch(operation: string, topic: KafkaTopicView, fetchOffset: number): Promise<Uint8Array> {
    const partitions = [{ partition: 0, fetchOffset, currentLeaderEpoch: -1, partitionMaxBytes: fetchBytes }];
    const topics = [{ topicId: topic.id, topic: topic.name, partitions }];
    const asked = { maxWaitMs: 500, minBytes: 1, maxBytes: fetchBytes, topics };
    const { response } = await this.#client.request(fetchApi, asked, { broker: await this.#leader(topic) });
    this.#check(operation, response);
    const answer = this.#check(operation, response.responses[0]?.partitions[0]);
    const records = answer.records as Uint8Array | null;
    if (records !== null && records.length > 0) return records;
    throw new KafkaUnavailable(`'${this.#topic}' gave no records from offset ${fetchOffset} on`, { sent: false });
  }

  /** @throws Fault */
  async #try<T>(operation: string, attempt: () => Promise<T>): Promise<T> {
    const untilMs = this.#clock.monotonicMs() + tryForMs;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const isPassing = error instanceof Fault ? error.retriable : error instanceof KafkaUnavailable;
        if (!isPassing || this.#clock.monotonicMs() > untilMs) throw kafkaFault(operation, error);
      }
      await new Promise<void>((resolve) => this.#clock.schedule(tryAgainMs, resolve));
      await this.#client.refresh().catch(() => undefined);
    }
  }
}

interface Answer {
  readonly errorCode?: number | undefined;
  readonly errorMessage?: string | null | undefined;
}

/** Whole batches; one that was cut off at the end is left. */
function* batchesOf(records: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at + 12 <= records.length;) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > records.length) return;
    yield records.subarray(at, end);
    at = end;
  }
}
