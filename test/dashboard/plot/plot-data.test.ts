import { describe, expect, it } from 'vitest';
import { axisSteps, plotSentence, plotValue, shortValue, withHoles } from '../../../src/dashboard/plot/plot-data.ts';

describe('A plot', () => {
  it('draws no line over a time of which nothing is known', () => {
    const atMs = [0, 5000, 10_000, 40_000, 45_000];
    expect(withHoles(atMs, [[1, 2, null, 4, 5]], 5000)).toEqual([
      [0, 5000, 10_000, 15_000, 40_000, 45_000],
      [1, 2, null, null, 4, 5],
    ]);
  });

  it('takes a sample that came a little late for no hole', () => {
    expect(withHoles([0, 9000], [[1, 2]], 5000)[0]).toEqual([0, 9000]);
    expect(withHoles([], [[]], 5000)).toEqual([[], []]);
  });

  it('writes values with their units, and short ones at the axis', () => {
    expect(plotValue('records', 1204)).toBe('1,204 records');
    expect(plotValue('records', 1)).toBe('1 record');
    expect(plotValue('rate', 12.34)).toBe('12.3 /s');
    expect(plotValue('duration', 252_000)).toBe('4 min 12 s');
    expect(plotValue('rate', null)).toBe('–');
    expect([0, 950, 1200, 3_000_000].map((value) => shortValue('records', value))).toEqual(['0', '950', '1.2k', '3M']);
    expect([500, 40_000, 300_000, 7_200_000].map((value) => shortValue('duration', value))).toEqual([
      '500 ms',
      '40 s',
      '5 min',
      '2 h',
    ]);
  });

  it('has steps in order for its axis, whole ones for records', () => {
    for (const kind of ['records', 'rate', 'duration'] as const) {
      const steps = axisSteps(kind);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    }
    expect(axisSteps('records').every((step) => Number.isInteger(step))).toBe(true);
  });

  it('says in words what it shows', () => {
    expect(plotSentence('Lag', 'records', [{ label: 'lag', values: [400, null, 3, 12] }])).toBe(
      'Lag of the last 15 minutes: 12 records now, between 3 records and 400 records.',
    );
    expect(
      plotSentence('Throughput', 'rate', [
        { label: 'delivered', values: [] },
        { label: 'acknowledged', values: [0, 2] },
      ]),
    ).toBe('Throughput of the last 15 minutes: delivered not known; acknowledged 2.0 /s now, between 0 /s and 2.0 /s.');
  });
});
