import { type Socket, connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { Api, Sparse } from '../codec/api.ts';

import { FrameReader } from '../codec/frame-reader.ts';
import { encodeRequestFrame, readResponse } from '../codec/frame.ts';
import { MessageReader } from '../codec/message-reader.ts';
import { apiVersionsApi } from '../codec/messages/api-versions.ts';
import { saslAuthenticateApi } from '../codec/messages/sasl-authenticate.ts';
import { saslHandshakeApi } from '../codec/messages/sasl-handshake.ts';
import type { Clock } from '../ports/clock.ts';
import { errorName } from './error-name.ts';
import type { KafkaClientSettings } from './kafka-client-settings.ts';
import { KafkaUnavailable, KafkaUnsupported } from './kafka-unavailable.ts';
import { authenticate } from './sasl.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

interface Waiting {
  readonly correlationId: number;
  readonly settle: (outcome: { readonly frame: MessageReader } | { readonly error: Error }) => void;
}

/** A session with a broker that ends is given up so much before, as Kafka's clients do (85 to 95 % of its life). */
const sessionShare = 0.85;

/**
 * One connection to a broker: versions known, authenticated. Requests are written at once, and answered by the broker in
 * their order, one after the other: one that waits (a long poll) holds up those behind it.
 */
export class KafkaConnection {
  readonly #name: string;
  readonly #settings: KafkaClientSettings;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  /** Of what was sent and not answered, the oldest first. */
  readonly #waiting: Waiting[] = [];
  readonly #versions = new Map<number, { readonly min: number; readonly max: number }>();
  #nextCorrelationId = 0;
  #ended: KafkaUnavailable | undefined;
  #endsAtMs = Infinity;
  #idle: (() => void) | undefined;

  private constructor(name: string, socket: Socket, settings: KafkaClientSettings, clock: Clock) {
    this.#name = name;
    this.#settings = settings;
    this.#clock = clock;
    this.#socket = socket;
    this.#frames = new FrameReader(settings.responseMaxBytes, 4, { frame: 'an answer', limit: 'the limit' });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#end('the connection broke', error));
    socket.on('close', () => this.#end('the broker closed the connection'));
  }

  /**
   * @param name for messages, such as `broker 1 (10.0.0.1:9092)`
   * @throws KafkaUnavailable, not sent
   */
  static async open(
    name: string,
    address: BrokerAddress,
    settings: KafkaClientSettings,
    clock: Clock,
  ): Promise<KafkaConnection> {
    const socket = openSocket(address, settings);
    const connection = new KafkaConnection(name, socket, settings, clock);
    const { connectTimeoutMs } = settings;
    const timer = clock.schedule(connectTimeoutMs, () =>
      connection.#end(`no connection within ${connectTimeoutMs} ms`),
    );
    try {
      await connection.#connected();
      await connection.#askVersions();
      if (settings.sasl !== undefined) await connection.#authenticate();
      return connection;
    } catch (error) {
      connection.close();
      if (error instanceof KafkaUnavailable || error instanceof KafkaUnsupported) {
        // Nothing was sent yet of what the connection was opened for.
        const hint = error instanceof KafkaUnavailable ? error.hint : undefined;
        throw new KafkaUnavailable(error.message, { sent: false, cause: error.cause, ...(hint && { hint }) });
      }
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** Whether it takes requests. */
  get isUsable(): boolean {
    return this.#ended === undefined && this.#clock.monotonicMs() < this.#endsAtMs;
  }

  /** The highest version that both know, at most `maxVersion`; KafkaUnsupported when there is none. */
  versionOf(api: Api<unknown, unknown>, maxVersion = Infinity): number {
    const served = this.#versions.get(api.key);
    if (served === undefined) throw new KafkaUnsupported(`${this.#name} does not have the API ${api.name}`);
    const version = Math.min(served.max, api.lastVersion, maxVersion);
    if (version < served.min || version < api.firstVersion) {
      throw new KafkaUnsupported(
        `${this.#name} has ${api.name} in versions ${served.min} to ${served.max}; ${api.firstVersion} to ${Math.min(api.lastVersion, maxVersion)} are needed`,
      );
    }
    return version;
  }

  /**
   * Sends a request and waits for its answer. When that takes longer than `timeoutMs` the connection is closed, and with it
   * all that waits on it. An aborted request is given up alone; its answer is thrown away when it comes.
   *
   * @throws KafkaUnavailable, CodecError for a request that cannot be written, and the signal's reason
   */
  async request<Request, Response>(
    api: Api<Request, Response>,
    version: number,
    request: Sparse<Request>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Response> {
    const { timeoutMs, signal } = options;
    signal?.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    const correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (correlationId + 1) % 0x7fff_ffff;
    const frame = encodeRequestFrame(api, version, request, { correlationId, clientId: this.#settings.clientId });
    const timer = this.#clock.schedule(timeoutMs, () => this.#end(`no answer to ${api.name} within ${timeoutMs} ms`));
    let giveUp: (() => void) | undefined;
    try {
      const reader = await new Promise<MessageReader>((resolve, reject) => {
        this.#waiting.push({
          correlationId,
          settle: (outcome) => ('frame' in outcome ? resolve(outcome.frame) : reject(outcome.error)),
        });
        giveUp = () => reject(signal?.reason as Error);
        signal?.addEventListener('abort', giveUp);
        this.#socket.cork();
        for (const chunk of frame.chunks) this.#socket.write(chunk);
        this.#socket.uncork();
      });
      return readResponse(api, version, reader);
    } catch (error) {
      if (error instanceof Error && error.name === 'CodecError') {
        this.#end(`an answer to ${api.name} that cannot be read: ${error.message}`);
        throw this.#ended ?? error;
      }
      throw error;
    } finally {
      timer.cancel();
      if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp);
    }
  }

  /** What waits fails, as sent. */
  close(): void {
    this.#end('the client was closed');
  }

  /** Takes no more requests, and closes when the last answer has come. */
  retire(): void {
    if (this.#waiting.length === 0) this.close();
    else this.#idle = () => this.close();
  }

  #connected(): Promise<void> {
    const event = 'encrypted' in this.#socket ? 'secureConnect' : 'connect';
    return new Promise((resolve, reject) => {
      this.#socket.once(event, () => {
        this.#socket.setNoDelay(true);
        resolve();
      });
      this.#socket.once('close', () => reject(this.#ended as Error));
    });
  }

  async #askVersions(): Promise<void> {
    const options = { timeoutMs: this.#settings.connectTimeoutMs };
    const version = 3;
    const software = { clientSoftwareName: 'sash', clientSoftwareVersion: '1' };
    const { errorCode, apiKeys } = await this.request(apiVersionsApi, version, software, options);
    if (errorCode !== 0) throw this.#failed(`ApiVersions v${version} was refused: ${errorName(errorCode)}`);
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      this.#versions.set(apiKey, { min: minVersion, max: maxVersion });
    }
  }

  async #authenticate(): Promise<void> {
    const credentials = this.#settings.sasl!;
    const options = { timeoutMs: this.#settings.connectTimeoutMs };
    const { mechanism } = credentials;
    const hint = 'check log.kafka.sasl.mechanism, log.kafka.sasl.username and log.kafka.sasl.password';
    const handshake = await this.request(saslHandshakeApi, 1, { mechanism }, options);
    if (handshake.errorCode !== 0) {
      const offered = handshake.mechanisms.join(', ') || 'none';
      throw this.#failed(`${mechanism} is not offered (${errorName(handshake.errorCode)}); offered: ${offered}`, hint);
    }
    const version = this.versionOf(saslAuthenticateApi);
    let lifetimeMs = 0;
    const exchange = async (authBytes: Uint8Array): Promise<Uint8Array> => {
      const answer = await this.request(saslAuthenticateApi, version, { authBytes }, options);
      if (answer.errorCode !== 0) throw new Error(answer.errorMessage ?? errorName(answer.errorCode));
      lifetimeMs = answer.sessionLifetimeMs ?? 0;
      return answer.authBytes;
    };
    try {
      await authenticate(credentials, exchange);
    } catch (error) {
      if (error instanceof KafkaUnavailable) throw error;
      throw this.#failed(`authentication with ${mechanism} failed: ${(error as Error).message}`, hint);
    }
    if (lifetimeMs > 0) this.#endsAtMs = this.#clock.monotonicMs() + lifetimeMs * sessionShare;
  }

  #failed(why: string, hint?: string): KafkaUnavailable {
    return new KafkaUnavailable(`${this.#name}: ${why}`, { sent: false, ...(hint && { hint }) });
  }

  #read(chunk: Buffer): void {
    try {
      this.#frames.read(chunk, (frame) => this.#answered(new MessageReader(frame)));
    } catch (error) {
      this.#end((error as Error).message);
    }
  }

  #answered(frame: MessageReader): void {
    const correlationId = frame.int32('correlationId');
    const waiting = this.#waiting.shift();
    if (waiting === undefined || waiting.correlationId !== correlationId) {
      if (waiting !== undefined) this.#waiting.unshift(waiting);
      this.#end(
        `an answer with the correlation id ${correlationId}, where ${waiting?.correlationId ?? 'none'} was due`,
      );
      return;
    }
    waiting.settle({ frame });
    if (this.#waiting.length === 0) this.#idle?.();
  }

  #end(why: string, cause?: Error): void {
    if (this.#ended !== undefined) return;
    const reason = cause === undefined ? why : `${why}: ${cause.message || (cause as NodeJS.ErrnoException).code}`;
    const message = `${this.#name}: ${reason}`;
    this.#ended = new KafkaUnavailable(message, { sent: false, cause });
    this.#socket.destroy();
    const error = new KafkaUnavailable(message, { sent: true, cause });
    for (const { settle } of this.#waiting.splice(0)) settle({ error });
  }
}

const openSocket = ({ host, port }: BrokerAddress, settings: KafkaClientSettings): Socket => {
  if (!settings.securityProtocol.endsWith('SSL')) return connectTcp({ host, port });
  const { ca, cert, key } = settings.ssl ?? {};
  return connectTls({
    host,
    port,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
};
