import type { Clock } from '../ports/clock.ts';

/** The longest delay `setTimeout` takes; it fires at once beyond it. */
const maxTimeoutMs = 2 ** 31 - 1;

/** The machine's clocks and timers. A scheduled task keeps the process alive until it has run or is cancelled. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(delayMs, task) {
    const dueMs = performance.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueMs - performance.now();
      timer = leftMs > maxTimeoutMs ? setTimeout(arm, maxTimeoutMs) : setTimeout(task, Math.max(0, Math.ceil(leftMs)));
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};
