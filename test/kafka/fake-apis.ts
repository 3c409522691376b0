import { onTestFinished } from 'vitest';
import type { Sparse } from '../../src/codec/api.ts';
import { type ApiVersionsResponse, apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { type ProduceRequest, type ProduceResponse, produceApi } from '../../src/codec/messages/produce.ts';
import { CloseConnection, type RequestContext, type ServedApi, serve } from '../../src/kafka/served-api.ts';
import { settle } from '../broker/fake-clock.ts';
import { encodeRequestFrame } from '../codec/client-frames.ts';
import { until } from '../until.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

type Ending = 'answer' | 'none' | 'throw' | 'close';

/**
 * A table of two APIs whose handlers answer when the test says so: `Produce`, which is pipelined, and `ApiVersions`, which is
 * not. A request is known by its number: the time-out of Produce, the node id of ApiVersions.
 */
export class Handlers {
  /** What was begun, in order, as `produce 1`. */
  readonly begun: string[] = [];
  readonly contexts: RequestContext[] = [];
  readonly #open = new Map<string, (end: Ending) => void>();
  /** How large an answer of ApiVersions is. */
  answerBytes = 0;
  /** Answers by itself. */
  isAutomatic = false;

  readonly apis: readonly ServedApi[] = [
    serve(
      produceApi,
      (context, request): Promise<ProduceResponse | undefined> =>
        this.#begin(`produce ${request.timeoutMs}`, context, { responses: [], throttleTimeMs: request.timeoutMs }),
      { isPipelined: true },
    ),
    serve(apiVersionsApi, (context, request): Promise<ApiVersionsResponse | undefined> =>
      this.#begin(`ask ${request.nodeId}`, context, {
        errorCode: 0,
        apiKeys: [],
        throttleTimeMs: request.nodeId,
        supportedFeatures: featuresOf(this.answerBytes),
      }),
    ),
  ];

  #begin<T>(name: string, context: RequestContext, answer: T): Promise<T | undefined> {
    this.begun.push(name);
    this.contexts.push(context);
    if (this.isAutomatic) return Promise.resolve(answer);
    return new Promise((resolve, reject) => {
      this.#open.set(name, (end) => {
        if (end === 'throw') reject(new Error(`${name} has a bug`));
        else if (end === 'close') reject(new CloseConnection(`${name} cannot be answered`));
        else resolve(end === 'answer' ? answer : undefined);
      });
    });
  }

  /** Ends all that was begun and will be: a stop waits for what is being worked on. */
  endAll(): void {
    this.isAutomatic = true;
    for (const end of this.#open.values()) end('none');
  }

  /** Ends what was begun under this name. */
  async end(name: string, how: Ending = 'answer'): Promise<void> {
    await until(() => this.#open.has(name), `${name} to be begun`);
    this.#open.get(name)!(how);
    this.#open.delete(name);
  }
}

const featuresOf = (bytes: number) =>
  Array.from({ length: Math.ceil(bytes / 32_000) }, () => ({
    name: 'x'.repeat(32_000),
    minVersion: 0,
    maxVersion: 0,
  }));

/** Gives everything that could still come the time to come. */
export const quiet = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await settle();
};

/** A whole request, known by its number, with so many bytes of records. */
export const produce = (number: number, moreBytes = 0): Buffer => {
  const request: Sparse<ProduceRequest> = {
    transactionalId: null,
    acks: -1,
    timeoutMs: number,
    topicData: moreBytes === 0 ? [] : [{ name: 't', partitionData: [{ index: 0, records: Buffer.alloc(moreBytes) }] }],
  };
  return encodeRequestFrame(produceApi, 9, request, { correlationId: number });
};
export const ask = (number: number): Buffer =>
  encodeRequestFrame(
    apiVersionsApi,
    5,
    { clientSoftwareName: 'test', clientSoftwareVersion: '1', nodeId: number },
    { correlationId: number },
  );

/** The correlation ids of the next answers. */
export const answersOf = async (client: KafkaClient, count: number): Promise<number[]> => {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push((await client.nextFrame()).readInt32BE());
  return ids;
};

/** The door before handlers that the test plays. It is closed when the test is over. */
export const openFakeDoor = async (change: Parameters<typeof openKafkaDoor>[0] = {}) => {
  const handlers = new Handlers();
  const door = await openKafkaDoor({ apis: handlers.apis, ...change });
  onTestFinished(async () => {
    handlers.endAll();
    await door.close();
  });
  const warnings = (): string[] => door.logged.filter(({ level }) => level === 'warn').map(({ message }) => message);
  const errors = (): string[] => door.logged.filter(({ level }) => level === 'error').map(({ message }) => message);
  return { ...door, handlers, warnings, errors };
};
