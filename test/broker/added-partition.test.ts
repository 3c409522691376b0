import { expect, it } from 'vitest';
import { codeOf, must, startBroker, troubledBroker } from './broker-fixture.ts';

it('a partition added to a topic that the group reads is read from its first record, even if its start could not be stored before a restart', async () => {
  const { broker, store, log, metadata, clock, acquire, produce } = await troubledBroker();
  expect(must(await acquire({ startFrom: null })).started).toBe('latest');
  must(await broker.alterTopic('t', { partitions: 2 }));
  store.opens = 'full';
  expect(codeOf(await acquire({ startFrom: null }))).toBe('STORAGE_FULL');
  store.opens = 'works';
  await produce('t', ['job'], 1);

  const after = await startBroker({ store, log, metadata, clock });
  expect(must(await after.acquire({ startFrom: null })).ranges).toMatchObject([{ partition: 1, firstOffset: 0 }]);
});
