/**
 * `npm run check`: every check that needs no test run. All of them run, so that one look shows all that is wrong;
 * names as arguments run only those (`npm run check -- lint layers`).
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const steps = [
  { name: 'format', command: 'prettier --check .' },
  { name: 'types', command: 'tsc --noEmit -p tsconfig.json' },
  // The core sees no Node and no DOM: a clock or a buffer in it does not compile.
  { name: 'types of core', command: 'tsc --noEmit -p src/core/tsconfig.json' },
  // The client sees no Node, and nothing newer than Node 20 has: it runs wherever there is a fetch.
  { name: 'types of client', command: 'tsc --noEmit -p src/client/tsconfig.json' },
  // The page sees the DOM, and no Node.
  { name: 'types of dashboard', command: 'tsc --noEmit -p src/dashboard/tsconfig.json' },
  { name: 'lint', command: 'oxlint --type-aware --deny-warnings' },
  { name: 'dead code', command: 'knip' },
  { name: 'layers', command: 'node scripts/check-layers.mjs' },
  { name: 'compose files', command: 'dclint --max-warnings 0 docker-compose.yml docker-compose.embedded.yml' },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`unknown check: ${unknown.join(', ')}; there are: ${steps.map((step) => step.name).join(', ')}`);
  process.exit(2);
}

const cwd = fileURLToPath(new URL('..', import.meta.url));
const failed = [];
for (const { name, command } of steps) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const startedMs = performance.now();
  const { status } = spawnSync(command, { cwd, shell: true, stdio: 'inherit' });
  if (status !== 0) failed.push(name);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${Math.round(performance.now() - startedMs)} ms)`);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}. \`npm run fix\` repairs format and what the linter can.`);
  process.exit(1);
}
