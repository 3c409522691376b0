import type { Api, Sparse } from '../codec/api.ts';
import { errorCodes } from '../codec/error-codes.ts';
import { createPartitionsApi } from '../codec/messages/create-partitions.ts';
import { createTopicsApi } from '../codec/messages/create-topics.ts';
import { deleteTopicsApi } from '../codec/messages/delete-topics.ts';
import { describeConfigsApi } from '../codec/messages/describe-configs.ts';
import { incrementalAlterConfigsApi } from '../codec/messages/incremental-alter-configs.ts';
import { metadataApi } from '../codec/messages/metadata.ts';
import type { ConfigChange, ConfigOverrides } from '../core/config-value.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { TopicId } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { errorName } from '../kafka-client/error-name.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import { kafkaFault, refusedByKafka } from '../kafka-client/kafka-fault.ts';
import { KafkaUnavailable } from '../kafka-client/kafka-unavailable.ts';
import type { Clock } from '../ports/clock.ts';

/** A topic's configs: what was set for it, and what is in force where nothing was. */
export interface TopicConfigs {
  readonly config: ConfigOverrides;
  readonly inherited: ConfigOverrides;
}

/** ConfigResource.Type.TOPIC; ConfigSource.TOPIC_CONFIG; AlterConfigOp. */
const topicResource = 2;
const topicSource = 1;
const setOperation = 0;
const deleteOperation = 1;

/** How long the controller may take; while there is none, or another one, it is looked for so long too. */
const timeoutMs = 15_000;
const retryMs = 200;
const topicsPerRequest = 500;

