import { beforeEach, describe, expect, test } from 'vitest';

import { encodeBatch } from '../../src/codec/record-batch.ts';
import { groupId, topicId, topicName } from '../../src/core/ids.ts';
import { reject } from '../../src/core/result.ts';
import type { StoredGroup, StoredTopic } from '../../src/ports/metadata-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { must, startBroker } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';
import { faultOf } from './faulty-outside.ts';
import { OutsideMetadata, WatchedLog } from './outside.ts';

const t: StoredTopic = {
  topicId: topicId('tAAAAAAAAAAAAAAAAAAAAA'),
  name: topicName('t'),
  partitionCount: 1,
  config: {},
  inherited: { 'retention.ms': '1000' },
  createdAtMs: 0,
};
const key = { topicId: t.topicId, partition: 0 };

let log: WatchedLog;
let metadata: OutsideMetadata;
let store: MemoryStore;
let fixture: Awaited<ReturnType<typeof startBroker>>;

const batchOf = (text: string) => {
  const value = Buffer.from(text);
  return encodeBatch({ records: [{ key: null, value, headers: [], timestampMs: fixture.clock.wallMs() }] });
};
/** Somebody else's append. */
const appendOutside = (text: string, partition = key) =>
  log.append({ entries: [{ ...partition, batch: batchOf(text) }] });
const codeOf = (result: { ok: boolean; error?: { code: string } }) => (result.ok ? 'ok' : result.error?.code);

const start = async (): Promise<void> => {
  fixture = await startBroker({ log, metadata, store });
};

beforeEach(async () => {
  log = new WatchedLog();
  metadata = new OutsideMetadata(log);
  store = new MemoryStore();
  await metadata.topicOutside(t);
  await start();
});

describe('records that others append', () => {
  test('come to an acquire that waits', async () => {
    const waiting = fixture.acquire({ waitMs: 10_000 });
    await settle();
    await appendOutside('a');
    expect(must(await waiting).ranges).toMatchObject([{ topic: 't', firstOffset: 0, lastOffset: 0 }]);
  });

  test('come to a fetch that waits for so many bytes; those that this node appends count once', async () => {
    const sizeBytes = batchOf('a').bytes.length;
    const fetch = fixture.broker.logs.fetch(
      {
        partitions: [{ ...key, fetchOffset: 0, maxBytes: 1_000 }],
        maxBytes: 1_000,
        minBytes: 2 * sizeBytes,
        waitMs: 10_000,
      },
      null,
    );
    let isAnswered = false;
    void fetch.then(() => (isAnswered = true));
    await settle();
    await fixture.produce('t', ['a']);
    await settle();
    expect(isAnswered).toBe(false);
    await appendOutside('b');
    const [fetched] = await fetch;
    expect(must(fetched!).batches).toHaveLength(2);
  });
});

test('a start of the log that moves moves the windows with it', async () => {
  for (const text of ['a', 'b', 'c']) await appendOutside(text);
  must(await fixture.acquire());
  await log.trimOutside(key, 2);
  const [window] = must(await fixture.broker.windows('g'));
  expect(window).toMatchObject({ startOffset: 2, logStartOffset: 2 });
});

