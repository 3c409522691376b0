import { describe, expect, it } from 'vitest';
import { topicName } from '../../../src/core/ids.ts';
import { shareGroupState, subscribedPartitions } from '../../../src/core/share-group/membership.ts';
import { PrintedGroup, told } from './printed-group.ts';

describe('joining', () => {
  it('a new group tells its first member the assignment in the first answer', () => {
    const group = new PrintedGroup({ a: 2 });
    expect(shareGroupState(group.membership!)).toBe('Empty');
    expect(group.beat('m1', { epoch: 0, topics: ['a'] })).toEqual({
      ok: true,
      value: {
        answer: { memberId: 'm1', memberEpoch: 1, heartbeatIntervalMs: 5_000, assignment: new Map([['a', [0, 1]]]) },
        freed: [],
      },
    });
    expect(shareGroupState(group.membership!)).toBe('Stable');
    expect(subscribedPartitions(group.membership!)).toEqual([
      { topicId: 'a', partition: 0 },
      { topicId: 'a', partition: 1 },
    ]);
  });

  it('a second member gets its share at once, the first gives up its own with its next heartbeat', () => {
    const group = new PrintedGroup({ a: 2 });
    group.join('m1', 'a');
    expect(group.join('m2', 'a')).toBe('epoch 2: a:1');
    expect(group.stay('m1')).toBe('epoch 2: a:0');
    expect(group.stay('m1')).toBe('epoch 2');
  });

  it('a known member that joins again keeps its assignment and its epoch', () => {
    const group = new PrintedGroup({ a: 3 });
    group.join('m1', 'a');
    group.join('m2', 'a');
    expect(group.join('m1', 'a')).toBe('epoch 2: a:0,1');
    expect(group.join('m1', 'a')).toBe('epoch 2: a:0,1');
    expect(group.membership!.groupEpoch).toBe(2);
  });

  it('names a topic twice and has it once', () => {
    const group = new PrintedGroup({ a: 1, b: 1 });
    group.join('m1', 'b', 'a', 'b');
    expect(group.member('m1').subscribedTopicNames).toEqual(['a', 'b']);
    expect(group.stay('m1', ['a', 'b', 'a'])).toBe('epoch 1: a:0 b:0');
  });

  it('keeps the rack and the client until another one is said', () => {
    const group = new PrintedGroup({ a: 1 });
    group.beat('m1', { epoch: 0, topics: ['a'], rackId: 'r1' });
    group.beat('m1', { epoch: 1, clientHost: '/10.0.0.1' });
    expect(group.member('m1')).toMatchObject({ rackId: 'r1', clientId: 'client', clientHost: '/10.0.0.1' });
    group.beat('m1', { epoch: 1, rackId: 'r2' });
    expect(group.member('m1').rackId).toBe('r2');
  });
});

describe('staying', () => {
  it('says the assignment when it changed or the topics are named, and nothing otherwise', () => {
    const group = new PrintedGroup({ a: 2, b: 1 });
    group.join('m1', 'a');
    expect(group.stay('m1')).toBe('epoch 1');
    expect(group.stay('m1', ['a'])).toBe('epoch 1: a:0,1');
    expect(group.stay('m1', ['a', 'b'])).toBe('epoch 2: a:0,1 b:0');
    expect(group.stay('m1', [])).toBe('epoch 3: -');
    expect(group.stay('m1')).toBe('epoch 3');
  });

  it('raises the epoch of a member whose own partitions stay, without naming them', () => {
    const group = new PrintedGroup({ a: 1, b: 1 });
    group.join('m1', 'a');
    group.join('m2', 'b');
    expect(group.stay('m1')).toBe('epoch 2');
  });

  it('takes the epoch before, whose answer may be lost, and says the assignment again', () => {
    const group = new PrintedGroup({ a: 2 });
    group.join('m1', 'a');
    group.join('m2', 'a');
    expect(told(group.beat('m1', { epoch: 1 }))).toBe('epoch 2: a:0');
    expect(told(group.beat('m1', { epoch: 1 }))).toBe('epoch 2: a:0');
    expect(told(group.beat('m1', { epoch: 2 }))).toBe('epoch 2');
  });

  it('fences an epoch that is older or was never given', () => {
    const group = new PrintedGroup({ a: 2 });
    group.join('m1', 'a');
    group.join('m2', 'a');
    group.join('m3', 'a');
    group.stay('m1');
    group.stay('m1', []);
    expect(group.member('m1')).toMatchObject({ memberEpoch: 4, previousMemberEpoch: 3 });
    expect([1, 2, 5, 99].map((epoch) => told(group.beat('m1', { epoch })))).toEqual(
      Array.from({ length: 4 }, () => 'FENCED_MEMBER_EPOCH'),
    );
    expect(told(group.beat('m1', { epoch: 3 }))).toBe('epoch 4: -');
  });
});

