import { describe, expect, it } from 'vitest';
import { type Corner, corners } from './corners.ts';
import { Simulation } from './simulation.ts';

/** More of them: `SIMULATION_SEEDS=2000 SIMULATION_FIRST_SEED=1000 npx vitest run test/simulation`. */
const seeds = Number(process.env['SIMULATION_SEEDS'] ?? 40);
const firstSeed = Number(process.env['SIMULATION_FIRST_SEED'] ?? 1);
const rounds = 30;

describe('share groups under crashes, faults and jumps of the clock', () => {
  it(`keep their promises, and every corner was reached (seeds ${firstSeed} to ${firstSeed + seeds - 1})`, async () => {
    const reached = new Map<Corner, number>();
    let deliveries = 0;
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const simulation = new Simulation(seed, (corner) => reached.set(corner, (reached.get(corner) ?? 0) + 1));
      try {
        await simulation.run(rounds);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
      deliveries += simulation.deliveries;
    }
    expect(deliveries).toBeGreaterThan(seeds * 500);
    expect(corners.filter((corner) => !reached.has(corner))).toEqual([]);
  }, 3_600_000);
});
