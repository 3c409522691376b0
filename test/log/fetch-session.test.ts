import { describe, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import { FetchSession } from '../../src/log/kafka-fetch.ts';
import { KafkaPartitions } from '../../src/log/kafka-partitions.ts';

const orders = topicId('ordersAAAAAAAAAAAAAAAA');
const partitions = new KafkaPartitions();
const [p0, p1] = [0, 1].map((partition) => partitions.add({ topicId: orders, partition }, 'orders')) as [
  ReturnType<KafkaPartitions['add']>,
  ReturnType<KafkaPartitions['add']>,
];
const at = (partition: typeof p0, fetchOffset: number, leaderEpoch = 3) => ({
  partition,
  fetchOffset,
  leaderEpoch,
  maxBytes: 1000,
});
/** `partition@offset` of what is sent, `-partition` of what is forgotten, and the session. */
const sent = (session: FetchSession, wanted: readonly ReturnType<typeof at>[], changed = [p0, p1]): string => {
  const byPartition = new Map(wanted.map((each) => [each.partition, each]));
  const request = session.next(byPartition, new Set(changed));
  const { topics = [], forgottenTopicsData = [], sessionId, sessionEpoch } = request;
  const asked = topics
    .flatMap((topic) => topic.partitions ?? [])
    .map((each) => `${each.partition}@${each.fetchOffset}`);
  const gone = forgottenTopicsData.flatMap((topic) => topic.partitions ?? []).map((partition) => `-${partition}`);
  return `${[...asked, ...gone].join(' ')} (${sessionId}/${sessionEpoch})`;
};

describe('a fetch session', () => {
  test('sends all at first, and then what has changed', () => {
    const session = new FetchSession();
    expect(sent(session, [at(p0, 5), at(p1, 7)])).toBe('0@5 1@7 (0/0)');
    session.answered(42);
    expect(sent(session, [at(p0, 5), at(p1, 9)], [p1])).toBe('1@9 (42/1)');
    expect([session.sentOffset(p0), session.sentOffset(p1)]).toEqual([5, 9]);
    session.answered(42);
    expect(sent(session, [at(p0, 5), at(p1, 9)], [])).toBe(' (42/2)');
    session.answered(42);
    expect(sent(session, [at(p1, 9)], [p0])).toBe('-0 (42/3)');
    session.answered(42);
    expect(sent(session, [at(p1, 9), at(p0, 6)], [p0])).toBe('0@6 (42/4)');
  });

  test('does not forget a partition that is asked for again as another one', () => {
    const session = new FetchSession();
    sent(session, [at(p0, 5), at(p1, 7)]);
    session.answered(42);
    const again = partitions.add({ topicId: orders, partition: 0 }, 'orders');
    expect(sent(session, [at(again, 0), at(p1, 7)], [p0, again])).toBe('0@0 (42/1)');
  });

  test('sends all each time to a broker that keeps no session', () => {
    const session = new FetchSession();
    for (let i = 0; i < 3; i++) {
      expect(sent(session, [at(p0, 5), at(p1, 7)])).toBe('0@5 1@7 (0/0)');
      session.answered(0);
    }
  });

  test('begins anew when the broker has forgotten it, or the connection broke', () => {
    const session = new FetchSession();
    sent(session, [at(p0, 5), at(p1, 7)]);
    session.answered(42);
    session.reset();
    expect(sent(session, [at(p0, 5)])).toBe('0@5 (0/0)');
    session.answered(43);
    expect(sent(session, [at(p0, 5)], [])).toBe(' (43/1)');
  });
});
