import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash, screenOf, startSash, startSashOnTerminal } from './run-sash.ts';

const server = useServer();

/** A topic with `count` records, read by the group `readers`, of which `reader-1` holds the first three. */
async function topicInWork(topic: string, count: number): Promise<void> {
  await server.call('POST', '/v1/topics', { topic });
  const records = Array.from({ length: count }, (_, index) => ({ value: `v${index}` }));
  await server.call('POST', `/v1/topics/${topic}/records`, { records });
  const request = { topics: [topic], maxRecords: 3, workerId: 'reader-1', startFrom: 'earliest' };
  await server.call('POST', '/v1/share-groups/readers/acquire', request);
}

describe('on a terminal', () => {
  it('tables and windows have colours, unless NO_COLOR is set; in a pipe they have none', async () => {
    await topicInWork('coloured', 5);
    const argv = ['groups', 'window', 'readers', '-t', 'coloured'];
    const coloured = await startSashOnTerminal(argv, { url: server.url }).ended;
    expect(coloured.output).toContain('\x1b[33m▓▓▓\x1b[39m');
    expect(screenOf(coloured.output)).toContain('coloured-0  offsets 0 to 2, in flight 3 of 2,000, 2 behind it;');
    const plain = await startSashOnTerminal(argv, { url: server.url, env: { NO_COLOR: '1' } }).ended;
    expect(plain.output).not.toContain('\x1b');
    expect((await runSash(argv, { url: server.url })).stdout).not.toContain('\x1b');
  });

  it('a window of many records is drawn as wide as the terminal', async () => {
    await server.call('POST', '/v1/topics', { topic: 'wide' });
    const records = Array.from({ length: 1000 }, () => ({ value: 'x' }));
    await server.call('POST', '/v1/topics/wide/records', { records });
    for (const workerId of ['a', 'b'])
      await server.call('POST', '/v1/share-groups/readers/acquire', {
        topics: ['wide'],
        maxRecords: 500,
        workerId,
        startFrom: 'earliest',
      });
    const terminal = startSashOnTerminal(['groups', 'window', 'readers', '-t', 'wide'], { url: server.url, cols: 60 });
    const { output } = await terminal.ended;
    // Each holder has a colour of its own.
    expect(output).toContain(`\x1b[33m${'▓'.repeat(30)}\x1b[39m\x1b[36m${'▓'.repeat(30)}\x1b[39m\r\n`);
    expect(screenOf(output, 60)).toContain('(a character is up to 17 records)');
  });

  it('lag is drawn again in place, and fits however low and narrow the terminal is', async () => {
    await topicInWork('watched', 5);
    const terminal = startSashOnTerminal(['groups', 'lag', 'readers', '--watch', '-i', '50ms'], {
      url: server.url,
      cols: 50,
      rows: 4,
    });
    await expect.poll(() => terminal.output().match(/\x1b\[3A/g)?.length ?? 0).toBeGreaterThan(1);
    const screen = screenOf(terminal.output(), 50).split('\n');
    expect(screen).toHaveLength(3);
    expect(screen[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {3}lag [\d,]+ {3}Ctrl-C ends$/);
    expect(screen[2]).toMatch(/^… \d+ more$/);

    // What changes is seen without another line.
    await server.call('POST', '/v1/topics/watched/records', { records: [{ value: 'one more' }] });
    const lagOf = (): number => Number(/lag ([\d,]+)/.exec(screenOf(terminal.output(), 50))?.[1]?.replace(',', ''));
    const before = Number(screen[0]?.match(/lag ([\d,]+)/)?.[1]?.replace(',', ''));
    await expect.poll(lagOf).toBe(before + 1);
    terminal.type('\x03');
    expect((await terminal.ended).code).toBe(130);
  });

  it('in a pipe it is a line for each partition, each time', async () => {
    const watch = startSash(['groups', 'lag', 'readers', '--watch', '-i', '50ms'], { url: server.url });
    await expect
      .poll(() => watch.stdout().match(/^\S+Z readers watched 0 start=0 end=6 lag=6$/gm)?.length ?? 0)
      .toBeGreaterThan(1);
    watch.child.kill('SIGINT');
    expect(await watch.ended).toMatchObject({ signal: 'SIGINT', stderr: '' });
  });

  it('deleting asks, and only a yes deletes', async () => {
    await server.call('POST', '/v1/topics', { topic: 'doomed' });
    const remove = async (answer: string): Promise<{ code: number; output: string }> => {
      const terminal = startSashOnTerminal(['topics', 'delete', 'doomed'], { url: server.url });
      await expect.poll(terminal.output).toContain('This will delete the topic doomed with 0 records. Go on? [y/N] ');
      terminal.type(answer);
      return terminal.ended;
    };
    for (const answer of ['\r', 'no\r', '\x03', '\x04']) {
      const { code, output } = await remove(answer);
      expect(code, JSON.stringify(answer)).toBe(6);
      expect(output).toContain('not confirmed: nothing was changed');
    }
    await expect(server.call('GET', '/v1/topics/doomed')).resolves.toMatchObject({ topic: 'doomed' });
    expect(await remove('y\r')).toMatchObject({
      code: 0,
      output: expect.stringContaining('deleted doomed\r\n') as string,
    });
    await expect(server.call('GET', '/v1/topics/doomed')).rejects.toThrow('404');
  });

  it('producing shows how far it is, and clears that when it has ended', async () => {
    await server.call('POST', '/v1/topics', { topic: 'filled' });
    const folder = await mkdtemp(`${tmpdir()}/sash-cli-`);
    try {
      await writeFile(`${folder}/lines`, `${'x'.repeat(99)}\n`.repeat(200_000));
      const { code, output } = await startSashOnTerminal(['produce', 'filled', `${folder}/lines`], { url: server.url })
        .ended;
      expect(code).toBe(0);
      expect(screenOf(output.split('\r\x1b[K')[0] ?? '')).toMatch(
        /^[█░]{24} +\d+ % {2}[\d,]+ lines {2}[\d,.]+\/s {2}.* to go$|waiting for the last/m,
      );
      expect(screenOf(output)).toMatch(/^produced 200,000 records to filled.*$/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('values cannot harm the terminal; in a pipe they are what they are', async () => {
    await server.call('POST', '/v1/topics', { topic: 'hostile' });
    const value = 'a\u001b]0;title\u0007\u001b[2Jb\u202ec\nd';
    await server.call('POST', '/v1/topics/hostile/records', { records: [{ key: '\u001b[31m', value }] });
    const { output } = await startSashOnTerminal(['consume', 'hostile', '-k'], { url: server.url }).ended;
    expect(screenOf(output)).toBe(String.raw`\x1b[31m	a\x1b]0;title\x07\x1b[2Jb\u202ec` + '\nd');
    expect((await runSash(['consume', 'hostile'], { url: server.url })).stdout).toBe(`${value}\n`);
    // JSON has these as they are; within tokens and between them.
    const json = '{ "a":\t"\u009b2J\u202e" }';
    await server.call('POST', '/v1/topics/hostile/records', { records: [{ key: '\u009b31m', value: json }] });
    const consume = ['consume', 'hostile', '--json', '-p', '0', '-o', '1'];
    const { output: lines } = await startSashOnTerminal(consume, { url: server.url }).ended;
    expect(lines).not.toMatch(/[\u009b\u202e]/);
    expect(JSON.parse(lines)).toMatchObject({ key: '\u009b31m', value: JSON.parse(json) as unknown });
    expect((await runSash(consume, { url: server.url })).stdout).toContain(json);
  });
});
