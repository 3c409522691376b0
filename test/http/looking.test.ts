import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { topicName } from '../../src/core/ids.ts';
import { type Json, expectProblem, openDoor } from './door.ts';

/** What the page and the command line ask for: members, history and strips. */
let door: Awaited<ReturnType<typeof openDoor>>;
beforeEach(async () => {
  door = await openDoor({ broker: { settings: { historyIntervalMs: 5_000 } } });
  await door.ok('POST', '/v1/topics', { topic: 't', partitions: 2 });
  await door.ok('PATCH', '/v1/share-groups/g', { config: { 'share.auto.offset.reset': 'earliest' } });
});
afterEach(() => door.app.close());

describe('members', () => {
  it('are listed with what is assigned to them', async () => {
    const { broker, clock, ok } = door;
    expect(await ok('GET', '/v1/share-groups/g/members')).toEqual({ members: [] });
    await broker.members.heartbeat({
      groupId: 'g',
      memberId: 'm-1',
      memberEpoch: 0,
      rackId: null,
      subscribedTopicNames: [topicName('t'), topicName('unknown')],
      clientId: 'java',
      clientHost: '/127.0.0.1',
    });
    await clock.advance(2_000);
    const { members } = await ok('GET', '/v1/share-groups/g/members');
    expect(members).toEqual([
      {
        memberId: 'm-1',
        clientId: 'java',
        clientHost: '/127.0.0.1',
        rackId: null,
        memberEpoch: expect.any(Number),
        assignment: [{ topic: 't', partitions: [0, 1] }],
        subscribedTopics: ['t', 'unknown'],
        lastHeartbeatMs: 2_000,
      },
    ]);
    expectProblem(await door.call('GET', '/v1/share-groups/none/members'), 404, 'GROUP_ID_NOT_FOUND');
  });
});

describe('history', () => {
  it('is given for the minutes asked for', async () => {
    await door.clock.advance(120_000);
    const { intervalMs, samples } = await door.ok('GET', '/v1/share-groups/g/history?minutes=1');
    expect([intervalMs, samples.length]).toEqual([5_000, 12]);
    expectProblem(await door.call('GET', '/v1/share-groups/g/history?minutes=16'), 400, 'INVALID_REQUEST', '15');
    expectProblem(await door.call('GET', '/v1/share-groups/none/history'), 404, 'GROUP_ID_NOT_FOUND');
  });
});

describe('strips', () => {
  const strips = '/v1/share-groups/g/strips';
  const work = async (): Promise<void> => {
    const records = Array.from({ length: 20 }, (_, index) => ({ value: `${index}`, partition: 0 }));
    await door.ok('POST', '/v1/topics/t/records', { records });
    const acquire = { topics: ['t'], workerId: 'w', maxRecords: 20, waitMs: 0 };
    const got = await door.ok('POST', '/v1/share-groups/g/acquire', acquire);
    const acknowledgements = got.records
      .filter((_: Json, index: number) => index % 2 === 1)
      .map(({ lease }: Json) => ({ lease, type: 'accept' }));
    await door.ok('POST', '/v1/share-groups/g/acknowledge', { acknowledgements });
  };

  it('show several windows at once, each as runs or as columns', async () => {
    await work();
    const { windows } = await door.ok('GET', `${strips}?windows=t:1,t:0&columns=10`);
    expect(windows[0]).toMatchObject({ topic: 't', partition: 1, runs: [], columns: null });
    expect(windows[1]).toMatchObject({ topic: 't', partition: 0, holders: ['w'], columnOffsets: 2 });
    expect(windows[1].columns).toEqual([[10, 0, 1, 0, 1, 0, 0]]);
    const rows = (await door.ok('GET', '/v1/share-groups/g/windows')).windows;
    expect(windows[1].version).toBe(rows[0].version);
    const zoomed = await door.ok('GET', `${strips}?windows=t:0&columns=10&fromOffset=3&endOffset=6`);
    expect(zoomed.windows[0].runs.map((run: number[]) => run.slice(0, 3))).toEqual([
      [3, 3, 3],
      [4, 4, 1],
      [5, 5, 3],
    ]);
  });

  it.each([
    ['', 'windows'],
    ['?windows=', 'windows'],
    ['?windows=t', 'windows'],
    ['?windows=t:x', 'windows'],
    [`?windows=${Array.from({ length: 65 }, () => 't:0').join()}`, 'windows'],
    ['?windows=t:0,t:1,t:00', 'windows'],
    ['?windows=t:0&columns=0', 'columns'],
    ['?windows=t:0&columns=2001', 'columns'],
    ['?windows=t:0,t:1&fromOffset=3', 'fromOffset'],
    ['?windows=t:0&fromOffset=-3', 'fromOffset'],
  ])('refuse %j', async (query, field) => {
    const answer = await door.call('GET', `${strips}${query}`);
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.json.field).toContain(field);
    expect(answer.json.detail.includes('missing')).toBe(query === '');
  });

  it('refuse windows that the group does not have', async () => {
    expectProblem(await door.call('GET', `${strips}?windows=t:0`), 404, 'UNKNOWN_TOPIC_OR_PARTITION', 'not read');
    expectProblem(await door.call('GET', `${strips}?windows=none:0`), 404, 'UNKNOWN_TOPIC_OR_PARTITION', 'none');
  });
});
