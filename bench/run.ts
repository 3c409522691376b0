/**
 * `npm run bench`: measures and prints one table. `-- --short` takes at most 90 s; `-- --only http` (or `storage`,
 * `core`, `idle`) runs one section; `live`, which takes minutes, runs only when it is named. Figures are ratios within one run: see README.md beside this file.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from './row.ts';
import type { BenchOptions, Row } from './row.ts';

const sections = {
  core: async (options: BenchOptions) => (await import('./core.ts')).benchCore(options),
  storage: async (options: BenchOptions) => (await import('./storage.ts')).benchStorage(options),
  idle: async (options: BenchOptions) => (await import('./idle.ts')).benchIdle(options),
  live: async (options: BenchOptions) => (await import('./live.ts')).benchLive(options),
  http: async (options: BenchOptions) => (await import('./http.ts')).benchHttp(options),
  client: async (options: BenchOptions) => (await import('./client.ts')).benchClient(options),
} as const satisfies Record<
  Exclude<Row['section'], 'kafka' | 'page' | 'cluster'>,
  (options: BenchOptions) => Promise<readonly Row[]>
>;

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false }, only: { type: 'string' } } });
const { short, only } = values;
if (only !== undefined && !Object.hasOwn(sections, only)) {
  console.error(`--only ${only}: there are ${Object.keys(sections).join(', ')}`);
  process.exit(2);
}

const options: BenchOptions = { short, log: (text) => console.error(text) };
const rows: Row[] = [];
const startedMs = performance.now();
for (const [name, bench] of Object.entries(sections)) {
  if (only === undefined ? name !== 'live' : only === name) rows.push(...(await bench(options)));
}
const [cpu] = cpus();
console.log(`
${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}; ${Math.round((performance.now() - startedMs) / 1000)} s

${table(rows)}`);
