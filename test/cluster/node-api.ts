import { setTimeout as sleep } from 'node:timers/promises';
import type { SashCluster, SashNode } from './sash-node.ts';

/** What a node said. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T & { readonly code?: string; readonly detail?: string; readonly retriable?: boolean };
}

/** One request to the HTTP API of a node; an answer of any status. @throws when no answer came within `withinMs` */
export async function ask<T>(
  node: Pick<SashNode, 'http'>,
  path: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string>; withinMs?: number } = {},
): Promise<Answer<T>> {
  const response = await fetch(`${node.http}${path}`, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: { ...(init.body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    signal: AbortSignal.timeout(init.withinMs ?? 40_000),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer<T>['body'] };
}

export interface Acquired {
  readonly partition: number;
  readonly offset: number;
  readonly deliveryCount: number;
  readonly value: unknown;
  readonly lease: string;
}

export interface Outcome {
  readonly status: string;
  readonly code?: string;
  readonly replayed?: boolean;
}

/** A topic and a group of one test, used through any node. */
export class Work {
  readonly topic: string;
  readonly group: string;

  constructor(name: string) {
    this.topic = `${name}-topic`;
    this.group = `${name}-group`;
  }

  createTopic(node: SashNode, partitions = 4): Promise<Answer> {
    return ask(node, '/v1/topics', { body: { topic: this.topic, partitions } });
  }

  produce(
    node: SashNode,
    values: readonly unknown[],
    options: { key?: string; partition?: number; withinMs?: number } = {},
  ): Promise<
    Answer<{ readonly results: readonly { partition: number; offset: number }[]; readonly replayed?: boolean }>
  > {
    const { key, partition, withinMs } = options;
    return ask(node, `/v1/topics/${this.topic}/records`, {
      body: { records: values.map((value) => ({ value, ...(partition === undefined ? {} : { partition }) })) },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
      ...(withinMs === undefined ? {} : { withinMs }),
    });
  }

  acquire(
    node: SashNode,
    options: { maxRecords?: number; waitMs?: number; lockDurationMs?: number; withinMs?: number } = {},
  ): Promise<Answer<{ readonly records: readonly Acquired[] }>> {
    const { withinMs, ...more } = options;
    const body = { topics: [this.topic], startFrom: 'earliest', maxRecords: 100, waitMs: 0, workerId: 'w', ...more };
    return ask(node, `/v1/share-groups/${this.group}/acquire`, {
      body,
      ...(withinMs === undefined ? {} : { withinMs }),
    });
  }

  acknowledge(
    node: SashNode,
    leases: readonly string[],
    type: 'accept' | 'release' | 'reject' = 'accept',
    withinMs = 40_000,
  ): Promise<Answer<{ readonly results: readonly Outcome[] }>> {
    return ask(node, `/v1/share-groups/${this.group}/acknowledge`, {
      body: { acknowledgements: leases.map((lease) => ({ lease, type })) },
      withinMs,
    });
  }

  /** Acquires until there are `count` records, whatever is refused meanwhile. */
  async take(node: SashNode, count: number, withinMs = 30_000, lockDurationMs = 60_000): Promise<Acquired[]> {
    const taken: Acquired[] = [];
    await eventually(async () => {
      const answer = await this.acquire(node, { waitMs: 200, maxRecords: count - taken.length, lockDurationMs });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer));
      taken.push(...answer.body.records);
      if (taken.length < count) throw new Error(`${taken.length} of ${count} records came`);
    }, withinMs);
    return taken;
  }

  /** Accepts all, again and again where it is told to; every accept that did not count is an error. */
  async acceptAll(node: SashNode, leases: readonly string[], withinMs = 30_000): Promise<void> {
    let left = leases;
    await eventually(async () => {
      const answer = await this.acknowledge(node, left);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer));
      left = left.filter((_, index) => answer.body.results[index]?.status !== 'accepted');
      if (left.length > 0) throw new Error(`not accepted: ${JSON.stringify(answer.body.results)}`);
    }, withinMs);
  }

  async lag(node: SashNode): Promise<number | null> {
    const answer = await ask<{ groups: readonly { group: string; lag: number | null }[] }>(node, '/v1/share-groups');
    if (answer.status !== 200) throw new Error(JSON.stringify(answer));
    return answer.body.groups.find(({ group }) => group === this.group)?.lag ?? null;
  }
}

/** What becomes true within a time. @throws the last error of `check` when it does not */
export async function eventually<T>(check: () => Promise<T> | T, withinMs = 20_000): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      await sleep(50);
    }
  }
}

/** What `/readyz` says: 200, or why not. */
export const readiness = async (node: SashNode): Promise<{ readonly ready: boolean; readonly why: string }> => {
  const { status, body } = await ask(node, '/readyz', { withinMs: 10_000 });
  return { ready: status === 200, why: `${body.code ?? ''} ${body.detail ?? ''}` };
};

/** Every node is ready. */
export const allReady = (cluster: SashCluster, withinMs = 45_000): Promise<void> =>
  eventually(async () => {
    for (const node of cluster.nodes) {
      const { ready, why } = await readiness(node);
      if (!ready) throw new Error(`node ${node.id} is not ready: ${why}`);
    }
  }, withinMs);
