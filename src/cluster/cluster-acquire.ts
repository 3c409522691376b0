import type { Broker } from '../broker/broker.ts';
import type { AcquireOutcome, AcquireRequest, AcquiredRange } from '../broker/requests.ts';
import type { Rejection } from '../core/errors.ts';
import { type Result, ok } from '../core/result.ts';
import { emptyReasons } from '../core/share-partition/acquire.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import { LinkedAbort } from './linked-abort.ts';
import { type OwnAcquire, emptyOutcome, isPassing } from './own-acquire.ts';
import { OtherLags } from './other-lags.ts';
import type { OwnershipView } from './ownership-view.ts';
import { type Peers, isUnreachable, unreachable } from './peers.ts';

interface Surroundings {
  readonly broker: Broker;
  readonly own: OwnAcquire;
  readonly peers: Peers;
  readonly cluster: Cluster;
  readonly view: OwnershipView;
  readonly clock: Clock;
}

/** One acquire in so many asks the other nodes first: a node that always has records would keep its workers from theirs. */
const othersFirst = 8;
/** How long a node that could not be asked is left alone, ms. */
const pauseMs = 500;
/** A node that was to answer at once, and did not in this time, is not asked for that for a while. */
const atOnceTimeoutMs = 1_000;
const suspectMs = 2_000;
/** Beyond the wait itself. */
const answerTimeoutMs = 10_000;
/** How long the answer waits for nodes whose waits should be over. */
const graceMs = 250;

/** What a node said. */
interface Asked {
  readonly node: ClusterNode;
  readonly result: Result<AcquireOutcome>;
}

/** One node that is being asked. */
interface Part {
  readonly node: ClusterNode;
  readonly link: LinkedAbort;
  result: Result<AcquireOutcome> | undefined;
}

/**
 * An acquire from all nodes that own partitions of the topics. Whoever has records at once gives them, this node first. Where nobody has, all of them
 * are waited at together: the first one that gives ends the waits at the others, and what they may have taken meanwhile is given back without
 * a delivery counted.
 */
