import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

import type { Api } from '../../src/codec/api.ts';
import { FrameReader } from '../../src/codec/frame-reader.ts';
import { encodeResponseFrame, readRequest, readRequestHeader } from '../../src/codec/frame.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { type MetadataResponse, metadataApi } from '../../src/codec/messages/metadata.ts';

/** What a broker does with a request; undefined: nothing at all. */
type Answer = (socket: Socket, correlationId: number, request: unknown) => void;

/** A broker that does what a test tells it to; it knows the APIs that it has answers for. */
export class FakeBroker {
  readonly #answers = new Map<number, { readonly api: Api<unknown, unknown>; readonly answer: Answer }>();
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  /** Connections there ever were. */
  connections = 0;
  /** Names of the requests that came, in their order. */
  readonly requests: string[] = [];
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<this> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    this.on(apiVersionsApi, () => ({
      errorCode: 0,
      apiKeys: [...this.#answers.values()].map(({ api }) => ({
        apiKey: api.key,
        minVersion: api.firstVersion,
        maxVersion: api.lastVersion,
      })),
      throttleTimeMs: 0,
    }));
    this.on(metadataApi, () => this.metadata());
    return this;
  }

  /** It is the only broker, and has no topics, unless a test says otherwise. */
  metadata(change: Partial<MetadataResponse> = {}): MetadataResponse {
    const brokers = [{ nodeId: 1, host: '127.0.0.1', port: this.#port }];
    return { throttleTimeMs: 0, brokers, clusterId: 'one', controllerId: 1, topics: [], errorCode: 0, ...change };
  }

  on<Request, Response>(api: Api<Request, Response>, answer: (request: Request) => Response): void {
    this.raw(api, (socket, correlationId, request) => {
      // ApiVersions is asked in version 3, everything else in the last one.
      const version = api.key === apiVersionsApi.key ? 3 : api.lastVersion;
      for (const chunk of encodeResponseFrame(api, version, correlationId, answer(request as Request)).chunks) {
        socket.write(chunk);
      }
    });
  }

  raw<Request, Response>(api: Api<Request, Response>, answer: Answer): void {
    this.#answers.set(api.key, { api, answer });
  }

  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.breakConnections();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    const frames = new FrameReader(1_000_000);
    socket.on('data', (chunk: Buffer) =>
      frames.read(chunk, (frame) => {
        const reader = new MessageReader(frame);
        const { apiKey, apiVersion, correlationId } = readRequestHeader(reader);
        const { api, answer } = this.#answers.get(apiKey)!;
        this.requests.push(api.name);
        answer(socket, correlationId, readRequest(api, apiVersion, reader));
      }),
    );
  }
}

/** Never answered. */
export const silence = (): void => {};
