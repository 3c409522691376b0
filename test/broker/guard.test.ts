import { describe, expect, it } from 'vitest';
import { Guard } from '../../src/broker/guard.ts';
import { type Result, ok } from '../../src/core/result.ts';
import { settle } from './fake-clock.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Work that is done when told. */
const begin = (guard: Guard) => {
  const { promise, resolve } = Promise.withResolvers<Result<null>>();
  const done = guard.run(() => promise);
  return { done, finish: () => resolve(ok(null)) };
};

/** Whether a promise has been settled by now. */
const seen = (promise: Promise<unknown>) => {
  const state = { isSettled: false };
  void promise.then(() => (state.isSettled = true));
  return state;
};

describe('a stop', () => {
  it('waits for all that is under way, and not for what is begun later', async () => {
    const guard = new Guard(silent);
    guard.start();
    const one = begin(guard);
    const other = begin(guard);
    const finished = seen(guard.finished());
    const later = begin(guard);
    one.finish();
    await settle();
    expect(finished.isSettled).toBe(false);
    other.finish();
    await settle();
    expect(finished.isSettled).toBe(true);
    later.finish();
    expect(await later.done).toEqual(ok(null));
  });

  it('waits for what another one waits for already', async () => {
    const guard = new Guard(silent);
    guard.start();
    const one = begin(guard);
    const first = seen(guard.finished());
    const second = seen(guard.finished());
    await settle();
    expect([first.isSettled, second.isSettled]).toEqual([false, false]);
    one.finish();
    await settle();
    expect([first.isSettled, second.isSettled]).toEqual([true, true]);
  });

  it('does not wait where nothing is under way, nor for what has failed', async () => {
    const guard = new Guard(silent);
    guard.start();
    await guard.finished();
    const bug = new Error('a bug');
    await expect(guard.run(() => Promise.reject(bug))).rejects.toBe(bug);
    await guard.finished();
  });
});