describe('a topic that somebody else', () => {
  const mails: StoredTopic = { ...t, topicId: topicId('mAAAAAAAAAAAAAAAAAAAAA'), name: topicName('mails') };

  test('creates is there, with what the cluster has for it', async () => {
    metadata.tell([await metadata.topicOutside(mails)]);
    await settle();
    expect(must(fixture.broker.describeTopic('mails'))).toMatchObject({
      topicId: mails.topicId,
      config: { 'retention.ms': '1000' },
    });
  });

  test('creates is looked for when it is asked for, but not all the time for names that nobody has', async () => {
    metadata.unheard.push(() => metadata.tell([mails]));
    await metadata.topicOutside(mails);
    await fixture.produce('mails', ['a']);
    for (let again = 0; again < 5; again++) {
      expect(codeOf(await fixture.acquire({ topics: ['nobody'] }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    }
    expect(metadata.refreshes).toBe(1);
    await fixture.clock.advance(1_000);
    await fixture.acquire({ topics: ['nobody'] });
    expect(metadata.refreshes).toBe(2);
  });

  test('creates is there when a refresh is over', async () => {
    metadata.unheard.push(() => metadata.tell([mails]));
    expect(codeOf(fixture.broker.describeTopic('mails'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    must(await fixture.broker.outsideChanges.refreshTopics());
    must(fixture.broker.describeTopic('mails'));
  });

  test('creates while this node starts is not missed', async () => {
    const loadAll = metadata.loadAll.bind(metadata);
    metadata.loadAll = async () => {
      const loaded = await loadAll();
      metadata.tell([await metadata.topicOutside(mails)]);
      return loaded;
    };
    await start();
    await settle();
    must(fixture.broker.describeTopic('mails'));
  });

  test('gives more partitions is read with them by who waits for it', async () => {
    const waiting = fixture.acquire({ waitMs: 10_000 });
    await settle();
    metadata.tell([await metadata.topicOutside({ ...t, partitionCount: 2 })]);
    expect(must(await waiting).ranges).toEqual([]);
    await appendOutside('a', { ...key, partition: 1 });
    expect(must(await fixture.acquire()).ranges).toMatchObject([{ partition: 1 }]);
  });

  test('alters has the new config, whatever it is', async () => {
    metadata.tell([{ ...t, config: { 'max.message.bytes': '70', 'cleanup.policy': 'compact' } }]);
    await settle();
    const sent = await fixture.broker.produce({
      topic: 't',
      batches: [{ partition: 0, batch: batchOf('a'.repeat(99)) }],
    });
    expect(codeOf(sent)).toBe('MESSAGE_TOO_LARGE');
  });

  test('deletes is gone: who waits for it is told, and nothing of its state is left', async () => {
    await appendOutside('a');
    must(await fixture.acquire());
    const waiting = fixture.acquire({ waitMs: 10_000 });
    await settle();
    metadata.tell([], [t.topicId]);
    expect(codeOf(await waiting)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(fixture.broker.describeTopic('t'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await store.list(groupId('g'))).toEqual([]);
    expect(must(await fixture.broker.windows('g'))).toEqual([]);
    expect(log.bounds(key)).toBeUndefined();
  });

  test('deletes and creates again is another one: groups begin in it anew', async () => {
    await appendOutside('a');
    const { ranges } = must(await fixture.acquire());
    await fixture.acknowledge('accept', [{ ...ranges[0]!, offset: 0 }]);
    const again = { ...t, topicId: topicId('againAAAAAAAAAAAAAAAAA') };
    await metadata.topicOutside(again);
    metadata.tell([again], [t.topicId]);
    await settle();
    expect(must(fixture.broker.describeTopic('t')).topicId).toBe(again.topicId);
    await appendOutside('b', { ...key, topicId: again.topicId });
    expect(must(await fixture.acquire()).ranges).toMatchObject([
      { topicId: again.topicId, firstOffset: 0, deliveryCount: 1 },
    ]);
  });

  test('has created again before it is heard that the first one is gone stays there by its name', async () => {
    const again = { ...t, topicId: topicId('againAAAAAAAAAAAAAAAAA') };
    await metadata.topicOutside(again);
    metadata.tell([again]);
    metadata.tell([], [t.topicId]);
    await settle();
    expect(must(fixture.broker.describeTopic('t')).topicId).toBe(again.topicId);
  });
});

describe('of its own changes', () => {
  test('late news bring no deleted topic back', async () => {
    must(await fixture.broker.deleteTopic('t'));
    metadata.tell([t]);
    await settle();
    expect(codeOf(fixture.broker.describeTopic('t'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  test('what the cluster refuses is refused in its words, and nothing has changed', async () => {
    metadata.refusal = reject('POLICY_VIOLATION', 'names begin with a team', 'topic');
    expect(await fixture.broker.createTopic({ name: 'x', partitions: 1, config: {} })).toEqual(metadata.refusal);
    expect(await fixture.broker.alterTopic('t', { partitions: 3 })).toEqual(metadata.refusal);
    const waiting = fixture.acquire({ waitMs: 1_000 });
    await settle();
    expect(await fixture.broker.deleteTopic('t')).toEqual(metadata.refusal);
    expect(codeOf(await waiting)).toBe('BUSY');
    metadata.refusal = undefined;
    await fixture.produce('t', ['a']);
    expect(must(await fixture.acquire()).ranges).toHaveLength(1);
  });
});

describe('a group that another node', () => {
  const g: StoredGroup = {
    group: groupId('g'),
    type: 'share',
    config: {},
    paused: false,
    exists: true,
    topics: {},
    createdAtMs: 0,
  };

  test('creates is there, with its config', async () => {
    metadata.tellGroup(g.group, { ...g, config: { 'share.delivery.count.limit': '3' } });
    await settle();
    const { config } = must(await fixture.broker.describeShareGroup('g'));
    expect(config['share.delivery.count.limit']).toEqual({ value: '3', source: 'group' });
  });

  test('pauses hands out nothing here, and goes on when it is resumed', async () => {
    must(await fixture.acquire());
    const { topics } = (await metadata.loadAll()).groups[0]!;
    metadata.tellGroup(g.group, { ...g, topics, paused: true });
    await settle();
    const waiting = fixture.acquire({ waitMs: 10_000 });
    await appendOutside('a');
    await settle();
    metadata.tellGroup(g.group, { ...g, topics });
    expect(must(await waiting).ranges).toHaveLength(1);
  });

  test('deletes is gone, and who waits in it is told', async () => {
    const waiting = fixture.acquire({ waitMs: 10_000 });
    await settle();
    metadata.tellGroup(g.group, null);
    expect(codeOf(await waiting)).toBe('BUSY');
    expect(fixture.broker.shareGroupNames).toEqual([]);
  });

  test('creates while the store is away is there when it is back', async () => {
    const list = store.list.bind(store);
    store.list = () => Promise.reject(faultOf('STORAGE_FAILED', 'refused', 'list'));
    metadata.tellGroup(g.group, g);
    await fixture.clock.advance(2_000);
    store.list = list;
    await fixture.clock.advance(1_000);
    expect(fixture.broker.shareGroupNames).toEqual(['g']);
  });
});