export class ClusterAcquire {
  readonly #surroundings: Surroundings;
  readonly #lags: OtherLags;
  #turn = 0;
  /** Nodes that could not be asked of late, and until when what was said of it then is the answer where others would wait for theirs. */
  readonly #suspects = new Map<number, { readonly untilMs: number; readonly said: Result<AcquireOutcome> }>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#lags = new OtherLags(surroundings.clock, (node, request) => this.#ask(node, request, null));
  }

  /** @param signal aborted when the client is gone: then nothing stays locked */
  async acquire(request: AcquireRequest, signal: AbortSignal | null): Promise<Result<AcquireOutcome>> {
    const { own, view, clock, cluster } = this.#surroundings;
    const deadlineMs = clock.monotonicMs() + request.waitMs;
    for (;;) {
      const { changed } = view;
      const { isOwn, others } = view.ownersOfAll(request.topics);
      const restMs = Math.max(0, deadlineMs - clock.monotonicMs());
      if (others.length === 0) {
        // Until partitions are somebody else's.
        const link = new LinkedAbort(signal, changed);
        const result = await own.acquire({ ...request, waitMs: restMs }, link.signal);
        link.unlink();
        const mayGoOn = result.ok
          ? result.value.ranges.length === 0 && result.value.emptyReason !== 'draining'
          : isPassing(result.error);
        const isOver = signal?.aborted === true || clock.monotonicMs() >= deadlineMs;
        if (!mayGoOn || !changed.aborted || isOver) return result;
        continue;
      }
      const nodes = isOwn ? [cluster.self, ...others] : others;
      const parts: Asked[] = [];
      for (const node of this.#inTurn(nodes)) {
        const result = await this.#ask(node, { ...request, waitMs: 0 }, signal);
        parts.push({ node, result });
        if (hasRecords(result) || signal?.aborted === true) return await this.#answer(request, nodes, parts, signal);
        if (!result.ok && !mayPass(result.error)) return result;
      }
      if (restMs === 0) return await this.#answer(request, nodes, parts, signal);
      const waited = await this.#waitAtAll(nodes, request, deadlineMs, signal, changed);
      if (waited !== undefined) return await this.#answer(request, nodes, waited, signal);
    }
  }

  /** This node first, but for one time in some; the others take turns. */
  #inTurn(nodes: readonly ClusterNode[]): readonly ClusterNode[] {
    const { self } = this.#surroundings.cluster;
    const turn = this.#turn++;
    const others = nodes.filter((each) => each.nodeId !== self.nodeId);
    const first = turn % Math.max(1, others.length);
    const rotated = [...others.slice(first), ...others.slice(0, first)];
    if (!nodes.some((each) => each.nodeId === self.nodeId)) return rotated;
    return turn % othersFirst === othersFirst - 1 ? [...rotated, self] : [self, ...rotated];
  }

  #suspect({ nodeId }: ClusterNode, said: Result<AcquireOutcome>): void {
    this.#suspects.set(nodeId, { untilMs: this.#surroundings.clock.monotonicMs() + suspectMs, said });
  }

  #saidOfSuspect({ nodeId }: ClusterNode): Result<AcquireOutcome> | undefined {
    const suspect = this.#suspects.get(nodeId);
    if (suspect === undefined || suspect.untilMs > this.#surroundings.clock.monotonicMs()) return suspect?.said;
    this.#suspects.delete(nodeId);
    return undefined;
  }

  async #ask(node: ClusterNode, request: AcquireRequest, signal: AbortSignal | null): Promise<Result<AcquireOutcome>> {
    const { own, peers } = this.#surroundings;
    if (this.#isSelf(node)) return await own.acquire(request, signal);
    const isAtOnce = request.waitMs === 0;
    const known = isAtOnce ? this.#saidOfSuspect(node) : undefined;
    if (known !== undefined) return known;
    const timeoutMs = isAtOnce ? atOnceTimeoutMs : request.waitMs + answerTimeoutMs;
    const options = signal === null ? { timeoutMs } : { timeoutMs, signal };
    const result = await peers.call(node, 'acquire', [request], options);
    if (result.ok) this.#lags.note(request, node, result.value);
    // One that was not asked because the client is gone is no suspect.
    else if (isAtOnce && isUnreachable(result.error) && signal?.aborted !== true) this.#suspect(node, result);
    return result;
  }

  /**
   * Waits at all nodes at once. Resolves with what they said when one has records, when the time is up, the client gone or something wrong;
   * with undefined when partitions have moved: then others are to be asked.
   */
  #waitAtAll(
    nodes: readonly ClusterNode[],
    request: AcquireRequest,
    deadlineMs: number,
    signal: AbortSignal | null,
    changed: AbortSignal,
  ): Promise<readonly Asked[] | undefined> {
    const { clock } = this.#surroundings;
    const { promise, resolve } = Promise.withResolvers<readonly Asked[] | undefined>();
    const parts: Part[] = nodes.map((node) => ({ node, link: new LinkedAbort(), result: undefined }));
    let isOver = false;
    const end = (isAnswer: boolean): void => {
      if (isOver) return;
      isOver = true;
      late.cancel();
      signal?.removeEventListener('abort', gone);
      changed.removeEventListener('abort', moved);
      for (const { link } of parts) link.abort();
      const results = parts.flatMap(({ node, result }) => (result === undefined ? [] : [{ node, result }]));
      if (!isAnswer) for (const { result } of results) this.#giveBack(request.group, result);
      resolve(isAnswer ? results : undefined);
    };
    const late = clock.schedule(Math.max(0, deadlineMs - clock.monotonicMs()) + graceMs, () => {
      for (const part of parts) {
        if (part.result !== undefined) continue;
        part.result = unreachable(part.node, 'acquire', 'it does not answer', false);
        this.#suspect(part.node, part.result);
      }
      end(true);
    });
    const gone = (): void => end(true);
    const moved = (): void => end(false);
    signal?.addEventListener('abort', gone);
    changed.addEventListener('abort', moved);
    for (const part of parts) {
      void this.#wait(part, request, deadlineMs).then((result) => {
        // Too late: somebody else was quicker, or nobody waits any more.
        if (isOver) return this.#giveBack(request.group, result);
        part.result = result;
        const isWrong = !result.ok && !mayPass(result.error);
        if (hasRecords(result) || isWrong) return end(true);
        if (result.ok && result.value.emptyReason === 'draining' && this.#isSelf(part.node)) return end(true);
        if (parts.every((each) => each.result !== undefined)) end(true);
      });
    }
    if (signal?.aborted === true) gone();
    else if (changed.aborted) moved();
    return promise;
  }

  #isSelf(node: ClusterNode): boolean {
    return node.nodeId === this.#surroundings.cluster.self.nodeId;
  }

  /** At one node; one that cannot be asked now is asked again until the time is up. */
  async #wait({ node, link }: Part, request: AcquireRequest, deadlineMs: number): Promise<Result<AcquireOutcome>> {
    const { clock, view } = this.#surroundings;
    for (;;) {
      const waitMs = Math.max(0, deadlineMs - clock.monotonicMs());
      const result = await this.#ask(node, { ...request, waitMs }, link.signal);
      const isOver = link.signal.aborted || clock.monotonicMs() >= deadlineMs;
      if (isOver || hasRecords(result) || (!result.ok && !mayPass(result.error))) return result;
      if (result.ok && result.value.emptyReason === 'draining' && this.#isSelf(node)) return result;
      // It is stopping, cannot be reached, or its partitions are moving.
      await view.nextChange(Math.min(pauseMs, Math.max(1, deadlineMs - clock.monotonicMs())), clock, link.signal);
      if (link.signal.aborted) return result;
    }
  }

  /** What was said as one answer. One node at most has given records, and within the limits of the request: whoever came later got them back. */
  async #answer(
    request: AcquireRequest,
    nodes: readonly ClusterNode[],
    asked: readonly Asked[],
    signal: AbortSignal | null,
  ): Promise<Result<AcquireOutcome>> {
    const said = asked.flatMap(({ result }) => (result.ok ? [result.value] : []));
    const merged = merge(said);
    if (signal?.aborted === true) {
      for (const { result } of asked) this.#giveBack(request.group, result);
      return ok({ ...merged, ranges: [] });
    }
    const wrong = merged.ranges.length > 0 ? undefined : whatIsWrong(asked.map((each) => each.result));
    if (wrong !== undefined && (said.length === 0 || !mayPass(wrong))) return { ok: false, error: wrong };
    const notAsked = nodes.filter((node) => !asked.some((each) => each.node === node && each.result.ok));
    const { lag, oldestAgeMs } = await this.#lags.add(request, merged, notAsked);
    // The others have nothing; who cannot be asked for a moment is no reason to fail.
    const problem = wrong?.message ?? merged.problem;
    return ok({ ...merged, problem, lag, oldestAgeMs });
  }

  #giveBack(group: string, result: Result<AcquireOutcome>): void {
    if (result.ok && result.value.ranges.length > 0) this.giveBack(group, result.value.ranges);
  }

  /** Each range goes to the node that has its partition now: another one does not know the acquisition, and there is nothing to give back. */
  giveBack(group: string, ranges: readonly AcquiredRange[]): void {
    const { broker, cluster, peers } = this.#surroundings;
    const own: AcquiredRange[] = [];
    const byNode = new Map<ClusterNode, AcquiredRange[]>();
    for (const range of ranges) {
      const owner = cluster.ownerOf(range);
      if (owner === undefined) continue;
      if (this.#isSelf(owner)) {
        own.push(range);
        continue;
      }
      const theirs = byNode.get(owner);
      const slim = { ...range, batches: [] };
      if (theirs === undefined) byNode.set(owner, [slim]);
      else theirs.push(slim);
    }
    if (own.length > 0) broker.giveBack(group, own);
    for (const [node, theirs] of byNode) void peers.call(node, 'giveBack', [group, theirs]);
  }
}

