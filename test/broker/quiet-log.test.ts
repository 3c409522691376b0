import { expect, it } from 'vitest';
import type { Logger } from '../../src/ports/logger.ts';
import { FewLines } from '../../src/system/few-lines.ts';
import { leasesOf, must, troubledBroker, wordsOf } from './broker-fixture.ts';
import { FakeClock } from './fake-clock.ts';

it('a store that is away for a while is told in few lines, however many requests fail', async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const write: Logger['error'] = (_fields, message) => void lines.push(message);
  const logger = new FewLines({ debug() {}, info: write, warn: write, error: write }, clock);
  const { store, log, produce, acquire, acknowledge } = await troubledBroker({ clock, logger });
  await produce('t', ['a']);
  const leases = leasesOf(must(await acquire({ lockDurationMs: 60_000 })).ranges);
  store.writes = 'fails';
  log.appends = 'fails';
  lines.length = 0;
  for (let round = 0; round < 100; round++) {
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['KAFKA_STORAGE_ERROR']);
    await expect(produce('t', ['b'])).rejects.toThrow('KAFKA_STORAGE_ERROR');
    await clock.advance(500);
  }
  store.writes = 'works';
  await clock.advance(120_000);
  expect(lines.map((line) => line.replace(/: (write|append) failed on purpose. this is a test/, ''))).toEqual([
    'a write of share state failed',
    'append failed on purpose. this is a test',
    'a write of share state failed (59 like this in 30 s)',
    'append failed on purpose. this is a test (59 like this in 30 s)',
    'a write of share state failed (40 like this in 30 s, the last 11 s ago)',
    'append failed on purpose. this is a test (40 like this in 30 s, the last 11 s ago)',
    'over, none for 30 s: writes of share state that failed with STORAGE_FAILED, 100 in 50 s',
    'over, none for 30 s: requests that failed with STORAGE_FAILED, 100 in 50 s',
  ]);
});