/** What Kafka refuses and a client has to hear of. What is not here is a fault. */
const refusals: ReadonlyMap<number, ErrorCode> = new Map([
  [errorCodes.TOPIC_ALREADY_EXISTS, 'TOPIC_ALREADY_EXISTS'],
  [errorCodes.INVALID_TOPIC_EXCEPTION, 'INVALID_TOPIC_EXCEPTION'],
  [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [errorCodes.UNKNOWN_TOPIC_ID, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [errorCodes.INVALID_PARTITIONS, 'INVALID_PARTITIONS'],
  [errorCodes.INVALID_REPLICATION_FACTOR, 'INVALID_REPLICATION_FACTOR'],
  [errorCodes.INVALID_REPLICA_ASSIGNMENT, 'INVALID_REPLICATION_FACTOR'],
  [errorCodes.INVALID_CONFIG, 'INVALID_CONFIG'],
  [errorCodes.INVALID_REQUEST, 'INVALID_REQUEST'],
  [errorCodes.POLICY_VIOLATION, 'POLICY_VIOLATION'],
  [errorCodes.TOPIC_DELETION_DISABLED, 'POLICY_VIOLATION'],
  [errorCodes.TOPIC_AUTHORIZATION_FAILED, 'TOPIC_AUTHORIZATION_FAILED'],
  [errorCodes.CLUSTER_AUTHORIZATION_FAILED, 'CLUSTER_AUTHORIZATION_FAILED'],
  [errorCodes.REASSIGNMENT_IN_PROGRESS, 'BUSY'],
  [errorCodes.THROTTLING_QUOTA_EXCEEDED, 'BUSY'],
] as const);

const fields: ReadonlyMap<ErrorCode, string> = new Map([
  ['INVALID_CONFIG', 'config'],
  ['INVALID_PARTITIONS', 'partitions'],
]);

interface Answer {
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}

/** What is asked of a Kafka cluster about its topics, one topic at a time. Throws Fault where it cannot be asked, or does not say why not. */
export class TopicAdmin {
  readonly #client: Pick<KafkaClient, 'request' | 'refresh' | 'metadata'>;
  readonly #clock: Clock;

  constructor(client: Pick<KafkaClient, 'request' | 'refresh' | 'metadata'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** @param options `replicationFactor` -1: as the cluster has it */
  async create(
    topic: { readonly name: string; readonly partitionCount: number; readonly config: ConfigOverrides },
    { replicationFactor, validateOnly }: { readonly replicationFactor: number; readonly validateOnly: boolean },
  ): Promise<Result<null>> {
    const { name, partitionCount: numPartitions } = topic;
    const configs = Object.entries(topic.config).map(([config, value]) => ({ name: config, value }));
    const asked = {
      topics: [{ name, numPartitions, replicationFactor, assignments: [], configs }],
      timeoutMs,
      validateOnly,
    };
    const answer = await this.#ask('create topic', createTopicsApi, asked, ({ topics }) => topics[0]);
    // It is being made, and did not get ready in time: whoever waits for it sees it.
    if (answer.errorCode === errorCodes.REQUEST_TIMED_OUT) return ok(null);
    return judged('create topic', name, answer);
  }

  async addPartitions(name: string, count: number, validateOnly: boolean): Promise<Result<null>> {
    const asked = { topics: [{ name, count, assignments: null }], timeoutMs, validateOnly };
    const answer = await this.#ask('add partitions', createPartitionsApi, asked, ({ results }) => results[0]);
    return judged('add partitions', name, answer);
  }

  async alter(name: string, change: ConfigChange, validateOnly: boolean): Promise<Result<null>> {
    const configs = Object.entries(change).map(([config, value]) => ({
      name: config,
      configOperation: value === null ? deleteOperation : setOperation,
      value,
    }));
    const asked = { resources: [{ resourceType: topicResource, resourceName: name, configs }], validateOnly };
    const of = 'alter configs';
    const answer = await this.#ask(of, incrementalAlterConfigsApi, asked, ({ responses }) => responses[0]);
    return judged(of, name, answer);
  }

  /** Where it is gone already there is nothing to do. By name, with brokers that do not take an id: it may be another topic by then. */
  async delete(id: TopicId, name: string): Promise<Result<null>> {
    const asked = (version: number) =>
      version >= 6 ? { topics: [{ topicId: id, name: null }], timeoutMs } : { topicNames: [name], timeoutMs };
    const answer = await this.#ask('delete topic', deleteTopicsApi, asked, ({ responses }) => responses[0]);
    const result = judged('delete topic', name, answer);
    return !result.ok && result.error.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? ok(null) : result;
  }

  /** By name. A topic that may not be asked for, or is gone, is missing. */
  async describe(names: readonly string[]): Promise<ReadonlyMap<string, TopicConfigs>> {
    const described = new Map<string, TopicConfigs>();
    for (let first = 0; first < names.length; first += topicsPerRequest) {
      const resources = names
        .slice(first, first + topicsPerRequest)
        .map((resourceName) => ({ resourceType: topicResource, resourceName, configurationKeys: null }));
      const { response } = await this.#client.request(describeConfigsApi, { resources }).catch((error: unknown) => {
        throw refusedRead(error);
      });
      for (const { errorCode, resourceName, configs } of response.results) {
        if (errorCode !== errorCodes.NONE) continue;
        const visible = configs.filter(({ value, isSensitive }) => value !== null && !isSensitive);
        const own = (isOwn: boolean): ConfigOverrides =>
          Object.fromEntries(
            visible.flatMap(({ name, value, configSource }) =>
              (configSource === topicSource) === isOwn ? [[name, value ?? '']] : [],
            ),
          );
        described.set(resourceName, { config: own(true), inherited: own(false) });
      }
    }
    return described;
  }

  /**
   * Whether a topic is really gone: every broker that is alive says so. A single one may just not have heard of it, and what is kept of a
   * topic that is gone is thrown away. Asked by name: by id, a topic that may not be seen any more is as unknown as one that is gone.
   */
  async isGone(id: TopicId, name: string): Promise<boolean> {
    const brokers = [...this.#client.metadata().brokers.keys()];
    const asked = { topics: [{ name }], allowAutoTopicCreation: false };
    const ask = async (broker: number): Promise<boolean> => {
      const { response } = await this.#client.request(metadataApi, asked, { broker });
      const topic = response.topics[0];
      if (topic === undefined) return false;
      const { errorCode, topicId } = topic;
      return errorCode === errorCodes.NONE ? topicId !== id : errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    };
    const answers = await Promise.all(brokers.map((broker) => ask(broker).catch(() => false)));
    return answers.length > 0 && answers.every(Boolean);
  }

  /** Asks the controller, wherever it is. */
  async #ask<Request, Response>(
    operation: string,
    api: Api<Request, Response>,
    request: Sparse<Request> | ((version: number) => Sparse<Request>),
    answerOf: (response: Response) => Answer | undefined,
  ): Promise<Answer> {
    const untilMs = this.#clock.monotonicMs() + timeoutMs;
    for (;;) {
      let trouble: unknown;
      try {
        const options = { broker: 'controller', timeoutMs: 2 * timeoutMs, lane: 'admin' } as const;
        const { response } = await this.#client.request(api, request, options);
        const answer = answerOf(response);
        if (answer === undefined) throw refusedByKafka(operation, 'an answer', errorCodes.UNKNOWN_SERVER_ERROR);
        if (answer.errorCode !== errorCodes.NOT_CONTROLLER) return answer;
        trouble = refusedByKafka(operation, 'it', answer.errorCode);
      } catch (error) {
        if (!(error instanceof KafkaUnavailable) || error.sent) throw kafkaFault(operation, error);
        trouble = kafkaFault(operation, error);
      }
      if (this.#clock.monotonicMs() >= untilMs) throw trouble;
      await new Promise<void>((resolve) => this.#clock.schedule(retryMs, resolve));
      await this.#client.refresh().catch(() => {});
    }
  }
}

const judged = (operation: string, name: string, { errorCode, errorMessage }: Answer): Result<null> => {
  if (errorCode === errorCodes.NONE) return ok(null);
  const code = refusals.get(errorCode);
  if (code === undefined) throw refusedByKafka(operation, `topic '${name}'`, errorCode, errorMessage ?? null);
  const message = `Kafka refuses it for topic "${name}": ${errorMessage || errorName(errorCode)}`;
  return reject(code, message, fields.get(code) ?? 'topic');
};

/** What only reads has changed nothing. */
const refusedRead = (error: unknown): unknown =>
  error instanceof KafkaUnavailable
    ? kafkaFault('read the configs of topics', new KafkaUnavailable(error.message, { sent: false, hint: error.hint }))
    : kafkaFault('read the configs of topics', error);
