import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupId, holderOf, topicId } from '../../src/core/ids.ts';
import type { SharePartitionKey } from '../../src/core/ids.ts';
import type { Ending } from '../../src/core/share-partition/ending.ts';
import type { StateStore } from '../../src/ports/state-store.ts';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** Closes and opens again, as a restart does; absent when nothing outlives the process. */
  reopen?(): Promise<StateStore>;
  cleanUp(): Promise<void>;
}

const key: SharePartitionKey = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const other: SharePartitionKey = { ...key, partition: 1 };

/** An ending of one or more records: accepted unless told otherwise. */
export const ending = (firstOffset: number, change: Partial<Ending> = {}): Ending => ({
  firstOffset,
  lastOffset: firstOffset,
  acquisition: 1,
  leaderEpoch: 1,
  deliveryCount: 1,
  holder: holderOf('http', 'w1'),
  acquiredAtMs: 1_700_000_000_000,
  endedAtMs: 1_700_000_000_500,
  outcome: 'accepted',
  state: 'acknowledged',
  availableAtMs: null,
  delayMs: null,
  reason: null,
  ...change,
});

export const released = (firstOffset: number, change: Partial<Ending> = {}): Ending =>
  ending(firstOffset, { outcome: 'released', state: 'available', ...change });
const rejected = (firstOffset: number, change: Partial<Ending> = {}): Ending =>
  ending(firstOffset, { outcome: 'rejected', state: 'archived', reason: 'bad address', ...change });

