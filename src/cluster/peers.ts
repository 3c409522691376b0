import { randomBytes } from 'node:crypto';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Rejection } from '../core/errors.ts';
import { type Result, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterNode } from '../ports/cluster.ts';
import type { ForwardedCalls } from '../ports/measures.ts';
import {
  answerHeader,
  callContentType,
  callHeader,
  callMaxBytes,
  callPath,
  decodeBody,
  encodeBody,
  isAnswerOf,
  sealCall,
} from './internal-call.ts';
import { type PeerArguments, type PeerMethod, type PeerValue, changesState } from './peer-methods.ts';

export interface CallOptions {
  /** Aborted: the callee is asked to leave off. What it answers then comes all the same, soon, and is the caller's to give back. */
  readonly signal?: AbortSignal;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** The other nodes of the cluster, to be asked. */
export interface Peers {
  /**
   * Calls a node. Never throws: a node that cannot be asked is a rejection that names it, BUSY where nothing was done there, and
   * OUTCOME_UNKNOWN where it may have been.
   */
  call<M extends PeerMethod>(
    node: ClusterNode,
    method: M,
    args: PeerArguments<M>,
    options?: CallOptions,
  ): Promise<Result<PeerValue<M>>>;
}

/** The rejection of a call that did not come to its end is told from one that the callee gave by its field. */
export const unreachableField = 'node';
export const isUnreachable = (error: Rejection): boolean => error.field === unreachableField;

export const unreachable = (node: ClusterNode, method: PeerMethod, reason: string, mayBeDone: boolean) =>
  mayBeDone && changesState(method)
    ? reject(
        'OUTCOME_UNKNOWN',
        `Node ${node.nodeId} at ${node.httpUrl} was asked and did not answer (${reason}): it is not known whether it was done. Ask again.`,
        unreachableField,
      )
    : reject(
        'BUSY',
        `Node ${node.nodeId} at ${node.httpUrl} cannot be asked now: ${reason}. Ask again.`,
        unreachableField,
      );

export interface PeerSettings {
  readonly nodeId: number;
  readonly clusterId: string;
  /** The cluster's own, which all its nodes have. */
  readonly secret: Uint8Array;
}

const defaultTimeoutMs = 10_000;
const connectTimeoutMs = 2_000;
/** How long an answer is waited for when the call has been taken back. */
const takenBackTimeoutMs = 5_000;

/** Over HTTP, on connections that are kept. */
export class HttpPeers implements Peers {
  readonly #settings: PeerSettings;
  readonly #clock: Clock;
  readonly #agents = {
    http: new HttpAgent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' }),
    https: new HttpsAgent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' }),
  };
  /** Of this process, and of no other. */
  readonly #name = randomBytes(12).toString('base64url');
  #calls = 0;
  readonly #counts = new Map<PeerMethod, { answered: number; rejected: number; failed: number }>();

  constructor(settings: PeerSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async call<M extends PeerMethod>(
    node: ClusterNode,
    method: M,
    args: PeerArguments<M>,
    { signal, timeoutMs = defaultTimeoutMs }: CallOptions = {},
  ): Promise<Result<PeerValue<M>>> {
    if (signal?.aborted === true) return unreachable(node, method, 'the call was taken back', false);
    const counts = this.#countsOf(method);
    const body = encodeBody({ method, args });
    let failure: CallFailure;
    for (let attempt = 0; ; attempt++) {
      const callId = `${this.#name}.${this.#calls++}`;
      const outcome = await this.#exchange(node, callId, body, signal, timeoutMs);
      if (!(outcome instanceof CallFailure)) {
        const result = outcome as Result<PeerValue<M>>;
        if (result.ok) counts.answered++;
        else counts.rejected++;
        return result;
      }
      failure = outcome;
      // What it acquired, or will when it wakes up, is for nobody.
      if (method === 'acquire' && failure.wasSent) this.#takeBack(node, callId);
      // The peer had closed the connection before it saw the request, most likely; where it is not certain, it must not matter.
      if (attempt > 0 || !failure.wasReused || (failure.wasSent && changesState(method))) break;
    }
    counts.failed++;
    return unreachable(node, method, failure.message, failure.wasSent);
  }

  #takeBack(node: ClusterNode, callId: string): void {
    void this.call(node, 'takeBack', [callId], { timeoutMs: takenBackTimeoutMs });
  }

