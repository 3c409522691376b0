import { afterEach, beforeEach, expect, test } from 'vitest';

import { groupId, topicId, topicName } from '../../src/core/ids.ts';
import type { MetadataStore, StoredGroup, StoredTopic } from '../../src/ports/metadata-store.ts';

export interface MetadataUnderTest {
  readonly metadata: MetadataStore;
  /** Closes and opens again, as a restart does; absent when nothing outlives the process. */
  reopen?(): Promise<MetadataStore>;
  cleanUp(): Promise<void>;
}

const orders: StoredTopic = {
  topicId: topicId('ordersAAAAAAAAAAAAAAAA'),
  name: topicName('orders'),
  partitionCount: 3,
  config: { 'retention.ms': '1000' },
  createdAtMs: 1_700_000_000_000,
};

const mailers: StoredGroup = {
  group: groupId('mailers ü'),
  type: 'share',
  config: { 'share.record.lock.duration.ms': '30000' },
  paused: true,
  exists: true,
  topics: { [orders.topicId]: 3 },
  createdAtMs: 1_700_000_000_001,
};

/** What every metadata store does. */
export function metadataStoreContract(make: () => Promise<MetadataUnderTest>): void {
  let subject: MetadataUnderTest;
  let metadata: MetadataStore;

  beforeEach(async () => {
    subject = await make();
    metadata = subject.metadata;
  });
  afterEach(() => subject.cleanUp());

  const restart = async (): Promise<void> => {
    if (subject.reopen !== undefined) metadata = await subject.reopen();
  };

  test('is empty at first', async () => {
    expect(await metadata.loadAll()).toEqual({ topics: [], groups: [] });
  });

  test('gives back topics and groups as they were put', async () => {
    const bare: StoredGroup = {
      ...mailers,
      group: groupId('bare'),
      config: {},
      paused: false,
      exists: false,
      topics: {},
    };
    await metadata.putTopic(orders);
    await metadata.putGroup(mailers);
    await metadata.putGroup(bare);
    await restart();
    const { topics, groups } = await metadata.loadAll();
    expect(topics).toEqual([orders]);
    expect(groups).toHaveLength(2);
    expect(groups).toEqual(expect.arrayContaining([mailers, bare]));
  });

  test('replaces the entry with the same id', async () => {
    await metadata.putTopic(orders);
    await metadata.putTopic({ ...orders, partitionCount: 8, config: {} });
    await metadata.putGroup(mailers);
    await metadata.putGroup({ ...mailers, paused: false });
    await restart();
    expect(await metadata.loadAll()).toEqual({
      topics: [{ ...orders, partitionCount: 8, config: {} }],
      groups: [{ ...mailers, paused: false }],
    });
  });

  test('forgets what is deleted, and only that', async () => {
    const again = { ...orders, topicId: topicId('againAAAAAAAAAAAAAAAAA') };
    await metadata.putTopic(orders);
    await metadata.putTopic(again);
    await metadata.putGroup(mailers);
    await metadata.deleteTopic(orders.topicId);
    await metadata.deleteTopic(topicId('unknownAAAAAAAAAAAAAAA'));
    await metadata.deleteGroup(mailers.group);
    await restart();
    expect(await metadata.loadAll()).toEqual({ topics: [again], groups: [] });
  });

  test('makes a secret once and keeps it', async () => {
    const [first, atTheSameTime] = await Promise.all([metadata.secret('lease', 32), metadata.secret('lease', 32)]);
    expect(first).toBeInstanceOf(Uint8Array);
    expect(first).toHaveLength(32);
    expect(atTheSameTime).toEqual(first);
    await restart();
    expect(await metadata.secret('lease', 32)).toEqual(first);
    expect(await metadata.secret('another', 32)).not.toEqual(first);
  });

  test('gives producer ids once, over restarts too', async () => {
    const [first, second] = await Promise.all([metadata.takeProducerIds(10), metadata.takeProducerIds(5)]);
    expect([first, second]).toEqual([
      { first: 0, count: 10 },
      { first: 10, count: 5 },
    ]);
    await restart();
    expect(await metadata.takeProducerIds(1)).toEqual({ first: 15, count: 1 });
  });

  test('after it is closed it refuses', async () => {
    await metadata.close();
    await expect(metadata.putTopic(orders)).rejects.toMatchObject({
      name: 'Fault',
      code: 'CLOSED',
      outcome: 'refused',
    });
  });
}
