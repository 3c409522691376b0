import { describe, expect, it } from 'vitest';
import { expectProblem, openDoor } from './door.ts';

/** A door with a topic `emails` of two partitions and ten records in the first; the lines that come from then on. */
const openWork = async () => {
  const door = await openDoor();
  await door.ok('POST', '/v1/topics', { topic: 'emails', partitions: 2 });
  await door.ok('PATCH', '/v1/share-groups/mailers', { config: { 'share.auto.offset.reset': 'earliest' } });
  const records = Array.from({ length: 10 }, (_, index) => ({ value: index, partition: 0 }));
  await door.ok('POST', '/v1/topics/emails/records', { records });
  await door.ok('POST', '/v1/share-groups/mailers/acquire', { topics: ['emails'], maxRecords: 3, workerId: 'w 1' });
  const before = (await door.ok('GET', '/v1/audit')).lines.length as number;
  /** Oldest first. */
  const linesSince = async () => {
    const { lines } = await door.ok('GET', '/v1/audit');
    return lines.slice(0, lines.length - before).toReversed();
  };
  return { ...door, linesSince };
};

describe('the audit', () => {
  it('has a line for a settled range, with who asked, what for, and what came of it', async () => {
    const { ok, linesSince, clock } = await openWork();
    const at = {
      topic: 'emails',
      partition: 0,
      firstOffset: 0,
      lastOffset: 4,
      type: 'release',
      reason: 'smtp is back',
    };
    await ok('POST', '/v1/share-groups/mailers/settle', at);
    expect(await linesSince()).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        at: new Date(clock.wallMs()).toISOString(),
        action: 'settle',
        group: 'mailers',
        topic: 'emails',
        partition: 0,
        summary: 'released 3 records of emails-0, offsets 0 to 4: “smtp is back”',
        detail: {
          type: 'release',
          firstOffset: 0,
          lastOffset: 4,
          reason: 'smtp is back',
          accepted: 0,
          rejected: 0,
          released: 3,
          archived: 0,
          retried: 0,
          locksTaken: 3,
          skipped: 2,
        },
        door: 'http',
        from: '127.0.0.1',
      },
    ]);
  });

  it('has a line for each thing that operators can do over HTTP', async () => {
    const { ok, call, linesSince } = await openWork();
    const settle = { topic: 'emails', partition: 0, firstOffset: 0, lastOffset: 0, type: 'reject', reason: null };
    await ok('POST', '/v1/share-groups/mailers/settle', { ...settle, reason: undefined });
    await ok('POST', '/v1/share-groups/mailers/workers/w%201/release');
    await ok('POST', '/v1/share-groups/mailers/pause');
    await ok('POST', '/v1/share-groups/mailers/resume');
    await ok('POST', '/v1/share-groups/mailers/reset', { topic: 'emails', to: 'latest' });
    await ok('POST', '/v1/share-groups/mailers/reset', { topic: 'emails', partitions: [0], to: { offset: 5 } });
    const config = { 'share.record.lock.duration.ms': '20000', 'share.auto.offset.reset': null };
    await ok('PATCH', '/v1/share-groups/mailers', { config });
    await call('DELETE', '/v1/share-groups/mailers');
    await ok('POST', '/v1/topics', { topic: 'sms', partitions: 1, config: { 'retention.ms': '1000' } });
    await ok('PATCH', '/v1/topics/sms', { partitions: 3, config: { 'retention.ms': null } });
    await call('DELETE', '/v1/topics/sms');
    const lines = await linesSince();
    expect(lines.map((line: { action: string; summary: string }) => `${line.action}: ${line.summary}`)).toEqual([
      'settle: rejected 1 record of emails-0, offset 0',
      'release-worker: released 2 records that w 1 had',
      'pause: paused mailers',
      'resume: resumed mailers',
      'reset: moved the start of 2 partitions of emails to the end',
      'reset: moved the start of emails-0 from 10 to 5',
      'alter-group: changed mailers: share.record.lock.duration.ms=20000, share.auto.offset.reset back to its default',
      'delete-group: deleted the share group mailers',
      'create-topic: created the topic sms with 1 partition, retention.ms=1000',
      'alter-topic: changed the topic sms: from 1 to 3 partitions, retention.ms back to its default',
      'delete-topic: deleted the topic sms with its records',
    ]);
    expect(lines.map((line: { group: string | null }) => line.group)).toEqual([
      ...Array.from({ length: 8 }, () => 'mailers'),
      null,
      null,
      null,
    ]);
    expect(lines[5]).toMatchObject({ topic: 'emails', partition: 0, detail: { to: { offset: 5 }, count: 1 } });
  });

  it('has no line for what is only tried, is refused, or changes nothing', async () => {
    const { ok, call, linesSince } = await openWork();
    const settle = { topic: 'emails', partition: 0, firstOffset: 0, lastOffset: 0, type: 'accept', dryRun: true };
    await ok('POST', '/v1/share-groups/mailers/settle', settle);
    await ok('POST', '/v1/share-groups/mailers/reset', { topic: 'emails', to: 'latest', dryRun: true });
    await ok('PATCH', '/v1/share-groups/mailers', { config: {} });
    await ok('PATCH', '/v1/topics/emails', {});
    expectProblem(await call('DELETE', '/v1/share-groups/mailers'), 409, 'NON_EMPTY_GROUP');
    expectProblem(await call('POST', '/v1/topics', { topic: 'emails' }), 409, 'TOPIC_ALREADY_EXISTS');
    expectProblem(await call('POST', '/v1/share-groups/nobody/pause'), 404, 'GROUP_ID_NOT_FOUND');
    expect(await linesSince()).toEqual([]);
  });

  it('comes page by page, newest first, of one group where one is asked for', async () => {
    const { ok, call } = await openDoor();
    for (const group of ['a', 'b', 'a', 'a']) await ok('PATCH', `/v1/share-groups/${group}`, { config: {} });
    for (const group of ['a', 'b', 'a', 'a']) await ok('POST', `/v1/share-groups/${group}/pause`);
    const first = await ok('GET', '/v1/audit?limit=3');
    const second = await ok('GET', `/v1/audit?limit=3&after=${first.next}`);
    expect(second.next).toBeNull();
    const groups = [...first.lines, ...second.lines].map((line) => line.group);
    expect(groups).toEqual(['a', 'a', 'b', 'a']);
    expect((await ok('GET', '/v1/audit?group=b')).lines).toHaveLength(1);
    expect(await ok('GET', '/v1/audit?group=nobody')).toEqual({ lines: [], next: null });
    expectProblem(await call('GET', '/v1/audit?after=x'), 400, 'INVALID_REQUEST', 'after');
    expectProblem(await call('GET', '/v1/audit?limit=0'), 400, 'INVALID_REQUEST', 'limit');
  });
});
