import { expect, it } from 'vitest';
import { repeatsOf } from '../../src/broker/faults.ts';
import { Fault } from '../../src/ports/fault.ts';

const fault = (retriable: boolean, message: string): Fault =>
  new Fault({ code: 'CORRUPT', operation: 'read', message, retriable, outcome: 'refused', hint: 'look' });

it('what passes by itself is counted as one thing, what does not each for itself: no damage hides behind another', () => {
  const kinds = (retriable: boolean): Set<string> =>
    new Set(['a', 'b', 'a'].map((message) => repeatsOf('reads that failed', fault(retriable, message))));
  expect([...kinds(true)]).toEqual(['reads that failed with CORRUPT']);
  expect([...kinds(false)]).toEqual(['reads that failed with CORRUPT: a', 'reads that failed with CORRUPT: b']);
});
