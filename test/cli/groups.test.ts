import { describe, expect, it } from 'vitest';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash, type Ended } from './run-sash.ts';

const server = useServer();
const sash = (...argv: string[]): Promise<Ended> => runSash(argv, { url: server.url });

interface Acquired {
  readonly records: readonly { readonly offset: number; readonly lease: string }[];
}

/** A topic with ten records, of which `worker-1` holds 0 to 3 in `group`, while 4 is done and 5 rejected. */
async function groupAtWork(group: string): Promise<string> {
  const topic = `of-${group}`;
  await server.call('POST', '/v1/topics', { topic });
  const records = Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, value: `v${index}` }));
  await server.call('POST', `/v1/topics/${topic}/records`, { records });
  const request = { topics: [topic], maxRecords: 6, workerId: 'worker-1', startFrom: 'earliest' };
  const acquired = await server.call<Acquired>('POST', `/v1/share-groups/${group}/acquire`, request);
  const [done, wrong] = acquired.records.slice(4);
  await server.call('POST', `/v1/share-groups/${group}/acknowledge`, {
    acknowledgements: [
      { lease: done?.lease, type: 'accept' },
      { lease: wrong?.lease, type: 'reject', reason: 'no \u001b[31maddress' },
    ],
  });
  return topic;
}

