import { describe, expect, it } from 'vitest';
import { RefusalLog } from '../../src/kafka/refusal-log.ts';
import { FakeClock } from '../broker/fake-clock.ts';

const start = () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const warn = (_fields: object, message: string): void => void lines.push(message);
  const log = new RefusalLog({ debug() {}, info() {}, warn, error() {} }, clock);
  return { clock, lines, log };
};

describe('the log of refusals', () => {
  it('has a line for each while they are few', () => {
    const { log, lines } = start();
    log.closed('/1.2.3.4', 'first');
    log.closed('/1.2.3.4', 'second');
    expect(lines).toEqual(['closed a connection: first', 'closed a connection: second']);
  });

  it('has eleven lines for ten thousand in a minute: the last one counts the rest', async () => {
    const { log, lines, clock } = start();
    for (let i = 1; i <= 10_000; i++) log.closed('/1.2.3.4', `no. ${i}`);
    expect(lines).toHaveLength(10);
    log.sweep();
    expect(lines).toHaveLength(10);
    await clock.advance(60_000);
    log.sweep();
    log.sweep();
    expect(lines.slice(10)).toEqual(['closed 9990 more connections in a minute; the last: no. 10000']);
  });

  it('begins anew in the next minute, and tells the rest of the last one before', async () => {
    const { log, lines, clock } = start();
    for (let i = 1; i <= 11; i++) log.closed('/1.2.3.4', `no. ${i}`);
    await clock.advance(60_000);
    log.closed('/1.2.3.4', 'later');
    expect(lines.slice(10)).toEqual([
      'closed 1 more connections in a minute; the last: no. 11',
      'closed a connection: later',
    ]);
  });
});
