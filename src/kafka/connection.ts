import type { Socket } from 'node:net';
import { CodecError } from '../codec/codec-error.ts';
import { type RequestHeader, encodeResponseFrame, readRequest, readRequestHeader } from '../codec/frame.ts';
import { MessageReader } from '../codec/message-reader.ts';
import type { EncodedFrame } from '../codec/message-writer.ts';
import { type RequestMeters, noteRequest } from '../core/measure/request-meter.ts';
import { apiVersionsApi } from '../codec/messages/api-versions.ts';
import type { AnswerMemory } from './answer-memory.ts';
import { FrameError, FrameReader } from '../codec/frame-reader.ts';
import { refuseApiVersions } from './handlers/api-versions.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { logRefusal } from './log-refusal.ts';
import type { RequestMemory } from './request-memory.ts';
import { CloseConnection, type DoorContext, type RequestContext, type ServedApi } from './served-api.ts';

/** Requests that may be worked on at once, where the API allows it. Kafka's clients send at most five. */
const maxPipelined = 8;
/** Requests up to this size are read without taking room: there is no more of them than one chunk of the socket. */
const smallRequestBytes = 64 * 1024;
/** Requests of one connection that are begun before others have their turn: a chunk may hold thousands. */
const maxInRow = 32;

/** What a connection is given. */
export interface ConnectionSurroundings {
  readonly context: DoorContext;
  readonly settings: KafkaSettings;
  readonly memory: RequestMemory;
  readonly answerMemory: AnswerMemory;
  /** By API key. */
  readonly served: ReadonlyMap<number, ServedApi>;
  readonly meters: RequestMeters;
  /** All that was received has been worked on, and nothing more will come. */
  closed(connection: Connection): void;
}

/** A request that has come, or is being worked on. */
interface Received {
  readonly frame: Buffer;
  /** Room that it took. */
  readonly roomBytes: number;
}

/** An answer in its place in the order of the requests; without `bytes` until it is there. */
interface Answer {
  state: 'open' | 'ready' | 'none';
  bytes: EncodedFrame | undefined;
  /** To be called when it has gone out, or never will. */
  gone: (() => void) | undefined;
}

/**
 * One client's connection.
 *
 * Requests are begun in the order in which they come. As in Kafka the next one is begun when the one before is answered, but
 * for those APIs that are pipelined (apis.ts). While requests wait, or the peer does not take its answers, nothing more
 * is read: so a connection holds one chunk of requests, one large request and one answer at most.
 *
 * Whatever was received before the connection broke is still done, because a producer that asks for no answer may close at once.
 * A peer that sends no more is gone, as in Kafka: a client that ends looks the same as one that closes only its half.
 */
export class Connection {
  readonly id: string;
  readonly clientHost: string;
  readonly #socket: Socket;
  readonly #surroundings: ConnectionSurroundings;
  readonly #frames: FrameReader;
  readonly #gone = new AbortController();
  #queue: Received[] = [];
  #answers: Answer[] = [];
  #active = 0;
  #activeIsPipelined = true;
  /** Room taken for the frame that is coming. */
  #roomBytes = 0;
  #begunInRow = 0;
  #waitsForRoom = false;
  #finishing = false;
  #ended = false;
  #told = false;
  /** Monotonic: when the frame that is coming began. */
  #withinSinceMs: number | undefined;
  #idleSinceMs: number;
  #movedBytes = 0;

