import { describe, expect, it } from 'vitest';
import { checkShareRequest, readAcknowledgementBatches } from '../../../src/core/share-session/share-request.ts';
import type { FetchLimits } from '../../../src/core/share-session/share-request.ts';

describe('a share request by itself', () => {
  const request = { groupId: 'g', memberId: 'm1', isRenewAck: false };
  const none: FetchLimits = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, maxRecords: 0 };
  const code = (...args: Parameters<typeof checkShareRequest>): string => {
    const result = checkShareRequest(...args);
    return result.ok ? 'ok' : result.error.code;
  };

  it('names its group and its member', () => {
    expect(code(request)).toBe('ok');
    expect(code({ ...request, memberId: 'm'.repeat(36) })).toBe('ok');
    expect(code({ ...request, groupId: null })).toBe('INVALID_REQUEST');
    for (const memberId of [null, '', 'm'.repeat(37)]) expect(code({ ...request, memberId })).toBe('INVALID_REQUEST');
  });

  it('renews and fetches nothing, or fetches and renews nothing', () => {
    const renewing = { ...request, isRenewAck: true };
    expect(code(renewing)).toBe('ok');
    expect(code(renewing, none)).toBe('ok');
    expect(code(request, { ...none, maxBytes: 1 })).toBe('ok');
    for (const name of ['maxWaitMs', 'minBytes', 'maxBytes', 'maxRecords'] as const) {
      expect(code(renewing, { ...none, [name]: 1 })).toBe('INVALID_REQUEST');
    }
  });
});

/** `0-4:1` or `0-2:1,2,3`. */
const batches = (text: string) =>
  text
    .split(' ')
    .filter(Boolean)
    .map((part) => {
      const [, first, last, types = ''] = /^(-?\d+)-(-?\d+):(.*)$/.exec(part)!;
      return {
        firstOffset: Number(first),
        lastOffset: Number(last),
        acknowledgeTypes: types.split(',').filter(Boolean).map(Number),
      };
    });

const read = (text: string, { version = 2, isRenewAck = false } = {}): string => {
  const result = readAcknowledgementBatches(batches(text), { version, isRenewAck });
  if (!result.ok) return result.error.code;
  return result.value.map((range) => `${range.firstOffset}-${range.lastOffset} ${range.types.join()}`).join(' | ');
};

describe('acknowledgement batches', () => {
  it.each([
    ['', ''],
    ['0-4:1', '0-4 accept'],
    ['7-7:0', '7-7 gap'],
    ['0-2:1,2,3 3-4:0 9-9:2', '0-2 accept,release,reject | 3-4 gap | 9-9 release'],
    ['0-9007199254740990:1', '0-9007199254740990 accept'],
  ])('%s reads %s', (text, meaning) => {
    expect(read(text)).toBe(meaning);
  });

  it.each([
    ['5-2:1', 'the first above the last'],
    ['-1-2:1', 'below 0'],
    ['0-4:1 3-6:1', 'overlapping'],
    ['5-6:1 0-1:1', 'out of order'],
    ['0-0:', 'no type'],
    ['0-2:1,2', 'too few types'],
    ['0-2:1,2,3,1', 'too many types'],
    ['0-0:9', 'an unknown type'],
    ['0-0:-1', 'a negative type'],
    ['0-1:1,5', 'an unknown type among others'],
    ['0-0:4', 'renew without IsRenewAck'],
  ])('%s is invalid: %s', (text) => {
    expect(read(text)).toBe('INVALID_REQUEST');
  });

  it('renew needs version 2 and IsRenewAck, and others may go with it', () => {
    expect(read('0-2:4,1,4 5-5:2', { isRenewAck: true })).toBe('0-2 renew,accept,renew | 5-5 release');
    expect(read('0-0:1', { isRenewAck: true })).toBe('0-0 accept');
    expect(read('0-0:4', { version: 1, isRenewAck: true })).toBe('INVALID_REQUEST');
    expect(read('0-0:3', { version: 1 })).toBe('0-0 reject');
  });

  it('that touch acknowledge a record twice, unless something is invalid', () => {
    expect(read('0-4:1 4-6:1')).toBe('INVALID_RECORD_STATE');
    expect(read('0-4:1 4-6:1 7-7:9')).toBe('INVALID_REQUEST');
    expect(read('0-4:1 5-6:1')).toBe('0-4 accept | 5-6 accept');
  });
});
