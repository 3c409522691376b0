import { execFile, spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SashClient } from '../../src/client/sash-client.ts';
import { useServer } from '../dashboard/sash-server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeModules = join(root, 'node_modules');
const tsc = (...args: string[]) => run(join(nodeModules, '.bin', 'tsc'), args);

/** The TypeScript of a document's examples, in order. */
const examplesOf = (document: string): string[] =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');

/** The machine's own Node, and not the one that sash brings for itself. */
const machineNode = async (): Promise<string | undefined> => {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder.includes('node_modules')) continue;
    const path = join(folder, 'node');
    try {
      accessSync(path, constants.X_OK);
    } catch {
      continue;
    }
    if (realpathSync(path).includes('node_modules')) continue;
    const { stdout } = await run(path, ['--version']);
    if (Number(/^v(\d+)/.exec(stdout)?.[1]) >= 20) return path;
  }
  return undefined;
};
const node = (await machineNode()) ?? process.execPath;

const server = useServer();
/** A project that has sash installed, with the examples of the documents in it. */
let project: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'sash-client-'));
  const installed = join(project, 'node_modules', 'sash');
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  const build = join(project, 'tsconfig.build.json');
  writeFileSync(
    build,
    JSON.stringify({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: {
        rootDir: join(root, 'src'),
        outDir: join(installed, 'dist'),
        typeRoots: [join(nodeModules, '@types')],
      },
      include: [join(root, 'src/client')],
    }),
  );
  await tsc('-p', build);

  for (const name of ['zod', '@types', 'undici-types'])
    symlinkSync(join(nodeModules, name), join(project, 'node_modules', name));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  for (const [name, examples] of [
    ['readme', examplesOf('README.md')],
    ['sdk', examplesOf('docs/worker-sdk.md')],
  ] as const) {
    for (const [index, code] of examples.entries()) writeFileSync(join(project, `${name}-${index}.ts`), code);
  }
  writeFileSync(
    join(project, 'wrong.ts'),
    `import { Worker } from 'sash/client';
    import { z } from 'zod';
    const settings = { url: 'http://localhost', group: 'g', topics: ['t'] };
    // @ts-expect-error -- a number
    new Worker({ ...settings, handler: () => {}, concurrency: '4' });
    // @ts-expect-error -- the schema has no such member
    new Worker({ ...settings, schema: z.object({ to: z.string() }), handler: ({ value }) => value.from });
    `,
  );
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        module: 'NodeNext',
        target: 'ES2023',
        lib: ['ES2023'],
        types: ['node'],
        noUnusedLocals: true,
      },
      include: ['*.ts'],
    }),
  );
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Runs a program of the project to its end. @throws when it fails */
const program = async (file: string, code?: string): Promise<string> => {
  if (code !== undefined) writeFileSync(join(project, file), code);
  const { stdout } = await run(node, [join(project, file)], { env: { ...process.env, SASH_URL: server.url } });
  return stdout;
};

describe('the built client, imported as sash/client by the Node of this machine', () => {
  it('has types that fit the examples of the documents', { timeout: 120_000 }, async () => {
    await tsc('-p', join(project, 'tsconfig.json')).catch((error: { stdout: string }) => expect.fail(error.stdout));
  });

  it('runs the example of the README, and stops by SIGTERM when it is done', { timeout: 60_000 }, async () => {
    await new SashClient({ url: server.url }).createTopic({ topic: 'emails' });
    const child = spawn(node, [join(project, 'readme-0.js')], {
      env: { ...process.env, SASH_URL: server.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      child.kill('SIGTERM');
    }
    expect(lines).toEqual(['sent to a@b.c, delivery 1']);
    expect(await ended).toBe(0);
    expect(await new SashClient({ url: server.url }).describeShareGroup('mailers')).toMatchObject({
      lag: 0,
      workers: 0,
    });
  });

  it(
    'runs the producer of the documents twice, and what has a key of its own is stored once',
    { timeout: 60_000 },
    async () => {
      const code = readFileSync(join(project, 'sdk-1.js'), 'utf8').replaceAll('http://localhost:8080', server.url);
      expect(await program('producer.js', code)).toMatch(/^at \d, offset \d+/);
      const records = async (): Promise<number> => {
        const { partitions } = await new SashClient({ url: server.url }).describeTopic('emails');
        return partitions.reduce((sum, { logEndOffset }) => sum + logEndOffset, 0);
      };
      const before = await records();
      await program('producer.js');
      expect((await records()) - before).toBe(1001);
    },
  );

  it('runs the client of the documents', { timeout: 60_000 }, async () => {
    const code = readFileSync(join(project, 'sdk-2.js'), 'utf8').replaceAll('http://localhost:8080', server.url);
    expect(await program('client.js', code)).toContain('mailers');
  });

  it('ends a program whose worker has stopped, with nothing left that keeps it', { timeout: 60_000 }, async () => {
    const output = await program(
      'many.js',
      `
      import { Producer, SashClient, Worker } from 'sash/client';
      const url = process.env.SASH_URL;
      await new SashClient({ url }).createTopic({ topic: 'many', partitions: 2 });
      const producer = new Producer({ url });
      const count = 3000;
      await producer.sendAll('many', Array.from({ length: count }, (_, n) => ({ value: { n } })));
      await producer.close();
      const seen = new Set();
      let accepted = 0;
      const worker = new Worker({
        url, group: 'many', topics: ['many'], startFrom: 'earliest', concurrency: 20,
        handler: async ({ value }) => {
          seen.add(value.n);
          await new Promise((resolve) => setTimeout(resolve, 1));
        },
      });
      worker.on('accepted', () => { if (++accepted === count) void worker.stop(); });
      await worker.run();
      console.log(process.version, seen.size, accepted);
    `,
    );
    expect(output).toMatch(/^v\d+\.\d+\.\d+ 3000 3000\n$/);
  });
});
