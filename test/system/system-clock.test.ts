import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { systemClock } from '../../src/system/system-clock.ts';

const dayMs = 24 * 60 * 60 * 1000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

test('a task runs once, when its delay is over', () => {
  const task = vi.fn<() => void>();
  systemClock.schedule(1000, task);
  vi.advanceTimersByTime(999);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(task).toHaveBeenCalledOnce();
});

test('a delay longer than a timer of Node takes is kept, not cut to nothing', () => {
  const task = vi.fn<() => void>();
  systemClock.schedule(60 * dayMs, task);
  vi.advanceTimersByTime(60 * dayMs - 1);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(task).toHaveBeenCalledOnce();
});

test('a cancelled task does not run, also when it was to run far in the future', () => {
  const task = vi.fn<() => void>();
  const near = systemClock.schedule(10, task);
  const far = systemClock.schedule(60 * dayMs, task);
  vi.advanceTimersByTime(5);
  near.cancel();
  near.cancel();
  vi.advanceTimersByTime(30 * dayMs);
  far.cancel();
  vi.advanceTimersByTime(60 * dayMs);
  expect(task).not.toHaveBeenCalled();
});

test('the monotonic clock does not follow the wall clock when that is set', () => {
  const before = systemClock.monotonicMs();
  vi.setSystemTime(systemClock.wallMs() - 10 * dayMs);
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  expect(systemClock.monotonicMs()).toBeLessThan(before + 1000);
});
