import type { Api, Sparse } from '../../src/codec/api.ts';
import { type ErrorName, errorCodes } from '../../src/codec/error-codes.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { MessageWriter } from '../../src/codec/message-writer.ts';
import type { InitProducerIdResponse } from '../../src/codec/messages/init-producer-id.ts';
import type { ProduceRequest, ProduceResponse } from '../../src/codec/messages/produce.ts';
import { inspectBatch } from '../../src/codec/record-batch.ts';
import { type TopicId, topicId } from '../../src/core/ids.ts';
import { type ProducerState, checkSequence, stateAfter } from '../../src/core/producer/producer-state.ts';
import type { KafkaRequestOptions } from '../../src/kafka-client/kafka-client.ts';
import { type KafkaClusterView, type KafkaTopicView, nothingKnown } from '../../src/kafka-client/kafka-cluster-view.ts';
import { KafkaUnavailable } from '../../src/kafka-client/kafka-unavailable.ts';

/**
 * What becomes of a Produce request: an error for all its partitions; `lost`: carried out, and the connection breaks; `broken`: it breaks
 * before; `unreachable`: it was never sent; `late`: as `broken`, and carried out when `deliverLate` is called.
 */
export type Fate = 'answer' | 'lost' | 'broken' | 'unreachable' | 'late' | { readonly error: ErrorName };

export interface FakeBatch {
  readonly baseOffset: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** The first byte after the header: what tests know a batch by. */
  readonly mark: number;
}

interface FakePartition {
  leader: number;
  endOffset: number;
  readonly batches: FakeBatch[];
  readonly producers: Map<number, ProducerState>;
}

type Answer = ProduceResponse['responses'][number]['partitionResponses'][number];

/** A Kafka cluster of two brokers within the process, as KafkaClient is used by who appends: requests go through the codec. */
export class FakeKafka {
  /** Of Produce. */
  version = 13;
  /** The fates of the next Produce requests, in the order in which they come; those after them are answered. */
  fates: Fate[] = [];
  /** Decides where `fates` is empty. */
  fate: (broker: number) => Fate = () => 'answer';
  /** Each request: the broker, and the batches as `partition:mark`. */
  readonly requests: { readonly broker: number; readonly batches: readonly string[] }[] = [];
  /** While true, requests wait. */
  isHeld = false;
  /** The most that were under way at one broker at a time. */
  mostInFlight = 0;
  refreshes = 0;
  initProducerIdError: ErrorName = 'NONE';
  readonly #topics = new Map<TopicId, { readonly name: string; readonly partitions: FakePartition[] }>();
  readonly #lines = new Map<number, Promise<void>>();
  readonly #inFlight = new Map<number, number>();
  readonly #late: (() => void)[] = [];
  #held: (() => void)[] = [];
  #nextProducerId = 4000;
  #view: KafkaClusterView = nothingKnown;

  createTopic(name: string, partitions: number): TopicId {
    const id = topicId(Buffer.from(name.padEnd(16, '_')).toString('base64url'));
    const make = (_: unknown, index: number): FakePartition => ({
      leader: index % 2,
      endOffset: 0,
      batches: [],
      producers: new Map(),
    });
    this.#topics.set(id, { name, partitions: Array.from({ length: partitions }, make) });
    this.#renew();
    return id;
  }

  deleteTopic(id: TopicId): void {
    this.#topics.delete(id);
  }

  partition(id: TopicId, index = 0): FakePartition {
    return this.#topics.get(id)!.partitions[index]!;
  }

  marks(id: TopicId, index = 0): number[] {
    return this.partition(id, index).batches.map(({ mark }) => mark);
  }

