import { expect, it } from 'vitest';
import { instantText } from '../../src/http/instant-text.ts';

it('writes an instant as toISOString does, also when seconds take turns', () => {
  const instants = [0, 999, 1000, 1001, 1_795_132_800_123, 1_795_132_829_999, 1_795_132_830_000, 253_402_300_799_999];
  for (const wallMs of [...instants, ...instants.toReversed()]) {
    expect(instantText(wallMs)).toBe(new Date(wallMs).toISOString());
  }
});
