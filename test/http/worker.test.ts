import { describe, expect, it } from 'vitest';
import { FaultyStore } from '../broker/faulty-outside.ts';
import { expectProblem, openDoor } from './door.ts';

/** A topic `emails` with one partition and a group that starts at its beginning. */
const openMail = async (...values: readonly unknown[]) => {
  const door = await openDoor();
  await door.ok('POST', '/v1/topics', { topic: 'emails', partitions: 1 });
  await door.ok('PATCH', '/v1/share-groups/mailers', { config: { 'share.auto.offset.reset': 'earliest' } });
  if (values.length > 0) {
    await door.ok('POST', '/v1/topics/emails/records', { records: values.map((value) => ({ value })) });
  }
  const acquire = (more: object = {}) =>
    door.ok('POST', '/v1/share-groups/mailers/acquire', { topics: ['emails'], maxRecords: 10, ...more });
  const acknowledge = (...acknowledgements: readonly object[]) =>
    door.ok('POST', '/v1/share-groups/mailers/acknowledge', { acknowledgements });
  return { ...door, acquire, acknowledge };
};

describe('a worker', () => {
  it('produces, acquires and accepts, and the record does not come again', async () => {
    const { ok, acquire, acknowledge } = await openMail();
    const produced = await ok('POST', '/v1/topics/emails/records', {
      records: [{ key: 'user-9', value: { to: 'a@b.c' }, headers: { traceparent: '00-1' } }],
    });
    expect(produced).toEqual({ results: [{ partition: 0, offset: 0 }] });

    const { records, emptyReason, lag } = await acquire({ workerId: 'mailer-1' });
    expect(emptyReason).toBeNull();
    expect(lag).toBe(1);
    expect(records).toEqual([
      {
        topic: 'emails',
        partition: 0,
        offset: 0,
        timestamp: expect.any(Number),
        key: 'user-9',
        keyEncoding: 'text',
        value: { to: 'a@b.c' },
        valueEncoding: 'json',
        headers: [{ key: 'traceparent', value: '00-1', encoding: 'text' }],
        deliveryCount: 1,
        deliveryCountLimit: 5,
        lastFailure: null,
        lockedUntil: expect.stringMatching(/^20\d\d-.*Z$/),
        lockRemainingMs: 30_000,
        lease: expect.stringMatching(/^[\w-]{101}$/),
      },
    ]);
    const { lease } = records[0];
    expect(await acknowledge({ lease, type: 'accept' })).toEqual({ results: [{ lease, status: 'accepted' }] });
    expect(await acquire()).toMatchObject({ records: [], emptyReason: 'no_records', lag: 0 });
  });

  it('accepts, releases, rejects and renews in one call, one result for each in order', async () => {
    const { acquire, acknowledge } = await openMail('a', 'b', 'c', 'd');
    const leases = (await acquire()).records.map((record: { lease: string }) => record.lease);
    const { results } = await acknowledge(
      { lease: leases[0], type: 'accept' },
      { lease: leases[1], type: 'release', delayMs: 60_000, reason: 'smtp 421' },
      { lease: leases[2], type: 'reject', reason: 'unknown template' },
      { lease: leases[3], type: 'renew', lockDurationMs: 60_000 },
    );
    expect(results.map((each: { status: string }) => each.status)).toEqual([
      'accepted',
      'released',
      'rejected',
      'renewed',
    ]);
    expect(results.map((each: { lease: string }) => each.lease)).toEqual(leases);
    expect(results[1].availableAt).toMatch(/Z$/);
    expect(results[3].lockRemainingMs).toBe(60_000);
  });

  it('learns why an earlier delivery failed', async () => {
    const { acquire, acknowledge } = await openMail('a');
    const { lease } = (await acquire()).records[0];
    await acknowledge({ lease, type: 'release', reason: 'smtp 421' });
    expect((await acquire()).records[0]).toMatchObject({ deliveryCount: 2, lastFailure: 'smtp 421' });
  });

  it('settles what rides along before it acquires, in one request per round', async () => {
    const { ok, acquire } = await openMail('a', 'b');
    const first = (await acquire({ maxRecords: 1 })).records[0];
    const round = await ok('POST', '/v1/share-groups/mailers/acquire', {
      topics: ['emails'],
      acknowledgements: [{ lease: first.lease, type: 'release' }],
    });
    expect(round.results).toEqual([{ lease: first.lease, status: 'released', availableAt: expect.any(String) }]);
    // What was released a moment ago is the first to come again.
    expect(round.records[0]).toMatchObject({ offset: 0, deliveryCount: 2 });
  });

  it('is told why there is nothing', async () => {
    const { ok, acquire, acknowledge } = await openMail('a');
    const { lease } = (await acquire()).records[0];
    expect((await acquire()).emptyReason).toBe('all_locked');
    await acknowledge({ lease, type: 'release', delayMs: 5000 });
    expect(await acquire()).toMatchObject({ emptyReason: 'delayed', nextAvailableMs: expect.any(Number) });
    await ok('POST', '/v1/share-groups/mailers/pause');
    expect((await acquire()).emptyReason).toBe('paused');
  });

  it('hears where a new group started', async () => {
    const { ok } = await openMail('a');
    const latest = await ok('POST', '/v1/share-groups/new/acquire', { topics: ['emails'] });
    expect(latest).toMatchObject({ started: 'latest', records: [] });
    const earliest = await ok('POST', '/v1/share-groups/newer/acquire', { topics: ['emails'], startFrom: 'earliest' });
    expect(earliest.started).toBe('earliest');
    expect(earliest.records).toHaveLength(1);
  });

  it('releases and renews plain lists of leases', async () => {
    const { ok, acquire } = await openMail('a', 'b');
    const leases = (await acquire()).records.map((record: { lease: string }) => record.lease);
    const renewed = await ok('POST', '/v1/share-groups/mailers/renew', { leases, lockDurationMs: 50_000 });
    expect(renewed.results.map((each: { lockRemainingMs: number }) => each.lockRemainingMs)).toEqual([50_000, 50_000]);
    const released = await ok('POST', '/v1/share-groups/mailers/release', { leases, reason: 'later' });
    expect(released.results.map((each: { status: string }) => each.status)).toEqual(['released', 'released']);
  });
});

