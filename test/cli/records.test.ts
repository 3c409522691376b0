import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash, startSash, type Ended } from './run-sash.ts';

const server = useServer();
const sash = (argv: readonly string[], input?: string | Buffer): Promise<Ended> =>
  runSash(argv, { url: server.url, ...(input === undefined ? {} : { input }) });

const folder = mkdtempSync(join(tmpdir(), 'sash-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const topic = async (name: string, partitions = 1): Promise<string> => {
  await server.call('POST', '/v1/topics', { topic: name, partitions });
  return name;
};

/** What `sash produce` ends with. A run of a second or more has its speed in it. */
const producedLine = (what: string, failed = ''): unknown =>
  expect.stringMatching(new RegExp(`^produced ${what}( in [^;]+)?${failed}\n$`));

describe('sash produce', () => {
  it('takes each line of stdin as a value, byte for byte, and leaves out empty ones', async () => {
    const name = await topic('bytes');
    const input = Buffer.concat([
      Buffer.from('a\r\n\n{"n": 1.0}\n'),
      Buffer.from([0xff, 0x00, 0x0a]),
      Buffer.from('last'),
    ]);
    expect(await sash(['produce', name], input)).toMatchObject({
      code: 0,
      stdout: producedLine('4 records to bytes'),
      stderr: '',
    });
    const { stdout } = await sash(['consume', name, '--json']);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { value: unknown; valueEncoding: string });
    expect(records.map(({ value, valueEncoding }) => [value, valueEncoding])).toEqual([
      ['a', 'text'],
      [{ n: 1 }, 'json'],
      ['/wA=', 'base64'],
      ['last', 'text'],
    ]);
  });

  it('takes the key from a field, and leaves the line as it is', async () => {
    const name = await topic('keyed');
    const file = join(folder, 'jobs.ndjson');
    writeFileSync(file, '{"user":{"id":"u1"},"n":12345678901234567890}\n{"user":{"id":2}}');
    expect((await sash(['produce', name, file, '--key-field', 'user.id'])).code).toBe(0);
    const { stdout } = await sash(['consume', name, '--with-key']);
    expect(stdout).toBe('u1\t{"user":{"id":"u1"},"n":12345678901234567890}\n2\t{"user":{"id":2}}\n');
  });

  it('reports lines that cannot be records by their numbers, produces the others, and ends with 7', async () => {
    const name = await topic('some-bad');
    const input = '{"id":1}\n\nnonsense\n{"other":1}\n{"id":2}\n';
    const people = await sash(['produce', name, '-', '-k', 'id'], input);
    expect(people).toMatchObject({ code: 7, stdout: producedLine('2 records to some-bad', '; 2 lines failed') });
    expect(people.stderr).toMatch(/^line 3: the line is not JSON: .*\nline 4: the line has no field id for its key\n$/);
    const machine = await sash(['produce', name, '--records', '--json'], '{"value":1}\n{"valu":1}\n');
    expect(machine.code).toBe(7);
    expect(JSON.parse(machine.stdout)).toMatchObject({
      produced: 1,
      failed: 1,
      errors: [{ line: 2, code: 'INVALID_REQUEST' }],
    });
  });

  it('has what comes in the topic while its input is still open', async () => {
    const name = await topic('slow-input');
    const { child, ended, stdout } = startSash(['produce', name], { url: server.url });
    child.stdin.write('first\nsecond, which is not yet whole');
    await expect
      .poll(() => server.call('GET', `/v1/topics/${name}`))
      .toMatchObject({ partitions: [{ logEndOffset: 1 }] });
    expect(stdout()).toBe('');
    child.stdin.end(' until now\n');
    expect(await ended).toMatchObject({ code: 0, stdout: producedLine('2 records to slow-input') });
    expect((await sash(['consume', name])).stdout).toBe('first\nsecond, which is not yet whole until now\n');
  });

  it('sends more than one request holds, and numbers its lines through', async () => {
    const name = await topic('many', 4);
    const lines = Array.from({ length: 250_001 }, (_, index) =>
      index === 200_000 ? '{"wrong":1}' : `{"value":${index}}`,
    );
    const { code, stdout, stderr } = await sash(['produce', name, '--records'], `${lines.join('\n')}\n`);
    expect({ code, stderr }).toMatchObject({ code: 7, stderr: expect.stringMatching(/^line 200,001: /) as string });
    expect(stdout).toContain('produced 250,000 records to many');
  });

  it('says so when there is no such file', async () => {
    expect(await sash(['produce', 'bytes', join(folder, 'none')])).toMatchObject({
      code: 2,
      stderr: `sash: there is no file ${join(folder, 'none')}\nTo read what is piped in, leave FILE out, or say -.\n`,
    });
  });
});

