import { describe, expect, it } from 'vitest';
import { GroupActivity, noShareCounts } from '../../src/broker/activity.ts';
import { RecentCount } from '../../src/broker/recent-count.ts';
import { holderOf } from '../../src/core/ids.ts';
import { leasesOf, must, startBroker } from './broker-fixture.ts';

const start = async () => {
  const fixture = await startBroker();
  must(await fixture.broker.createTopic({ name: 't', partitions: 2, config: {} }));
  const group = async () => (await fixture.broker.measure()).groups.find((each) => each.group === 'g');
  return { ...fixture, group };
};

const nothing = { delivered: 0, accepted: 0, released: 0, rejected: 0, renewed: 0, lockTimeouts: 0, archived: 0 };

describe('activity', () => {
  it('counts records as they are delivered and as their deliveries end, for the share partition and its group', async () => {
    const { produce, acquire, acknowledge, group } = await start();
    await produce('t', ['a', 'b', 'c', 'd'], 1);
    const { ranges } = must(await acquire({ maxRecords: 4 }));
    const [a, b, c, d] = leasesOf(ranges);
    await acknowledge('accept', [a!, b!]);
    await acknowledge('reject', [c!]);
    await acknowledge('renew', [d!]);
    await acknowledge('release', [d!]);
    const counts = { ...nothing, delivered: 4, accepted: 2, rejected: 1, renewed: 1, released: 1, archived: 1 };
    expect(await group()).toMatchObject({
      group: 'g',
      tally: counts,
      partitions: [
        { topic: 't', partition: 0, tally: nothing },
        { topic: 't', partition: 1, tally: counts },
      ],
    });
  });

  it('counts a lock that ran out, and at the limit a record that is archived by it', async () => {
    const { broker, produce, acquire, clock, group } = await start();
    must(await broker.alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    await produce('t', ['a']);
    for (let delivery = 0; delivery < 2; delivery++) {
      expect(must(await acquire()).ranges).toHaveLength(1);
      await clock.advance(30_000);
    }
    expect((await group())?.tally).toEqual({ ...nothing, delivered: 2, lockTimeouts: 2, archived: 1 });
  });

  it('counts what is produced to a topic', async () => {
    const { broker, produce } = await start();
    await produce('t', ['a', 'b']);
    await produce('t', ['c'], 1);
    const [topic] = (await broker.measure()).topics;
    expect(topic).toMatchObject({ topic: 't', tally: { requests: 2, recordsIn: 3 } });
    expect(topic!.tally.bytesIn).toBe(
      broker.listTopics()[0]!.partitions.reduce((sum, each) => sum + each.sizeBytes!, 0),
    );
  });
});

describe('the activity of holders', () => {
  const end = (group: GroupActivity, name: string, outcome: 'accepted' | 'released', nowMs: number): void =>
    group.ended(holderOf('http', name), outcome, 1, nowMs);

  it('is forgotten when they are gone, however many have names of their own', () => {
    const group = new GroupActivity(noShareCounts());
    for (let job = 0; job < 20_000; job++) {
      end(group, `job-${job}`, 'accepted', job * 1_000);
      end(group, 'steady', 'released', job * 1_000);
    }
    // Those of the last eleven minutes, and as many that were not looked at yet.
    expect(group.holders).toBeLessThan(1_400);
    expect(group.ofHolder(holderOf('http', 'steady'), 20_000_000).failures).toBeGreaterThan(590);
    expect(group.ofHolder(holderOf('http', 'job-19990'), 19_995_000).acknowledgedPerSecond).toBe(0.1);
  });

  it('is known of so many at once and no more', () => {
    const group = new GroupActivity(noShareCounts());
    for (let job = 0; job < 20_000; job++) end(group, `job-${job}`, 'released', job);
    expect(group.holders).toBe(5_000);
    expect(group.ofHolder(holderOf('http', 'job-19999'), 20_000).failures).toBe(1);
  });
});

describe('a recent count', () => {
  it('forgets what is older than its buckets', () => {
    const count = new RecentCount(1_000, 10);
    count.add(5, 1_500);
    count.add(6, 2_000);
    expect(count.sum(11_999)).toBe(11);
    expect(count.sum(12_000)).toBe(6);
    expect(count.sum(13_000)).toBe(0);
    count.add(1, 500_000);
    expect(count.sum(500_000)).toBe(1);
  });

  it('gives an average over its time', () => {
    const count = new RecentCount(1_000, 10);
    for (let atMs = 0; atMs < 20_000; atMs += 10) count.add(1, atMs);
    expect(count.perSecond(20_000)).toBe(100);
    expect(count.perSecond(25_000)).toBe(50);
  });
});