it('an answer that cannot be written leaves no lock behind, and no attempt is counted', async () => {
  const { ok, call, started } = await openDoor({
    override: {
      acquire: async (request, signal) => {
        const acquired = await started.broker.acquire(request, signal);
        if (!acquired.ok) return acquired;
        // An instant that cannot be written.
        const ranges = acquired.value.ranges.map((range) => ({ ...range, lockedUntilMs: Number.NaN }));
        return { ok: true, value: { ...acquired.value, ranges } };
      },
    },
  });
  await ok('POST', '/v1/topics', { topic: 'emails', partitions: 1 });
  await ok('POST', '/v1/topics/emails/records', { records: [{ value: 'a' }] });
  const request = { topics: ['emails'], startFrom: 'earliest' };
  expectProblem(await call('POST', '/v1/share-groups/mailers/acquire', request), 500, 'INTERNAL_ERROR');
  const { runs } = await ok('GET', '/v1/share-groups/mailers/topics/emails/partitions/0/window');
  expect(runs).toMatchObject([{ state: 'available', deliveryCount: 0 }]);
});

describe('a lease in the path', () => {
  it.each([
    ['accept', {}, 'accepted'],
    ['release', { delayMs: 1000, reason: 'no' }, 'released'],
    ['reject', { reason: 'never' }, 'rejected'],
    ['renew', { lockDurationMs: 40_000 }, 'renewed'],
  ])('can be used to %s, with a body and without', async (verb, body, status) => {
    const { ok, acquire } = await openMail('a', 'b');
    const [first, second] = (await acquire()).records;
    expect(await ok('POST', `/v1/leases/${first.lease}/${verb}`)).toMatchObject({ lease: first.lease, status });
    expect(await ok('POST', `/v1/leases/${second.lease}/${verb}`, body)).toMatchObject({ status });
  });

  it('answers a repeated accept as the first time, and says so', async () => {
    const { ok, acquire } = await openMail('a');
    const { lease } = (await acquire()).records[0];
    await ok('POST', `/v1/leases/${lease}/accept`);
    expect(await ok('POST', `/v1/leases/${lease}/accept`)).toEqual({ lease, status: 'accepted', replayed: true });
  });

  it('fails as an HTTP error where the outcome did not count', async () => {
    const { call, ok, acquire, clock } = await openMail('a', 'b', 'c');
    const [settled, expired, superseded] = (await acquire()).records;
    await ok('POST', `/v1/leases/${settled.lease}/accept`);
    expectProblem(await call('POST', `/v1/leases/${settled.lease}/reject`), 409, 'ALREADY_SETTLED');
    await ok('POST', `/v1/leases/${superseded.lease}/release`);
    await acquire();
    expectProblem(await call('POST', `/v1/leases/${superseded.lease}/accept`), 409, 'LEASE_SUPERSEDED');
    await clock.advance(31_000);
    expectProblem(await call('POST', `/v1/leases/${expired.lease}/accept`), 409, 'LEASE_EXPIRED');
  });

  it('is 404 when it is not ours, and 410 when its group is gone', async () => {
    const { call, ok, acquire } = await openMail('a');
    expectProblem(await call('POST', '/v1/leases/nonsense/accept'), 404, 'LEASE_INVALID');
    const { lease } = (await acquire()).records[0];
    const altered = `${lease.slice(0, -1)}${lease.endsWith('A') ? 'B' : 'A'}`;
    expectProblem(await call('POST', `/v1/leases/${altered}/accept`), 404, 'LEASE_INVALID');
    await ok('POST', `/v1/leases/${lease}/release`);
    await ok('DELETE', '/v1/share-groups/mailers');
    expectProblem(await call('POST', `/v1/leases/${lease}/accept`), 410, 'RECORD_GONE');
  });

  it('finds its group on a server that has never given a lease out', async () => {
    const first = await openMail('a');
    const { lease } = (await first.acquire()).records[0];
    const { metadata, store, log, clock } = first.started;
    const second = await openDoor({ broker: { metadata, store, log, clock } });
    // Another process has other acquisitions: the lease is ours and no longer counts.
    expectProblem(await second.call('POST', `/v1/leases/${lease}/accept`), 409, 'LEASE_EXPIRED');
  });

  it('is not called gone on such a server because the disk is full', async () => {
    const store = new FaultyStore();
    const first = await openDoor({ broker: { store } });
    await first.ok('POST', '/v1/topics', { topic: 'emails', partitions: 1 });
    await first.ok('POST', '/v1/topics/emails/records', { records: [{ value: 'a' }] });
    const request = { topics: ['emails'], startFrom: 'earliest' };
    const { lease } = (await first.ok('POST', '/v1/share-groups/mailers/acquire', request)).records[0];
    await first.ok('POST', `/v1/leases/${lease}/accept`);
    const { metadata, log, clock } = first.started;
    const second = await openDoor({ broker: { metadata, store, log, clock } });
    store.opens = 'full';
    expectProblem(await second.call('POST', `/v1/leases/${lease}/accept`), 507, 'STORAGE_FULL');
    store.opens = 'works';
    expect(await second.ok('POST', `/v1/leases/${lease}/accept`)).toMatchObject({ status: 'accepted', replayed: true });
  });
});

