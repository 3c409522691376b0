import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash, startSash, startSashOnTerminal } from './run-sash.ts';

const server = useServer();
let folder: string;
let names = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sash-work-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A topic of its own with these records, and a group that is made by its worker. */
async function topicWith(...records: object[]): Promise<{ readonly topic: string; readonly group: string }> {
  const topic = `work-${++names}`;
  await server.call('POST', '/v1/topics', { topic });
  await server.call('POST', `/v1/topics/${topic}/records`, { records });
  return { topic, group: `group-${names}` };
}

const workArguments = (
  { topic, group }: { topic: string; group: string },
  script: string,
  ...options: string[]
): string[] => [
  'work',
  '--group',
  group,
  '--topic',
  topic,
  '--from-beginning',
  '--worker-id',
  'tester',
  ...options,
  '--',
  'sh',
  '-c',
  script,
];

interface Window {
  readonly startOffset: number;
  readonly lag: number;
  readonly holders: readonly { readonly oldestLockMs: number }[];
}

const windowOf = async (group: string): Promise<Window | undefined> =>
  (await server.call<{ windows: Window[] }>('GET', `/v1/share-groups/${group}/windows`).catch(() => ({ windows: [] })))
    .windows[0];

const file = (name: string): string => join(folder, name);
/** A command that says that it runs, and ends when it is told. */
const untilTold = (): string => `touch ${file('running')}; until [ -e ${file('go')} ]; do sleep 0.02; done`;

