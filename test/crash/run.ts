/**
 * `npm run test:crash`: a real server, real producers and workers in processes of their own, `kill -9` at random
 * moments, and an auditor that knows of every confirmation. Ends with 0 when every promise was kept, with 1 and the
 * list of violations otherwise.
 *
 *     npm run test:crash -- --rounds 200 --seed 7 [--keep] [--break lose-accept]
 *     npm run test:crash -- --backend cluster --rounds 100
 *
 * `--backend cluster`: two nodes over a Kafka without share groups and a Redis; in each round one node, Redis or Kafka fails while all
 * work, then both nodes are killed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ClusterStarter } from './cluster.ts';
import { CrashTest } from './crash-test.ts';
import { type Sabotage, sabotages } from './sabotage.ts';
import { ServerStarter } from './server.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
    break: { type: 'string' },
    backend: { type: 'string', default: 'embedded' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const broken = values.break as Sabotage | undefined;
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  console.error('--rounds is a whole number from 1 on, --seed a whole number');
  process.exit(2);
}
if (broken !== undefined && !sabotages.includes(broken)) {
  console.error(`--break is one of ${sabotages.join(', ')}`);
  process.exit(2);
}
const { backend } = values;
if (backend !== 'embedded' && backend !== 'cluster') {
  console.error('--backend is embedded or cluster');
  process.exit(2);
}
if (backend === 'cluster' && broken !== undefined) {
  console.error('--break breaks a data folder, which a cluster has not');
  process.exit(2);
}

const repeat = `--rounds ${rounds} --seed ${seed}${backend === 'cluster' ? ' --backend cluster' : ''}`;
console.log(`crash test: ${rounds} rounds; repeat with ${repeat}`);
const folder = mkdtempSync(join(tmpdir(), 'sash-crash-'));
const dataDir = join(folder, 'data');
const starter = backend === 'cluster' ? new ClusterStarter(folder) : new ServerStarter(dataDir, folder);
const test = new CrashTest({ folder, backend, starter, dataDir, rounds, seed, sabotage: broken ?? null });
const cleanUp = (): void => {
  test.killNow();
  if (values.keep) console.log(`data and journals are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
};
process.once('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const passed = await test.run();
process.exit(passed ? 0 : 1);
