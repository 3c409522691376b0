import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

it('the Kafka door takes ten thousand requests with something wrong in them, and nobody beside them notices', async () => {
  const { outcomes } = await fuzz({ frames: 10_000, seed: 1 });
  // Half of them get past the codec, or the handlers see nothing of it.
  const sum = (outcome: string): number =>
    [...outcomes].reduce((total, [key, count]) => (key.startsWith(outcome) ? total + count : total), 0);
  expect(sum('answered') - outcomes.get('answered good')!).toBeGreaterThan(4_000);
  expect(sum('closed')).toBeGreaterThan(2_500);
  expect(outcomes.get('answered changeValues')).toBeGreaterThan(1_500);
  expect(outcomes.get('closed wrongLength')).toBeGreaterThan(50);
}, 120_000);
