import { describe, expect, it } from 'vitest';
import { search } from './model-search.ts';

const commands = Number(process.env['MODEL_COMMANDS'] ?? 200_000);
const randomSeed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 30));

describe('the window and its naive twin', () => {
  // Half of the commands always the same, half new each time: a failure prints its seed, its list and the trace.
  it.each([
    { name: 'the fixed seed', seed: 20260822 },
    { name: `seed ${randomSeed}`, seed: randomSeed },
  ])(
    'agree after every command of random lists ($name), and every corner was reached',
    ({ seed }) => {
      const result = search(commands / 2, seed);
      expect(result.commands).toBeGreaterThanOrEqual(commands / 2);
      expect(result.missed).toEqual([]);
    },
    120_000,
  );
});
