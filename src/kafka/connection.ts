import type { Socket } from 'node:net';
import { CodecError } from '../codec/codec-error.ts';
import { type RequestHeader, encodeResponseFrame, hasVersion, readRequest, readRequestHeader } from '../codec/frame.ts';
import { MessageReader } from '../codec/message-reader.ts';
import type { EncodedFrame } from '../codec/message-writer.ts';
import { apiVersionsApi } from '../codec/messages/api-versions.ts';
import { FrameError, FrameReader } from './frame-reader.ts';
import { refuseApiVersions } from './handlers/api-versions.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import type { RequestMemory } from './request-memory.ts';
import type { DoorContext, RequestContext, ServedApi } from './served-api.ts';

/** Requests that may be worked on at once, where the API allows it. Kafka's clients send at most five. */
const maxPipelined = 8;
/** Requests up to this size are read without taking room: there is no more of them than one chunk of the socket. */
const smallRequestBytes = 64 * 1024;

/** Reads, answers in order, and reads no further while there is enough to do or the peer does not read. */
export interface ConnectionSurroundings {
  readonly context: DoorContext;
  readonly settings: KafkaSettings;
  readonly memory: RequestMemory;
  /** By API key. */
  readonly served: ReadonlyMap<number, ServedApi>;
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
}

/**
 * One client's connection.
 *
 * Requests are begun in the order in which they come. As in Kafka the next one is begun when the one before is answered, but
 * for those APIs that are pipelined (apis.ts). While requests wait, or the peer does not take its answers, nothing more
 * is read: so a connection holds one chunk of requests, one large request and one answer at most.
 *
 * Whatever was received before the connection broke is still done, because a producer that asks for no answer may close at once.
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
    // A peer that is gone already has no address.
    this.clientHost = `/${socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'}`;
    this.#frames = new FrameReader(surroundings.settings.requestMaxBytes);
    this.#idleSinceMs = surroundings.context.clock.monotonicMs();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#goOn());
    // 'close' follows; a peer that breaks off is nothing to tell.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  /** Ends it; what was received is still done. */
  close(): void {
    this.#socket.destroy();
  }

  /** Reads no more, and ends it when what was begun is answered. */
  finish(): void {
    this.#finishing = true;
    this.#drop();
    this.#goOn();
  }

  /** Closes it when it has been idle, or within one request, for too long. */
  sweep(nowMs: number): void {
    const { connectionsMaxIdleMs, requestTimeoutMs } = this.#surroundings.settings;
    const moved = this.#socket.bytesRead + this.#socket.bytesWritten - this.#socket.writableLength;
    if (moved !== this.#movedBytes || (this.#active > 0 && this.#socket.writableLength === 0)) {
      this.#movedBytes = moved;
      this.#idleSinceMs = nowMs;
    }
    if (!this.#frames.isWithin || this.#waitsForRoom || this.#queue.length > 0) this.#withinSinceMs = undefined;
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
    let frames: Buffer[];
    try {
      frames = this.#frames.read(chunk);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(error.message);
      return;
    }
    for (const frame of frames) {
      this.#queue.push({ frame, roomBytes: this.#roomBytes });
      this.#roomBytes = 0;
    }
    this.#takeRoom();
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

  #pauseOrResume(): void {
    if (this.#ended) return;
    const enough = this.#queue.length > 0 || this.#waitsForRoom || this.#socket.writableNeedDrain;
    if (enough || this.#finishing) this.#socket.pause();
    else this.#socket.resume();
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
      this.#queue.shift();
      this.#activeIsPipelined = isPipelined;
      void this.#work(next);
    }
    this.#pauseOrResume();
    if (this.#finishing && this.#active === 0 && this.#answers.length === 0) this.#socket.destroySoon();
    this.#tellWhenDone();
  }

  async #work({ frame, roomBytes }: Received): Promise<void> {
    const answer: Answer = { state: 'open', bytes: undefined };
    this.#answers.push(answer);
    this.#active++;
    try {
      answer.bytes = await this.#answer(frame);
      answer.state = answer.bytes === undefined ? 'none' : 'ready';
    } catch (error) {
      answer.state = 'none';
      // Of ours when it is no CodecError; what the client gets is the same: this connection makes no sense any more.
      if (error instanceof CodecError) this.#refuse(error.message);
      else {
        this.#surroundings.context.logger.error(
          { err: error, peer: this.clientHost },
          'a bug while answering a request',
        );
        this.close();
      }
    }
    this.#active--;
    if (roomBytes > 0) this.#surroundings.memory.give(roomBytes);
    this.#goOn();
  }

  async #answer(frame: Buffer): Promise<EncodedFrame | undefined> {
    const reader = new MessageReader(frame);
    const header = readRequestHeader(reader);
    const served = this.#surroundings.served.get(header.apiKey);
    if (served === undefined) {
      throw new CodecError('UNSUPPORTED_VERSION', `API key ${header.apiKey} is not served`);
    }
    const { api } = served;
    if (!hasVersion(api, header.apiVersion)) {
      if (api.key !== apiVersionsApi.key) {
        throw new CodecError('UNSUPPORTED_VERSION', versionsText(header, served));
      }
      return encodeResponseFrame(apiVersionsApi, 0, header.correlationId, refuseApiVersions(served));
    }
    const request = readRequest(api, header.apiVersion, reader);
    const response = await served.handle(this.#requestContext(header), request);
    return response === undefined
      ? undefined
      : encodeResponseFrame(api, header.apiVersion, header.correlationId, response);
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
      if (this.#ended) first.bytes = undefined;
      else if (this.#socket.writableNeedDrain) return;
      this.#answers.shift();
      if (first.bytes === undefined) continue;
      this.#socket.cork();
      for (const chunk of first.bytes.chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    }
  }

  // ───────────── ending ─────────────

  #refuse(reason: string): void {
    if (this.#ended || this.#socket.destroyed) return;
    this.#surroundings.context.logger.warn({ peer: this.clientHost }, `closed a connection: ${reason}`);
    this.#drop();
    this.close();
  }

  /** Forgets what was not begun. */
  #drop(): void {
    for (const { roomBytes } of this.#queue) if (roomBytes > 0) this.#surroundings.memory.give(roomBytes);
    this.#queue = [];
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

const versionsText = ({ apiVersion }: RequestHeader, { api }: ServedApi): string =>
  `${api.name} is served in the versions ${api.firstVersion} to ${api.lastVersion}, not ${apiVersion}`;
