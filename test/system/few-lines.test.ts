import { describe, expect, it } from 'vitest';
import type { Logger } from '../../src/ports/logger.ts';
import { FewLines } from '../../src/system/few-lines.ts';
import { FakeClock } from '../broker/fake-clock.ts';

const start = () => {
  const clock = new FakeClock();
  const lines: { level: string; fields: object; message: string }[] = [];
  const note =
    (level: string): Logger['warn'] =>
    (fields, message) =>
      void lines.push({ level, fields, message });
  const written = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const logger = new FewLines(written, clock);
  const fail = (message: string, repeats = 'writes that failed') => logger.error({ fault: 'X', repeats }, message);
  return { clock, lines, logger, fail, messages: () => lines.map(({ message }) => message) };
};

describe('few lines for what repeats', () => {
  it('writes each line that does not say that it repeats', () => {
    const { logger, messages } = start();
    for (let i = 0; i < 3; i++) logger.warn({}, 'a thing of its own');
    expect(messages()).toEqual(Array.from({ length: 3 }, () => 'a thing of its own'));
  });

  it('writes the first at once, with its fields, and one every 30 s with how many there were', async () => {
    const { clock, lines, fail, messages } = start();
    fail('no. 1');
    expect(lines).toEqual([
      { level: 'error', fields: { fault: 'X', repeats: 'writes that failed' }, message: 'no. 1' },
    ]);
    for (let i = 2; i <= 101; i++) {
      fail(`no. ${i}`);
      await clock.advance(600);
    }
    expect(messages()).toEqual(['no. 1', 'no. 51 (50 like this in 30 s)', 'no. 101 (50 like this in 30 s)']);
    expect(lines[1]).toMatchObject({ level: 'error', fields: { fault: 'X', more: 50 } });
  });

  it('writes one line when it is over, and begins anew after it', async () => {
    const { clock, lines, fail, messages } = start();
    fail('no. 1');
    fail('no. 2');
    await clock.advance(90_000);
    expect(messages().slice(1, 2)).toEqual(['no. 2 (1 like this in 30 s, the last 30 s ago)']);
    expect(messages().slice(2)).toEqual(['over, none for 30 s: writes that failed, 2 in 1 s']);
    expect(lines[2]!.level).toBe('info');
    fail('again');
    expect(messages().slice(3)).toEqual(['again']);
  });

  it('says no more of what happened once', async () => {
    const { clock, fail, messages } = start();
    fail('once');
    await clock.advance(90_000);
    expect(messages()).toEqual(['once']);
    expect(clock.scheduled).toBe(0);
  });

  it('counts each kind for itself', () => {
    const { fail, messages } = start();
    fail('a', 'writes');
    fail('b', 'reads');
    fail('c', 'writes');
    expect(messages()).toEqual(['a', 'b']);
  });

  it('writes as many at first as the line allows', async () => {
    const { clock, lines, logger, messages } = start();
    for (let i = 1; i <= 10_000; i++) logger.warn({ repeats: 'closed connections', firstLines: 10 }, `no. ${i}`);
    expect(messages()).toEqual(Array.from({ length: 10 }, (_, index) => `no. ${index + 1}`));
    expect(lines[0]!.fields).toEqual({ repeats: 'closed connections' });
    await clock.advance(30_000);
    expect(messages().slice(10)).toEqual(['no. 10000 (9990 like this in 30 s, the last 30 s ago)']);
  });

  it('writes what it has counted before the process ends', () => {
    const { clock, logger, fail, messages } = start();
    fail('no. 1');
    fail('no. 2');
    logger.flush();
    expect(messages()).toEqual(['no. 1', 'no. 2 (1 like this in 0 s)']);
    expect(clock.scheduled).toBe(0);
  });
});
