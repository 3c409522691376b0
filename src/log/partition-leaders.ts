import { type ErrorName, errorCodes, retriableErrors } from '../codec/error-codes.ts';
import { errorName } from '../kafka-client/error-name.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import { kafkaFault, refusedByKafka } from '../kafka-client/kafka-fault.ts';
import { KafkaUnavailable } from '../kafka-client/kafka-unavailable.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { KafkaPartition } from './kafka-partitions.ts';

/** How long a leader is looked for before whoever asked is told. A planned change of leader takes less. */
const giveUpAfterMs = 5_000;
const retryBackoffMs = 100;
/** How long a broker may take for an answer: one that takes longer is gone, or might as well be. */
export const answerTimeoutMs = 10_000;

/** What a leader answered: an error code of Kafka, and a value when that is NONE. */
export interface LeaderAnswer<T> {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
  readonly value?: T;
}

/** Asks the leaders of partitions, and their successors when leadership moves. For requests that may be sent twice. */
export class PartitionLeaders {
  readonly #client: KafkaClient;
  readonly #clock: Clock;

  constructor(client: KafkaClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * `ask` sends the request to the broker it is given. Tried again, for up to 5 s, when the leader is another one, cannot be reached, or
   * does not know yet.
   *
   * @throws Fault
   */
  async ask<T>(
    operation: string,
    partition: KafkaPartition,
    ask: (broker: number) => Promise<LeaderAnswer<T>>,
  ): Promise<T> {
    const untilMs = this.#clock.monotonicMs() + giveUpAfterMs;
    for (;;) {
      let trouble: unknown;
      try {
        const { errorCode, errorMessage, value } = await ask(await this.#client.leaderOf(partition));
        if (errorCode === errorCodes.NONE) return value as T;
        const what = `${operation} of partition ${partition.partition} of '${partition.topicName}'`;
        trouble = refusedByKafka(operation, what, errorCode, errorMessage);
        if (!retriableErrors.has(errorName(errorCode) as ErrorName)) throw trouble;
      } catch (error) {
        if (!(error instanceof KafkaUnavailable)) throw kafkaFault(operation, error);
        trouble = kafkaFault(operation, error);
      }
      if (this.#clock.monotonicMs() > untilMs) throw trouble;
      await new Promise<void>((resolve) => this.#clock.schedule(retryBackoffMs, resolve));
      const view = await this.#client.refresh().catch(() => undefined);
      if (view !== undefined && !view.topics.has(partition.topicId)) throw topicGone(operation, partition);
    }
  }

  /** As last known; -1: not known, which a leader takes for any. */
  epochOf({ topicId, partition }: KafkaPartition): number {
    return this.#client.metadata().topics.get(topicId)?.partitions[partition]?.leaderEpoch ?? -1;
  }
}

const topicGone = (operation: string, { topicName, topicId }: KafkaPartition): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: `the topic '${topicName}' with the id ${topicId} is not in the cluster any more`,
    retriable: false,
    outcome: 'refused',
    hint: 'the topic was deleted; if it was created again, it is another topic',
  });
