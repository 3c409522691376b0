import { describe, expect, it } from 'vitest';
import { KafkaCluster } from '../../src/cluster/kafka-cluster.ts';
import { type LastMember, noLastMember } from '../../src/cluster/member-file.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { groupId } from '../../src/core/ids.ts';
import type { OwnershipChange } from '../../src/ports/cluster.ts';
import { isSettled } from '../broker/broker-fixture.ts';
import { FakeClock, settle } from '../broker/fake-clock.ts';
import { FakeKafkaGroup, FakeLine } from './fake-kafka-group.ts';

const settings = { name: 'test', sessionTimeoutMs: 10_000, heartbeatIntervalMs: 1_000 };
const selfOf = (nodeId: number) => ({ nodeId, httpUrl: `http://10.0.0.${nodeId}:8080`, kafka: null });

/** Nodes on one Kafka with a topic of four partitions. */
function newWorld(maxTableBytes = 700_000) {
  const clock = new FakeClock();
  const kafka = new FakeKafkaGroup(clock);
  const topicId = kafka.setTopic('t', 4);
  const newNode = (nodeId: number, lastMember: LastMember = noLastMember) => {
    const line = new FakeLine(clock);
    const logged: string[] = [];
    const log = (_: object, message: string): void => void logged.push(message);
    const cluster = new KafkaCluster(
      { ...settings, maxTableBytes, self: selfOf(nodeId) },
      {
        client: kafka.client(line),
        lastMember,
        clock: line.clock,
        logger: { debug: log, info: log, warn: log, error: log },
      },
    );
    const changes: { gained: number[]; lost: number[] }[] = [];
    const partitionsOf = (of: OwnershipChange['gained']): number[] => of.map((each) => each.partition);
    cluster.watch(async ({ gained, lost }) => {
      changes.push({ gained: partitionsOf(gained), lost: partitionsOf(lost) });
    });
    const all = [0, 1, 2, 3].map((partition) => ({ topicId, partition }));
    return {
      cluster,
      line,
      changes,
      logged,
      start: () => cluster.start(selfOf(nodeId)),
      owned: () => partitionsOf(all.filter((each) => cluster.owns(each))),
      handsOut: () => partitionsOf(all.filter((each) => cluster.mayHandOut(each))),
      ownersKnown: () => all.map((each) => cluster.ownerOf(each)?.nodeId),
    };
  };
  /** Nodes that have started, one after the other. */
  const started = async (...ids: number[]) => {
    const nodes = ids.map((nodeId) => newNode(nodeId));
    for (const node of nodes) {
      const starting = node.start();
      await clock.advance(1_500);
      await starting;
    }
    return nodes;
  };
  return { clock, kafka, topicId, newNode, started };
}

describe('nodes of a cluster', () => {
  it('own everything as long as there is one, and share it when another comes', async () => {
    const { started, newNode, clock } = newWorld();
    const [one] = await started(1);
    expect(one!.handsOut()).toEqual([0, 1, 2, 3]);
    const two = newNode(2);
    const starting = two.start();
    await clock.advance(1_100);
    await starting;
    expect(one!.handsOut()).toHaveLength(2);
    expect(new Set([...one!.handsOut(), ...two.handsOut()])).toEqual(new Set([0, 1, 2, 3]));
    expect(one!.changes.at(-1)).toEqual({ gained: [], lost: two.owned() });
    expect(one!.ownersKnown()).toEqual(two.ownersKnown());
    expect(one!.cluster.nodes().map((each) => each.httpUrl)).toEqual(['http://10.0.0.1:8080', 'http://10.0.0.2:8080']);
  });

  it('agree on who coordinates a group, and spread groups', async () => {
    const { started } = newWorld();
    const [one, two] = await started(1, 2);
    const of = (cluster: KafkaCluster) =>
      Array.from({ length: 40 }, (_, each) => cluster.coordinatorOf(groupId(`g${each}`))?.nodeId);
    expect(of(one!.cluster)).toEqual(of(two!.cluster));
    expect(of(one!.cluster).filter((each) => each === 1).length).toBeGreaterThan(10);
    expect(of(one!.cluster).filter((each) => each === 2).length).toBeGreaterThan(10);
  });

  it('have a new topic, and partitions added to one, at once and alike', async () => {
    const { started, kafka, clock } = newWorld();
    const [one, two] = await started(1, 2);
    const before = kafka.generation;
    const topicId = kafka.setTopic('new', 4);
    kafka.setTopic('t', 6);
    await clock.advance(10);
    const owners = (node: typeof one) =>
      [0, 1, 2, 3].map((partition) => node!.cluster.ownerOf({ topicId, partition })?.nodeId);
    expect(owners(one)).toEqual(owners(two));
    expect(owners(one).filter((each) => each === 1)).toHaveLength(2);
    for (const node of [one, two]) expect(node!.changes.slice(-2).flatMap((each) => each.gained)).toHaveLength(3);
    expect(kafka.generation).toBe(before);
  });

  it('work out alike who owns what when the table would be too large for the group', async () => {
    const { started, kafka, clock } = newWorld(100);
    const topicId = kafka.setTopic('large', 4_000);
    const nodes = await started(1, 2, 3, 4);
    await clock.advance(2_000);
    const bytesBefore = kafka.assignedBytes;
    expect(nodes.flatMap((node) => node.logged).some((each) => each.includes('worked out by rendezvous'))).toBe(true);
    const partitions = Array.from({ length: 4_000 }, (_, partition) => ({ topicId, partition }));
    const ownersKnown = nodes.map(({ cluster }) => partitions.map((each) => cluster.ownerOf(each)?.nodeId));
    for (const each of ownersKnown) expect(each).toEqual(ownersKnown[0]);
    for (const { cluster } of nodes) {
      const { length } = partitions.filter((each) => cluster.mayHandOut(each));
      expect(length).toBe(ownersKnown[0]!.filter((each) => each === cluster.self.nodeId).length);
      expect(length).toBeGreaterThan(800);
    }
    // A node that goes moves what it had, and nothing else; and more partitions make nothing larger.
    kafka.setTopic('larger', 20_000);
    void nodes[3]!.cluster.stop();
    await clock.advance(3_000);
    const after = partitions.map((each) => nodes[0]!.cluster.ownerOf(each)?.nodeId);
    expect(after.filter((each, i) => each !== ownersKnown[0]![i])).toHaveLength(
      ownersKnown[0]!.filter((each) => each === 4).length,
    );
    expect(kafka.assignedBytes).toBeLessThanOrEqual(bytesBefore);
  });

  it('forget a topic that is deleted', async () => {
    const { started, kafka, clock } = newWorld();
    const [one] = await started(1);
    kafka.deleteTopic('t');
    await clock.advance(10);
    expect(one!.owned()).toEqual([]);
    expect(one!.changes.at(-1)).toEqual({ gained: [], lost: [0, 1, 2, 3] });
  });
});