/** What every state store does. */
export function stateStoreContract(make: () => Promise<StoreUnderTest>): void {
  let subject: StoreUnderTest;
  let store: StateStore;

  beforeEach(async () => {
    subject = await make();
    store = subject.store;
  });
  afterEach(() => subject.cleanUp());

  const restart = async (): Promise<void> => {
    if (subject.reopen !== undefined) store = await subject.reopen();
  };
  const write = (startOffset: number, endings: readonly Ending[], epochs = {}): Promise<void> =>
    store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset, endings, ...epochs });
  const offsets = (endings: readonly Ending[] | undefined): string[] | undefined =>
    endings?.map((each) => `${each.firstOffset}-${each.lastOffset} ${each.outcome}`);

  describe('opening', () => {
    test('what is not stored gives nothing and writes nothing', async () => {
      expect(await store.open(key, null)).toBeUndefined();
      expect(await store.list(key.group)).toEqual([]);
    });

    test('creates it where it is told to start', async () => {
      expect(await store.open(key, 42)).toEqual({ stateEpoch: 0, leaderEpoch: 1, startOffset: 42, endings: [] });
    });

    test('raises the leader epoch each time, also over restarts, and keeps the start offset', async () => {
      await store.open(key, 42);
      expect(await store.open(key, 7)).toMatchObject({ leaderEpoch: 2, startOffset: 42 });
      await restart();
      expect(await store.open(key, null)).toEqual({ stateEpoch: 0, leaderEpoch: 3, startOffset: 42, endings: [] });
    });

    test('gives the endings of the window in the order in which they were written', async () => {
      await store.open(key, 0);
      await write(0, [released(5), ending(0, { lastOffset: 2 })]);
      await write(0, [released(9), rejected(5), released(3, { lastOffset: 4 })]);
      await restart();
      const stored = await store.open(key, null);
      expect(offsets(stored?.endings)).toEqual([
        '5-5 released',
        '0-2 accepted',
        '9-9 released',
        '5-5 rejected',
        '3-4 released',
      ]);
      const sequences = stored?.endings.map(({ sequence }) => sequence) ?? [];
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
      expect(new Set(sequences).size).toBe(5);
    });

    test('leaves out endings that lie wholly below the start offset', async () => {
      await store.open(key, 0);
      await write(0, [ending(0, { lastOffset: 2 }), ending(3, { lastOffset: 6 }), released(8)]);
      await write(5, []);
      await restart();
      const stored = await store.open(key, null);
      expect(stored?.startOffset).toBe(5);
      expect(offsets(stored?.endings)).toEqual(['3-6 accepted', '8-8 released']);
    });

    test('gives every field back as it was written', async () => {
      await store.open(key, 0);
      const full = released(3, {
        lastOffset: 1026,
        acquisition: 2 ** 40,
        leaderEpoch: 1,
        deliveryCount: 4,
        holder: holderOf('kafka', 'Mitglied-ü'),
        availableAtMs: 1_700_000_009_000,
        delayMs: 9000,
        reason: 'später, "bitte" 💥\u0000',
      });
      const bare = ending(2000);
      await write(0, [full, bare]);
      await restart();
      const stored = await store.open(key, null);
      const [first, second] = stored?.endings ?? [];
      expect(first).toEqual({ ...full, sequence: first?.sequence });
      expect(second).toEqual({ ...bare, sequence: second?.sequence });
    });

    test('gives a large window whole', async () => {
      await store.open(key, 0);
      const endings = Array.from({ length: 12_000 }, (_, i) => released((i * 7919) % 12_000));
      await write(0, endings);
      await restart();
      const stored = await store.open(key, null);
      expect(offsets(stored?.endings)).toEqual(offsets(endings));
    });
  });

  describe('writing', () => {
    test('at an older leader epoch is fenced and writes nothing', async () => {
      await store.open(key, 0);
      await store.open(key, 0);
      const late = write(3, [ending(0)], { leaderEpoch: 1 });
      await expect(late).rejects.toMatchObject({ name: 'Fault', code: 'FENCED', outcome: 'refused' });
      expect(await store.open(key, null)).toMatchObject({ startOffset: 0, endings: [] });
    });

    test('at another state epoch is fenced', async () => {
      await store.open(key, 0);
      await expect(write(0, [], { stateEpoch: 1 })).rejects.toMatchObject({ code: 'FENCED', outcome: 'refused' });
    });

    test('what was never opened is fenced', async () => {
      await expect(write(0, [ending(0)])).rejects.toMatchObject({ code: 'FENCED', outcome: 'refused' });
    });

    test('one that is fenced does not hurt the others', async () => {
      await store.open(key, 0);
      await store.open(other, 0);
      const writes = await Promise.allSettled([
        write(1, [ending(0)]),
        write(2, [ending(1)], { leaderEpoch: 9 }),
        store.write({ key: other, leaderEpoch: 1, stateEpoch: 0, startOffset: 4, endings: [ending(3)] }),
        write(0, [ending(1)]),
        write(1, [ending(2)]),
      ]);
      expect(writes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await store.open(other, null)).toMatchObject({ startOffset: 4 });
      const stored = await store.open(key, null);
      expect(stored?.startOffset).toBe(1);
      expect(offsets(stored?.endings)).toEqual(['2-2 accepted']);
    });

    test('never moves the start offset back', async () => {
      await store.open(key, 0);
      await write(5, []);
      await expect(write(4, [ending(7)])).rejects.toMatchObject({ name: 'Fault', outcome: 'refused' });
      expect(await store.open(key, null)).toMatchObject({ startOffset: 5, endings: [] });
    });

    test('an ending of more than 1,024 offsets is refused', async () => {
      await store.open(key, 0);
      await expect(write(0, [ending(0, { lastOffset: 1024 })])).rejects.toMatchObject({ outcome: 'refused' });
      await write(0, [ending(0, { lastOffset: 1023 })]);
    });
  });

  describe('resetting', () => {
    test('starts anew, before or behind, with the state epoch raised', async () => {
      await store.open(key, 100);
      await write(100, [released(100), ending(150)]);
      expect(await store.reset({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 20 })).toBe(1);
      await restart();
      expect(await store.open(key, null)).toEqual({ stateEpoch: 1, leaderEpoch: 2, startOffset: 20, endings: [] });
    });

    test('fences what was decided before', async () => {
      await store.open(key, 0);
      await store.reset({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0 });
      await expect(write(0, [ending(0)])).rejects.toMatchObject({ code: 'FENCED' });
      await write(0, [ending(1)], { stateEpoch: 1 });
      await expect(store.reset({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0 })).rejects.toMatchObject({
        code: 'FENCED',
      });
      await expect(store.reset({ key, leaderEpoch: 2, stateEpoch: 1, startOffset: 0 })).rejects.toMatchObject({
        code: 'FENCED',
      });
    });

    test('keeps the endings before it as history', async () => {
      await store.open(key, 0);
      await write(0, [rejected(3)]);
      await store.reset({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0 });
      expect(await store.latestEnding(key, 3)).toBeUndefined();
      await write(0, [released(3)], { stateEpoch: 1 });
      expect(offsets(await store.endingsOf(key, 3))).toEqual(['3-3 rejected', '3-3 released']);
      expect(await store.latestEnding(key, 3)).toMatchObject({ outcome: 'released' });
      expect(offsets(await store.archived(key, { limit: 10 }))).toEqual(['3-3 rejected']);
      expect(offsets((await store.open(key, null))?.endings)).toEqual(['3-3 released']);
    });
  });

  describe('looking up', () => {
    beforeEach(async () => {
      await store.open(key, 0);
      await store.open(other, 0);
      await write(0, [
        released(5, { lastOffset: 900 }),
        released(7),
        ending(3, { lastOffset: 6 }),
        ending(8, { lastOffset: 1031 }),
      ]);
      await store.write({ key: other, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [rejected(7)] });
    });

    test('the latest ending of an offset', async () => {
      expect(await store.latestEnding(key, 2)).toBeUndefined();
      expect(await store.latestEnding(key, 3)).toMatchObject({ firstOffset: 3, lastOffset: 6 });
      expect(await store.latestEnding(key, 6)).toMatchObject({ firstOffset: 3, outcome: 'accepted' });
      expect(await store.latestEnding(key, 7)).toMatchObject({ firstOffset: 7, outcome: 'released' });
      expect(await store.latestEnding(key, 8)).toMatchObject({ firstOffset: 8 });
      expect(await store.latestEnding(key, 1031)).toMatchObject({ firstOffset: 8 });
      expect(await store.latestEnding(key, 1032)).toBeUndefined();
      expect(await store.latestEnding({ ...key, partition: 9 }, 7)).toBeUndefined();
    });

    test('the latest ending stays known when the window has moved past it', async () => {
      await write(1032, []);
      await restart();
      expect(await store.latestEnding(key, 7)).toMatchObject({ outcome: 'released' });
    });

    test('all endings of an offset, oldest first', async () => {
      expect(offsets(await store.endingsOf(key, 6))).toEqual(['5-900 released', '3-6 accepted']);
      expect(offsets(await store.endingsOf(key, 7))).toEqual(['5-900 released', '7-7 released']);
      expect(offsets(await store.endingsOf(other, 7))).toEqual(['7-7 rejected']);
      expect(await store.endingsOf(key, 2000)).toEqual([]);
    });

    test('what was archived, newest first, page by page, without gaps', async () => {
      await write(0, [
        rejected(2000),
        ending(2001, { outcome: 'gap', state: 'archived' }),
        ending(2002, { outcome: 'expired', state: 'archived' }),
      ]);
      await write(0, [rejected(2003, { lastOffset: 2004 }), released(2005)]);
      await restart();
      const first = await store.archived(key, { limit: 2 });
      expect(offsets(first)).toEqual(['2003-2004 rejected', '2002-2002 expired']);
      const next = await store.archived(key, { limit: 2, beforeSequence: first[1]?.sequence ?? -1 });
      expect(offsets(next)).toEqual(['2000-2000 rejected']);
      expect(next[0]?.reason).toBe('bad address');
      expect(await store.countArchived(key)).toBe(4);
      expect(await store.countArchived({ ...key, partition: 77 })).toBe(0);
    });

    test('the share partitions of a group', async () => {
      await store.open({ ...key, group: groupId('another') }, 3);
      await write(30, []);
      const listed = await store.list(key.group);
      expect(listed.toSorted((a, b) => a.partition - b.partition)).toEqual([
        { ...key, startOffset: 30, stateEpoch: 0 },
        { ...other, startOffset: 0, stateEpoch: 0 },
      ]);
      expect(await store.list(groupId('nobody'))).toEqual([]);
    });
  });

  describe('deleting', () => {
    const otherGroup: SharePartitionKey = { ...key, group: groupId('another') };
    const otherTopic: SharePartitionKey = { ...key, topicId: topicId('otherAAAAAAAAAAAAAAAAA') };

    beforeEach(async () => {
      for (const each of [key, other, otherGroup, otherTopic]) {
        await store.open(each, 0);
        await store.write({ key: each, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [rejected(1)] });
      }
    });

    test('a group forgets all its state, and no other', async () => {
      await store.deleteGroup(key.group);
      await restart();
      expect(await store.list(key.group)).toEqual([]);
      expect(await store.list(otherGroup.group)).toHaveLength(1);
      await expect(write(0, [])).rejects.toMatchObject({ code: 'FENCED' });
      expect(await store.open(key, 5)).toMatchObject({ stateEpoch: 0, startOffset: 5, endings: [] });
      expect(await store.endingsOf(key, 1)).toEqual([]);
      expect(await store.archived(key, { limit: 5 })).toEqual([]);
    });

    test('a group forgets its state on one topic, and on no other', async () => {
      await store.deleteGroup(key.group, key.topicId);
      await restart();
      expect(await store.list(key.group)).toEqual([{ ...otherTopic, startOffset: 0, stateEpoch: 0 }]);
      expect(await store.list(otherGroup.group)).toHaveLength(1);
      await expect(write(0, [])).rejects.toMatchObject({ code: 'FENCED' });
      expect(await store.open(key, 5)).toMatchObject({ stateEpoch: 0, startOffset: 5, leaderEpoch: 2, endings: [] });
    });

    test('a group that is made again goes on above the leader epochs it had: old acquisitions fit no new lock', async () => {
      await store.open(key, 0);
      await store.open(key, 0);
      await store.deleteGroup(key.group);
      await restart();
      expect(await store.open(key, 0)).toMatchObject({ leaderEpoch: 4 });
    });

    test('a topic forgets its state in all groups, and no other topic', async () => {
      await store.deleteTopic(key.topicId);
      await restart();
      expect(await store.list(key.group)).toEqual([{ ...otherTopic, startOffset: 0, stateEpoch: 0 }]);
      expect(await store.list(otherGroup.group)).toEqual([]);
      expect(await store.endingsOf(otherTopic, 1)).toHaveLength(1);
    });
  });

  test('after it is closed it refuses, and what was under way has settled', async () => {
    await store.open(key, 0);
    const pending = write(0, [ending(0)]);
    await store.close();
    await expect(pending).resolves.toBeUndefined();
    await expect(write(0, [])).rejects.toMatchObject({ name: 'Fault', code: 'CLOSED', outcome: 'refused' });
  });
}
