import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash, type Ended } from './run-sash.ts';

const server = useServer();
const sash = (...argv: string[]): Promise<Ended> => runSash(argv, { url: server.url });
const json = (text: string): unknown => JSON.parse(text);

describe('sash topics', () => {
  it('says what to do while there is none', async () => {
    expect(await sash('topics', 'list')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'There are no topics. To make one: sash topics create NAME\n',
    });
  });

  it('creates, lists, describes, alters and deletes', async () => {
    expect(
      await sash('topics', 'create', 'emails', '-p', '3', '-c', 'retention.ms=1000', '-c', 'retention.bytes=5'),
    ).toMatchObject({
      code: 0,
      stdout: 'created emails with 3 partitions\n',
      stderr: '',
    });
    expect((await sash('topics', 'list')).stdout).toBe(
      'TOPIC   PARTITIONS  RECORDS  SIZE\nemails           3        0   0 B\n',
    );
    const described = json((await sash('topics', 'describe', 'emails', '--json')).stdout);
    expect(described).toEqual(await server.call('GET', '/v1/topics/emails'));
    expect(described).toMatchObject({ config: { 'retention.ms': '1000', 'retention.bytes': '5' } });

    const { stdout } = await sash('topics', 'alter', 'emails', '-p', '4', '--unset', 'retention.bytes');
    expect(stdout).toMatch(/^emails {2}0 records, 0 B, id /);
    expect(stdout).toMatch(/^ {8}3 {6}0 {4}0 {3}0 B$/m);
    expect(stdout).toMatch(/^retention\.bytes +-1$/m);

    expect(await sash('topics', 'delete', 'emails', '--yes')).toMatchObject({ code: 0, stdout: 'deleted emails\n' });
    expect(json((await sash('topics', 'list', '--json')).stdout)).toEqual({ topics: [] });
  });

  it('shows a size that is not known as –, not as 0', async () => {
    const partitions = [
      { partition: 0, logStartOffset: 0, logEndOffset: 7, sizeBytes: null },
      { partition: 1, logStartOffset: 0, logEndOffset: 0, sizeBytes: 0 },
    ];
    const overKafka = createServer((_, answer) => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ topics: [{ topic: 'emails', partitions, config: {} }] }));
    }).listen(0, '127.0.0.1');
    await once(overKafka, 'listening');
    onTestFinished(() => void overKafka.close());
    const { port } = overKafka.address() as AddressInfo;
    const listed = await runSash(['topics', 'list'], { url: `http://127.0.0.1:${port}` });
    expect(listed.stdout).toBe('TOPIC   PARTITIONS  RECORDS  SIZE\nemails           2        7     –\n');
  });

  it('ends with 5 when the topic exists, unless that is no failure', async () => {
    await server.call('POST', '/v1/topics', { topic: 'twice' });
    expect(await sash('topics', 'create', 'twice')).toMatchObject({
      code: 5,
      stdout: '',
      stderr: 'sash: Topic "twice" exists already.\nTo add partitions or change its config: sash topics alter TOPIC.\n',
    });
    expect(await sash('topics', 'create', 'twice', '--if-not-exists')).toMatchObject({
      code: 0,
      stdout: 'twice exists, with 1 partition\n',
    });
  });

  it('ends with 2 when a value is refused, by the command or by the server', async () => {
    const refused = await sash('topics', 'create', 'wrong', '-p', 'many');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain("'many' is invalid. It must be an integer from 1 to 10000.");
    const byServer = await sash('topics', 'create', 'wrong', '-c', 'cleanup.policy=compact');
    expect(byServer).toMatchObject({ code: 2, stdout: '' });
    expect(byServer.stderr).toContain('cleanup.policy');
    expect((await sash('topics', 'alter', 'twice')).stderr).toContain('nothing to change');
  });

  it('does not delete without somebody to ask, and says how', async () => {
    expect(await sash('topics', 'delete', 'twice')).toMatchObject({
      code: 6,
      stdout: '',
      stderr:
        'sash: not confirmed: nothing was changed\n' +
        'This would delete the topic twice with 0 records. Without a terminal to ask on, say --yes.\n',
    });
    await expect(server.call('GET', '/v1/topics/twice')).resolves.toMatchObject({ topic: 'twice' });
  });
});
