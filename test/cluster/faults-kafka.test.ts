import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lasting, patienceMs, sessionTimeoutMs, useCluster } from './cluster-fixture.ts';
import { Work, ask, eventually, readiness } from './node-api.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

/** Refused, and to be tried again, with a reason. */
const retriable = expect.objectContaining({ retriable: true, detail: expect.stringMatching(/./) as string }) as object;

describe.skipIf(cannot('kafka', 'redis'))('when Kafka', () => {
  const fixture = useCluster({ ownKafka: true });

  it(
    'is away, produces are refused as retriable, nodes say that they are not ready, and all goes on when it is back',
    async () => {
      const { cluster, kafka } = fixture;
      const [one, two] = [cluster.node(0), cluster.node(1)];
      const work = new Work(uniqueName('away'));
      await work.createTopic(one);
      await work.produce(one, ['a', 'b', 'c']);
      const taken = await work.take(one, 3);
      await work.acceptAll(two, [taken[0]!.lease]);

      await kafka.kill();
      const refused = work.produce(one, ['d'], { key: 'the d' });
      for (const node of cluster.nodes) {
        const { why } = await eventually(async () => {
          const said = await readiness(node);
          expect(said.ready).toBe(false);
          return said;
        });
        expect(why).toMatch(/Kafka|storage/i);
      }
      expect(await refused).toMatchObject({ status: 503, body: retriable });
      await kafka.start();

      // With its key it is there once, whatever became of the first attempt.
      const produced = await eventually(async () => {
        const answer = await work.produce(two, ['d'], { key: 'the d' });
        expect(answer.status).toBe(200);
        return answer.body.results;
      }, 60_000);
      expect(produced).toHaveLength(1);
      // What was accepted does not come back; what was held comes again at the latest when its lock is over, or is accepted still.
      const accepted = new Set([`${taken[0]!.partition}/${taken[0]!.offset}`]);
      const values = new Set<unknown>();
      await eventually(async () => {
        const answer = await work.acknowledge(
          one,
          taken.slice(1).map(({ lease }) => lease),
        );
        expect(answer.status).toBe(200);
        for (const [index, { status }] of answer.body.results.entries()) {
          if (status === 'accepted') values.add(taken[index + 1]!.value);
        }
        const { status, body } = await work.acquire(two, { waitMs: 200 });
        expect(status).toBe(200);
        for (const { partition, offset, value } of body.records) {
          expect(accepted).not.toContain(`${partition}/${offset}`);
          values.add(value);
        }
        expect(values).toEqual(new Set([taken[1]!.value, taken[2]!.value, 'd']));
      }, 90_000);
    },
    patienceMs,
  );

  it(
    'answers slowly, produces wait for it, and no record is there twice',
    async () => {
      const { cluster, kafka } = fixture;
      const work = new Work(uniqueName('slow'));
      await work.createTopic(cluster.node(0), 1);
      await work.produce(cluster.node(0), ['first']);
      for (let round = 0; round < 3; round++) {
        kafka.pause();
        const answers = cluster.nodes.map((node, index) =>
          work.produce(node, [`${round}-${index}`], { key: `${round}-${index}` }),
        );
        await sleep(1_500);
        kafka.resume();
        for (const [index, answer] of (await Promise.all(answers)).entries()) {
          if (answer.status === 200) continue;
          expect(answer).toMatchObject({ status: 503, body: retriable });
          await eventually(async () => {
            const key = `${round}-${index}`;
            expect((await work.produce(cluster.node(index), [key], { key })).status).toBe(200);
          }, 60_000);
        }
      }
      const taken = await work.take(cluster.node(1), 7, 60_000);
      expect(taken.map(({ value }) => String(value)).toSorted((a, b) => a.localeCompare(b))).toEqual([
        '0-0',
        '0-1',
        '1-0',
        '1-1',
        '2-0',
        '2-1',
        'first',
      ]);
      await work.acceptAll(
        cluster.node(0),
        taken.map(({ lease }) => lease),
      );
      expect(await work.lag(cluster.node(0))).toBe(0);
    },
    patienceMs,
  );

  it(
    'does not answer for longer than the session of the nodes, they hand out nothing, and go on afterwards',
    async () => {
      const { cluster, kafka } = fixture;
      const work = new Work(uniqueName('silent'));
      await work.createTopic(cluster.node(0));
      await work.produce(cluster.node(0), ['a', 'b', 'c', 'd']);
      const held = await work.take(cluster.node(0), 2);
      kafka.pause();
      await sleep(lasting(sessionTimeoutMs + 1_000, 30_000));
      for (const node of cluster.nodes) {
        const { status, body } = await work.acquire(node, { withinMs: 20_000 });
        if (status === 200) expect(body.records).toEqual([]);
        else expect({ status, body }).toMatchObject({ status: 503, body: retriable });
        expect((await readiness(node)).ready).toBe(false);
      }
      kafka.resume();
      const got = new Set<unknown>();
      await eventually(async () => {
        const { status, body } = await work.acquire(cluster.node(1), { waitMs: 200, lockDurationMs: 60_000 });
        expect(status).toBe(200);
        for (const { value } of body.records) got.add(value);
        expect(got.size).toBeGreaterThanOrEqual(2);
      }, 60_000);
      for (const { value } of held) got.add(value);
      expect(got).toEqual(new Set(['a', 'b', 'c', 'd']));
    },
    patienceMs,
  );

  it(
    'has a topic deleted and made again, its groups start anew and leases of the old one are refused',
    async () => {
      const { cluster, kafka } = fixture;
      const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      onTestFinished(() => admin.disconnect());
      const work = new Work(uniqueName('again'));
      await work.createTopic(cluster.node(0), 2);
      await work.produce(cluster.node(0), ['old 1', 'old 2', 'old 3']);
      const old = await work.take(cluster.node(0), 3);
      await work.acceptAll(cluster.node(1), [old[0]!.lease]);
      await admin.deleteTopics({ topics: [work.topic] });
      await eventually(async () => {
        await admin.createTopics({ topics: [{ topic: work.topic, numPartitions: 2 }] });
      });
      await eventually(async () => {
        const answer = await work.produce(cluster.node(1), ['new'], { partition: 1 });
        expect(answer.status).toBe(200);
        expect(answer.body.results[0]).toMatchObject({ partition: 1, offset: 0 });
      }, 30_000);
      const [record] = await work.take(cluster.node(0), 1, 60_000);
      expect(record).toMatchObject({ value: 'new', partition: 1, offset: 0, deliveryCount: 1 });
      const late = await work.acknowledge(
        cluster.node(0),
        old.map(({ lease }) => lease),
      );
      for (const { status } of late.body.results ?? []) expect(status).toBe('error');
      await work.acceptAll(cluster.node(1), [record!.lease]);
      await eventually(async () => expect(await work.lag(cluster.node(0))).toBe(0));
    },
    patienceMs,
  );

  it(
    'has a topic deleted for good, who asks is told so, and the other topics go on',
    async () => {
      const { cluster, kafka } = fixture;
      const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      onTestFinished(() => admin.disconnect());
      const [gone, stays] = [new Work(uniqueName('gone')), new Work(uniqueName('stays'))];
      for (const work of [gone, stays]) {
        await work.createTopic(cluster.node(0));
        await work.produce(cluster.node(0), ['a']);
        await work.take(cluster.node(1), 1);
      }
      await admin.deleteTopics({ topics: [gone.topic] });
      for (const node of cluster.nodes) {
        await eventually(async () => {
          expect(await gone.produce(node, ['b'])).toMatchObject({
            status: 404,
            body: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
          });
          expect((await ask(node, `/v1/topics/${gone.topic}`)).status).toBe(404);
        });
        expect((await stays.produce(node, ['b'])).status).toBe(200);
      }
      expect(await stays.take(cluster.node(0), 2)).toHaveLength(2);
    },
    patienceMs,
  );
});
