/**
 * The model test for longer: `node test/core/share-partition/long-model.ts [commands] [seed]`, a million commands
 * unless told. Prints how often each corner was reached; exits 1 when one was not.
 */
import { corners } from './model-corners.ts';
import { search } from './model-search.ts';

const commands = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 30));
console.log(`${commands} commands from seed ${seed}`);
const result = search(commands, seed);
for (const corner of corners) console.log(`${String(result.reached.get(corner) ?? 0).padStart(8)}  ${corner}`);
console.log(`${result.commands} commands: the window and its naive twin agree`);
if (result.missed.length > 0) {
  console.error(`never reached: ${result.missed.join('; ')}`);
  process.exitCode = 1;
}
