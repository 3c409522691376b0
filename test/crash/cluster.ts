import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaServer, startKafka } from '../cluster/kafka-server.ts';
import { type RedisServer, startRedis } from '../cluster/redis-server.ts';
import { type SashCluster, type SashNode, startSashCluster } from '../cluster/sash-node.ts';
import { nowMs } from './history.ts';
import type { Random } from './random.ts';
import type { RunningServer, Starter } from './server.ts';
import { ask } from './snapshot.ts';

const sessionTimeoutMs = 6_000;
/** Longer than it takes to notice that a node is gone, with a busy machine. */
const readyWithinMs = 45_000;

/** Two nodes over a Kafka without share groups and a Redis. A start is one of both nodes; a kill kills both. */
export class ClusterStarter implements Starter {
  readonly #folder: string;
  #kafka: KafkaServer | undefined;
  #redis: RedisServer | undefined;
  #cluster: SashCluster | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<RunningServer> {
    const spawnedMs = nowMs();
    const cluster = await this.#started();
    await this.#ready();
    const logged = cluster.nodes.map((node) => node.log().length);
    const log = (): string => cluster.nodes.map((node, index) => node.log().slice(logged[index])).join('');
    return {
      url: cluster.node(0).http,
      nodes: cluster.nodes.map(({ http, kafkaPort }) => ({ url: http, kafka: `127.0.0.1:${kafkaPort}` })),
      startMs: nowMs() - spawnedMs,
      disturb: (random) => this.#disturb(random),
      kill: async () => {
        const gone = cluster.nodes.find((node) => !node.isRunning);
        if (gone !== undefined) throw new Error(`node ${gone.id} ended by itself: ${gone.log().slice(-2_000)}`);
        await Promise.all(cluster.nodes.map((node) => node.kill()));
        return { atMs: nowMs(), log: log() };
      },
      stop: async () => {
        const signalledMs = nowMs();
        await Promise.all(cluster.nodes.map((node) => node.stop()));
        return { code: 0, tookMs: nowMs() - signalledMs, log: log() };
      },
    };
  }

  async #started(): Promise<SashCluster> {
    this.#redis ??= await startRedis();
    this.#kafka ??= await startKafka();
    if (this.#cluster === undefined) {
      this.#cluster = await startSashCluster({
        kafka: this.#kafka.bootstrap,
        redis: this.#redis.url,
        name: 'crash',
        folder: this.#folder,
        settings: { 'cluster.session.timeout.ms': String(sessionTimeoutMs), 'log.retention.check.interval.ms': '150' },
      });
    } else {
      await Promise.all(this.#cluster.nodes.map((node) => node.start()));
    }
    return this.#cluster;
  }

  /** Every node says that it can serve, and every window has an owner that tells of it. */
  async #ready(): Promise<void> {
    const untilMs = nowMs() + readyWithinMs;
    for (;;) {
      const why = await this.#notReady();
      if (why === null) return;
      if (nowMs() > untilMs) throw new Error(`the cluster is not ready after ${readyWithinMs} ms: ${why}`);
      await sleep(50);
    }
  }

  async #notReady(): Promise<string | null> {
    for (const { http } of this.#cluster?.nodes ?? []) {
      try {
        const ready = await fetch(`${http}/readyz`, { signal: AbortSignal.timeout(5_000) });
        const said = await ready.text();
        if (!ready.ok) return said;
        const { groups } = await ask<{ groups: readonly { group: string }[] }>(http, '/share-groups');
        for (const { group } of groups) await ask(http, `/share-groups/${group}/windows`);
      } catch (error) {
        return String(error);
      }
    }
    return null;
  }

  async #disturb(random: Random): Promise<string> {
    const [cluster, kafka, redis] = [this.#cluster!, this.#kafka!, this.#redis!];
    const node = random.pick<SashNode>(cluster.nodes);
    const what = random.pick(['nothing', 'kill', 'kill', 'pause', 'stop', 'redis', 'kafka', 'kafka paused']);
    switch (what) {
      case 'kill':
        await node.kill();
        // Now and then it is back before anybody has noticed.
        await sleep(random.chance(0.3) ? 0 : random.between(sessionTimeoutMs, sessionTimeoutMs + 4_000));
        await node.start();
        break;
      case 'stop':
        await node.stop();
        await sleep(random.between(0, 3_000));
        await node.start();
        break;
      case 'pause':
        node.pause();
        await sleep(random.between(1_000, sessionTimeoutMs + 5_000));
        node.resume();
        break;
      case 'redis':
        await redis.kill();
        await sleep(random.between(0, 5_000));
        await redis.start();
        break;
      case 'kafka':
        await kafka.kill();
        await sleep(random.between(0, 3_000));
        await kafka.start();
        break;
      case 'kafka paused':
        kafka.pause();
        await sleep(random.between(1_000, sessionTimeoutMs + 3_000));
        kafka.resume();
        break;
      default:
    }
    await this.#ready();
    const whose = ['kill', 'pause', 'stop'].includes(what) ? ` of node ${node.id}` : '';
    return `disturbance: ${what}${whose}`;
  }

  async killWhileStarting(afterMs: number): Promise<void> {
    const nodes = this.#cluster?.nodes ?? [];
    for (const node of nodes) node.startSoon();
    await sleep(afterMs);
    await Promise.all(nodes.map((node) => node.kill()));
  }

  async end(): Promise<void> {
    this.#cluster?.killNow();
    await this.#kafka?.remove();
    await this.#redis?.remove();
  }

  killNow(): void {
    this.#cluster?.killNow();
  }
}
