import { afterEach, beforeEach, expect, test } from 'vitest';

import { type AuditLog, type NewAuditLine, auditLimit } from '../../src/ports/audit-log.ts';

export interface AuditUnderTest {
  readonly audit: AuditLog;
  /** Closes and opens again, as a restart does; absent when nothing outlives the process. */
  reopen?(): Promise<AuditLog>;
  cleanUp(): Promise<void>;
}

export const auditLine = (change: Partial<NewAuditLine> = {}): NewAuditLine => ({
  atMs: 1_700_000_000_000,
  action: 'settle',
  group: 'mailers ü',
  topic: 'emails',
  partition: 0,
  summary: 'released 3 records of emails-0, offsets 5 to 7: “smtp is back”',
  detail: { type: 'release', firstOffset: 5, lastOffset: 7, reason: 'smtp is back', released: 3 },
  door: 'http',
  from: '::1',
  ...change,
});

const all = { beforeSequence: null, group: null, limit: 100 } as const;

/** What every audit log does. */
export function auditLogContract(make: () => Promise<AuditUnderTest>): void {
  let subject: AuditUnderTest;
  let audit: AuditLog;

  beforeEach(async () => {
    subject = await make();
    audit = subject.audit;
  });
  afterEach(() => subject.cleanUp());

  const restart = async (): Promise<void> => {
    if (subject.reopen !== undefined) audit = await subject.reopen();
  };

  test('is empty at first', async () => {
    expect(await audit.page(all)).toEqual([]);
  });

  test('gives lines back as they were written, newest first, over restarts too', async () => {
    const bare = auditLine({ action: 'delete-topic', group: null, topic: null, partition: null, detail: {} });
    const first = await audit.append(auditLine());
    const second = await audit.append({ ...bare, door: 'kafka', from: '10.0.0.7' });
    expect(first).toEqual({ ...auditLine(), sequence: expect.any(Number) });
    expect(second.sequence).toBeGreaterThan(first.sequence);
    await restart();
    expect(await audit.page(all)).toEqual([second, first]);
    const third = await audit.append(auditLine({ action: 'pause' }));
    expect(third.sequence).toBeGreaterThan(second.sequence);
    expect(await audit.page(all)).toEqual([third, second, first]);
  });

  test('gives a page at a time, of one group where one is asked for', async () => {
    const lines = [];
    for (const group of ['a', 'b', null, 'a', 'b', 'a']) lines.push(await audit.append(auditLine({ group })));
    const [first, , third, fourth, , sixth] = lines;
    expect(await audit.page({ ...all, limit: 2 })).toEqual([sixth, lines[4]]);
    expect(await audit.page({ ...all, beforeSequence: lines[4]!.sequence, limit: 2 })).toEqual([fourth, third]);
    expect(await audit.page({ ...all, group: 'a' })).toEqual([sixth, fourth, first]);
    expect(await audit.page({ group: 'a', beforeSequence: sixth!.sequence, limit: 1 })).toEqual([fourth]);
    expect(await audit.page({ ...all, group: 'c' })).toEqual([]);
  });

  test(`keeps the newest ${auditLimit.toLocaleString('en')} lines`, async () => {
    const first = await audit.append(auditLine({ summary: 'the first' }));
    await Promise.all(Array.from({ length: auditLimit - 1 }, () => audit.append(auditLine())));
    const everything = { ...all, limit: auditLimit + 10 };
    expect((await audit.page(everything)).at(-1)).toEqual(first);
    await audit.append(auditLine());
    const kept = await audit.page(everything);
    expect(kept).toHaveLength(auditLimit);
    expect(kept.at(-1)?.summary).not.toBe('the first');
  });

  test('after it is closed it refuses', async () => {
    await audit.close();
    const closed = { name: 'Fault', code: 'CLOSED', outcome: 'refused' };
    await expect(audit.append(auditLine())).rejects.toMatchObject(closed);
    await expect(audit.page(all)).rejects.toMatchObject(closed);
  });
}
