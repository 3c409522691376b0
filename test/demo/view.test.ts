import { describe, expect, it } from 'vitest';
import type { WindowRow } from '../../demo/api.ts';
import { livePicture, plainLine, summaryTable, type Progress } from '../../demo/view.ts';

const row: WindowRow = {
  partition: 0,
  startOffset: 4,
  endOffset: 10,
  logEndOffset: 12,
  counts: { available: 1, acquired: 3, delayed: 0, acknowledged: 2, archived: 0 },
  lag: 6,
  blockedBy: { sentence: 'offset 4 has been locked by worker-1 for 2 s' },
};
const progress: Progress = {
  elapsedMs: 1234,
  jobs: 12,
  accepted: 6,
  archived: 0,
  workers: [
    { workerId: 'worker-1', alive: true },
    { workerId: 'worker-4', alive: false },
  ],
  windows: [
    {
      row,
      runs: [
        { firstOffset: 4, lastOffset: 6, state: 'acquired' },
        { firstOffset: 7, lastOffset: 8, state: 'acknowledged' },
        { firstOffset: 9, lastOffset: 9, state: 'available' },
      ],
    },
  ],
};
const withoutColours = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replaceAll(/\u001B\[\d+m/g, ''));

describe('the live view', () => {
  it('draws each offset of a partition by its state, and says what blocks the window', () => {
    const lines = withoutColours(livePicture(progress, 80));
    expect(lines).toContain('  partition 0  ━━━━▒▒▒██░··');
    expect(lines).toContain('               window 4–10 of 12: 3 acquired, 1 available, 2 acknowledged');
    expect(lines).toContain('               offset 4 has been locked by worker-1 for 2 s');
    expect(lines).toContain('  worker-1  worker-4 ✗');
  });

  it('never draws a line wider than the terminal', () => {
    for (const columns of [20, 40, 79]) {
      for (const line of withoutColours(livePicture(progress, columns)))
        expect(Array.from(line).length).toBeLessThanOrEqual(columns);
    }
  });
});

describe('the plain line', () => {
  it('says the same without a terminal', () => {
    expect(plainLine(progress)).toBe(
      '[ 1.2 s] 6 accepted, 0 archived of 12 | p0 4–10/12 (3 acquired, 1 available, 2 acknowledged)',
    );
  });
});

describe('the table', () => {
  const summary = {
    jobs: 3,
    accepted: 2,
    acceptedLater: 1,
    retries: 3,
    archived: [{ reason: 'exit 1', count: 1, examples: ['line 2'] }],
    files: 0,
    licenses: [],
    faults: [],
  };

  it('lists what was archived with its reason, and the check', () => {
    const table = summaryTable(summary, ['worker-4']);
    expect(table).toMatch(/accepted +2 {3}1 of them not at the first delivery/);
    expect(table).toMatch(/1 × exit 1: line 2\n/);
    expect(table).toContain('check: ok. Each of the 3 jobs ended exactly once');
  });

  it('names every fault', () => {
    const table = summaryTable({ ...summary, faults: ['0/1 is lost'] }, []);
    expect(table).toContain('check: FAILED\n    0/1 is lost');
  });
});
