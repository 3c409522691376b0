import type { AcquireOutcome, AcquireRequest } from '../broker/requests.ts';
import type { Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterNode } from '../ports/cluster.ts';

/** What a node last said of its partitions of some topics, in a group. */
interface Said {
  readonly lag: number;
  readonly oldestAgeMs: number | null;
  /** Monotonic. */
  readonly atMs: number;
}

/** What a node said is asked for anew when it is older, ms, while the answer goes out with it. */
const freshMs = 1_000;
/** So many groups with their topics are remembered. */
const maxRemembered = 1_000;

/**
 * What is left to do at the nodes that an acquire did not ask, because another one had records at once: as they last said,
 * about a second ago at most while acquires go on.
 */
export class OtherLags {
  readonly #clock: Clock;
  readonly #ask: (node: ClusterNode, request: AcquireRequest) => Promise<Result<AcquireOutcome>>;
  readonly #said = new Map<string, Map<number, Said>>();
  readonly #asking = new Map<string, Promise<void>>();

  /** @param ask with a request that takes nothing and does not wait */
  constructor(clock: Clock, ask: (node: ClusterNode, request: AcquireRequest) => Promise<Result<AcquireOutcome>>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  #of({ group, topics }: AcquireRequest): { readonly key: string; readonly nodes: Map<number, Said> } {
    const key = [group, ...topics].join('\n');
    let nodes = this.#said.get(key);
    if (nodes === undefined) {
      if (this.#said.size >= maxRemembered) this.#said.clear();
      this.#said.set(key, (nodes = new Map()));
    }
    return { key, nodes };
  }

  /** A node has said something in an answer. */
  note(request: AcquireRequest, { nodeId }: ClusterNode, { lag, oldestAgeMs }: AcquireOutcome): void {
    this.#of(request).nodes.set(nodeId, { lag, oldestAgeMs, atMs: this.#clock.monotonicMs() });
  }

  /** The outcome with what the nodes have that were not asked. One that never said anything is asked now. */
  async add(
    request: AcquireRequest,
    outcome: AcquireOutcome,
    notAsked: readonly ClusterNode[],
  ): Promise<AcquireOutcome> {
    const { key, nodes } = this.#of(request);
    const nowMs = this.#clock.monotonicMs();
    let { lag, oldestAgeMs } = outcome;
    for (const node of notAsked) {
      const before = nodes.get(node.nodeId);
      const asked =
        before === undefined || nowMs - before.atMs > freshMs ? this.#refresh(key, node, request) : undefined;
      if (before === undefined) await asked;
      const said = nodes.get(node.nodeId);
      if (said === undefined) continue;
      lag += said.lag;
      if (said.oldestAgeMs !== null) oldestAgeMs = Math.max(oldestAgeMs ?? 0, said.oldestAgeMs + nowMs - said.atMs);
    }
    return { ...outcome, lag, oldestAgeMs: oldestAgeMs === null ? null : Math.max(0, Math.round(oldestAgeMs)) };
  }

  #refresh(key: string, node: ClusterNode, request: AcquireRequest): Promise<void> {
    const place = `${node.nodeId}\n${key}`;
    let asking = this.#asking.get(place);
    if (asking === undefined) {
      asking = this.#ask(node, { ...request, maxRecords: 0, waitMs: 0 })
        .then((result) => {
          if (result.ok) this.note(request, node, result.value);
        })
        .finally(() => this.#asking.delete(place));
      this.#asking.set(place, asking);
    }
    return asking;
  }
}
