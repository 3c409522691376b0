import type { IncomingHttpHeaders } from 'node:http';
import { type Result, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import {
  answerHeader,
  callContentType,
  callHeader,
  type CallHead,
  callMaxBytes,
  callPath,
  decodeBody,
  encodeBody,
  isBodyOf,
  maxClockDifferenceMs,
  openCall,
  sealAnswer,
} from './internal-call.ts';
import { undoCall } from './peer-calls.ts';
import { type PeerCalls, isPeerMethod } from './peer-methods.ts';
import type { PeerSettings } from './peers.ts';
import { SeenCalls } from './seen-calls.ts';

/** What the HTTP door sends back. */
export interface CallAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** To be called when the caller is gone before it has the answer. */
  undo?(): void;
}

/** So long a caller may take back what was answered: then locks are over, or nearly so. */
const takeBackWithinMs = 30_000;

/** Answers the calls of the other nodes: who calls has to know the cluster's secret, and to mean this node. */
export class CallServer {
  readonly path = callPath;
  readonly contentType = callContentType;
  readonly maxBytes = callMaxBytes;
  readonly #calls: PeerCalls;
  readonly #settings: PeerSettings;
  readonly #outside: { readonly clock: Clock; readonly logger: Logger };
  readonly #seen = new SeenCalls(2 * maxClockDifferenceMs);
  /** By caller and call: to be taken back. */
  readonly #underWay = new Map<string, AbortController>();
  /** Answered, the oldest first: how to take them back. Only those of which there is something. */
  readonly #answered = new Map<string, { readonly atMs: number; undo(): void }>();
  /** Taken back before they came, the oldest first. */
  readonly #takenBack = new Map<string, { readonly atMs: number }>();

  constructor(calls: PeerCalls, settings: PeerSettings, outside: { readonly clock: Clock; readonly logger: Logger }) {
    this.#calls = calls;
    this.#settings = settings;
    this.#outside = outside;
  }

  /** What a call is refused with before its body is read; undefined: it may be read. */
  refusal(headers: IncomingHttpHeaders): CallAnswer | undefined {
    const head = this.#opened(headers);
    return 'status' in head ? head : undefined;
  }

  #opened(headers: IncomingHttpHeaders): CallHead | CallAnswer {
    const { secret, nodeId, clusterId } = this.#settings;
    const head = openCall(secret, headers[callHeader]);
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
    return head;
  }

  /** @param gone aborted when the connection is lost before the answer is out */
  async answer(headers: IncomingHttpHeaders, body: Uint8Array, gone: AbortSignal): Promise<CallAnswer> {
    const { nodeId } = this.#settings;
    const head = this.#opened(headers);
    if ('status' in head) return head;
    if (!isBodyOf(head, body)) return this.#refuse(403, 'This is not the body of the call.');
    const nowMs = this.#outside.clock.monotonicMs();
    if (!this.#seen.isNew(head.callId, nowMs)) return this.#refuse(403, 'This call has come before.');
    const call = decodeBody(body) as { readonly method: unknown; readonly args: unknown };
    const { method, args } = call;
    if (typeof method !== 'string' || !Array.isArray(args))
      return this.#refuse(400, 'This is no method with arguments.');
    if (method === 'takeBack') {
      this.#takeBack(`${head.from} ${String(args[0])}`, nowMs);
      return this.#sealed(head.callId, { ok: true, value: null });
    }
    // A node of a newer version may know more.
    if (!isPeerMethod(method)) return this.#refuse(404, `Node ${nodeId} knows no method ${method}.`);

    const key = `${head.from} ${head.callId}`;
    if (this.#takenBack.delete(key)) {
      return this.#sealed(head.callId, reject('BUSY', 'The call was taken back before it came.'));
    }
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    gone.addEventListener('abort', abort);
    if (gone.aborted) abort();
    this.#underWay.set(key, controller);
    try {
      const run = this.#calls[method] as (signal: AbortSignal, ...given: unknown[]) => Promise<Result<unknown>>;
      const result = await run(controller.signal, ...(args as unknown[]));
      const answer = this.#sealed(head.callId, result);
      const undo = undoCall(this.#calls, method, args, result);
      if (undo === undefined) return answer;
      const answeredMs = this.#outside.clock.monotonicMs();
      forget(this.#answered, answeredMs);
      this.#answered.set(key, { atMs: answeredMs, undo });
      return { ...answer, undo };
    } catch (error) {
      this.#outside.logger.error({ method, from: head.from, err: error }, 'a call of another node failed: a bug');
      return this.#sealed(head.callId, reject('BUSY', `Node ${nodeId} has a bug in ${method}; its log has more.`));
    } finally {
      this.#underWay.delete(key);
      gone.removeEventListener('abort', abort);
    }
  }

  /** It may be under way, answered to nobody, or behind this one in the network. */
  #takeBack(key: string, nowMs: number): void {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay.abort();
    const answered = this.#answered.get(key);
    if (answered !== undefined) {
      this.#answered.delete(key);
      return answered.undo();
    }
    forget(this.#takenBack, nowMs);
    this.#takenBack.set(key, { atMs: nowMs });
  }

  #sealed(callId: string, result: Result<unknown>): CallAnswer {
    const body = encodeBody(result);
    const mac = sealAnswer(this.#settings.secret, callId, body);
    return { status: 200, headers: { 'content-type': callContentType, [answerHeader]: mac }, body };
  }

  #refuse(status: number, reason: string): CallAnswer {
    this.#outside.logger.warn({ status, repeats: 'refused calls' }, `refused a call from node to node: ${reason}`);
    return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(reason) };
  }
}

const forget = (calls: Map<string, { readonly atMs: number }>, nowMs: number): void => {
  for (const [key, { atMs }] of calls) {
    if (nowMs - atMs <= takeBackWithinMs) break;
    calls.delete(key);
  }
};
