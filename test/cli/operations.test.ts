import { describe, expect, it } from 'vitest';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash, screenOf, startSashOnTerminal, type Ended } from './run-sash.ts';

const server = useServer(['--group.share.max.partition.max.record.locks', '1000000']);
const sash = (...argv: string[]): Promise<Ended> => runSash(argv, { url: server.url });

/** A topic with so many records, all of them with `worker-1` in `group`. */
async function groupAtWork(group: string, records = 10): Promise<string> {
  const topic = `of-${group}`;
  await server.call('POST', '/v1/topics', { topic });
  await server.call('PATCH', `/v1/share-groups/${group}`, {
    config: { 'share.partition.max.record.locks': '1000000' },
  });
  const lines = await runSash(['produce', topic], {
    url: server.url,
    input: Array.from({ length: records }, (_, index) => `${index}\n`).join(''),
  });
  expect(lines.code).toBe(0);
  const request = { topics: [topic], maxRecords: 10_000, workerId: 'worker-1', startFrom: 'earliest' };
  for (let acquired = 0; acquired < records; acquired += 10_000) {
    await server.call('POST', `/v1/share-groups/${group}/acquire`, { ...request, maxBytes: 100_000_000 });
  }
  return topic;
}

describe('sash settle --background', () => {
  it('asks first, prints the id of the operation, and the operation can be waited for', async () => {
    const topic = await groupAtWork('waited');
    const settle = ['settle', 'accept', '-g', 'waited', '--background', '-r', 'by hand'];
    const asked = await sash(...settle);
    expect(asked).toMatchObject({ code: 6, stdout: '' });
    expect(asked.stderr).toContain(
      'This would accept 1 window of waited (10 records not finished, 10 of them with workers)',
    );
    const begun = await sash(...settle, '--yes');
    expect(begun.code).toBe(0);
    const id = begun.stdout.trim();
    expect(begun.stderr).toBe(
      `The accept of all windows in waited goes on in the background. To see how far it is: sash operations wait ${id}\n`,
    );
    expect(await sash('operations', 'wait', id)).toMatchObject({
      code: 0,
      stdout: '10 accepted, 10 locks taken from workers\n',
      stderr: '',
    });
    const list = await sash('operations', 'list');
    expect(list.stdout).toMatch(/^OPERATION +BEGUN +STATE +WHAT +PROGRESS +TOOK +CAME OF IT *$/m);
    expect(list.stdout).toMatch(
      new RegExp(
        `^${id} +\\S+ \\S+ +done +accept of all windows in waited +10 of 10 offsets \\(100 %\\) .* 10 accepted,`,
        'm',
      ),
    );
    const shown = await sash('operations', 'show', id);
    expect(shown.stdout).toMatch(/^reason +by hand$/m);
    expect(JSON.parse((await sash('operations', 'show', id, '--json')).stdout)).toMatchObject({ id, state: 'done' });
    expect(await sash('operations', 'cancel', id)).toMatchObject({ code: 5 });
    expect(await sash('operations', 'wait', 'nothing')).toMatchObject({ code: 3 });
    const range = ['-t', topic, '-p', '0', '-o', '3-4'];
    const again = await sash('settle', 'release', '-g', 'waited', '--background', '--yes', '--json', ...range);
    expect(JSON.parse(again.stdout)).toMatchObject({ topic, partition: 0, request: { firstOffset: 3, lastOffset: 4 } });
    for (const wrong of [['-p', '0'], ['-t', topic, '-o', '3'], ['--dry-run']]) {
      expect((await sash('settle', 'release', '-g', 'waited', '--background', ...wrong)).code).toBe(2);
    }
    expect((await sash('settle', 'release', '-g', 'waited', '-t', topic)).stderr).toContain('--background');
  });

  it('goes on after the server was killed, and its progress is drawn on a terminal', async () => {
    await groupAtWork('killed', 60_000);
    // What is only locked leaves the window with its server.
    await sash('groups', 'release-worker', 'killed', 'worker-1', '--yes');
    const begun = await sash('settle', 'accept', '-g', 'killed', '--background', '--yes');
    await server.kill();
    await server.restart();
    const terminal = startSashOnTerminal(['operations', 'wait', begun.stdout.trim()], { url: server.url });
    const { code, output } = await terminal.ended;
    expect({ code, screen: screenOf(output) }).toEqual({
      code: 0,
      screen: expect.stringMatching(/^60,000 accepted$/) as string,
    });
    const row = (await server.call<{ windows: { startOffset: number }[] }>('GET', '/v1/share-groups/killed/windows'))
      .windows[0];
    expect(row).toMatchObject({ startOffset: 60_000 });
  });
});

describe('sash groups', () => {
  it('export writes the runs of a window as lines', async () => {
    const topic = await groupAtWork('exported');
    const { code, stdout, stderr } = await sash('groups', 'export', 'exported', '-t', topic, '-p', '0');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^1 run, \d+ B\n$/) as string });
    expect(JSON.parse(stdout)).toMatchObject({ topic, firstOffset: 0, lastOffset: 9, state: 'acquired' });
    expect((await sash('groups', 'export', 'exported', '-t', topic, '-p', '7')).code).toBe(3);
  });

  it('export --values writes each record that is still there, with what its run says of it', async () => {
    const topic = await groupAtWork('with-values', 1_200);
    const place = ['-g', 'with-values', '-t', topic, '-p', '0'];
    expect((await sash('settle', 'accept', ...place, '-o', '1', '--yes')).code).toBe(0);
    // What some take for the end of a line.
    const reason = 'first line\u2028second \u2029third';
    const workerId = 'worker\u20282';
    const again = { topics: [topic], maxRecords: 1, workerId };
    expect((await sash('settle', 'release', ...place, '-o', '2', '--yes')).code).toBe(0);
    const taken = await server.call('POST', '/v1/share-groups/with-values/acquire', again);
    const [{ lease }] = (taken as { records: [{ lease: string }] }).records;
    await server.call('POST', `/v1/leases/${lease}/release`, { reason });
    await server.call('POST', '/v1/share-groups/with-values/acquire', again);
    const exported = ['groups', 'export', 'with-values', '-t', topic, '-p', '0', '--values'];
    const { code, stdout } = await sash(...exported);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { offset: number; value: string; state: string });
    expect(records.map(({ value }) => value)).toEqual(Array.from({ length: 1_200 }, (_, index) => String(index)));
    expect(records[0]).toMatchObject({
      topic,
      offset: 0,
      key: null,
      valueEncoding: 'text',
      state: 'acquired',
      deliveryCount: 1,
      holder: 'worker-1',
      lastFailure: null,
    });
    expect(records[1]).toMatchObject({ offset: 1, state: 'acknowledged', holder: null });
    expect(records[2]).toMatchObject({ offset: 2, state: 'acquired', holder: workerId, lastFailure: reason });
    expect((await sash(...exported, '--background')).code).toBe(2);
  });

  it('delete --background deletes when nobody works in it', async () => {
    await groupAtWork('doomed');
    const refused = await sash('groups', 'delete', 'doomed', '--yes', '--background');
    expect(refused).toMatchObject({ code: 5 });
    await sash('groups', 'release-worker', 'doomed', 'worker-1', '--yes');
    const begun = await sash('groups', 'delete', 'doomed', '--yes', '--background', '--json');
    const { id } = JSON.parse(begun.stdout) as { id: string };
    expect(await sash('operations', 'wait', id)).toMatchObject({ code: 0, stdout: '1 window deleted\n' });
    await expect.poll(async () => (await sash('groups', 'describe', 'doomed')).code).toBe(3);
  });
});
