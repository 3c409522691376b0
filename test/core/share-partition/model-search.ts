import fc from 'fast-check';
import { type Corner, type Step, corners, kindCount } from './model-corners.ts';
import { runSteps } from './model.ts';

/** Short in both windows and limits, so that the corners are near. */
const worlds = [
  { deliveryCountLimit: 2, inFlightLimit: 8 },
  { deliveryCountLimit: 5, inFlightLimit: 10 },
] as const;

export interface SearchResult {
  readonly commands: number;
  readonly reached: ReadonlyMap<Corner, number>;
  readonly missed: readonly Corner[];
}

/**
 * Searches for a list of commands after which the window and its naive twin differ, until `commands` were run.
 * @throws with the shortest list that was found, its seed and its trace
 */
export function search(commands: number, seed: number): SearchResult {
  const reached = new Map<Corner, number>();
  let run = 0;
  const step: fc.Arbitrary<Step> = fc.noBias(fc.tuple(fc.nat(kindCount - 1), fc.nat(63), fc.nat(63), fc.nat(63)));
  const steps = fc.array(step, { minLength: 1, maxLength: 240, size: 'max' });
  for (let round = 0; run < commands; round++) {
    for (const world of worlds) {
      fc.assert(
        fc.property(steps, (list) => {
          run += list.length;
          runSteps(list, world, reached);
        }),
        { seed: seed + round, numRuns: 100 },
      );
    }
  }
  return { commands: run, reached, missed: corners.filter((corner) => !reached.has(corner)) };
}
