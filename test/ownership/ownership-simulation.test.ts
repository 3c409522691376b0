import { describe, expect, it } from 'vitest';
import { KafkaCluster } from '../../src/cluster/kafka-cluster.ts';
import { noLastMember } from '../../src/cluster/member-file.ts';
import { type TopicPartition, topicPartitionText } from '../../src/core/ids.ts';
import { FakeClock } from '../broker/fake-clock.ts';
import { FakeKafkaGroup, FakeLine } from './fake-kafka-group.ts';

const settings = { name: 'test', sessionTimeoutMs: 6_000, heartbeatIntervalMs: 600 };
const selfOf = (nodeId: number) => ({ nodeId, httpUrl: `http://10.0.0.${nodeId}:8080`, kafka: null });
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Nodes that are started, stopped, killed, paused, cut off and slow at random; and what each has opened of which partition. */
async function simulate(seed: number, maxTableBytes: number, reached: Set<string>): Promise<void> {
  const random = randomOf(seed);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const clock = new FakeClock();
  const kafka = new FakeKafkaGroup(clock);
  const partitions: TopicPartition[] = [];
  const addTopic = (name: string, count: number): void => {
    const topicId = kafka.setTopic(name, count);
    for (let partition = 0; partition < count; partition++) partitions.push({ topicId, partition });
  };
  addTopic('a', 5);
  /** How often each partition was opened by anybody: its leader epoch. */
  const epochs = new Map<string, number>();

  const newNode = (nodeId: number) => {
    const line = new FakeLine(clock);
    const cluster = new KafkaCluster(
      { ...settings, maxTableBytes, self: selfOf(nodeId) },
      { client: kafka.client(line), lastMember: noLastMember, clock: line.clock, logger: quiet },
    );
    const opened = new Map<string, number>();
    cluster.watch(async ({ gained, lost }) => {
      for (const each of lost) opened.delete(topicPartitionText(each));
      if (random() < 0.5) await new Promise<void>((resolve) => line.clock.schedule(upTo(300), resolve));
      for (const each of gained) {
        // As the broker: only who may hand out opens.
        if (!cluster.mayHandOut(each)) continue;
        const text = topicPartitionText(each);
        epochs.set(text, (epochs.get(text) ?? 0) + 1);
        opened.set(text, epochs.get(text)!);
      }
    });
    void cluster.start(selfOf(nodeId)).catch(() => {});
    const serves = (each: TopicPartition): boolean => {
      const text = topicPartitionText(each);
      if (!cluster.mayHandOut(each)) return false;
      if (!opened.has(text)) {
        // At the first use.
        epochs.set(text, (epochs.get(text) ?? 0) + 1);
        opened.set(text, epochs.get(text)!);
      }
      return true;
    };
    return { nodeId, line, cluster, opened, serves };
  };
  let nodes = [newNode(1)];

  const look = (): void => {
    for (const each of partitions) {
      const text = topicPartitionText(each);
      // A node that is paused is asked too: it may wake up at this moment.
      const serving = nodes.filter((node) => node.cluster.mayHandOut(each) && node.opened.has(text));
      expect(serving.map((node) => node.nodeId).length, `seed ${seed}: nodes that serve ${text}`).toBeLessThanOrEqual(
        1,
      );
      for (const node of serving)
        expect(node.opened.get(text), `seed ${seed}: a stale window of ${text}`).toBe(epochs.get(text));
      if (random() < 0.3) for (const node of nodes) if (node.serves(each)) reached.add('served');
    }
  };

  for (let step = 0; step < 60; step++) {
    const node = nodes[upTo(nodes.length - 1)]!;
    const what = random();
    if (what < 0.15 && nodes.length < 4) {
      const free = [1, 2, 3, 4].find((id) => nodes.every((each) => each.nodeId !== id));
      nodes.push(newNode(free ?? 4));
      reached.add('a node came');
    } else if (what < 0.25 && nodes.length > 1) {
      nodes = nodes.filter((each) => each !== node);
      if (random() < 0.5) void node.cluster.stop();
      else node.line.pause();
      reached.add('a node went');
    } else if (what < 0.4) {
      node.line.pause();
      reached.add('a node was paused');
    } else if (what < 0.55) {
      node.line.cut = true;
      reached.add('a node was cut off');
    } else if (what < 0.65) {
      node.line.latencyMs = upTo(1_500);
    } else if (what < 0.7 && partitions.length < 20) {
      addTopic(`topic${step}`, 1 + upTo(3));
      reached.add('a topic came');
    } else {
      node.line.resume();
      node.line.cut = false;
      node.line.latencyMs = 1;
    }
    const untilMs = clock.monotonicMs() + upTo(4_000);
    while (clock.monotonicMs() < untilMs) {
      await clock.advance(100);
      look();
    }
  }
  for (const { line } of nodes) {
    line.resume();
    line.cut = false;
    line.latencyMs = 1;
  }
  await clock.advance(25_000);
  look();
  for (const each of partitions) {
    const serving = nodes.filter((node) => node.cluster.mayHandOut(each));
    expect(serving.length, `seed ${seed}: nodes that serve ${topicPartitionText(each)} in the end`).toBe(1);
  }
}

describe('ownership when nodes come, go, stand still and are cut off', () => {
  it('is never with two nodes, never with one that has old windows, and with one in the end (seeds 1 to 12)', async () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      // Some with the table of owners, some without.
      await simulate(seed, seed % 3 === 0 ? 0 : 700_000, reached);
    }
    expect([...reached].toSorted()).toEqual([
      'a node came',
      'a node was cut off',
      'a node was paused',
      'a node went',
      'a topic came',
      'served',
    ]);
  }, 60_000);
});
