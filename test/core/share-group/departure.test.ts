import { describe, expect, it } from 'vitest';
import { endLeaving, expireMembers, leaveGraceMs } from '../../../src/core/share-group/departure.ts';
import { shareGroupState } from '../../../src/core/share-group/membership.ts';
import { PrintedGroup, sessionTimeoutMs, told } from './printed-group.ts';

const two = (): PrintedGroup => {
  const group = new PrintedGroup({ a: 2 });
  group.join('m1', 'a');
  group.join('m2', 'a');
  return group;
};

describe('a member that is silent', () => {
  it.each([
    [-1, []],
    [0, ['m1']],
    [1, ['m1']],
  ])('%i ms after its session time-out: fenced are %j', (afterMs, fenced) => {
    const group = two();
    const timeOutMs = group.nowMs + sessionTimeoutMs;
    expect(group.deadlineMs()).toBe(timeOutMs);
    group.nowMs += 10_000;
    group.stay('m2');
    expect(expireMembers(group.membership!, timeOutMs + afterMs)).toEqual({ fenced, left: [] });
  });

  it('leaves its partitions to the others, and has to join again', () => {
    const group = two();
    group.nowMs += sessionTimeoutMs - 1;
    expect(group.stay('m2')).toBe('epoch 2');
    group.nowMs += 1;
    expireMembers(group.membership!, group.nowMs);
    expect(group.stay('m2')).toBe('epoch 3: a:0,1');
    expect(told(group.beat('m1', { epoch: 1 }))).toBe('UNKNOWN_MEMBER_ID');
    expect(group.join('m1', 'a')).toBe('epoch 4: a:1');
    expect(group.member('m1').lastHeartbeatMs).toBe(group.nowMs);
  });

  it('is the last one: the group is empty, its epoch goes on', () => {
    const group = new PrintedGroup({ a: 1 });
    group.join('m1', 'a');
    group.nowMs += sessionTimeoutMs;
    expireMembers(group.membership!, group.nowMs);
    expect(shareGroupState(group.membership!)).toBe('Empty');
    expect(group.deadlineMs()).toBeUndefined();
    expect(group.join('m2', 'a')).toBe('epoch 3: a:0');
  });

  it('together with others raises the epoch once', () => {
    const group = two();
    expect(expireMembers(group.membership!, group.nowMs + sessionTimeoutMs).fenced).toEqual(['m1', 'm2']);
    expect(group.membership!.groupEpoch).toBe(3);
  });
});

describe('a member that leaves', () => {
  const leaving = (hasShareSession: boolean) => {
    const group = two();
    const result = group.beat('m1', { epoch: -1, hasShareSession });
    return { group, result };
  };

  it('without a share session frees its records at once', () => {
    const { group, result } = leaving(false);
    expect(result).toEqual({
      ok: true,
      value: {
        answer: { memberId: 'm1', memberEpoch: -1, heartbeatIntervalMs: 0, assignment: null },
        freed: ['m1'],
      },
    });
    expect(group.stay('m2')).toBe('epoch 3: a:0,1');
    expect(told(group.beat('m1', { epoch: -1 }))).toBe('UNKNOWN_MEMBER_ID');
    expect(group.membership!.leaving.size).toBe(0);
  });

  it('with an open share session is no member any more, and its records are kept for 5 s', () => {
    const { group, result } = leaving(true);
    expect(result).toMatchObject({ value: { freed: [] } });
    expect(group.stay('m2')).toBe('epoch 3: a:0,1');
    const freeAtMs = group.nowMs + 5_000;
    expect(leaveGraceMs).toBe(5_000);
    expect(group.deadlineMs()).toBe(freeAtMs);
    expect(expireMembers(group.membership!, freeAtMs - 1)).toEqual({ fenced: [], left: [] });
    expect(expireMembers(group.membership!, freeAtMs)).toEqual({ fenced: [], left: ['m1'] });
    expect(expireMembers(group.membership!, freeAtMs)).toEqual({ fenced: [], left: [] });
  });

  it('has left when its share session ends before', () => {
    const { group } = leaving(true);
    endLeaving(group.membership!, 'm1');
    expect(expireMembers(group.membership!, group.nowMs + 5_000).left).toEqual([]);
  });

  it('and joins again before its records were freed keeps them', () => {
    const { group } = leaving(true);
    group.join('m1', 'a');
    expect(expireMembers(group.membership!, group.nowMs + 5_000)).toEqual({ fenced: [], left: [] });
  });
});