const hasRecords = (result: Result<AcquireOutcome>): boolean => result.ok && result.value.ranges.length > 0;

const whatIsWrong = (results: readonly Result<AcquireOutcome>[]): Rejection | undefined => {
  const errors = results.flatMap((each) => (each.ok ? [] : [each.error]));
  return errors.find((each) => !mayPass(each)) ?? errors[0];
};

/** That a node is away or stops, or that partitions move, concerns that node alone. */
const mayPass = (error: Rejection): boolean =>
  isUnreachable(error) || isPassing(error) || error.code === 'SHUTTING_DOWN';

/** What several nodes said, as if one had. */
export function merge(outcomes: readonly AcquireOutcome[]): AcquireOutcome {
  const [first, ...rest] = outcomes;
  if (first === undefined) return emptyOutcome;
  if (rest.length === 0) return first;
  const ranges = outcomes.flatMap((each) => each.ranges);
  let { emptyReason } = emptyOutcome;
  for (const each of outcomes) {
    if (each.emptyReason === null || emptyReason === null) continue;
    if (emptyReasons.indexOf(each.emptyReason) < emptyReasons.indexOf(emptyReason)) ({ emptyReason } = each);
  }
  if (ranges.length > 0) emptyReason = null;
  const nextMs = outcomes.flatMap((each) => (each.nextAvailableMs === null ? [] : [each.nextAvailableMs]));
  const agesMs = outcomes.flatMap((each) => (each.oldestAgeMs === null ? [] : [each.oldestAgeMs]));
  return {
    ranges,
    emptyReason,
    nextAvailableMs: emptyReason === 'delayed' && nextMs.length > 0 ? Math.min(...nextMs) : null,
    problem: ranges.length > 0 ? null : (outcomes.find((each) => each.problem !== null)?.problem ?? null),
    lag: outcomes.reduce((sum, each) => sum + each.lag, 0),
    oldestAgeMs: agesMs.length > 0 ? Math.max(...agesMs) : null,
    started: outcomes.find((each) => each.started !== null)?.started ?? null,
  };
}
