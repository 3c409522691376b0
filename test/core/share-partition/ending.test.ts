import { describe, expect, it } from 'vitest';
import { endDelivery } from '../../../src/core/share-partition/ending.ts';

describe('the end of a delivery', () => {
  it('acknowledges what is accepted, whatever the count', () => {
    expect([endDelivery('accepted', 1, 5), endDelivery('accepted', 9, 5)]).toEqual(['acknowledged', 'acknowledged']);
  });

  it.each(['rejected', 'gap'] as const)('archives what is %s on the first delivery', (outcome) => {
    expect(endDelivery(outcome, 1, 5)).toBe('archived');
  });

  it.each(['released', 'expired'] as const)(
    'makes what is %s available below the limit and archives it at it',
    (outcome) => {
      expect([3, 4, 5, 6].map((count) => endDelivery(outcome, count, 5))).toEqual([
        'available',
        'available',
        'archived',
        'archived',
      ]);
    },
  );

  it('makes what an operator gives another attempt available, also at the limit', () => {
    expect(endDelivery('retried', 5, 5)).toBe('available');
  });
});
