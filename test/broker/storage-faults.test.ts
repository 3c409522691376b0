import { describe, expect, it } from 'vitest';
import {
  codeOf,
  isSettled,
  leasesOf,
  must,
  offsetsOf,
  startBroker,
  troubledBroker,
  wordsOf,
} from './broker-fixture.ts';
import type { Fault } from '../../src/ports/fault.ts';
import { settle } from './fake-clock.ts';
import { faultOf } from './faulty-outside.ts';

const window0 = async ({ broker }: Awaited<ReturnType<typeof troubledBroker>>) => must(await broker.windows('g'))[0]!;

describe('a store that hangs', () => {
  it('keeps the accept waiting, but neither acquires nor renewals of others', async () => {
    const { store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b', 'c']);
    const [a, b] = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    store.writes = 'hangs';
    const accept = acknowledge('accept', [a!]);
    expect(await isSettled(accept)).toBe(false);
    expect(offsetsOf(must(await acquire({ worker: 'w2' })).ranges)).toEqual([2]);
    expect(wordsOf(await acknowledge('renew', [b!]))).toEqual(['renewed']);
    expect(await isSettled(accept)).toBe(false);
    store.trouble.letGo();
    expect(wordsOf(await accept)).toEqual(['accepted']);
  });

  it('leaves the window as it was until the write has come back', async () => {
    const fixture = await troubledBroker();
    const { store, produce, acquire, acknowledge } = fixture;
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    store.writes = 'hangs';
    const accept = acknowledge('accept', leases);
    await settle();
    expect(await window0(fixture)).toMatchObject({ startOffset: 0, counts: { acquired: 1, acknowledged: 0 }, lag: 1 });
    store.trouble.letGo();
    await accept;
    expect(await window0(fixture)).toMatchObject({ startOffset: 1, counts: { acquired: 0 }, lag: 0 });
  });

  it('gathers what comes meanwhile into one write', async () => {
    const { store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', Array.from({ length: 21 }, String));
    const leases = leasesOf(must(await acquire({ maxRecords: 21 })).ranges);
    store.writes = 'hangs';
    const first = acknowledge('accept', [leases[0]!]);
    await settle();
    const others = leases.slice(1).map((lease) => acknowledge('accept', [lease]));
    await settle();
    expect(store.writeCount).toBe(1);
    store.writes = 'works';
    store.trouble.letGo();
    await Promise.all([first, ...others]);
    expect(store.writeCount).toBe(2);
  });

  it('lets a second acknowledgement of the same record wait, and then say what became of it', async () => {
    const { store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    store.writes = 'hangs';
    const first = acknowledge('accept', leases);
    await settle();
    const same = acknowledge('accept', leases);
    const other = acknowledge('release', leases);
    const renewal = acknowledge('renew', leases);
    for (const waiting of [same, other, renewal]) expect(await isSettled(waiting)).toBe(false);
    store.trouble.letGo();
    expect(wordsOf(await first)).toEqual(['accepted']);
    expect(wordsOf(await same)).toEqual(['accepted again']);
    expect(wordsOf(await other)).toEqual(['ALREADY_SETTLED']);
    expect(wordsOf(await renewal)).toEqual(['ALREADY_SETTLED']);
  });

  it('does not hand out a record that an operator is settling', async () => {
    const { broker, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    await acknowledge('release', leasesOf(must(await acquire()).ranges));
    store.writes = 'hangs';
    const range = { group: 'g', topic: 't', partition: 0, firstOffset: 0, lastOffset: 0 };
    const settling = broker.settle({ ...range, type: 'accept', reason: null, dryRun: false });
    await settle();
    const acquiring = acquire();
    expect(await isSettled(acquiring)).toBe(false);
    store.trouble.letGo();
    expect(must(await settling)).toMatchObject({ accepted: 1 });
    expect(must(await acquiring)).toMatchObject({ ranges: [], emptyReason: 'no_records' });
  });

  it('keeps a lock that ran out closed until that is durable, and then wakes who waits', async () => {
    const { clock, store, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    await acquire();
    store.writes = 'hangs';
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await clock.advance(31_000);
    expect(await isSettled(waiting)).toBe(false);
    store.trouble.letGo();
    expect(must(await waiting).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
  });

  it('counts a delivery once when the lock runs out while it is given back', async () => {
    const { broker, clock, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const { ranges } = must(await acquire({ lockDurationMs: 100 }));
    store.writes = 'hangs';
    await clock.advance(200);
    broker.giveBack('g', ranges);
    expect(must(await acquire({ worker: 'w2' })).ranges).toEqual([]);
    store.writes = 'works';
    store.trouble.letGo();
    await settle();
    const again = must(await acquire({ worker: 'w2' })).ranges;
    expect(again[0]).toMatchObject({ deliveryCount: 2 });
    expect(wordsOf(await acknowledge('accept', leasesOf(again)))).toEqual(['accepted']);
  });

  it('lets no delivery count by which nobody was reached: given back, it is as if it had not been', async () => {
    const { broker, produce, acquire } = await troubledBroker();
    await produce('t', ['a', 'b', 'c']);
    const { ranges } = must(await acquire({ maxRecords: 2 }));
    const waiting = acquire({ worker: 'w2', maxRecords: 5, waitMs: 1_000 });
    expect(offsetsOf(must(await waiting).ranges)).toEqual([2]);
    const next = acquire({ worker: 'w3', maxRecords: 5, waitMs: 1_000 });
    expect(await isSettled(next)).toBe(false);
    broker.giveBack('g', ranges);
    expect(must(await next).ranges).toMatchObject([{ firstOffset: 0, lastOffset: 1, deliveryCount: 1 }]);
    broker.giveBack('unknown', ranges);
  });
});

describe('a log that hangs', () => {
  it('lets no produce be confirmed, and wakes nobody, before the append has come back', async () => {
    const { log, produce, acquire } = await troubledBroker();
    const waiting = acquire({ waitMs: 60_000 });
    await settle();
    log.appends = 'hangs';
    const producing = produce('t', ['a']);
    expect(await isSettled(producing)).toBe(false);
    expect(await isSettled(waiting)).toBe(false);
    log.trouble.letGo();
    expect(await producing).toEqual({ kind: 'appended', baseOffsets: [0] });
    expect(offsetsOf(must(await waiting).ranges)).toEqual([0]);
  });

  it('serves the next who waits when a client goes away while its records are read', async () => {
    const { log, produce, acquire } = await troubledBroker();
    const controller = new AbortController();
    const first = acquire({ waitMs: 60_000 }, controller.signal);
    await settle();
    const second = acquire({ worker: 'w2', waitMs: 60_000 });
    await settle();
    log.reads = 'hangs';
    await produce('t', ['a']);
    await settle();
    expect(log.trouble.held).toBe(1);
    controller.abort();
    log.reads = 'works';
    log.trouble.letGo();
    expect(must(await first).ranges).toEqual([]);
    expect(must(await second).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 1 });
  });

  for (const waitMs of [0, 60_000]) {
    it(`leaves no lock behind when the client goes away between the lock and the answer (waitMs ${waitMs})`, async () => {
      const { log, produce, acquire } = await troubledBroker();
      await produce('t', ['a']);
      log.timestamps = 'hangs';
      const controller = new AbortController();
      const gone = acquire({ waitMs }, controller.signal);
      await settle();
      expect(log.trouble.held).toBe(1);
      controller.abort();
      log.timestamps = 'works';
      log.trouble.letGo();
      expect(must(await gone).ranges).toEqual([]);
      expect(must(await acquire()).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 1 });
    });
  }

  it('leaves no lock behind when a client that waited goes away between the lock and the answer', async () => {
    const { log, produce, acquire } = await troubledBroker();
    const controller = new AbortController();
    const gone = acquire({ waitMs: 60_000 }, controller.signal);
    const next = acquire({ worker: 'w2', waitMs: 60_000 });
    await settle();
    log.timestamps = 'hangs';
    await produce('t', ['a']);
    await settle();
    controller.abort();
    log.timestamps = 'works';
    log.trouble.letGo();
    expect(must(await gone).ranges).toEqual([]);
    expect(must(await next).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 1 });
  });

  it('answers who waits past its time as soon as the log has come back', async () => {
    const { clock, log, produce, acquire } = await troubledBroker();
    const waiting = acquire({ waitMs: 1_000 });
    await settle();
    log.reads = 'hangs';
    await produce('t', ['a']);
    await clock.advance(2_000);
    expect(await isSettled(waiting)).toBe(false);
    log.trouble.letGo();
    expect(offsetsOf(must(await waiting).ranges)).toEqual([0]);
  });

  it('is read once for each of many who come together, and each has a record', async () => {
    const { log, produce, acquire } = await troubledBroker();
    await produce('t', Array.from({ length: 50 }, String));
    await acquire({ maxRecords: 0 });
    log.readCount = 0;
    const all = await Promise.all(Array.from({ length: 50 }, (_, index) => acquire({ worker: `w${index}` })));
    expect(all.flatMap((outcome) => offsetsOf(must(outcome).ranges))).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(log.readCount).toBe(50);
  });

  it('gives nothing of a window that was replaced while it was read', async () => {
    const { broker, log, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b', 'c']);
    const held = leasesOf(must(await acquire()).ranges);
    log.reads = 'hangs';
    const first = acquire({ maxRecords: 5 });
    await settle();
    log.reads = 'works';
    store.writes = 'not_done';
    await acknowledge('accept', held);
    await broker.windows('g');
    log.trouble.letGo();
    // Of the window loaded again: the lock on offset 0 is over.
    const { ranges } = must(await first);
    expect(ranges).toMatchObject([{ firstOffset: 0, leaderEpoch: 2 }]);
    log.reads = 'hangs';
    await produce('t', ['d']);
    const second = acquire({ maxRecords: 5 });
    await settle();
    must(await broker.reset({ group: 'g', topic: 't', partitions: null, to: 'latest', dryRun: false }));
    log.reads = 'works';
    log.trouble.letGo();
    expect(must(await second)).toMatchObject({ ranges: [], emptyReason: 'no_records' });
  });

  it('gives two who come together a record each', async () => {
    const { log, produce, acquire } = await troubledBroker();
    await produce('t', ['a', 'b']);
    log.reads = 'hangs';
    const both = [acquire(), acquire({ worker: 'w2' })];
    await settle();
    log.reads = 'works';
    log.trouble.letGo();
    const offsets = (await Promise.all(both)).flatMap((outcome) => offsetsOf(must(outcome).ranges));
    expect(offsets).toEqual([0, 1]);
  });
});

describe('a store that is full', () => {
  it('refuses an acknowledgement with a retriable code, changes nothing, and takes it when there is room', async () => {
    const fixture = await troubledBroker();
    const { broker, store, produce, acquire, acknowledge } = fixture;
    await produce('t', ['a', 'b']);
    const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    store.writes = 'full';
    const refused = await broker.acknowledge(
      'g',
      leases.map((lease) => ({ lease, type: 'accept' })),
    );
    expect(codeOf(refused)).toBe('STORAGE_FULL');
    expect(await window0(fixture)).toMatchObject({ startOffset: 0, counts: { acquired: 2 }, lag: 2 });
    expect(codeOf(broker.ready())).toBe('STORAGE_FULL');
    expect(wordsOf(await acknowledge('renew', leases))).toEqual(['renewed', 'renewed']);
    store.writes = 'works';
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['accepted', 'accepted']);
  });

  it('names the item that was not written when others of the call could be answered', async () => {
    const { store, produce, acquire, acknowledge } = await troubledBroker({ partitions: 2 });
    await produce('t', ['a']);
    await produce('t', ['b'], 1);
    const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    await acknowledge('accept', [leases[0]!]);
    store.writes = 'full';
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['accepted again', 'STORAGE_FULL']);
  });

  it('is asked again for locks that ran out, until they are over durably', async () => {
    const { clock, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const old = leasesOf(must(await acquire()).ranges);
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    store.writes = 'full';
    await clock.advance(30_400);
    expect(store.writeCount).toBe(1);
    expect(wordsOf(await acknowledge('accept', old))).toEqual(['LEASE_EXPIRED']);
    await clock.advance(700);
    expect(store.writeCount).toBe(3);
    expect(await isSettled(waiting)).toBe(false);
    store.writes = 'works';
    await clock.advance(600);
    expect(must(await waiting).ranges[0]).toMatchObject({ deliveryCount: 2 });
  });

  it('refuses a reset and a settle, and nothing has happened', async () => {
    const fixture = await troubledBroker();
    const { broker, store, produce, acquire, acknowledge } = fixture;
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    store.writes = 'full';
    store.resets = 'full';
    const reset = { group: 'g', topic: 't', partitions: null, to: 'latest' as const, dryRun: false };
    expect(codeOf(await broker.reset(reset))).toBe('STORAGE_FULL');
    const range = { group: 'g', topic: 't', partition: 0, firstOffset: 0, lastOffset: 0 };
    const settling = await broker.settle({ ...range, type: 'reject', reason: null, dryRun: false });
    expect(codeOf(settling)).toBe('STORAGE_FULL');
    expect(codeOf(await broker.releaseWorker('g', 'w1'))).toBe('STORAGE_FULL');
    expect(await window0(fixture)).toMatchObject({ startOffset: 0, counts: { acquired: 1 }, stateEpoch: 0 });
    store.writes = 'works';
    store.resets = 'works';
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['accepted']);
    expect(must(await broker.reset({ ...reset, to: 'earliest' }))).toMatchObject([{ startOffsetAfter: 0 }]);
  });

  it('does not move the start of a new group that could not be written at first', async () => {
    const { store, produce, acquire } = await troubledBroker();
    await produce('t', ['before']);
    store.opens = 'full';
    expect(codeOf(await acquire({ startFrom: 'earliest' }))).toBe('STORAGE_FULL');
    store.opens = 'works';
    expect(must(await acquire({ startFrom: null })).started).toBe('earliest');
    expect(offsetsOf(must(await acquire({ worker: 'w2', startFrom: null })).ranges)).toEqual([]);
  });

  it('remembers where the end was at the first try of a group that starts there', async () => {
    const { broker, store, produce, acquire } = await troubledBroker();
    await produce('t', ['before']);
    const open = store.open.bind(store);
    store.open = async (key, startOffset) => {
      if (startOffset !== null) store.opens = 'full';
      return await open(key, startOffset);
    };
    expect(codeOf(await acquire({ startFrom: 'latest' }))).toBe('STORAGE_FULL');
    await produce('t', ['after']);
    store.open = open;
    store.opens = 'works';
    expect(must(await broker.windows('g'))[0]).toMatchObject({ startOffset: 1, lag: 1 });
  });

  it('serves no partition of a topic before the start of all of them is stored, so that a restart goes over nothing', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    const { store, produce, acquire } = fixture;
    const open = store.open.bind(store);
    store.open = async (key, startOffset) => {
      if (key.partition === 1 && startOffset !== null) throw faultOf('STORAGE_FULL', 'refused', 'open');
      return await open(key, startOffset);
    };
    const latest = { startFrom: 'latest', maxRecords: 10 } as const;
    expect(codeOf(await acquire(latest))).toBe('STORAGE_FULL');
    await produce('t', ['a'], 0);
    await produce('t', ['b'], 1);
    // What partition 0 has is not handed out: somebody would know that the group has started.
    expect(codeOf(await acquire(latest))).toBe('STORAGE_FULL');
    store.open = open;
    expect(must(await acquire(latest)).ranges).toMatchObject([{ partition: 0 }, { partition: 1, firstOffset: 0 }]);
    const after = await startBroker(fixture);
    expect(must(await after.acquire(latest)).ranges).toHaveLength(2);
  });

  it('refuses to make a group or a topic, and makes it when there is room', async () => {
    const { broker, metadata, acquire } = await troubledBroker();
    metadata.puts = 'full';
    expect(codeOf(await acquire())).toBe('STORAGE_FULL');
    expect(codeOf(await broker.createTopic({ name: 'u', partitions: 1, config: {} }))).toBe('STORAGE_FULL');
    expect(codeOf(broker.describeTopic('u'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await broker.describeShareGroup('g'))).toBe('GROUP_ID_NOT_FOUND');
    metadata.puts = 'works';
    must(await broker.createTopic({ name: 'u', partitions: 1, config: {} }));
    expect(must(await acquire()).emptyReason).toBe('no_records');
  });

  it('refuses a produce, uses up no offset, and takes the next', async () => {
    const { log, produce } = await troubledBroker();
    log.appends = 'full';
    await expect(produce('t', ['a'])).rejects.toThrow('STORAGE_FULL');
    log.appends = 'works';
    expect(await produce('t', ['a'])).toEqual({ kind: 'appended', baseOffsets: [0] });
  });
});

describe('a damaged record batch', () => {
  const damagedInTheMiddle = async () => {
    const fixture = await troubledBroker();
    for (const text of ['a', 'b', 'damaged', 'd']) await fixture.produce('t', [text]);
    fixture.log.damaged.add('0/2');
    return fixture;
  };

  it('stays unserved, while everything around it is served', async () => {
    const fixture = await damagedInTheMiddle();
    const { produce, acquire, acknowledge } = fixture;
    const { ranges } = must(await acquire({ maxRecords: 10 }));
    expect(offsetsOf(ranges)).toEqual([0, 1, 3]);
    await acknowledge('accept', leasesOf(ranges));
    await produce('t', ['e']);
    await acknowledge(
      'accept',
      leasesOf(must(await acquire({ maxRecords: 10, acquireMode: 'batch_optimized' })).ranges),
    );
    expect(await window0(fixture)).toMatchObject({ startOffset: 2, endOffset: 5, lag: 1, counts: { available: 1 } });
  });

  it('is named with topic, partition and offsets to who finds nothing else, and in the window', async () => {
    const fixture = await damagedInTheMiddle();
    const { acquire, acknowledge } = fixture;
    await acknowledge('accept', leasesOf(must(await acquire({ maxRecords: 10 })).ranges));
    const sentence = expect.stringMatching(/^offsets 2 to 2 of t-0 cannot be read: read failed on purpose/);
    expect(must(await acquire())).toMatchObject({ ranges: [], emptyReason: 'damaged', problem: sentence });
    expect((await window0(fixture)).blockedBy).toMatchObject({ offset: 2, state: 'available', sentence });
  });

  it('does not keep workers from waiting for what comes', async () => {
    const { log, produce, acquire } = await troubledBroker({ partitions: 2 });
    await produce('t', ['damaged']);
    log.damaged.add('0/0');
    const waiting = acquire({ waitMs: 1_000 });
    expect(await isSettled(waiting)).toBe(false);
    const reads = log.readCount;
    expect(await isSettled(waiting)).toBe(false);
    expect(log.readCount).toBe(reads);
    await produce('t', ['b'], 1);
    expect(must(await waiting).ranges).toMatchObject([{ partition: 1, firstOffset: 0 }]);
  });

  it('at the end of the log is what blocks the window', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['damaged']);
    fixture.log.damaged.add('0/0');
    expect(must(await fixture.acquire())).toMatchObject({ ranges: [], emptyReason: 'damaged', lag: 1 });
    expect((await window0(fixture)).blockedBy).toMatchObject({ offset: 0, sentence: expect.stringMatching(/of t-0/) });
  });

  it('is passed by an operator who rejects it, with a reason that stays with it', async () => {
    const fixture = await damagedInTheMiddle();
    const { broker, acquire, acknowledge } = fixture;
    await acknowledge('accept', leasesOf(must(await acquire({ maxRecords: 10 })).ranges));
    await acquire();
    const range = { group: 'g', topic: 't', partition: 0, firstOffset: 2, lastOffset: 2 };
    const settled = await broker.settle({ ...range, type: 'reject', reason: 'damaged disk', dryRun: false });
    expect(must(settled)).toMatchObject({ rejected: 1, skipped: 0 });
    expect(await window0(fixture)).toMatchObject({ startOffset: 4, lag: 0, blockedBy: null });
    expect(must(await acquire())).toMatchObject({ emptyReason: 'no_records', problem: null });
    const { records } = must(await broker.archived({ group: 'g', topic: 't', partition: 0, after: null, limit: 5 }));
    expect(records).toMatchObject([{ offset: 2, outcome: 'rejected', reason: 'damaged disk' }]);
  });

  it('is passed by an operator who resets the group behind it', async () => {
    const { broker, log, produce, acquire } = await troubledBroker();
    for (const text of ['damaged', 'b']) await produce('t', [text]);
    log.damaged.add('0/0');
    expect(must(await acquire({ maxRecords: 0 })).emptyReason).toBe('no_records');
    must(await broker.reset({ group: 'g', topic: 't', partitions: [0], to: { offset: 1 }, dryRun: false }));
    expect(offsetsOf(must(await acquire()).ranges)).toEqual([1]);
    expect(must(await acquire())).toMatchObject({ emptyReason: 'all_locked', problem: null });
  });

  it('of which the log cannot tell the offsets is refused, while other partitions and what lies in front are served', async () => {
    const { log, produce, acquire } = await troubledBroker({ partitions: 2 });
    for (const text of ['a', 'damaged', 'c']) await produce('t', [text]);
    await produce('t', ['b'], 1);
    log.brokenPages.add('0/1');
    expect(offsetsOf(must(await acquire({ maxRecords: 10 })).ranges)).toEqual([0, 0]);
    expect(codeOf(await acquire())).toBe('CORRUPT_MESSAGE');
    expect(codeOf(await acquire({ waitMs: 1_000 }))).toBe('CORRUPT_MESSAGE');
  });

  it('still gives the records when only their age cannot be read', async () => {
    const { log, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    log.timestamps = 'fails';
    expect(must(await acquire())).toMatchObject({ ranges: [{ firstOffset: 0 }], oldestAgeMs: null });
    expect(must(await acquire())).toMatchObject({ ranges: [], emptyReason: 'all_locked', oldestAgeMs: null });
  });
});

describe('the list of groups', () => {
  it('tells the others when a window of one cannot be loaded, and which and why', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    await fixture.produce('t', ['a']);
    for (const group of ['damaged', 'healthy', 'hanging']) must(await fixture.acquire({ group }));
    const { broker, store, clock } = await startBroker(fixture);
    const open = store.open.bind(store);
    store.open = async (key, startOffset) => {
      if (key.partition === 1 && key.group === 'damaged') throw faultOf('CORRUPT', 'refused', 'open');
      if (key.partition === 1 && key.group === 'hanging') return await new Promise(() => {});
      return await open(key, startOffset);
    };
    const scheduled = clock.scheduled;
    const listing = broker.listShareGroups();
    await clock.advance(2_000);
    const untold = { lag: null, inFlight: null };
    expect(must(await listing)).toMatchObject([
      { group: 'damaged', ...untold, error: expect.stringMatching(/t-1 cannot be loaded: open failed/) },
      { group: 'hanging', ...untold, error: expect.stringMatching(/t-1 is still not loaded after 2000 ms/) },
      { group: 'healthy', lag: 1, inFlight: 0, error: null },
    ]);
    expect(must(await broker.describeShareGroup('damaged'))).toMatchObject({ ...untold, error: expect.any(String) });
    expect(clock.scheduled).toBe(scheduled);
  });
});

describe('a group whose deletion fails', () => {
  it('is there again, with its window, and can be deleted later', async () => {
    const { broker, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    await acknowledge('accept', leasesOf(must(await acquire()).ranges));
    store.deletes = 'full';
    expect(codeOf(await broker.deleteShareGroup('g'))).toBe('STORAGE_FULL');
    expect(must(await broker.windows('g'))[0]).toMatchObject({ startOffset: 1, lag: 1 });
    const again = must(await acquire()).ranges;
    expect(offsetsOf(again)).toEqual([1]);
    await acknowledge('accept', leasesOf(again));
    store.deletes = 'works';
    must(await broker.deleteShareGroup('g'));
    expect(codeOf(await broker.windows('g'))).toBe('GROUP_ID_NOT_FOUND');
  });
});

describe("a group's offsets on a topic", () => {
  it('are there again when they could not be deleted, and can be deleted later', async () => {
    const { broker, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    await acknowledge('accept', leasesOf(must(await acquire()).ranges));
    store.deletes = 'full';
    expect(codeOf(await broker.shareOffsets.delete('g', ['t']))).toBe('STORAGE_FULL');
    const offsets = async () => must(await broker.shareOffsets.describe('g', null)).flatMap((each) => each.partitions);
    expect(await offsets()).toEqual([{ partition: 0, startOffset: 1, lag: 1 }]);
    store.deletes = 'works';
    expect(must(await broker.shareOffsets.delete('g', ['t']))).toMatchObject([{ topic: 't', error: null }]);
    expect(await offsets()).toEqual([]);
    expect(offsetsOf(must(await acquire()).ranges)).toEqual([0]);
  });
});

describe('a store that has lost state', () => {
  it('has nothing handed out, also of what is loaded, and not to who waits, until that is over', async () => {
    let lost: Fault | undefined;
    const health = { busyMs: () => 0, trouble: () => lost, probe: async () => {} };
    const { produce, acquire, clock } = await troubledBroker({ health });
    await produce('t', ['a']);
    must(await acquire());
    const waiting = acquire({ worker: 'w2', waitMs: 1_000 });
    lost = faultOf('STATE_LOST', 'refused', 'look');
    expect(codeOf(await acquire({ worker: 'w3' })), 'where nothing would be free').toBe('STATE_LOST');
    await produce('t', ['b']);
    expect(codeOf(await acquire({ worker: 'w3' }))).toBe('STATE_LOST');
    await clock.advance(1_000);
    const waited = await waiting;
    expect(waited.ok ? offsetsOf(waited.value.ranges) : waited.error.code).not.toContain(1);
    lost = undefined;
    expect(offsetsOf(must(await acquire({ worker: 'w3' })).ranges)).toEqual([1]);
  });
});