describe('a heartbeat that is refused', () => {
  const code = (group: PrintedGroup, ...beat: Parameters<PrintedGroup['beat']>): string => told(group.beat(...beat));

  it('is invalid by itself before anything else is looked at', () => {
    const group = new PrintedGroup({ a: 1 });
    group.membership = undefined;
    const join = { epoch: 0, topics: ['a'] };
    expect(code(group, '', join)).toBe('INVALID_REQUEST');
    expect(code(group, 'm'.repeat(37), join)).toBe('INVALID_REQUEST');
    expect(code(group, 'm1', { ...join, rackId: '' })).toBe('INVALID_REQUEST');
    expect(code(group, 'm1', { epoch: 0 })).toBe('INVALID_REQUEST');
    expect(code(group, 'm1', { epoch: 0, topics: [] })).toBe('INVALID_REQUEST');
    expect(code(group, 'm1', { epoch: -2 })).toBe('INVALID_REQUEST');
    expect(code(group, 'm'.repeat(36), { epoch: 1 })).toBe('GROUP_ID_NOT_FOUND');
    expect(code(group, 'm1', { epoch: -1 })).toBe('GROUP_ID_NOT_FOUND');
  });

  it('finds the group full before it finds the member unknown, and neither for who is in it', () => {
    const group = new PrintedGroup({ a: 1 });
    group.maxSize = 1;
    expect(code(group, 'm2', { epoch: 7 })).toBe('UNKNOWN_MEMBER_ID');
    group.join('m1', 'a');
    expect(code(group, 'm2', { epoch: 0, topics: ['a'] })).toBe('GROUP_MAX_SIZE_REACHED');
    expect(code(group, 'm2', { epoch: 7 })).toBe('GROUP_MAX_SIZE_REACHED');
    expect(code(group, 'm2', { epoch: -1 })).toBe('UNKNOWN_MEMBER_ID');
    expect(group.join('m1', 'a')).toBe('epoch 1: a:0');
  });

  it('changes nothing', () => {
    const group = new PrintedGroup({ a: 1 });
    group.join('m1', 'a');
    group.setTopic('a', 2);
    group.nowMs += 1_000;
    const before = structuredClone(group.membership);
    group.maxSize = 1;
    code(group, 'm1', { epoch: 9, topics: ['b'], rackId: 'r' });
    code(group, 'm2', { epoch: 0, topics: ['a'] });
    code(group, 'm2', { epoch: -1 });
    expect(group.membership).toEqual(before);
  });
});

describe('topics', () => {
  it('that do not exist yet are assigned when they do', () => {
    const group = new PrintedGroup();
    expect(group.join('m1', 'a')).toBe('epoch 1: -');
    expect(group.stay('m1')).toBe('epoch 1');
    group.setTopic('a', 1);
    expect(group.stay('m1')).toBe('epoch 2: a:0');
  });

  it('that get more partitions are shared anew, and members keep theirs', () => {
    const group = new PrintedGroup({ a: 2 });
    group.join('m1', 'a');
    group.join('m2', 'a');
    group.stay('m1');
    group.setTopic('a', 4);
    expect(group.stay('m2')).toBe('epoch 3: a:1,3');
    expect(group.stay('m1')).toBe('epoch 3: a:0,2');
  });

  it('that are deleted are taken away, and back under another id are others', () => {
    const group = new PrintedGroup({ a: 2, b: 1 });
    group.join('m1', 'a', 'b');
    group.deleteTopic('a');
    expect(group.stay('m1')).toBe('epoch 2: b:0');
    group.setTopic('a', 2, 'a2');
    expect(group.stay('m1')).toBe('epoch 3: a2:0,1 b:0');
    group.setTopic('a', 2, 'a3');
    expect(group.stay('m1')).toBe('epoch 4: a3:0,1 b:0');
    expect([...group.membership!.topics.keys()].toSorted()).toEqual(['a', 'b']);
    expect(group.membership!.topics.get(topicName('a'))).toEqual({ topicId: 'a3', partitions: 2 });
  });

  it('that nobody subscribes to change nothing', () => {
    const group = new PrintedGroup({ a: 1 });
    group.join('m1', 'a');
    group.setTopic('b', 5);
    expect(group.stay('m1')).toBe('epoch 1');
  });
});
