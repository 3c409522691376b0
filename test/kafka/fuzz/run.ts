/**
 * `npm run test:fuzz`: requests with something wrong in them, sent to the Kafka door; see fuzz.ts. A million frames unless told:
 *
 *     npm run test:fuzz -- --frames 100000 --seed 7
 *
 * Prints what came of each kind of them; exits 1 at the first thing that may not be.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const frames = Number(values.frames);
const seed = Number(values.seed);
if (!Number.isInteger(frames) || frames < 1 || !Number.isInteger(seed)) {
  console.error('--frames is a whole number from 1 on, --seed a whole number');
  process.exit(2);
}
console.log(`fuzz: ${frames} frames; repeat with --frames ${frames} --seed ${seed}`);
const started = Date.now();
const { outcomes } = await fuzz({ frames, seed }, (line) => console.log(line));
for (const [outcome, count] of [...outcomes].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${String(count).padStart(8)}  ${outcome}`);
console.log(`${frames} frames in ${Math.round((Date.now() - started) / 1000)} s: nothing that may not be`);