  constructor(id: string, socket: Socket, surroundings: ConnectionSurroundings) {
    this.id = id;
    this.#socket = socket;
    this.#surroundings = surroundings;
    this.clientHost = hostOf(socket);
    this.#frames = new FrameReader(surroundings.settings.requestMaxBytes);
    this.#idleSinceMs = surroundings.context.clock.monotonicMs();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#goOn());
    socket.on('end', () => this.close());
    // 'close' follows; a peer that breaks off is nothing to tell.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  /** Ends it; what was received is still done. */
  close(): void {
    this.#socket.destroy();
  }

  /**
   * Begins nothing more, and ends it when what was begun is answered. It goes on reading, and forgets what it reads: a socket
   * closed over unread bytes is reset, which can take the last answer from the peer.
   */
  finish(): void {
    this.#finishing = true;
    this.#drop();
    this.#goOn();
  }

  /** Closes it when it has been idle, or within one request, for too long. */
  sweep(nowMs: number): void {
    const { connectionsMaxIdleMs, requestTimeoutMs } = this.#surroundings.settings;
    const moved = this.#socket.bytesRead + this.#socket.bytesWritten - this.#socket.writableLength;
    if (moved !== this.#movedBytes || this.#active > 0) {
      this.#movedBytes = moved;
      this.#idleSinceMs = nowMs;
    }
    if (!this.#frames.isWithin || !this.#isReading) this.#withinSinceMs = undefined;
    else this.#withinSinceMs ??= nowMs;
    if (this.#withinSinceMs !== undefined && nowMs - this.#withinSinceMs >= requestTimeoutMs) {
      this.#refuse(`a request has not come to its end in kafka.request.timeout.ms, ${requestTimeoutMs}`);
    } else if (nowMs - this.#idleSinceMs >= connectionsMaxIdleMs) {
      this.#surroundings.context.logger.debug({ peer: this.clientHost }, 'closed an idle connection');
      this.close();
    }
  }

  // ───────────── reading ─────────────

  #read(chunk: Buffer): void {
    if (this.#finishing || this.#socket.destroyed) return;
    try {
      this.#frames.read(chunk, (frame) => {
        this.#queue.push({ frame, roomBytes: this.#roomBytes });
        this.#roomBytes = 0;
        this.#withinSinceMs = undefined;
      });
      this.#takeRoom();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // What came before it is whole, and is still done.
      this.#refuse(error.message);
    }
    this.#begin();
  }

  #takeRoom(): void {
    const { comingBytes } = this.#frames;
    if (this.#roomBytes > 0 || this.#waitsForRoom || comingBytes <= smallRequestBytes || this.#ended) return;
    this.#waitsForRoom = !this.#surroundings.memory.take(comingBytes, this.#gotRoom);
    if (!this.#waitsForRoom) this.#roomBytes = comingBytes;
  }

  readonly #gotRoom = (): void => {
    this.#waitsForRoom = false;
    this.#roomBytes = this.#frames.comingBytes;
    this.#pauseOrResume();
  };