describe('sash work', () => {
  it('accepts, rejects or releases by the exit code, with the last line of stderr as the reason', async () => {
    const names = ['fine', 'wrong', 'later', 'fails', 'killed'];
    const place = await topicWith(...names.map((value) => ({ value })));
    const script = `read -r value; case $value in
      fine) exit 0;;
      wrong) echo first >&2; echo 'no address' >&2; exit 65;;
      later) echo 'smtp 421' >&2; exit 75;;
      fails) exit 3;;
      killed) kill -9 $$;;
    esac`;
    const worker = startSash(workArguments(place, script, '--retry-delay', '1h', '-c', '2', '--json'), {
      url: server.url,
    });
    await expect.poll(() => worker.stdout().trim().split('\n').length).toBe(5);
    worker.child.kill('SIGTERM');
    const { code, stdout, stderr } = await worker.ended;
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; offset: number; reason?: string });
    expect(events.toSorted((a, b) => a.offset - b.offset).map(({ event, reason }) => [event, reason])).toEqual([
      ['accepted', undefined],
      ['rejected', 'exit 65: no address'],
      ['released', 'exit 75: smtp 421'],
      ['released', 'exit 3'],
      ['released', 'ended by SIGKILL'],
    ]);
    expect(stderr).toMatch(/^tester works on work-\d+ for group-\d+\. /);
    expect(stderr).toContain('1 accepted, 3 released, 1 rejected\n');
    await expect(windowOf(place.group)).resolves.toMatchObject({ counts: { available: 0, delayed: 3 } });
  });

  it('gives the value on stdin and the rest in the environment, byte for byte', async () => {
    const headers = [
      { key: 'trace-id', value: 't1' },
      { key: 'x', value: '/w==', encoding: 'base64' },
    ];
    const place = await topicWith({ key: 'user 9', value: 'AP8K', valueEncoding: 'base64', headers });
    const script = `cat > ${file('value')}; env | grep ^SASH_ | sort > ${file('variables')}; echo seen`;
    // As where the worker is itself the command of another one.
    const env = { SASH_LAST_FAILURE: 'of another record', SASH_HEADER_OTHER: 'of another record' };
    const worker = startSash(workArguments(place, script), { url: server.url, env });
    await expect.poll(worker.stdout).toBe('seen\n');
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('1 accepted\n') as string });
    expect(readFileSync(file('value'))).toEqual(Buffer.from([0, 255, 10]));
    const variables = readFileSync(file('variables'), 'utf8').replace(/SASH_TIMESTAMP=\d+\n/, '');
    expect(variables.trim().split('\n')).toEqual([
      'SASH_DELIVERY_COUNT=1',
      'SASH_DELIVERY_COUNT_LIMIT=5',
      `SASH_GROUP=${place.group}`,
      'SASH_HEADER_TRACE_ID=t1',
      'SASH_KEY=user 9',
      'SASH_OFFSET=0',
      'SASH_PARTITION=0',
      `SASH_TOPIC=${place.topic}`,
      `SASH_URL=${server.url}`,
    ]);
  });

  it('renews the lock while the command runs, and lets it end after the first signal', async () => {
    const place = await topicWith({ value: 'long' }, { value: 'never begun' });
    const worker = startSash(workArguments(place, untilTold(), '--lock', '3s'), { url: server.url });
    await expect.poll(() => existsSync(file('running'))).toBe(true);
    worker.child.kill('SIGTERM');
    await expect.poll(worker.stderr).toContain('SIGTERM: 1 still running, then it stops.');
    // Longer than its lock would have lasted without renewal.
    const heldMs = async (): Promise<number> => (await windowOf(place.group))?.holders[0]?.oldestLockMs ?? 0;
    await expect.poll(heldMs).toBeGreaterThan(3_500);
    writeFileSync(file('go'), '');
    expect(await worker.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^1 accepted$/m) as string });
    await expect(windowOf(place.group)).resolves.toMatchObject({ startOffset: 1, lag: 1 });
  });

  it('ends at once at the second signal, with what the command has started', async () => {
    const place = await topicWith({ value: 'endless' });
    const worker = startSash(workArguments(place, `sleep 1000 & echo $! > ${file('pid')}; wait`), { url: server.url });
    await expect.poll(() => existsSync(file('pid')) && readFileSync(file('pid'), 'utf8') !== '').toBe(true);
    worker.child.kill('SIGTERM');
    await expect.poll(worker.stderr).toContain('A second signal ends at once.');
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(143);
    const pid = Number(readFileSync(file('pid'), 'utf8'));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('keeps Ctrl-C on the terminal from the command', async () => {
    const place = await topicWith({ value: 'x' });
    const worker = startSashOnTerminal(workArguments(place, untilTold()), { url: server.url });
    await expect.poll(() => existsSync(file('running'))).toBe(true);
    worker.type('\x03');
    await expect.poll(worker.output).toContain('SIGINT: 1 still running');
    writeFileSync(file('go'), '');
    const { code, output } = await worker.ended;
    expect(code).toBe(0);
    expect(output).toContain('1 accepted');
  });

  it('ends the command when the lock is lost: what it does no longer counts', async () => {
    const place = await topicWith({ value: 'x' });
    const script = `trap 'touch ${file('told')}; exit 1' TERM; ${untilTold()}`;
    const worker = startSash(workArguments(place, script, '--lock', '3s'), { url: server.url });
    await expect.poll(() => existsSync(file('running'))).toBe(true);
    const range = { topic: place.topic, partition: 0, firstOffset: 0, lastOffset: 0 };
    await server.call('POST', `/v1/share-groups/${place.group}/settle`, { ...range, type: 'accept' });
    await expect.poll(() => existsSync(file('told'))).toBe(true);
    worker.child.kill('SIGTERM');
    const { code, stderr } = await worker.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^work-\d+-0 offset 0 lock lost, delivery 1 of 5: /m);
    expect(stderr).toMatch(/^0 accepted, 1 lock lost$/m);
  });

  it('releases the record of a command that takes too long', async () => {
    const place = await topicWith({ value: 'x' });
    const worker = startSash(workArguments(place, untilTold(), '--timeout', '200ms', '--retry-delay', '1h'), {
      url: server.url,
    });
    await expect.poll(worker.stderr).toContain('offset 0 released, delivery 1 of 5: ended by SIGTERM');
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  it('does not wait for what a command has left behind, whatever that holds open', async () => {
    const place = await topicWith({ value: 'a' });
    const worker = startSash(workArguments(place, `sleep 60 > /dev/null & echo $! > ${file('daemon')}`), {
      url: server.url,
    });
    await expect.poll(async () => (await windowOf(place.group))?.lag).toBe(0);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    process.kill(Number(readFileSync(file('daemon'), 'utf8')), 'SIGKILL');
  });

  it('takes no record for a command that is not there', async () => {
    const place = await topicWith({ value: 'x' });
    const argv = ['work', '-g', place.group, '-t', place.topic, '--'];
    expect(await runSash([...argv, './send-mail'], { url: server.url })).toMatchObject({
      code: 2,
      stderr:
        'sash: there is no command ./send-mail\nIt must be a program on the PATH, or the path of one that may be executed.\n',
    });
    const notExecutable = fileURLToPath(import.meta.url);
    expect(await runSash([...argv, notExecutable], { url: server.url })).toMatchObject({
      code: 2,
      stderr: `sash: ${notExecutable} may not be executed\nIf it is a program or a script: chmod +x ${notExecutable}\n`,
    });
    expect((await runSash([...argv, 'grep -q :'], { url: server.url })).stderr).toContain("-- sh -c 'grep -q :'");
    expect((await runSash(argv.slice(0, -1), { url: server.url })).code).toBe(2);
    expect((await runSash(['work', '-g', 'g', '-t', 'wrok-1', '--', 'true'], { url: server.url })).stderr).toContain(
      'Did you mean work-1?',
    );
    await expect(windowOf(place.group)).resolves.toBeUndefined();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