describe('a node that goes', () => {
  it('hands over within two heartbeats when it is stopped', async () => {
    const { started, clock } = newWorld();
    const [one, two] = await started(1, 2);
    const stopping = one!.cluster.stop();
    expect(one!.handsOut()).toEqual([]);
    await clock.advance(1_100);
    await stopping;
    expect(two!.handsOut()).toEqual([0, 1, 2, 3]);
    expect(one!.changes.at(-1)!.lost).toHaveLength(2);
  });

  it('waits for the turns under way, and not for longer than a second', async () => {
    const { started, clock, kafka } = newWorld();
    const [one] = await started(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    one!.cluster.watch(() => promise);
    const stopping = one!.cluster.stop();
    await clock.advance(900);
    expect(kafka.memberCount).toBe(1);
    await clock.advance(150);
    expect(kafka.memberCount).toBe(0);
    resolve();
    await stopping;
  });

  it('stops soon when Kafka does not answer, and when it is not part of the cluster yet', async () => {
    const { started, newNode, clock } = newWorld();
    const [one] = await started(1);
    one!.line.latencyMs = 60_000;
    const stopping = one!.cluster.stop();
    await clock.advance(2_500);
    expect(await isSettled(stopping)).toBe(true);

    const two = newNode(2);
    two.line.latencyMs = 60_000;
    const starting = two.start();
    await clock.advance(100);
    const stoppingIt = two.cluster.stop();
    await clock.advance(2_500);
    expect(await isSettled(stoppingIt)).toBe(true);
    await starting;
  });

  it('is replaced within its session time-out when it is killed', async () => {
    const { started, clock } = newWorld();
    const [one, two] = await started(1, 2);
    one!.line.pause();
    await clock.advance(settings.sessionTimeoutMs + 1_100);
    expect(two!.handsOut()).toEqual([0, 1, 2, 3]);
  });
});

describe('a node that comes back after a crash', () => {
  it('takes out the member that it was, so that nobody waits until the session of the dead has ended', async () => {
    const { newNode, started, clock, kafka } = newWorld();
    const [two] = await started(2);
    let member: string | null = null;
    const lastMember = { read: () => member, write: (memberId: string | null) => void (member = memberId) };
    const before = newNode(1, lastMember);
    const starting = before.start();
    await clock.advance(1_500);
    await starting;
    before.line.pause();
    const after = newNode(1, lastMember);
    const startingAgain = after.start();
    await clock.advance(1_500);
    await startingAgain;
    expect(after.handsOut()).toHaveLength(2);
    expect(two!.handsOut()).toHaveLength(2);
    expect(kafka.memberCount).toBe(2);
    await Promise.all([after.cluster.stop(), clock.advance(100)]);
    expect(member).toBeNull();
  });
});

describe('a node that was paused', () => {
  it('hands out nothing when it wakes up, and is told that what it had no longer counts, also where it gets it back', async () => {
    const { started, clock } = newWorld();
    const [one, two] = await started(1, 2);
    one!.line.pause();
    await clock.advance(60_000);
    expect(one!.handsOut()).toEqual([]);
    expect(one!.owned()).toHaveLength(2);
    const seen = one!.changes.length;
    one!.line.resume();
    expect(one!.handsOut()).toEqual([]);
    await clock.advance(5_000);
    expect(one!.handsOut()).toHaveLength(2);
    expect(two!.handsOut()).toHaveLength(2);
    const changes = one!.changes.slice(seen);
    expect(changes.flatMap((each) => each.lost)).toHaveLength(2);
    expect(changes.flatMap((each) => each.gained)).toHaveLength(2);
    expect(one!.logged.some((each) => each.includes('taken for dead (UNKNOWN_MEMBER_ID)'))).toBe(true);
  });

  it('counts from when a heartbeat was sent, not from when its answer was seen', async () => {
    const { started, clock, kafka } = newWorld();
    const [one] = await started(1);
    const before = kafka.arrived.get('Heartbeat');
    while (kafka.arrived.get('Heartbeat') === before) await clock.advance(1);
    one!.line.pause();
    await clock.advance(9_500);
    one!.line.resume();
    await settle();
    expect(one!.handsOut()).toEqual([]);
    await clock.advance(10);
    expect(one!.handsOut()).toEqual([0, 1, 2, 3]);
  });

  it('drops what it had when it missed a generation, of which the answer got lost', async () => {
    const { started, clock, kafka, newNode } = newWorld();
    const [one] = await started(1, 2);
    const three = newNode(3);
    void three.start();
    const before = kafka.arrived.get('JoinGroup')!;
    // Node 3 joins twice, for an id first; then node 1 or 2.
    while (one!.handsOut().length > 0 || kafka.arrived.get('JoinGroup')! < before + 3) await clock.advance(1);
    await clock.advance(2);
    one!.line.cut = true;
    await clock.advance(1_100);
    one!.line.cut = false;
    const seen = one!.changes.length;
    await clock.advance(3_000);
    expect(one!.handsOut().length).toBeGreaterThan(0);
    const changes = one!.changes.slice(seen);
    expect(changes.flatMap((each) => each.lost)).toHaveLength(2);
    expect(changes.flatMap((each) => each.gained)).toEqual(one!.owned());
  });

  it('goes on with what it had when nobody has missed it', async () => {
    const { started, clock } = newWorld();
    const [one] = await started(1);
    one!.line.cut = true;
    await clock.advance(8_600);
    expect(one!.handsOut()).toEqual([]);
    expect(one!.cluster.trouble).toContain('the line is cut');
    const seen = one!.changes.length;
    one!.line.cut = false;
    await clock.advance(1_250);
    expect(one!.handsOut()).toEqual([0, 1, 2, 3]);
    expect(one!.cluster.trouble).toBeNull();
    expect(one!.changes.slice(seen)).toEqual([{ gained: [], lost: [] }]);
  });
});

describe('a node that cannot be one of the cluster', () => {
  it('is told that another one has its node.id', async () => {
    const { started, newNode, clock } = newWorld();
    const [one] = await started(1);
    const other = newNode(1);
    const starting = other.start();
    starting.catch(() => {});
    await clock.advance(2_000);
    await expect(starting).rejects.toThrow(
      'this node is not admitted to cluster "test": node.id 1 is in use by the node at http://10.0.0.1:8080',
    );
    // Whoever started it says so.
    expect(other.logged).toEqual([]);
    expect(one!.handsOut()).toEqual([0, 1, 2, 3]);
    expect(other.owned()).toEqual([]);
    await clock.advance(1_100);
    expect(one!.handsOut()).toEqual([0, 1, 2, 3]);
  });

  it('leaves when it is not admitted, so that the next one is not kept waiting', async () => {
    const { started, newNode, clock } = newWorld();
    const [one] = await started(1);
    const other = newNode(1);
    other.start().catch(() => {});
    await clock.advance(2_000);
    // Its process has ended.
    other.line.cut = true;
    const two = newNode(2);
    two.start().catch(() => {});
    await clock.advance(1_100);
    expect(one!.handsOut()).toHaveLength(2);
    expect(two.handsOut()).toHaveLength(2);
  });

  it('says why Kafka refuses it, and joins when that has passed', async () => {
    const { newNode, kafka, clock } = newWorld();
    kafka.refusal = errorCodes.INVALID_SESSION_TIMEOUT;
    const one = newNode(1);
    const starting = one.start();
    await clock.advance(1_000);
    expect(one.cluster.trouble).toBe(
      `Kafka refuses this node in group "__sash_test" with INVALID_SESSION_TIMEOUT: set cluster.session.timeout.ms between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms`,
    );
    kafka.refusal = errorCodes.COORDINATOR_LOAD_IN_PROGRESS;
    await clock.advance(6_000);
    expect(await isSettled(starting)).toBe(false);
    kafka.refusal = 0;
    await clock.advance(1_000);
    await starting;
    expect(one.handsOut()).toEqual([0, 1, 2, 3]);
  });
});
