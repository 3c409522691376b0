import { Fault } from '../../src/ports/fault.ts';
import { RedisConnection, type RedisSettings } from '../../src/store/redis/connection.ts';
import type { StateLossWatch } from '../../src/store/redis/state-loss.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { uniqueName } from './shared-kafka.ts';

export const startWithinMs = 10_000;

/** For a store whose losses nobody looks at. */
export const noLoss: StateLossWatch = {
  lost: (operation, message) =>
    new Fault({ code: 'STATE_LOST', operation, message, retriable: false, outcome: 'refused', hint: '' }),
  leaderEpochFloor: 0,
  onAccepted: () => {},
};

export interface Logged {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** What would be in the log. */
export function logTo(lines: Logged[]) {
  const at = (level: Logged['level']) => (_fields: object, message: string) => void lines.push({ level, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A connection to Redis, of a cluster of its own unless it is named. */
export function connectionTo(url: string, change: Partial<RedisSettings> = {}, lines: Logged[] = []): RedisConnection {
  return new RedisConnection(
    {
      url,
      prefix: uniqueName('sash'),
      timeoutMs: 5_000,
      waitReplicas: 0,
      waitAof: false,
      waitTimeoutMs: 1_000,
      ...change,
    },
    { clock: systemClock, logger: logTo(lines) },
  );
}

/** Until it no longer throws. */
export async function until<T>(attempt: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + 15_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