describe('sash consume', () => {
  it('copies a topic with `produce --records`: keys, headers, numbers of any length, binary, and null', async () => {
    const [from, to] = [await topic('original'), await topic('copy')];
    const lines = [
      '{"key":"k","value":{"big":12345678901234567890,"f":1.10},"headers":{"a":"b","n":null}}',
      '{"value":"AP8=","valueEncoding":"base64","headers":[{"key":"x","value":"AP8=","encoding":"base64"}]}',
      '{"key":null,"value":null}',
      '{"value":"{\\n  \\"spread\\": [1,\\n 2]\\n}"}',
    ];
    await sash(['produce', from, '--records'], lines.join('\n'));
    const original = (await sash(['consume', from, '--json'])).stdout;
    expect(original.trim().split('\n')).toHaveLength(4);
    expect(original).toContain('"value":{"big":12345678901234567890,"f":1.10},"valueEncoding":"json"');
    expect((await sash(['produce', to, '--records'], original)).code).toBe(0);
    const copy = (await sash(['consume', to, '--json'])).stdout;
    expect(copy).toBe(original.replaceAll('"topic":"original"', '"topic":"copy"'));
  });

  it('begins and ends where it is told, in one partition or in all', async () => {
    const name = await topic('places', 2);
    const records = [0, 1, 0, 1, 0].map((partition, value) => ({ partition, value: `v${value}` }));
    await server.call('POST', `/v1/topics/${name}/records`, { records });
    expect((await sash(['consume', name, '--with-place'])).stdout).toBe(
      '0\t0\tv0\n0\t1\tv2\n0\t2\tv4\n1\t0\tv1\n1\t1\tv3\n',
    );
    expect((await sash(['consume', name, '-p', '0', '-o', '1'])).stdout).toBe('v2\nv4\n');
    expect((await sash(['consume', name, '-n', '4'])).stdout).toBe('v0\nv2\nv4\nv1\n');
    const missing = await sash(['consume', name, '-p', '2']);
    expect(missing).toMatchObject({
      code: 3,
      stderr: 'sash: places has no partition 2\nIt has the partitions 0 to 1.\n',
    });
    expect(await sash(['consume', name, '-p', '0', '-o', '3'])).toMatchObject({ code: 0, stdout: '' });
    expect(await sash(['consume', name, '-p', '0', '-o', '4'])).toMatchObject({
      code: 3,
      stderr: 'sash: places-0 ends before offset 4\nThe next record there gets offset 3.\n',
    });
    expect((await sash(['consume', name, '-o', '1'])).stderr).toContain('--offset needs --partition');
  });

  it('goes on with what comes when it follows, from the end of the log', async () => {
    const name = await topic('followed');
    await sash(['produce', name], 'before\n');
    const follower = startSash(['consume', name, '--follow', '-n', '2'], { url: server.url });
    // Nobody knows when it has looked where the log ends: what comes before that is not printed.
    const produced: string[] = [];
    while (follower.stdout() === '') {
      produced.push(`after ${produced.length}`);
      await server.call('POST', `/v1/topics/${name}/records`, { records: [{ value: produced.at(-1) }] });
    }
    await server.call('POST', `/v1/topics/${name}/records`, { records: [{ value: 'last' }] });
    const { code, stdout } = await follower.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^after \d+\n(after \d+|last)\n$/);
  });

  it('leaves out nothing that comes between looking where the log ends and reading up to there', async () => {
    const values = ['zero', 'one'];
    const log = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://log');
      let answer: object;
      if (url.pathname.endsWith('/records')) {
        // Appended as soon as the reader has heard where the log ends.
        if (values.length === 2) values.push('two', 'three');
        const from = Number(url.searchParams.get('fromOffset'));
        const same = { topic: 't', partition: 0, timestamp: 0, key: null, keyEncoding: null, headers: [] };
        const records = values.slice(from).map((value, index) => ({
          ...same,
          offset: from + index,
          value: Buffer.from(value).toString('base64'),
          valueEncoding: 'base64',
        }));
        answer = { records, logStartOffset: 0, logEndOffset: values.length, nextOffset: null };
      } else {
        answer = { topic: 't', partitions: [{ partition: 0, logStartOffset: 0, logEndOffset: values.length }] };
      }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    await once(log.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(log.address() as AddressInfo).port}`;
    try {
      const follower = startSash(['consume', 't', '--follow', '--from-beginning', '-n', '4'], { url });
      expect((await follower.ended).stdout).toBe('zero\none\ntwo\nthree\n');
    } finally {
      log.closeAllConnections();
      log.close();
    }
  });
});