describe('sash groups', () => {
  it('lists and describes, and says what blocks the start', async () => {
    const topic = await groupAtWork('listed');
    const list = await sash('groups', 'list');
    expect(list.stdout).toMatch(/^GROUP +STATE +WORKERS +MEMBERS +IN FLIGHT +LAG /);
    expect(list.stdout).toMatch(/^listed +Stable +1 +0 +6 of 2,000 +8 .* 1$/m);
    expect(list.stdout).toContain(`\nlisted: offset 0 on ${topic}-0 has been locked by worker-1 for `);
    const { stdout } = await sash('groups', 'describe', 'listed');
    expect(stdout).toMatch(/^listed {2}Stable, 1 worker, 0 Kafka members, lag 8, oldest /);
    expect(stdout).toContain(`offset 0 on ${topic}-0 has been locked by worker-1 for `);
    expect(stdout).toMatch(/^share\.delivery\.count\.limit +5 +default$/m);
    const machine = JSON.parse((await sash('groups', 'describe', 'listed', '--json')).stdout) as object;
    expect(machine).toMatchObject({
      group: 'listed',
      lag: 8,
      windows: [{ topic, inFlight: 6, counts: { acquired: 4 } }],
    });
  });

  it('draws the window, and lists its runs', async () => {
    const topic = await groupAtWork('drawn');
    const { stdout } = await sash('groups', 'window', 'drawn', '--runs');
    const [title, picture, counts, blocked, holder, , ...runs] = stdout.split('\n');
    expect(title).toMatch(`${topic}-0  offsets 0 to 5, in flight 6 of 2,000, 4 behind it; lag 8, oldest `);
    expect(picture).toBe('▓▓▓▓█×');
    expect(counts).toBe('▓ 4 locked  █ 1 done  × 1 archived   (a character is one record)');
    expect(blocked).toMatch(/^▲ offset 0 on of-drawn-0 has been locked by worker-1 for .*, 1st delivery of 5$/);
    expect(holder).toMatch(/^▓ worker-1 holds 4 records, the oldest lock for /);
    expect(runs.slice(0, 4).map((line) => line.trim().split(/ {2,}/).slice(0, 4))).toEqual([
      ['FIRST', 'LAST', 'STATE', 'DELIVERIES'],
      ['0', '3', 'acquired', '1'],
      ['4', '4', 'acknowledged', '1'],
      ['5', '5', 'archived', '1'],
    ]);
    const nowhere = await sash('groups', 'window', 'drawn', '--topic', 'other');
    expect(nowhere).toMatchObject({ code: 3, stdout: '' });
  });

  it('says that a window is full when more waits behind it', async () => {
    await server.call('POST', '/v1/topics', { topic: 'much' });
    const records = Array.from({ length: 101 }, (_, index) => ({ value: `v${index}` }));
    await server.call('POST', '/v1/topics/much/records', { records: records.slice(1) });
    const config = { 'share.partition.max.record.locks': '100' };
    await server.call('PATCH', '/v1/share-groups/filled', { config });
    const request = { topics: ['much'], maxRecords: 1000, startFrom: 'earliest' };
    await server.call('POST', '/v1/share-groups/filled/acquire', request);
    expect((await sash('groups', 'window', 'filled')).stdout).toContain(' in flight 100 of 100, 0 behind it;');
    await server.call('POST', '/v1/topics/much/records', { records: records.slice(0, 1) });
    expect((await sash('groups', 'window', 'filled')).stdout).toContain(' in flight 100 of 100 (full), 1 behind it;');
  });

  it('shows the lag of one group or of all, and as lines again and again', async () => {
    const topic = await groupAtWork('behind');
    expect((await sash('groups', 'lag', 'behind')).stdout).toMatch(
      new RegExp(`^behind +${topic} +0 +0 +10 +6 +8 `, 'm'),
    );
    const all = JSON.parse((await sash('groups', 'lag', '--json')).stdout) as { partitions: { group: string }[] };
    expect(all.partitions.map(({ group }) => group)).toContain('behind');
  });

  it('lists workers, frees what one holds, and pauses', async () => {
    await groupAtWork('freed');
    expect((await sash('groups', 'workers', 'freed')).stdout).toMatch(/^worker-1 +http +4 .* 1 +0$/m);
    expect(await sash('groups', 'release-worker', 'freed', 'worker-1')).toMatchObject({ code: 6 });
    const released = await sash('groups', 'release-worker', 'freed', 'worker-1', '--yes');
    expect(released.stdout).toBe('released 4 records of worker-1\n');
    const again = await sash('groups', 'release-worker', 'freed', 'worker-1', '--yes');
    expect(again.stdout).toBe('worker-1 holds nothing in freed; who does: sash groups workers GROUP\n');
    expect((await sash('groups', 'pause', 'freed')).stdout).toBe('freed is paused\n');
    expect((await sash('groups', 'list')).stdout).toMatch(/^freed +Paused /m);
    expect(JSON.parse((await sash('groups', 'resume', 'freed', '--json')).stdout)).toEqual({
      group: 'freed',
      paused: false,
    });
    expect((await sash('groups', 'resume', 'freed')).stdout).toBe('freed hands out records again\n');
  });

  it('lists Kafka members, and what operators did', async () => {
    await groupAtWork('looked-after');
    expect(await sash('groups', 'members', 'looked-after')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No Kafka client is a member. HTTP workers: sash groups workers GROUP\n',
    });
    expect(JSON.parse((await sash('groups', 'members', 'looked-after', '--json')).stdout)).toEqual({ members: [] });
    await sash('groups', 'pause', 'looked-after');
    await sash('groups', 'resume', 'looked-after');
    const { stdout } = await sash('audit', '--group', 'looked-after');
    expect(stdout).toMatch(/^\S+ \S+ +looked-after +resume +http 127\.0\.0\.1 .*\n\S+ \S+ +looked-after +pause /m);
    const last = JSON.parse((await sash('audit', '-n', '1', '--json')).stdout) as object;
    expect(last).toMatchObject({ group: 'looked-after', action: 'resume' });
  });

  it('resets offsets: first only told, then done, and refused without a yes', async () => {
    const topic = await groupAtWork('moved');
    const reset = ['groups', 'reset-offsets', 'moved', '-t', topic, '--to', '7'];
    const dry = await sash(...reset, '--dry-run');
    expect(dry.stdout).toMatch(new RegExp(`^${topic} +0 +0 +7 +8 +3 +4$`, 'm'));
    expect(dry.stderr).toContain('Nothing was changed.');
    expect(await sash(...reset)).toMatchObject({ code: 6, stdout: '' });
    expect((await sash(...reset, '--yes', '--json')).stdout).toContain('"startOffsetAfter":7');
    const { windows } = await server.call<{ windows: object[] }>('GET', '/v1/share-groups/moved/windows');
    expect(windows).toMatchObject([{ startOffset: 7 }]);
    const wrong = await sash(...reset.slice(0, -1), 'yesterday');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('It must be earliest, latest, an offset, or a time such as');
  });

  it('alters and deletes, and says who works in a group that is not free', async () => {
    await groupAtWork('ended');
    expect((await sash('groups', 'alter', 'ended', '-c', 'share.delivery.count.limit=3')).stdout).toBe(
      'ended: share.delivery.count.limit=3\n',
    );
    expect((await sash('groups', 'alter', 'ended', '--unset', 'share.delivery.count.limit')).stdout).toBe(
      'ended: share.delivery.count.limit=5\n',
    );
    const refused = await sash('groups', 'delete', 'ended', '--yes');
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toContain('worker-1');
    await sash('groups', 'release-worker', 'ended', 'worker-1', '-y');
    expect(await sash('groups', 'delete', 'ended')).toMatchObject({ code: 6 });
    expect(await sash('groups', 'delete', 'ended', '-y')).toMatchObject({ code: 0, stdout: 'deleted ended\n' });
    expect((await sash('groups', 'describe', 'ended')).code).toBe(3);
  });
});