  release(): void {
    this.isHeld = false;
    for (const go of this.#held.splice(0)) go();
  }

  /** Requests that got lost on the way arrive after all. */
  deliverLate(): void {
    for (const deliver of this.#late.splice(0)) deliver();
  }

  // ───────────── as KafkaClient ─────────────

  metadata(): KafkaClusterView {
    return this.#view;
  }

  async refresh(): Promise<KafkaClusterView> {
    this.refreshes++;
    await Promise.resolve();
    this.#renew();
    return this.#view;
  }

  async request<Request, Response>(
    api: Api<Request, Response>,
    request: Sparse<Request> | ((version: number) => Sparse<Request>),
    options: KafkaRequestOptions = {},
  ): Promise<{ readonly response: Response; readonly version: number; readonly broker: number }> {
    const version = Math.min(this.version, api.lastVersion);
    const body = typeof request === 'function' ? request(version) : request;
    const decoded = throughCodec(
      (writer) => api.encodeRequest(writer, version, body),
      (reader) => api.decodeRequest(reader, version),
    );
    const broker = typeof options.broker === 'number' ? options.broker : 0;
    const answer = api.name === 'InitProducerId' ? this.#initProducerId() : await this.#inLine(broker, decoded);
    const response = throughCodec(
      (writer) => api.encodeResponse(writer, version, answer as Response),
      (reader) => api.decodeResponse(reader, version),
    );
    return { response, version, broker };
  }

  #renew(): void {
    const topics = [...this.#topics].map(([id, { name, partitions }]): KafkaTopicView => ({
      id,
      name,
      isInternal: false,
      partitions: partitions.map(({ leader }, partition) => ({
        partition,
        leader,
        leaderEpoch: 0,
        replicas: [0, 1],
        inSync: [0, 1],
        offline: [],
      })),
    }));
    this.#view = {
      clusterId: 'fake',
      controllerId: 0,
      brokers: new Map([0, 1].map((nodeId) => [nodeId, { nodeId, host: 'fake', port: 1, rack: null }])),
      topics: new Map(topics.map((topic) => [topic.id, topic])),
      topicsByName: new Map(topics.map((topic) => [topic.name, topic])),
    };
  }

  #initProducerId(): InitProducerIdResponse {
    const errorCode = errorCodes[this.initProducerIdError];
    const producerId = errorCode === 0 ? this.#nextProducerId++ : -1;
    return { throttleTimeMs: 0, errorCode, producerId, producerEpoch: errorCode === 0 ? 0 : -1 };
  }

  /** A broker answers one after the other. */
  async #inLine(broker: number, request: unknown): Promise<ProduceResponse> {
    const inFlight = (this.#inFlight.get(broker) ?? 0) + 1;
    this.#inFlight.set(broker, inFlight);
    this.mostInFlight = Math.max(this.mostInFlight, inFlight);
    const before = this.#lines.get(broker) ?? Promise.resolve();
    const answer = before.then(() => this.#produce(broker, request as ProduceRequest));
    this.#lines.set(
      broker,
      answer.then(
        () => {},
        () => {},
      ),
    );
    try {
      return await answer;
    } finally {
      this.#inFlight.set(broker, (this.#inFlight.get(broker) ?? 0) - 1);
    }
  }

  async #produce(broker: number, request: ProduceRequest): Promise<ProduceResponse> {
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    const fate = this.fates.shift() ?? this.fate(broker);
    if (fate !== 'unreachable') {
      const batches = request.topicData.flatMap(({ partitionData }) =>
        partitionData.map(({ index, records }) => `${index}:${records?.[61]}`),
      );
      this.requests.push({ broker, batches });
    }
    const carryOut = (): ProduceResponse => this.#carryOut(broker, request);
    if (fate === 'late') this.#late.push(carryOut);
    if (fate === 'lost') carryOut();
    if (typeof fate === 'string' && fate !== 'answer') {
      throw new KafkaUnavailable(`the request was ${fate}`, { sent: fate !== 'unreachable' });
    }
    const error = typeof fate === 'string' ? undefined : fate.error;
    // These are told after the batch has been appended.
    if (error === undefined || error === 'REQUEST_TIMED_OUT' || error === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND') {
      const answer = carryOut();
      return error === undefined ? answer : mapAnswers(answer, (each) => refusal(each.index, error));
    }
    return this.#answers(request, ({ index }) => refusal(index, error));
  }

  #carryOut(broker: number, request: ProduceRequest): ProduceResponse {
    return this.#answers(request, ({ index, records, id }) => {
      const topic = this.#topics.get(id);
      const partition = topic?.partitions[index];
      if (partition === undefined) return refusal(index, 'UNKNOWN_TOPIC_OR_PARTITION');
      if (partition.leader !== broker) return refusal(index, 'NOT_LEADER_OR_FOLLOWER');
      return this.#appendTo(partition, index, records);
    });
  }

  #appendTo(partition: FakePartition, index: number, records: Uint8Array): Answer {
    // Throws where the CRC does not fit.
    const header = inspectBatch(records);
    const offsetCount = header.lastOffsetDelta + 1;
    const { producerId, producerEpoch, baseSequence } = header;
    const state = partition.producers.get(producerId);
    const checked = checkSequence(state, { producerId, producerEpoch, baseSequence }, offsetCount);
    if (!checked.ok) return refusal(index, checked.error.code as ErrorName);
    if (checked.value !== undefined) return appended(index, checked.value);
    const baseOffset = partition.endOffset;
    partition.batches.push({ baseOffset, producerId, producerEpoch, baseSequence, mark: records[61] ?? -1 });
    partition.producers.set(
      producerId,
      stateAfter(state, { producerId, producerEpoch, baseSequence }, { baseOffset, offsetCount }),
    );
    partition.endOffset += offsetCount;
    return appended(index, baseOffset);
  }

  #answers(
    request: ProduceRequest,
    answer: (batch: { readonly id: TopicId; readonly index: number; readonly records: Uint8Array }) => Answer,
  ): ProduceResponse {
    return {
      responses: request.topicData.map(({ name, topicId: askedId, partitionData }) => {
        const byName = [...this.#topics].find(([, topic]) => topic.name === name)?.[0];
        const id = this.version >= 13 ? topicId(askedId) : (byName ?? topicId(askedId));
        const partitionResponses = partitionData.map(({ index, records }) => answer({ id, index, records: records! }));
        return { name, topicId: askedId, partitionResponses };
      }),
    };
  }
}

const throughCodec = <T>(write: (writer: MessageWriter) => void, read: (reader: MessageReader) => T): T => {
  const writer = new MessageWriter();
  writer.reset();
  write(writer);
  return read(new MessageReader(Buffer.concat(writer.finish().chunks)));
};

const appended = (index: number, baseOffset: number): Answer => ({
  index,
  errorCode: 0,
  baseOffset,
  recordErrors: [],
});

const refusal = (index: number, error: ErrorName): Answer => ({
  index,
  errorCode: errorCodes[error],
  baseOffset: -1,
  recordErrors: [],
  errorMessage: `as the test wants it: ${error}`,
});

const mapAnswers = (answer: ProduceResponse, change: (each: Answer) => Answer): ProduceResponse => ({
  responses: answer.responses.map((topic) => ({
    ...topic,
    partitionResponses: topic.partitionResponses.map(change),
  })),
});
