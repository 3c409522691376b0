import { describe, expect, it } from 'vitest';
import { Report, type ServerView } from '../../demo/report.ts';

/** Two jobs: the first accepted at once, the second at its second delivery. */
function goodRun(): Report {
  const report = new Report();
  report.add({ kind: 'delivered', partition: 0, offset: 0, deliveryCount: 1 });
  report.add({
    kind: 'settled',
    partition: 0,
    offset: 0,
    deliveryCount: 1,
    status: 'accepted',
    found: { license: 'MIT', files: 7 },
  });
  report.add({ kind: 'delivered', partition: 0, offset: 1, deliveryCount: 1 });
  report.add({ kind: 'settled', partition: 0, offset: 1, deliveryCount: 1, status: 'released' });
  report.add({ kind: 'delivered', partition: 0, offset: 1, deliveryCount: 2 });
  report.add({ kind: 'settled', partition: 0, offset: 1, deliveryCount: 2, status: 'accepted' });
  return report;
}

const view = (change: Partial<ServerView> = {}): ServerView => ({
  logEndOffsets: [2],
  archived: [],
  lag: 0,
  deliveryCountLimit: 3,
  ...change,
});
const nameOf = (_partition: number, offset: number): string => `job ${offset}`;
const faultsOf = (report: Report, server = view()): readonly string[] => report.summary(server, nameOf).faults;

describe('the table at the end', () => {
  it('counts what was accepted, what needed another try, and what was found', () => {
    expect(goodRun().summary(view(), nameOf)).toEqual({
      jobs: 2,
      accepted: 2,
      acceptedLater: 1,
      retries: 1,
      archived: [],
      files: 7,
      licenses: [['MIT', 1]],
      faults: [],
    });
  });

  it('counts while it runs what workers were told, each job once', () => {
    const report = goodRun();
    expect([report.accepted, report.archived]).toEqual([2, 0]);
    for (const [offset, status] of [
      [2, 'released'],
      [2, 'archived'],
      [3, 'rejected'],
    ] as const) {
      report.add({ kind: 'settled', partition: 0, offset, deliveryCount: 1, status });
    }
    expect([report.accepted, report.archived]).toEqual([2, 2]);
  });

  it('groups the archived jobs by their reason', () => {
    const report = goodRun();
    for (const [offset, deliveryCount] of [
      [2, 1],
      [2, 2],
      [2, 3],
      [3, 1],
    ] as const) {
      report.add({ kind: 'delivered', partition: 0, offset, deliveryCount });
    }
    const archived = [
      { partition: 0, offset: 2, reason: 'exit 1' },
      { partition: 0, offset: 3, reason: 'exit 1' },
    ];
    const summary = report.summary(view({ logEndOffsets: [4], archived }), nameOf);
    expect(summary.faults).toEqual([]);
    expect(summary.archived).toEqual([{ reason: 'exit 1', count: 2, examples: ['job 2', 'job 3'] }]);
    expect(summary.retries).toBe(1 + 2);
  });
});

describe('the check finds', () => {
  it('nothing in a good run', () => {
    expect(faultsOf(goodRun())).toEqual([]);
  });

  it('a job that was never delivered', () => {
    expect(faultsOf(goodRun(), view({ logEndOffsets: [2, 1] }))).toEqual(['1/0 was never delivered']);
  });

  it('a job that is finished for the server, but was neither accepted nor archived', () => {
    const report = goodRun();
    report.add({ kind: 'delivered', partition: 0, offset: 2, deliveryCount: 1 });
    expect(faultsOf(report, view({ logEndOffsets: [3] }))).toEqual(['0/2 is lost: neither accepted nor archived']);
  });

  it('a delivery after the accept', () => {
    const report = goodRun();
    report.add({ kind: 'delivered', partition: 0, offset: 0, deliveryCount: 2 });
    expect(faultsOf(report)).toEqual(['0/0 was delivered again after it was accepted']);
  });

  it('two holders of one delivery', () => {
    const report = goodRun();
    report.add({ kind: 'delivered', partition: 0, offset: 1, deliveryCount: 2 });
    expect(faultsOf(report)).toEqual(['0/1: delivery 2 was given out twice']);
  });

  it('two accepts of one job', () => {
    const report = goodRun();
    report.add({ kind: 'settled', partition: 0, offset: 0, deliveryCount: 1, status: 'accepted' });
    expect(faultsOf(report)).toEqual(['0/0 was accepted twice']);
  });

  it('a job both accepted and archived', () => {
    expect(faultsOf(goodRun(), view({ archived: [{ partition: 0, offset: 1, reason: null }] }))).toEqual([
      '0/1 was accepted and archived',
    ]);
  });

  it('more deliveries than the limit, and windows that still hold something', () => {
    expect(faultsOf(goodRun(), view({ deliveryCountLimit: 1, lag: 3 }))).toEqual([
      'the windows still hold 3 unfinished records',
      '0/1 was delivered 2 times, limit 1',
    ]);
  });
});
