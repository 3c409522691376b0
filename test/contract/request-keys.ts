import { afterEach, beforeEach, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import type { RequestKey } from '../../src/ports/record-log.ts';
import type { RequestKeys } from '../../src/ports/request-keys.ts';

export interface RequestKeysUnderTest {
  readonly keys: RequestKeys;
  /** Closes and opens again, as a restart does; absent when nothing outlives the process. */
  reopen?(): Promise<RequestKeys>;
  cleanUp(): Promise<void>;
}

const orders = topicId('ordersAAAAAAAAAAAAAAAA');

/** What all request keys do. Made with the time to keep them that is given. */
export function requestKeysContract(make: (requestKeyRetentionMs: number) => Promise<RequestKeysUnderTest>): void {
  let subject: RequestKeysUnderTest;
  let keys: RequestKeys;
  let nextId = 100;

  beforeEach(async () => {
    subject = await make(60_000);
    keys = subject.keys;
  });
  afterEach(() => subject.cleanUp());

  const restart = async (): Promise<void> => {
    if (subject.reopen !== undefined) keys = await subject.reopen();
  };
  const keyOf = (change: Partial<RequestKey> = {}): RequestKey => ({
    topicId: orders,
    key: 'order 17 ü',
    fingerprint: 'body A',
    layout: '{"runs":[0,3]}',
    nowMs: Date.now(),
    ...change,
  });
  const twoIds = async (): Promise<number[]> => [nextId++, nextId++];
  const never = async (): Promise<number[]> => {
    throw new Error('no ids are needed for a key that was used before');
  };

  test('a key is new once, and then pending under the producer ids and with the layout that it has', async () => {
    const first = await keys.take(keyOf(), twoIds);
    expect(first).toEqual({ kind: 'new', producerIds: [nextId - 2, nextId - 1], layout: '{"runs":[0,3]}' });
    await restart();
    expect(await keys.take(keyOf({ layout: 'another' }), never)).toEqual({ ...first, kind: 'pending' });
  });

  test('a key that was completed gives the offsets and the layout', async () => {
    await keys.take(keyOf(), twoIds);
    await keys.complete(keyOf(), [5, 9_007_199_254_740_991]);
    const done = { kind: 'done', baseOffsets: [5, 9_007_199_254_740_991], layout: '{"runs":[0,3]}' };
    expect(await keys.take(keyOf({ layout: 'another' }), never)).toEqual(done);
    await restart();
    expect(await keys.take(keyOf(), never)).toEqual(done);
  });

  test('the same key with another fingerprint is refused, pending or done', async () => {
    await keys.take(keyOf(), twoIds);
    expect(await keys.take(keyOf({ fingerprint: 'body B' }), never)).toEqual({ kind: 'reused' });
    await keys.complete(keyOf(), [5]);
    expect(await keys.take(keyOf({ fingerprint: 'body B' }), never)).toEqual({ kind: 'reused' });
  });

  test('the same key is another one on another topic', async () => {
    await keys.take(keyOf(), twoIds);
    expect(await keys.take(keyOf({ topicId: topicId('mailsAAAAAAAAAAAAAAAAA') }), twoIds)).toMatchObject({
      kind: 'new',
    });
  });

  test('of many who take a key at the same time one has it new, the others pending, all with the same producer ids', async () => {
    const taken = await Promise.all(Array.from({ length: 8 }, () => keys.take(keyOf(), twoIds)));
    expect(taken.map(({ kind }) => kind).sort()).toEqual(['new', ...Array.from({ length: 7 }, () => 'pending')].sort());
    expect(new Set(taken.map((each) => 'producerIds' in each && String(each.producerIds))).size).toBe(1);
  });

  test('nothing is kept where no producer ids could be had', async () => {
    await expect(keys.take(keyOf(), never)).rejects.toThrow('no ids are needed');
    expect(await keys.take(keyOf(), twoIds)).toMatchObject({ kind: 'new' });
  });

  test('a key that was used too long ago is new again', async () => {
    await keys.take(keyOf({ key: 'old', nowMs: Date.now() - 60_001 }), twoIds);
    await keys.take(keyOf({ key: 'young', nowMs: Date.now() - 30_000 }), twoIds);
    expect(await keys.take(keyOf({ key: 'old' }), twoIds)).toMatchObject({ kind: 'new' });
    expect(await keys.take(keyOf({ key: 'young' }), never)).toMatchObject({ kind: 'pending' });
  });
}
