import type { IncomingHttpHeaders } from 'node:http';
import { type Result, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import {
  answerHeader,
  callContentType,
  callHeader,
  callMaxBytes,
  callPath,
  decodeBody,
  encodeBody,
  maxClockDifferenceMs,
  openCall,
  sealAnswer,
} from './internal-call.ts';
import { undoCall } from './peer-calls.ts';
import { type PeerCalls, isPeerMethod } from './peer-methods.ts';
import type { PeerSettings } from './peers.ts';

/** What the HTTP door sends back. */
export interface CallAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** To be called when the caller is gone before it has the answer. */
  undo?(): void;
}

/** Answers the calls of the other nodes: who calls has to know the cluster's secret, and to mean this node. */
export class CallServer {
  readonly path = callPath;
  readonly contentType = callContentType;
  readonly maxBytes = callMaxBytes;
  readonly #calls: PeerCalls;
  readonly #settings: PeerSettings;
  readonly #outside: { readonly clock: Clock; readonly logger: Logger };
  /** By caller and call: to be taken back. */
  readonly #underWay = new Map<string, AbortController>();

  constructor(calls: PeerCalls, settings: PeerSettings, outside: { readonly clock: Clock; readonly logger: Logger }) {
    this.#calls = calls;
    this.#settings = settings;
    this.#outside = outside;
  }

  /** @param gone aborted when the connection is lost before the answer is out */
  async answer(headers: IncomingHttpHeaders, body: Uint8Array, gone: AbortSignal): Promise<CallAnswer> {
    const { secret, nodeId, clusterId } = this.#settings;
    const head = openCall(secret, headers[callHeader], body);
    if (head === undefined) return this.#refuse(403, 'This is not a call of a node of this cluster.');
    if (head.clusterId !== clusterId) {
      return this.#refuse(403, `This node is of cluster ${clusterId}, the call is for ${head.clusterId}.`);
    }
    if (head.to !== nodeId) return this.#refuse(421, `This is node ${nodeId}, the call is for node ${head.to}.`);
    const differenceMs = Math.abs(this.#outside.clock.wallMs() - head.atMs);
    if (!(differenceMs <= maxClockDifferenceMs)) {
      const why = `The clocks of node ${head.from} and node ${nodeId} are ${Math.round(differenceMs / 1000)} s apart; ${maxClockDifferenceMs / 1000} s are allowed.`;
      return this.#refuse(403, why);
    }
    const call = decodeBody(body) as { readonly method: unknown; readonly args: unknown };
    const { method, args } = call;
    if (typeof method !== 'string' || !Array.isArray(args))
      return this.#refuse(400, 'This is no method with arguments.');
    if (method === 'takeBack') {
      this.#underWay.get(`${head.from} ${String(args[0])}`)?.abort();
      return this.#sealed(head.callId, { ok: true, value: null });
    }
    // A node of a newer version may know more.
    if (!isPeerMethod(method)) return this.#refuse(404, `Node ${nodeId} knows no method ${method}.`);

    const key = `${head.from} ${head.callId}`;
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    gone.addEventListener('abort', abort);
    if (gone.aborted) abort();
    this.#underWay.set(key, controller);
    try {
      const run = this.#calls[method] as (signal: AbortSignal, ...given: unknown[]) => Promise<Result<unknown>>;
      const result = await run(controller.signal, ...(args as unknown[]));
      const answer = this.#sealed(head.callId, result);
      return { ...answer, undo: () => undoCall(this.#calls, method, args, result) };
    } catch (error) {
      this.#outside.logger.error(
        { method, from: head.from, err: error as Error },
        'a call of another node failed: a bug',
      );
      return this.#sealed(head.callId, reject('BUSY', `Node ${nodeId} has a bug in ${method}; its log has more.`));
    } finally {
      this.#underWay.delete(key);
      gone.removeEventListener('abort', abort);
    }
  }

  #sealed(callId: string, result: Result<unknown>): CallAnswer {
    const body = encodeBody(result);
    const mac = sealAnswer(this.#settings.secret, callId, body);
    return { status: 200, headers: { 'content-type': callContentType, [answerHeader]: mac }, body };
  }

  #refuse(status: number, reason: string): CallAnswer {
    this.#outside.logger.warn({ status }, `refused a call from node to node: ${reason}`);
    return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(reason) };
  }
}
