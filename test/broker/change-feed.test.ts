import { describe, expect, it } from 'vitest';
import type { FeedChange } from '../../src/broker/feed-change.ts';
import { Journal } from '../../src/broker/journal.ts';
import { FeedChannel } from '../../src/broker/feed-channel.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { codeOf, must, startBroker, troubledBroker } from './broker-fixture.ts';

const start = async (partitions = 1) => {
  const fixture = await startBroker();
  must(await fixture.broker.createTopic({ name: 't', partitions, config: {} }));
  must(await fixture.acquire());
  return fixture;
};

/** Somebody who watches; `isReading` false: takes what comes and says that it is enough. */
const reader = () => {
  const changes: FeedChange[] = [];
  const told = { changes, isReading: true, hasEnded: false, lastId: '' };
  const watcher = {
    take: (entries: readonly { readonly id: string; readonly change: FeedChange }[]) => {
      for (const { id, change } of entries) {
        changes.push(change);
        told.lastId = id;
      }
      return told.isReading;
    },
    end: () => void (told.hasEnded = true),
  };
  return { told, watcher, taken: () => changes.splice(0) };
};

const kinds = (changes: readonly FeedChange[]): string[] => changes.map(({ kind }) => kind);

describe('the change feed', () => {
  it('keeps nothing for a reader that does not read, and tells it the latest of each when it does', async () => {
    const { broker, clock, produce } = await start();
    const { told, watcher, taken } = reader();
    told.isReading = false;
    const watching = must(await broker.live.feed.watch('g', null, watcher));
    expect(kinds(taken())).toEqual(['group-overview']);
    for (let i = 0; i < 20; i++) {
      await produce('t', ['a']);
      await clock.advance(250);
    }
    expect(taken()).toEqual([]);
    told.isReading = true;
    watching.goOn();
    await clock.advance(250);
    const changes = taken();
    expect(kinds(changes).toSorted()).toEqual(['group', 'window']);
    expect(changes.find(({ kind }) => kind === 'window')).toMatchObject({ row: { lag: 20 } });
    watching.leave();
  });

  it('looks once for all who watch the same group', async () => {
    const { broker, clock, produce } = await start();
    const readers = [reader(), reader(), reader()];
    const watching = [];
    for (const { watcher } of readers) watching.push(must(await broker.live.feed.watch('g', null, watcher)));
    for (const { taken } of readers) taken();
    await produce('t', ['a']);
    await clock.advance(250);
    const [first, ...others] = readers.map(({ taken }) => taken());
    expect(kinds(first!)).toEqual(['group', 'window']);
    for (const other of others) for (const [index, change] of other.entries()) expect(change).toBe(first![index]);
    for (const each of watching) each.leave();
  });

  it('does not look while nobody watches', async () => {
    const { broker, clock, produce } = await start();
    const { watcher, taken, told } = reader();
    must(await broker.live.feed.watch('g', null, watcher)).leave();
    taken();
    await produce('t', ['a']);
    await clock.advance(5_000);
    expect(taken()).toEqual([]);
    // Who comes back is told what changed since.
    const watching = must(await broker.live.feed.watch('g', told.lastId, watcher));
    expect(kinds(taken()).toSorted()).toEqual(['group', 'window']);
    watching.leave();
  });

  it('is forgotten a minute after the last has gone, but not while somebody comes back', async () => {
    const clock = new FakeClock();
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const looks: PromiseWithResolvers<boolean>[] = [];
    let over = 0;
    const watched = {
      intervalMs: 250,
      look: () => {
        looks.push(Promise.withResolvers());
        return looks.at(-1)!.promise;
      },
      snapshot: () => 'all',
    };
    const channel = new FeedChannel<string>(watched, 'token', { clock, logger }, () => over++);
    const watcher = { take: () => true, end: () => {} };
    const comes = async () => {
      const joined = channel.join(watcher, null);
      await settle();
      return joined;
    };
    const first = comes();
    await settle();
    looks[0]!.resolve(true);
    (await first)!.leave();
    await clock.advance(59_000);
    const second = comes();
    await clock.advance(2_000);
    looks[1]!.resolve(true);
    const watching = await second;
    expect(watching).toBeDefined();
    watching!.leave();
    const third = comes();
    await settle();
    looks[2]!.reject(new Error('a disk'));
    await expect(third).rejects.toThrow('a disk');
    await clock.advance(59_000);
    expect(over).toBe(0);
    await clock.advance(2_000);
    expect(over).toBe(1);
  });

  it('tells of every window within two seconds, however many change, some at a time', async () => {
    const { broker, clock, produce } = await start(200);
    const { watcher, taken } = reader();
    const watching = must(await broker.live.feed.watch('g', null, watcher));
    expect(taken()[0]).toMatchObject({ windows: { length: 200 } });
    for (let partition = 0; partition < 200; partition++) await produce('t', ['a'], partition);
    await clock.advance(250);
    expect(taken().filter(({ kind }) => kind === 'window')).toHaveLength(50);
    await clock.advance(1_750);
    expect(taken().filter(({ kind }) => kind === 'window')).toHaveLength(150);
    watching.leave();
  });

  it('does not tell that time has passed, but for the words about what blocks: every five seconds at most', async () => {
    const { broker, clock, produce, acquire } = await start();
    await produce('t', ['a']);
    must(await acquire({ lockDurationMs: 60_000 }));
    await clock.advance(15_000);
    const { watcher, taken } = reader();
    const watching = must(await broker.live.feed.watch('g', null, watcher));
    taken();
    await clock.advance(10_250);
    const changes = taken();
    expect(kinds(changes).toSorted()).toEqual(['group', 'group', 'window', 'window']);
    const [window] = changes.filter(({ kind }) => kind === 'window');
    expect(window).toMatchObject({ row: { blockedBy: { sentence: expect.stringContaining('for 20 s') } } });
    watching.leave();
  });

  it('ends at the drain, and begins no more', async () => {
    const { broker } = await start();
    const [one, all] = [reader(), reader()];
    must(await broker.live.feed.watch('g', null, one.watcher));
    must(await broker.live.feed.watch(null, null, all.watcher));
    await broker.drain();
    expect([one.told.hasEnded, all.told.hasEnded]).toEqual([true, true]);
    expect(codeOf(await broker.live.feed.watch('g', null, one.watcher))).toBe('SHUTTING_DOWN');
  });

  it('ends for a group that was deleted, and watches a new one of its name for itself', async () => {
    const { broker, clock } = await start();
    const before = reader();
    must(await broker.live.feed.watch('g', null, before.watcher));
    must(await broker.deleteShareGroup('g'));
    must(await broker.alterShareGroup('g', {}));
    const after = reader();
    const watching = must(await broker.live.feed.watch('g', before.told.lastId, after.watcher));
    expect(kinds(after.taken())).toEqual(['group-overview']);
    await clock.advance(250);
    expect(kinds(before.taken())).toEqual(['group-overview', 'group-deleted']);
    expect([before.told.hasEnded, after.told.hasEnded]).toEqual([true, false]);
    watching.leave();
  });

  it('shows the windows that can be loaded, and says which cannot', async () => {
    const { broker, clock, store, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    must(await acquire());
    store.writes = 'not_done';
    store.opens = 'fails';
    expect((await broker.releaseWorker('g', 'w1')).ok).toBe(false);
    const { watcher, taken } = reader();
    const watching = must(await broker.live.feed.watch('g', null, watcher));
    expect(taken()[0]).toMatchObject({ group: { lag: null, error: expect.stringContaining('t-0') }, windows: [] });
    store.writes = 'works';
    store.opens = 'works';
    await clock.advance(2_500);
    expect(kinds(taken())).toEqual(['group', 'window']);
    watching.leave();
    await settle();
  });
});

describe('a journal', () => {
  const told = (journal: Journal<string>, place: number) => journal.since(place)?.map(({ change }) => change);

  it('knows for each thing only how it is now, in the order of the changes', () => {
    const journal = new Journal<string>('j');
    journal.set('a', 'a1');
    journal.set('b', 'b1');
    journal.line('happened');
    journal.set('a', 'a2');
    journal.remove('b', 'b gone');
    journal.remove('c', 'never told of');
    expect(told(journal, 0)).toEqual(['happened', 'a2', 'b gone']);
    expect(told(journal, 4)).toEqual(['b gone']);
    expect(told(journal, 5)).toEqual([]);
    expect([...journal.now()]).toEqual(['a2']);
    expect(journal.placeOf(journal.idAt(4))).toBe(4);
    for (const id of ['other-4', 'j-6', 'j-', 'j-x', '-', '']) expect(journal.placeOf(id), id).toBeUndefined();
  });

  it('stays small, and does not know what came after a place of long ago', () => {
    const journal = new Journal<string>('j');
    journal.set('kept', 'kept');
    for (let i = 0; i < 10_000; i++) {
      journal.set('a', `a${i}`);
      journal.set(`b${i}`, 'there');
      journal.remove(`b${i}`, 'gone');
    }
    expect(journal.since(1)).toBeUndefined();
    expect(journal.placeOf('j-1')).toBeUndefined();
    expect(told(journal, journal.sequence - 3)).toEqual(['a9999', 'gone']);
    expect([...journal.now()].toSorted()).toEqual(['a9999', 'kept']);
  });
});