  get #isReading(): boolean {
    return this.#finishing || (this.#queue.length === 0 && !this.#waitsForRoom);
  }

  #pauseOrResume(): void {
    if (this.#ended) return;
    if (this.#isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  // ───────────── working ─────────────

  #goOn(): void {
    this.#write();
    this.#begin();
  }

  #begin(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      // An answer that the peer does not take yet: what comes next would only be kept beside it.
      if (!this.#ended && this.#socket.writableNeedDrain) break;
      // What a request begins with is its API key.
      const isPipelined = this.#surroundings.served.get(next.frame.readInt16BE())?.isPipelined === true;
      if (this.#active > 0 && !(isPipelined && this.#activeIsPipelined && this.#active < maxPipelined)) break;
      if (!this.#isItsTurn()) break;
      this.#queue.shift();
      this.#activeIsPipelined = isPipelined;
      void this.#work(next);
    }
    this.#pauseOrResume();
    if (this.#finishing && this.#active === 0 && this.#answers.length === 0) this.#socket.end();
    this.#tellWhenDone();
  }

  /** False when the others come first; then it goes on by itself. */
  #isItsTurn(): boolean {
    this.#begunInRow++;
    if (this.#begunInRow <= maxInRow) return true;
    if (this.#begunInRow === maxInRow + 1) {
      setImmediate(() => {
        this.#begunInRow = 0;
        this.#begin();
      });
    }
    return false;
  }

  async #work({ frame, roomBytes }: Received): Promise<void> {
    const answer: Answer = { state: 'open', bytes: undefined, gone: undefined };
    this.#answers.push(answer);
    this.#active++;
    try {
      answer.bytes = await this.#answer(frame);
      answer.gone = this.#surroundings.answerMemory.hold(sizeOf(answer.bytes));
    } catch (error) {
      if (error instanceof CloseConnection) this.#refuse(error.message);
      else this.#closeForBug(error);
    }
    answer.state = answer.bytes === undefined ? 'none' : 'ready';
    this.#active--;
    if (roomBytes > 0) this.#surroundings.memory.give(roomBytes);
    this.#goOn();
  }

  /** Throws CloseConnection; whatever else is a bug. */
  async #answer(frame: Buffer): Promise<EncodedFrame | undefined> {
    const read = this.#readRequest(frame);
    if (read === undefined) return undefined;
    const { header, served, request } = read;
    const { api } = served;
    if (request === undefined) {
      return encodeResponseFrame(apiVersionsApi, 0, header.correlationId, refuseApiVersions(served));
    }
    const { clock } = this.#surroundings.context;
    const beginMs = clock.monotonicMs();
    const response = await served.handle(this.#requestContext(header), request);
    noteRequest(this.#surroundings.meters.of(api.name), clock.monotonicMs() - beginMs, outcomeOf(response));
    if (response === undefined) return undefined;
    return encodeResponseFrame(api, header.apiVersion, header.correlationId, response);
  }

  /**
   * What a frame says. Without `request`: an ApiVersions of another version, which is answered without reading it. Undefined:
   * it makes no sense, or is not served; then the connection is closed, as in Kafka, and what comes after it is forgotten.
   */
  #readRequest(
    frame: Buffer,
  ): { readonly header: RequestHeader; readonly served: ServedApi; readonly request: unknown } | undefined {
    try {
      const reader = new MessageReader(frame);
      const header = readRequestHeader(reader);
      const { apiKey, apiVersion } = header;
      const served = this.#surroundings.served.get(apiKey);
      if (served === undefined) throw new CodecError('UNSUPPORTED_VERSION', `API key ${apiKey} is not served`);
      const { api, firstVersion, lastVersion } = served;
      if (apiVersion >= firstVersion && apiVersion <= lastVersion) {
        return { header, served, request: readRequest(api, apiVersion, reader) };
      }
      if (apiKey === apiVersionsApi.key) return { header, served, request: undefined };
      const versions = `${firstVersion} to ${lastVersion}`;
      throw new CodecError(
        'UNSUPPORTED_VERSION',
        `${api.name} is served in the versions ${versions}, not ${apiVersion}`,
      );
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#drop();
      this.#refuse(error.message);
      return undefined;
    }
  }

  #requestContext({ apiVersion, clientId }: RequestHeader): RequestContext {
    return {
      ...this.#surroundings.context,
      version: apiVersion,
      clientId: clientId ?? '',
      clientHost: this.clientHost,
      connectionId: this.id,
      signal: this.#gone.signal,
    };
  }

  // ───────────── writing ─────────────

  /** Sends what is ready, in the order of the requests, one answer after another as the peer takes them. */
  #write(): void {
    for (let first = this.#answers[0]; first !== undefined && first.state !== 'open'; first = this.#answers[0]) {
      if (this.#ended) {
        first.bytes = undefined;
        first.gone?.();
      } else if (this.#socket.writableNeedDrain) return;
      this.#answers.shift();
      if (first.bytes === undefined) continue;
      const { chunks } = first.bytes;
      this.#socket.cork();
      for (const [index, chunk] of chunks.entries()) {
        // Also called when the socket is destroyed before it took everything.
        this.#socket.write(chunk, index === chunks.length - 1 ? first.gone : undefined);
      }
      this.#socket.uncork();
    }
  }

  // ───────────── ending ─────────────

  #refuse(reason: string): void {
    if (this.#socket.destroyed) return;
    logRefusal(this.#surroundings.context.logger, this.clientHost, reason);
    this.close();
  }

  /** Forgets what was not begun. */
  #drop(): void {
    for (const { roomBytes } of this.#queue) if (roomBytes > 0) this.#surroundings.memory.give(roomBytes);
    this.#queue = [];
  }

  #closeForBug(error: unknown): void {
    const { logger } = this.#surroundings.context;
    logger.error({ err: error, peer: this.clientHost }, 'a bug while answering a request; closed its connection');
    this.close();
  }

  #closed(): void {
    this.#ended = true;
    this.#surroundings.memory.leave(this.#gotRoom);
    if (this.#roomBytes > 0) this.#surroundings.memory.give(this.#roomBytes);
    this.#roomBytes = 0;
    this.#gone.abort();
    this.#goOn();
  }

  #tellWhenDone(): void {
    if (!this.#ended || this.#told || this.#active > 0 || this.#queue.length > 0) return;
    this.#told = true;
    this.#surroundings.closed(this);
  }
}

const sizeOf = (frame: EncodedFrame | undefined): number =>
  frame === undefined ? 0 : frame.chunks.reduce((sum, { length }) => sum + length, 0);

/** Whether the whole request failed; most APIs have errors of single topics or partitions beside it, or instead. */
const outcomeOf = (response: unknown): 'answered' | 'failed' =>
  (response as { readonly errorCode?: number } | undefined)?.errorCode ? 'failed' : 'answered';

/** The peer's address as Kafka shows it. One that is gone already has none. */
export const hostOf = (socket: Socket): string => `/${socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'}`;
