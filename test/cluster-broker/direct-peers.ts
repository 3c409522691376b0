import { deserialize, serialize } from 'node:v8';
import { type CallOptions, type Peers, unreachable } from '../../src/cluster/peers.ts';
import type { PeerArguments, PeerCalls, PeerMethod, PeerValue } from '../../src/cluster/peer-methods.ts';
import type { Result } from '../../src/core/result.ts';
import type { ClusterNode } from '../../src/ports/cluster.ts';

/** Calls between nodes of one process, without sockets; what goes over is copied as on the wire. */
export class DirectPeers {
  readonly #calls = new Map<number, PeerCalls>();
  /** Nodes that nobody reaches. */
  readonly away = new Set<number>();
  /** Nodes that take calls, and whose answers never come. */
  readonly mute = new Set<number>();
  /** The next calls of these methods arrive so many microtasks later than others. */
  readonly late: { readonly method: PeerMethod; readonly turns: number }[] = [];
  /** The next calls of these methods arrive when told. */
  readonly held: { readonly method: PeerMethod; readonly until: Promise<void> }[] = [];
  /** All calls that were made, as `1→2 acquire`. */
  readonly made: string[] = [];

  join(nodeId: number, calls: PeerCalls): void {
    this.#calls.set(nodeId, calls);
  }

  of(from: number): Peers {
    return { call: (node, method, args, options) => this.#call(from, node, method, args, options) };
  }

  /** How often nodes asked others so. */
  count(method: PeerMethod): number {
    return this.made.filter((each) => each.endsWith(` ${method}`)).length;
  }

  async #call<M extends PeerMethod>(
    from: number,
    node: ClusterNode,
    method: M,
    args: PeerArguments<M>,
    { signal }: CallOptions = {},
  ): Promise<Result<PeerValue<M>>> {
    this.made.push(`${from}→${node.nodeId} ${method}`);
    const calls = this.#calls.get(node.nodeId);
    if (calls === undefined || this.away.has(node.nodeId)) {
      return unreachable(node, method, 'connection refused', false);
    }
    const late = this.late.findIndex((each) => each.method === method);
    if (late >= 0) for (let { turns } = this.late.splice(late, 1)[0]!; turns > 0; turns--) await Promise.resolve();
    const held = this.held.findIndex((each) => each.method === method);
    if (held >= 0) await this.held.splice(held, 1)[0]!.until;
    const run = calls[method] as (signal: AbortSignal, ...given: PeerArguments<M>) => Promise<Result<PeerValue<M>>>;
    const result = await run(signal ?? new AbortController().signal, ...copy(args));
    if (this.mute.has(node.nodeId)) return unreachable(node, method, 'no answer', true);
    return copy(result);
  }
}

const copy = <T>(value: T): T => deserialize(serialize(value)) as T;
