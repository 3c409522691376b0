import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import type { Api, Sparse } from '../../src/codec/api.ts';
import type { ConfigEntry } from '../../src/core/config-value.ts';
import { FrameReader } from '../../src/codec/frame-reader.ts';
import type { KafkaSettings } from '../../src/kafka/kafka-settings.ts';
import { KafkaServer } from '../../src/kafka/server.ts';
import type { ServedApi } from '../../src/kafka/served-api.ts';
import { soleNode } from '../../src/ports/cluster.ts';
import { FewLines } from '../../src/system/few-lines.ts';
import { startBroker, thisNode } from '../broker/broker-fixture.ts';
import { decodeResponseFrame, encodeRequestFrame } from '../codec/client-frames.ts';

/** Some of the settings of the server that clients are shown. */
const brokerConfig: readonly ConfigEntry[] = (
  [
    ['group.share.max.size', '200', '300', 'int', 'Members of one share group'],
    ['auto.create.topics.enable', 'false', 'false', 'boolean', 'A produce or acquire creates the topic it names'],
    ['group.share.heartbeat.interval.ms', '5000', '6000', 'int', 'Interval of the heartbeats of members'],
  ] as const
).map(([name, defaultValue, value, type, description]) => ({
  name,
  defaultValue,
  value,
  type,
  description,
  isSet: value !== defaultValue,
  isFixed: true,
}));

export const kafkaSettings: KafkaSettings = {
  requestMaxBytes: 104_857_600,
  queuedMaxRequestBytes: 536_870_912,
  queuedMaxResponseBytes: 268_435_456,
  maxConnections: 10_000,
  connectionsMaxIdleMs: 600_000,
  requestTimeoutMs: 30_000,
  maxFetchSessions: 1_000,
};

/** A client that sends what it is told and takes answers in their order. */
export class KafkaClient {
  readonly socket: Socket;
  readonly #frames = new FrameReader(2 ** 31 - 1, 4);
  readonly #received: Buffer[] = [];
  #wanted: { readonly resolve: (frame: Buffer) => void; readonly reject: (error: Error) => void }[] = [];
  #nextCorrelationId = 1;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#frames.read(chunk, (frame) => {
        const next = this.#wanted.shift();
        if (next === undefined) this.#received.push(frame);
        else next.resolve(frame);
      });
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { reject } of this.#wanted) reject(new Error('the server closed the connection'));
      this.#wanted = [];
    });
  }

  /** The next answer, without its length. Rejects when the connection is closed before. */
  nextFrame(): Promise<Buffer> {
    const frame = this.#received.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    if (this.socket.destroyed) return Promise.reject(new Error('the server closed the connection'));
    return new Promise((resolve, reject) => this.#wanted.push({ resolve, reject }));
  }

  /** Sends a request; the answer is that of the same place in the order. Fields that are left out have their defaults. */
  async call<Request, Response>(
    api: Api<Request, Response>,
    version: number,
    request: Sparse<Request>,
    clientId = 'test',
  ): Promise<Response> {
    const correlationId = this.#nextCorrelationId++;
    this.socket.write(encodeRequestFrame(api, version, request, { correlationId, clientId }));
    const answer = decodeResponseFrame(api, version, await this.nextFrame());
    if (answer.correlationId !== correlationId) throw new Error(`answer ${answer.correlationId} to ${correlationId}`);
    return answer.response;
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

/** The Kafka door before a broker on memory adapters and a fake clock. `close` ends clients, door and broker. */
export const openKafkaDoor = async (
  change: {
    readonly settings?: Partial<KafkaSettings>;
    readonly broker?: Parameters<typeof startBroker>[0];
    readonly apis?: readonly ServedApi[];
  } = {},
) => {
  const started = await startBroker(change.broker);
  const { broker, clock } = started;
  const logged: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const lines = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  // As in the process: what is closed again and again has few lines.
  const logger = new FewLines(lines, clock);
  const server = new KafkaServer(
    { broker, cluster: change.broker?.cluster ?? soleNode(() => thisNode), clock, logger, brokerConfig },
    { ...kafkaSettings, ...change.settings },
    change.apis,
  );
  const clusterId = Buffer.from(broker.clusterId).toString('base64url');
  const address = await server.listen(
    { host: '127.0.0.1', port: 0 },
    { nodeId: 1, clusterId, host: '127.0.0.1', port: null },
  );
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  const clients: KafkaClient[] = [];

  const open = async (): Promise<KafkaClient> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new KafkaClient(socket);
    clients.push(client);
    return client;
  };

  const close = async (): Promise<void> => {
    for (const client of clients) client.socket.destroy();
    await broker.drain();
    await server.stop();
    await broker.stop();
  };

  return { ...started, server, port, clusterId, logged, open, close };
};