describe('single records', () => {
  it('are shown with every delivery, harmlessly', async () => {
    const topic = await groupAtWork('peeked');
    const { stdout } = await sash('peek', '-g', 'peeked', '-t', topic, '-p', '0', '-o', '5');
    expect(stdout).toMatch(new RegExp(`^${topic}-0 offset 5 {2}archived, delivery 1 of 5, made `));
    expect(stdout).toContain('KEY    k5\nVALUE  v5\n');
    expect(stdout).toMatch(/^ +1 {2}worker-1 .* rejected +no \\x1b\[31maddress$/m);
    expect(
      JSON.parse((await sash('peek', '-g', 'peeked', '-t', topic, '-p', '0', '-o', '0', '--json')).stdout),
    ).toMatchObject({
      state: 'acquired',
      holder: 'worker-1',
      record: { value: 'v0', valueEncoding: 'text' },
    });
    expect((await sash('peek', '-g', 'peeked', '-t', topic, '-p', '0', '-o', '99')).code).toBe(3);
  });

  it('that failed for good are listed, and settled again', async () => {
    const topic = await groupAtWork('failed');
    const list = await sash('archived', '-g', 'failed');
    expect(list.stdout).toMatch(new RegExp(`^${topic} +0 +5 +1 +rejected +worker-1 .* no \\\\x1b\\[31maddress$`, 'm'));
    expect(JSON.parse((await sash('archived', '-g', 'failed', '--json')).stdout)).toMatchObject({ topic, offset: 5 });

    const settle = ['settle', 'release', '-g', 'failed', '-t', topic, '-p', '0', '-o', '0-4', '-r', 'by hand'];
    const dry = await sash(...settle, '--dry-run');
    expect(dry.stdout).toBe(
      'would change: 4 released, 4 locks taken from workers, 1 finished before or not in the window\n',
    );
    expect(await sash(...settle)).toMatchObject({ code: 6, stdout: '' });
    const one = await sash('settle', 'release', '-g', 'failed', '-t', topic, '-p', '0', '-o', '3');
    expect(one.stderr).toContain(`This would release ${topic}-0, offset 3, in failed (1 released, `);
    expect(await sash(...settle, '--yes')).toMatchObject({ code: 0, stdout: dry.stdout.replace('would change: ', '') });
    expect((await sash('settle', 'accept', '-g', 'failed', '-t', topic, '-p', '0', '-o', '9-3')).code).toBe(2);
    expect((await sash('archived', '-g', 'freed-not')).code).toBe(3);
  });
});
