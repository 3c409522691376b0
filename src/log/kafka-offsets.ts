import { errorCodes } from '../codec/error-codes.ts';
import { listOffsetsApi } from '../codec/messages/list-offsets.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { KafkaPartition } from './kafka-partitions.ts';
import { type LeaderAnswer, type PartitionLeaders, answerTimeoutMs } from './partition-leaders.ts';

/** What ListOffsets takes in place of a time (ListOffsetsRequest in Kafka). */
const earliest = -2;
const latest = -1;
const ofMaxTimestamp = -3;

/** Records of transactions that are open do not count: the end is the last stable offset. */
const readCommitted = 1;

export interface FoundOffset {
  /** -1: there is none. */
  readonly offset: number;
  readonly timestampMs: number;
}

/** Offsets of partitions, asked of their leaders. */
export class KafkaOffsets {
  readonly #client: KafkaClient;
  readonly #leaders: PartitionLeaders;

  constructor(client: KafkaClient, leaders: PartitionLeaders) {
    this.#client = client;
    this.#leaders = leaders;
  }

  /** The start and the last stable offset of one partition. @throws Fault */
  async bounds(partition: KafkaPartition): Promise<{ readonly startOffset: number; readonly endOffset: number }> {
    const operation = 'find the ends';
    const start = await this.#one(operation, partition, earliest);
    const end = await this.#one(operation, partition, latest);
    return { startOffset: start.offset, endOffset: end.offset };
  }

  /** The first record at or after a time. @throws Fault */
  atTimestamp(partition: KafkaPartition, timestampMs: number): Promise<FoundOffset> {
    // Below 0 are the words above.
    return this.#one('find an offset by its timestamp', partition, Math.max(0, timestampMs));
  }

  /** A record with the greatest timestamp of all. @throws Fault */
  atMaxTimestamp(partition: KafkaPartition): Promise<FoundOffset> {
    return this.#one('find the greatest timestamp', partition, ofMaxTimestamp);
  }

  /**
   * The bounds of many at once, two requests to each leader. Those that cannot be told now are left out.
   *
   * @throws KafkaUnavailable and the like when nothing could be asked
   */
  async boundsOf(
    partitions: readonly KafkaPartition[],
  ): Promise<Map<KafkaPartition, { readonly startOffset: number; readonly endOffset: number }>> {
    const byLeader = new Map<number, KafkaPartition[]>();
    const { topics } = this.#client.metadata();
    for (const partition of partitions) {
      const leader = topics.get(partition.topicId)?.partitions[partition.partition]?.leader ?? -1;
      if (leader < 0) continue;
      const led = byLeader.get(leader);
      if (led === undefined) byLeader.set(leader, [partition]);
      else led.push(partition);
    }
    const found = new Map<KafkaPartition, { readonly startOffset: number; readonly endOffset: number }>();
    let trouble: Error | undefined;
    const asked = [...byLeader].map(async ([broker, led]) => {
      try {
        const starts = await this.#list(broker, led, earliest);
        const ends = await this.#list(broker, led, latest);
        for (const partition of led) {
          const start = starts.get(partition)?.value;
          const end = ends.get(partition)?.value;
          if (start !== undefined && end !== undefined) {
            found.set(partition, { startOffset: start.offset, endOffset: end.offset });
          }
        }
      } catch (error) {
        trouble = error as Error;
      }
    });
    await Promise.all(asked);
    if (found.size === 0 && trouble !== undefined) throw trouble;
    return found;
  }

  #one(operation: string, partition: KafkaPartition, timestamp: number): Promise<FoundOffset> {
    return this.#leaders.ask(operation, partition, async (broker) => {
      const answers = await this.#list(broker, [partition], timestamp);
      return answers.get(partition) ?? { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
    });
  }

  async #list(
    broker: number,
    partitions: readonly KafkaPartition[],
    timestamp: number,
  ): Promise<Map<KafkaPartition, LeaderAnswer<FoundOffset>>> {
    const byTopic = new Map<string, KafkaPartition[]>();
    for (const partition of partitions) {
      const listed = byTopic.get(partition.topicName);
      if (listed === undefined) byTopic.set(partition.topicName, [partition]);
      else listed.push(partition);
    }
    const request = {
      isolationLevel: readCommitted,
      topics: [...byTopic].map(([name, asked]) => ({
        name,
        partitions: asked.map((partition) => ({
          partitionIndex: partition.partition,
          currentLeaderEpoch: this.#leaders.epochOf(partition),
          timestamp,
        })),
      })),
    };
    const { response } = await this.#client.request(listOffsetsApi, request, {
      broker,
      timeoutMs: answerTimeoutMs,
    });
    const answers = new Map<KafkaPartition, LeaderAnswer<FoundOffset>>();
    for (const topic of response.topics) {
      const asked = new Map(byTopic.get(topic.name)?.map((partition) => [partition.partition, partition]));
      for (const { partitionIndex, errorCode, offset = -1, timestamp: timestampMs = -1 } of topic.partitions) {
        const partition = asked.get(partitionIndex);
        if (partition === undefined) continue;
        const isFound = errorCode === errorCodes.NONE;
        answers.set(partition, isFound ? { errorCode, value: { offset, timestampMs } } : { errorCode });
      }
    }
    return answers;
  }
}