  /** Calls by method and outcome, since the start. */
  measure(): ForwardedCalls {
    return this.#counts;
  }

  /** Closes the connections that nobody uses. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #countsOf(method: PeerMethod) {
    let counts = this.#counts.get(method);
    if (counts === undefined) this.#counts.set(method, (counts = { answered: 0, rejected: 0, failed: 0 }));
    return counts;
  }

  /** @returns the result that the callee gave, or why there is none */
  #exchange(
    node: ClusterNode,
    callId: string,
    body: Buffer,
    signal: AbortSignal | undefined,
    timeoutMs: number,
  ): Promise<unknown> {
    const { secret, nodeId, clusterId } = this.#settings;
    const head = { to: node.nodeId, from: nodeId, clusterId, atMs: this.#clock.wallMs(), callId };
    const url = new URL(`${node.httpUrl.replace(/\/$/, '')}${callPath}`);
    const isSecure = url.protocol === 'https:';
    return new Promise((resolve) => {
      const request: ClientRequest = (isSecure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: isSecure ? this.#agents.https : this.#agents.http,
        headers: {
          'content-type': callContentType,
          'content-length': body.length,
          [callHeader]: sealCall(secret, head, body),
        },
      });
      let wasSent = false;
      let reason = '';
      const stop = (why: string): void => {
        reason = why;
        request.destroy(new Error(why));
      };
      let timer = this.#clock.schedule(timeoutMs, () => stop(`no answer in ${timeoutMs} ms`));
      const connect = this.#clock.schedule(connectTimeoutMs, () => {
        if (request.socket?.connecting !== false) stop(`no connection in ${connectTimeoutMs} ms`);
      });
      const takeBack = (): void => {
        timer.cancel();
        timer = this.#clock.schedule(takenBackTimeoutMs, () => stop('the call was taken back'));
        this.#takeBack(node, callId);
      };
      const finish = (outcome: unknown): void => {
        timer.cancel();
        connect.cancel();
        signal?.removeEventListener('abort', takeBack);
        resolve(outcome);
      };
      const fail = (error: Error): void =>
        finish(new CallFailure(reason || describe(error), wasSent, request.reusedSocket));
      request.on('finish', () => (wasSent = true));
      request.on('error', fail);
      request.on('response', (response) => {
        collect(response).then((bytes) => {
          if (response.statusCode !== 200) {
            // Refused before anything was done.
            const text = bytes.toString('utf8').slice(0, 500);
            return finish(new CallFailure(`it answers with ${response.statusCode}: ${text}`, false, false));
          }
          if (!isAnswerOf(secret, callId, response.headers[answerHeader], bytes)) {
            return finish(new CallFailure('its answer is not one of this cluster', true, false));
          }
          finish(decodeBody(bytes));
        }, fail);
      });
      signal?.addEventListener('abort', takeBack);
      request.end(body);
    });
  }
}

/** Why a call gave no result. */
class CallFailure extends Error {
  /** Whether the callee may have had all of it. */
  readonly wasSent: boolean;
  /** Over a connection that had been used before. */
  readonly wasReused: boolean;

  constructor(message: string, wasSent: boolean, wasReused: boolean) {
    super(message);
    this.wasSent = wasSent;
    this.wasReused = wasReused;
  }
}

const describe = (error: Error): string => {
  const { code } = error as NodeJS.ErrnoException;
  return error.message === '' ? (code ?? 'the connection failed') : error.message;
};

const collect = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > callMaxBytes) throw new Error(`its answer is larger than ${callMaxBytes} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, sizeBytes);
};