describe('a lease that does not count', () => {
  it('gets a code of its own beside the good ones, and changes nothing', async () => {
    const { ok, acquire, acknowledge } = await openMail('a', 'b');
    await ok('POST', '/v1/share-groups/others/acquire', { topics: ['emails'], startFrom: 'earliest', maxRecords: 10 });
    const foreign = (await ok('POST', '/v1/share-groups/third/acquire', { topics: ['emails'], startFrom: 'earliest' }))
      .records[0].lease;
    const [mine] = (await acquire({ maxRecords: 1 })).records;
    const { results } = await acknowledge(
      { lease: foreign, type: 'accept' },
      { lease: 'forged', type: 'reject' },
      { lease: mine.lease, type: 'accept' },
    );
    expect(results).toEqual([
      { lease: foreign, status: 'error', code: 'LEASE_INVALID', retriable: false, message: expect.any(String) },
      { lease: 'forged', status: 'error', code: 'LEASE_INVALID', retriable: false, message: expect.any(String) },
      { lease: mine.lease, status: 'accepted' },
    ]);
    const third = await ok('GET', '/v1/share-groups/third/windows');
    expect(third.windows[0].counts).toMatchObject({ acquired: 1, acknowledged: 0 });
  });

  it('settles ten outcomes for one lease in one call by the first', async () => {
    const { acquire, acknowledge } = await openMail('a');
    const { lease } = (await acquire()).records[0];
    const types = ['accept', 'reject', 'release', 'accept', 'renew', 'accept', 'reject', 'release', 'accept', 'renew'];
    const { results } = await acknowledge(...types.map((type) => ({ lease, type })));
    expect(results).toHaveLength(10);
    expect(results[0]).toEqual({ lease, status: 'accepted' });
    for (const [index, type] of types.entries()) {
      if (index === 0) continue;
      if (type === 'accept') expect(results[index]).toMatchObject({ status: 'accepted', replayed: true });
      // A renewal waits for nothing, so it may come before the accept is durable; it changes nothing about it.
      else if (type !== 'renew') expect(results[index]).toMatchObject({ status: 'error', code: 'ALREADY_SETTLED' });
    }
    expect((await acquire()).records).toEqual([]);
  });
});
