import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { RejectError, ReleaseError } from '../../src/client/handler-outcome.ts';
import type { Handler } from '../../src/client/worker-settings.ts';
import type { SashError } from '../../src/client/sash-error.ts';
import { Worker } from '../../src/client/worker.ts';
import { until } from '../until.ts';
import { heldHandler, newWorker, startNetwork, stop } from './worker-fixture.ts';

const values = (count: number): string[] => Array.from({ length: count }, (_, index) => `v${index}`);
const offsetsTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a worker', () => {
  it('does every record once, and its outcomes ride along with the next acquire', async () => {
    const network = await startNetwork();
    await network.produce(values(5));
    const seen: unknown[] = [];
    const { worker, offsets, told } = newWorker(network, {
      handler: async (record, { signal }) =>
        void seen.push([record.offset, record.value, record.deliveryCount, signal.aborted]),
    });
    worker.start();
    await until(() => told.idle.length > 0, 'idle');
    expect(seen).toEqual(offsetsTo(5).map((offset) => [offset, `v${offset}`, 1, false]));
    expect(offsets('accepted')).toEqual(offsetsTo(5));
    expect(network.requests.filter(({ path }) => path.endsWith('/acknowledge'))).toEqual([]);
    expect((await network.window()).lag).toBe(0);
    await worker.stop();
    expect(told.stopped).toEqual([{ drained: true }]);
    expect(told.error).toEqual([]);
  });

  it('keeps as many handlers busy as it may, and never more', async () => {
    const network = await startNetwork();
    await network.produce(values(6));
    const { handler, begun, calls, of } = heldHandler();
    const { worker, offsets } = newWorker(network, { handler, concurrency: 3 });
    worker.start();
    await until(() => begun.size === 3);
    expect(network.requests[0]!.body).toMatchObject({ maxRecords: 3, waitMs: 20_000, workerId: 'w' });
    of(1).end();
    await until(() => begun.size === 4);
    expect(calls).toEqual([0, 1, 2, 3]);
    expect(worker.counts.running).toBe(3);
    for (const offset of [0, 2, 3]) of(offset).end();
    await until(() => begun.size === 6);
    for (const offset of [4, 5]) of(offset).end();
    await network.advance(5);
    await until(() => offsets('accepted').length === 6);
    await worker.stop();
  });

  it('acknowledges by itself what finds no acquire to ride with', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const { worker, offsets } = newWorker(network, { handler, concurrency: 2 });
    worker.start();
    await until(() => begun.size === 1);
    // The acquire for the idle handler waits at the server.
    await until(() => network.requests.length === 2);
    of(0).end();
    await network.advance(5);
    await until(() => offsets('accepted').length === 1);
    expect(network.requests[2]!.path).toBe('/v1/share-groups/g/acknowledge');
    await worker.stop();
  });

  it('holds a buffer only as far as handlers will start it soon', async () => {
    const network = await startNetwork();
    await network.produce(values(1000));
    let handlerMs = 1;
    let most = 0;
    const handler: Handler<unknown> = () =>
      new Promise((resolve) => {
        most = Math.max(most, worker.counts.buffered);
        network.time.after(handlerMs, () => resolve(undefined));
      });
    // Each round trip takes 5 ms.
    const slowFetch: typeof network.fetch = async (address, init) => {
      const answer = await network.fetch(address, init);
      await new Promise<void>((resolve) => network.time.after(5, resolve));
      return answer;
    };
    const { worker, told } = newWorker(network, { handler, concurrency: 4, fetch: slowFetch });
    worker.start();
    for (let ms = 0; ms < 100; ms++) await network.advance(1);
    // In two round trips of 5 ms four handlers of 1 ms start 40.
    expect(most).toBeGreaterThan(20);
    expect(most).toBeLessThan(80);
    handlerMs = 60_000;
    for (let minute = 0; minute < 40; minute++) await network.advance(60_000);
    // None that would wait longer than its lock lasts.
    for (let minute = 0; minute < 10; minute++) {
      await network.advance(60_000);
      expect(worker.counts).toMatchObject({ buffered: 0, running: 4 });
    }
    expect(told.lockLost).toEqual([]);
    await stop(network, worker);
  });

  it('waits for records at the server, and says once that there is nothing to do', async () => {
    const network = await startNetwork();
    const { worker, told, offsets } = newWorker(network, { handler: () => {} });
    worker.start();
    await network.advance(60_000);
    expect(told.idle).toEqual([{ emptyReason: 'no_records', lag: 0 }]);
    expect(network.requests.length).toBeLessThan(5);
    await network.produce(values(1));
    await until(() => offsets('accepted').length === 1);
    await until(() => told.idle.length === 2);
    await worker.stop();
  });

  it('does not ask in a hurry where the server answers at once with nothing', async () => {
    const network = await startNetwork();
    const { worker } = newWorker(network, { handler: () => {} });
    let asked = 0;
    network.way.fault = () => {
      asked++;
      return Response.json({ records: [], emptyReason: 'draining', lag: 0, oldestAgeMs: null });
    };
    worker.start();
    await network.advance(10_000);
    expect(asked).toBeLessThan(15);
    await worker.stop();
  });
});

describe('the outcome of a handler', () => {
  const outcomesOf = async (handler: Handler<unknown>, settings: object = {}) => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { worker, told } = newWorker(network, { handler, ...settings });
    worker.start();
    await until(() => told.released.length + told.rejected.length + told.accepted.length > 0);
    const peeked = await network.peek(0);
    const wallMs = network.clock.wallMs();
    await stop(network, worker);
    return { told, peeked, network, wallMs };
  };

  it('is an accept whatever it returns', async () => {
    const { told } = await outcomesOf(async () => ({ status: 'mail sent' }));
    expect(told.accepted).toMatchObject([{ record: { offset: 0 } }]);
  });

  it('is a release when it throws, with the reason, and later the more often it was tried', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const startedMs: number[] = [];
    const { worker, told } = newWorker(network, {
      handler: ({ deliveryCount, lastFailure }) => {
        startedMs.push(network.time.nowMs());
        expect(lastFailure).toBe(deliveryCount === 1 ? null : `smtp 421, ${deliveryCount - 1}`);
        throw new Error(`smtp 421, ${deliveryCount}`);
      },
    });
    worker.start();
    for (let second = 0; second < 30; second++) await network.advance(1000);
    const delays = startedMs.slice(1).map((ms, index) => Math.round((ms - startedMs[index]!) / 1000));
    expect(delays).toEqual([1, 2, 4, 8]);
    expect(told.released.map(({ reason }) => reason)).toEqual([1, 2, 3, 4].map((count) => `smtp 421, ${count}`));
    expect(told.released[0]!.error).toBeInstanceOf(Error);
    // The fifth was the last.
    expect(told.archived).toMatchObject([{ record: { deliveryCount: 5 }, reason: 'smtp 421, 5' }]);
    expect(await network.archived()).toMatchObject([{ offset: 0, reason: 'smtp 421, 5', holder: 'w' }]);
    await worker.stop();
  });

  it('is a release after just the delay that it says', async () => {
    for (const handler of [
      () => {
        throw new ReleaseError({ delayMs: 90_000, reason: 'closed until noon' });
      },
      async () => new ReleaseError({ delayMs: 90_000, reason: 'closed until noon' }),
    ]) {
      const { told, wallMs, peeked } = await outcomesOf(handler);
      expect(told.released).toMatchObject([
        { reason: 'closed until noon', availableAt: new Date(wallMs + 90_000).toISOString() },
      ]);
      expect(peeked).toMatchObject({
        state: 'delayed',
        attempts: [{ outcome: 'released', reason: 'closed until noon' }],
      });
    }
  });

  it('is a release by a back-off of your own', async () => {
    const backoff = (count: number, error: Error) => (error.message === 'busy' ? count * 7000 : 0);
    const { told, wallMs } = await outcomesOf(() => Promise.reject(new Error('busy')), { backoff });
    expect(told.released[0]!.availableAt).toBe(new Date(wallMs + 7000).toISOString());
    const broken = await outcomesOf(() => Promise.reject(new Error('busy')), {
      backoff: () => {
        throw new Error('a bug in it');
      },
    });
    expect(broken.told).toMatchObject({
      released: [{ reason: 'busy' }],
      error: [{ error: { message: 'a bug in it' } }],
    });
  });

  it('is a reject with its reason, thrown or returned', async () => {
    for (const handler of [
      () => Promise.reject(new RejectError('no such user')),
      async () => new RejectError('no such user'),
    ]) {
      const { told, network } = await outcomesOf(handler);
      expect(told.rejected).toMatchObject([{ reason: 'no such user' }]);
      expect(await network.archived()).toMatchObject([
        { reason: 'no such user', deliveryCount: 1, outcome: 'rejected' },
      ]);
    }
  });

  it('has a reason that the server takes, however long or odd the message is', async () => {
    for (const message of ['é'.repeat(5000), `\ud800${'x'.repeat(1020)}€€`, '']) {
      const { told } = await outcomesOf(() => Promise.reject(new Error(message)));
      expect(told.released).toHaveLength(1);
      expect(told.error).toEqual([]);
    }
  });

  it('is a reject with the reason when the value does not fit the schema, and a typed value when it does', async () => {
    const network = await startNetwork();
    await network.produce([{ to: 'a@b.c', at: '2026-01-01' }, { to: 5 }, 'text']);
    const mail = z.object({ to: z.string(), at: z.coerce.date() });
    const seen: Date[] = [];
    const { worker, told } = newWorker(network, {
      schema: mail,
      handler: ({ value }) => {
        const at: Date = value.at;
        seen.push(at);
      },
    });
    worker.start();
    await until(() => told.rejected.length === 2);
    expect(seen).toEqual([new Date('2026-01-01')]);
    expect(told.rejected[0]!.reason).toMatch(/^the value does not fit the schema: to: .*string.*; at: /);
    expect((await network.archived()).map(({ offset }: { offset: number }) => offset)).toEqual([2, 1]);
    await worker.stop();
  });
});

describe('the lock of a record', () => {
  it('is renewed while its handler runs, together with others', async () => {
    const network = await startNetwork();
    await network.produce(values(2));
    const { handler, begun, calls, of } = heldHandler();
    const { worker, told, offsets } = newWorker(network, { handler, concurrency: 2 });
    worker.start();
    await until(() => begun.size === 2);
    for (let second = 0; second < 100; second++) await network.advance(1000);
    expect(calls).toEqual([0, 1]);
    expect((await network.peek(0)).holder).toBe('w');
    const renewals = network.requests.filter(({ body }) => body.acknowledgements?.[0].type === 'renew');
    // Every half of 30 s, those of the two in one request.
    expect(renewals.length).toBeLessThan(9);
    expect(renewals[0]!.body.acknowledgements).toHaveLength(2);
    for (const offset of [0, 1]) of(offset).end();
    await network.advance(5);
    await until(() => offsets('accepted').length === 2);
    expect(told.lockLost).toEqual([]);
    await worker.stop();
  });

  it('is taken for as long as the worker says, each time', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun } = heldHandler();
    const { worker } = newWorker(network, { handler, lockDurationMs: 2000 });
    worker.start();
    await until(() => begun.size === 1);
    for (let ms = 0; ms < 10_000; ms += 100) await network.advance(100);
    expect(network.requests[0]!.body.lockDurationMs).toBe(2000);
    const renewals = network.requests.filter(({ body }) => body.acknowledgements?.[0].type === 'renew');
    expect(renewals.length).toBeGreaterThan(8);
    expect(renewals[0]!.body.acknowledgements[0].lockDurationMs).toBe(2000);
    expect((await network.peek(0)).deliveryCount).toBe(1);
    await stop(network, worker);
  });

  it('is lost when somebody else takes the record: the signal is aborted, and what the handler says does not count', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const { worker, told } = newWorker(network, { handler });
    worker.start();
    await until(() => begun.size === 1);
    await network.door.ok('POST', '/v1/share-groups/g/settle', {
      topic: 't',
      partition: 0,
      firstOffset: 0,
      lastOffset: 0,
      type: 'reject',
    });
    await network.advance(16_000);
    await until(() => of(0).signal.aborted);
    expect(of(0).signal.reason).toMatchObject({ name: 'SashError', code: 'LEASE_SUPERSEDED' });
    expect(told.lockLost).toMatchObject([
      { record: { offset: 0 }, error: { message: expect.stringContaining('offset 0 of t-0') } },
    ]);
    of(0).end();
    await network.advance(100);
    expect(told.accepted).toEqual([]);
    await worker.stop();
  });

  it('is lost when the server cannot be reached until it ends', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const { worker, told } = newWorker(network, { handler });
    worker.start();
    await until(() => begun.size === 1);
    network.kill();
    await network.advance(29_000);
    expect(of(0).signal.aborted).toBe(false);
    expect(told.error.length).toBeGreaterThan(2);
    await network.advance(1100);
    expect(of(0).signal.reason).toMatchObject({ code: 'LEASE_EXPIRED' });
    of(0).fail(new Error('aborted'));
    await Promise.all([worker.stop(), network.advance(10_000)]);
  });

  it('is renewed no more when the handler takes longer than it may', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, calls, of } = heldHandler();
    const { worker, told } = newWorker(network, { handler, handlerTimeoutMs: 20_000 });
    worker.start();
    await until(() => begun.size === 1);
    await network.advance(19_900);
    expect(of(0).signal.aborted).toBe(false);
    await network.advance(200);
    expect(of(0).signal.reason).toMatchObject({ code: 'HANDLER_TIMEOUT' });
    // One that heeds the signal is released, with that as the reason.
    of(0).fail(of(0).signal.reason as Error);
    await until(() => told.released.length === 1);
    expect(told.released[0]!.reason).toBe('The handler took longer than 20000 ms');
    await network.advance(1000);
    await until(() => calls.length === 2);
    // One that does not keeps its place here, but not the record.
    for (let second = 0; second < 60; second++) await network.advance(1000);
    expect(told.lockLost).toMatchObject([{ error: { code: 'LEASE_EXPIRED' } }]);
    of(0).end();
    await worker.stop();
  });

  it('is renewed no more also when a renewal is on its way as the handler takes longer than it may', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const late = Promise.withResolvers<void>();
    const slowFetch: typeof network.fetch = async (address, init) => {
      const answer = await network.fetch(address, init);
      if (typeof init.body === 'string' && init.body.includes('"renew"')) await late.promise;
      return answer;
    };
    const { worker, offsets } = newWorker(network, { handler, handlerTimeoutMs: 16_000, fetch: slowFetch });
    worker.start();
    await until(() => begun.size === 1);
    await network.advance(15_100);
    expect(network.requests.filter(({ body }) => body.acknowledgements?.[0].type === 'renew')).toHaveLength(1);
    await network.advance(1000);
    expect(of(0).signal.reason).toMatchObject({ code: 'HANDLER_TIMEOUT' });
    late.resolve();
    for (let second = 0; second < 40; second++) await network.advance(1000);
    expect(offsets('lockLost')).toEqual([0]);
    of(0).end();
    await stop(network, worker);
  });

  it('runs out where the group does not allow renewing, and the worker says so', async () => {
    const network = await startNetwork();
    await network.door.ok('PATCH', '/v1/share-groups/g', { config: { 'share.renew.acknowledge.enable': 'false' } });
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const { worker, told } = newWorker(network, { handler });
    worker.start();
    await until(() => begun.size === 1);
    for (let second = 0; second < 31; second++) await network.advance(1000);
    expect(told.error).toMatchObject([{ error: { code: 'RENEW_DISABLED' }, fatal: false }]);
    expect(told.lockLost).toMatchObject([{ error: { code: 'LEASE_EXPIRED' } }]);
    of(0).end();
    await stop(network, worker);
  });
});

describe('a worker on a bad network', () => {
  it('repeats outcomes whose answer was lost, which does nothing twice', async () => {
    const network = await startNetwork();
    await network.produce(values(20));
    let lost = 0;
    network.way.fault = ({ body }) =>
      body?.acknowledgements !== undefined && lost++ % 2 === 0 ? 'answer lost' : undefined;
    const calls: number[] = [];
    const { worker, told, offsets } = newWorker(network, {
      handler: ({ offset }) => void calls.push(offset),
      concurrency: 3,
    });
    worker.start();
    for (let turn = 0; turn < 100 && told.accepted.length < 20; turn++) await network.advance(1000);
    expect(lost).toBeGreaterThan(4);
    expect(offsets('accepted').toSorted((a, b) => a - b)).toEqual(offsetsTo(20));
    // An acquire whose answer was lost has locked records that nobody here knows: they came again when their lock ended.
    expect(new Set(calls).size).toBe(calls.length);
    expect((await network.window()).lag).toBe(0);
    await worker.stop();
  });

  it('takes nothing more on while it cannot tell how the last ended', async () => {
    const network = await startNetwork();
    await network.produce(values(50));
    const full = (): Response =>
      Response.json(
        { code: 'STORAGE_FULL', detail: 'no room', retriable: true },
        { status: 507, headers: { 'retry-after': '5' } },
      );
    network.way.fault = ({ body }) => (body.acknowledgements === undefined ? undefined : full());
    const calls: number[] = [];
    const { worker, told } = newWorker(network, { handler: ({ offset }) => void calls.push(offset), concurrency: 2 });
    worker.start();
    await network.advance(10_000);
    expect(calls).toEqual([0, 1]);
    expect(told.error.length).toBeLessThan(6);
    network.way.fault = () => undefined;
    await network.advance(6000);
    await until(() => told.accepted.length === 50);
    expect(calls).toEqual(offsetsTo(50));
    await worker.stop();
  });

  it('goes on with a record that it has when the server comes back and hands it out again', async () => {
    const network = await startNetwork();
    await network.produce(values(2));
    const { handler, begun, calls, of } = heldHandler();
    const { worker, told, offsets } = newWorker(network, { handler, concurrency: 3 });
    worker.start();
    await until(() => begun.size === 2);
    network.kill();
    await network.restart();
    await network.advance(1000);
    // The lock of now is the new one, and the handlers know nothing of it.
    await until(() => network.requests.filter(({ body }) => body.maxRecords !== undefined).length >= 3);
    for (const offset of [0, 1]) of(offset).end();
    await network.advance(1000);
    await until(() => offsets('accepted').length === 2);
    expect(calls).toEqual([0, 1]);
    expect(told.lockLost).toEqual([]);
    await worker.stop();
  });

  it('does not do again what it has done, when the outcome could not be told before the server forgot the lock', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, calls, of } = heldHandler();
    const { worker, offsets, told } = newWorker(network, { handler });
    worker.start();
    await until(() => begun.size === 1);
    network.kill();
    of(0).end();
    await network.advance(100);
    await network.restart();
    for (let second = 0; second < 10; second++) await network.advance(1000);
    expect(offsets('accepted')).toEqual([0]);
    expect(calls).toEqual([0]);
    expect(told.lockLost).toMatchObject([{ error: { code: 'LEASE_EXPIRED' } }]);
    await worker.stop();
  });

  it('does again what it has done when it is handed out much later: somebody wants it', async () => {
    for (const minutes of [9, 11]) {
      const network = await startNetwork();
      await network.produce(values(1));
      const { handler, begun, calls, of } = heldHandler();
      const { worker, told, offsets } = newWorker(network, { handler });
      worker.start();
      await until(() => begun.size === 1);
      await network.door.ok('POST', '/v1/share-groups/g/pause');
      network.kill();
      of(0).end();
      await network.advance(100);
      await network.restart();
      for (let second = 0; second < 10; second++) await network.advance(1000);
      expect(told.lockLost).toMatchObject([{ error: { code: 'LEASE_EXPIRED' } }]);
      for (let second = 0; second < minutes * 60; second++) await network.advance(1000);
      await network.door.ok('POST', '/v1/share-groups/g/resume');
      await network.advance(1000);
      expect(calls).toHaveLength(minutes < 10 ? 1 : 2);
      of(0).end();
      await network.advance(1000);
      expect(offsets('accepted')).toEqual([0]);
      await worker.stop();
    }
  });

  it('begins nothing that waits for a handler before it knows that its lock outlived the failure of a request', async () => {
    for (const restarts of [true, false]) {
      const network = await startNetwork();
      await network.produce(values(200));
      const ends: (() => void)[] = [];
      const calls: number[] = [];
      const handler: Handler<unknown> = ({ offset }) => {
        calls.push(offset);
        // The first are quick, so that a buffer comes to be.
        return new Promise<void>((resolve) => (offset < 50 ? network.time.after(1, resolve) : ends.push(resolve)));
      };
      const slowFetch: typeof network.fetch = async (address, init) => {
        const answer = await network.fetch(address, init);
        await new Promise<void>((resolve) => network.time.after(5, resolve));
        return answer;
      };
      const { worker, offsets } = newWorker(network, { handler, concurrency: 2, fetch: slowFetch });
      worker.start();
      for (let ms = 0; ms < 200; ms++) await network.advance(1);
      const { buffered } = worker.counts;
      expect(buffered).toBeGreaterThan(3);
      const begun = calls.length;
      const endAll = async (): Promise<void> => {
        for (const end of ends.splice(0)) end();
        await network.advance(100);
      };
      if (restarts) network.kill();
      else network.way.fault = () => 'no connection';
      // The first two begin before the failure is known, the next do not.
      await endAll();
      await endAll();
      expect(calls.length).toBe(begun + 2);
      if (restarts) {
        await network.restart();
        await network.door.ok('POST', '/v1/share-groups/g/acquire', {
          topics: ['t'],
          maxRecords: 1000,
          workerId: 'other',
        });
      } else {
        network.way.fault = () => undefined;
      }
      for (let ms = 0; ms < 2000; ms += 50) await network.advance(50);
      // They are the other's now, or this worker's still.
      expect(calls.length).toBe(restarts ? begun + 2 : begun + 4);
      expect(offsets('lockLost').length).toBe(restarts ? buffered + 2 : 0);
      for (const end of ends.splice(0)) end();
      await stop(network, worker);
    }
  });

  it('begins a record that came back anew only when the handler that has lost it has ended without success', async () => {
    for (const succeeds of [true, false]) {
      const network = await startNetwork();
      await network.produce(values(1));
      const { handler, begun, calls, of } = heldHandler();
      const { worker, told, offsets } = newWorker(network, { handler, concurrency: 2 });
      worker.start();
      await until(() => begun.size === 1);
      network.kill();
      await network.advance(31_000);
      expect(of(0).signal.aborted).toBe(true);
      await network.restart();
      for (let second = 0; second < 10; second++) await network.advance(1000);
      expect((await network.peek(0)).holder).toBe('w');
      expect(calls).toEqual([0]);
      if (succeeds) of(0).end();
      else of(0).fail(new Error('aborted'));
      await network.advance(1000);
      if (!succeeds) {
        expect(calls).toEqual([0, 0]);
        of(0).end();
        await network.advance(1000);
      }
      await until(() => offsets('accepted').length === 1);
      expect(calls).toHaveLength(succeeds ? 1 : 2);
      expect(told.released).toEqual([]);
      await worker.stop();
    }
  });

  it('begins a record that it has released again when that comes back before the answer to its release', async () => {
    const network = await startNetwork();
    await network.produce(values(2));
    const { handler, begun, calls, of } = heldHandler();
    const answered = Promise.withResolvers<void>();
    const slowFetch: typeof network.fetch = async (address, init) => {
      const answer = await network.fetch(address, init);
      if (typeof init.body === 'string' && init.body.includes('"release"')) await answered.promise;
      return answer;
    };
    const { worker, offsets } = newWorker(network, { handler, concurrency: 3, fetch: slowFetch, backoff: () => 0 });
    worker.start();
    await until(() => begun.size === 2);
    of(0).fail(new Error('once more'));
    await network.advance(1000);
    // The acquire that waits has it, and whether the release counted is not known yet.
    expect(await network.peek(0)).toMatchObject({ holder: 'w', deliveryCount: 2 });
    expect(calls).toEqual([0, 1]);
    answered.resolve();
    await until(() => calls.length === 3);
    expect(calls).toEqual([0, 1, 0]);
    expect(offsets('released')).toEqual([0]);
    for (const offset of [0, 1]) of(offset).end();
    await network.advance(1000);
    await until(() => offsets('accepted').length === 2);
    expect((await network.window()).lag).toBe(0);
    await worker.stop();
  });

  it('asks again where an answer is not of sash, such as a page of a proxy with status 200', async () => {
    const network = await startNetwork();
    await network.produce(values(3));
    const { handler, begun, of } = heldHandler();
    const { worker, told, offsets } = newWorker(network, { handler, concurrency: 3 });
    const strange = (): Response[] => [new Response(''), new Response('{}'), Response.json({ records: 1, results: 1 })];
    let answers = strange();
    network.way.fault = () => answers.shift();
    worker.start();
    for (let second = 0; second < 5; second++) await network.advance(1000);
    await until(() => begun.size === 3);
    // Renewals, then outcomes.
    answers = strange();
    await network.advance(28_000);
    expect(of(0).signal.aborted).toBe(false);
    answers = strange();
    for (const offset of begun.keys()) of(offset).end();
    for (let second = 0; second < 5; second++) await network.advance(1000);
    expect(offsets('accepted')).toEqual([0, 1, 2]);
    expect(told.lockLost).toEqual([]);
    expect(new Set(told.error.map(({ error }) => (error as SashError).code))).toEqual(new Set(['BAD_ANSWER']));
    await stop(network, worker);
  });

  it('waits longer and longer for a server that is away, and says each time what failed', async () => {
    const network = await startNetwork();
    network.kill();
    const { worker, told } = newWorker(network, { handler: () => {} });
    worker.start();
    await network.advance(20_000);
    expect(told.error.length).toBeGreaterThan(5);
    expect(told.error.length).toBeLessThan(12);
    expect(told.error[0]).toMatchObject({ error: { name: 'SashError', code: 'NETWORK_ERROR' }, fatal: false });
    await network.restart();
    await network.produce(values(1));
    await network.advance(5000);
    await until(() => told.accepted.length === 1);
    await worker.stop();
  });

  it('waits for a topic that is not there yet', async () => {
    const network = await startNetwork();
    const { worker, told } = newWorker(network, { handler: () => {}, topics: ['later'] });
    worker.start();
    await network.advance(1000);
    expect(told.error[0]).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' }, fatal: false });
    await network.door.ok('POST', '/v1/topics', { topic: 'later' });
    await network.produce(values(1), 'later');
    await network.advance(5000);
    await until(() => told.accepted.length === 1);
    await worker.stop();
  });

  it('has outcomes confirmed also when the acquire that took them along is refused', async () => {
    const network = await startNetwork();
    await network.door.ok('POST', '/v1/topics', { topic: 'u' });
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const { worker, told, offsets } = newWorker(network, { handler, topics: ['t', 'u'] });
    worker.start();
    await until(() => begun.size === 1);
    await network.door.ok('DELETE', '/v1/topics/u');
    of(0).end();
    await network.advance(2000);
    expect(told.error[0]).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
    expect(offsets('accepted')).toEqual([0]);
    await worker.stop();
  });

  it('ends when what it asks for can never be', async () => {
    const network = await startNetwork();
    const { worker, told } = newWorker(network, { handler: () => {}, topics: ['not a name!'] });
    await expect(worker.run()).rejects.toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' });
    expect(told.error).toMatchObject([{ fatal: true }]);
    expect(told.stopped).toHaveLength(1);
  });

  it('writes errors that nobody listens for on the console', async () => {
    const network = await startNetwork();
    network.kill();
    const written = vi.spyOn(console, 'error').mockImplementation(() => {});
    const worker = new Worker({
      url: 'http://localhost:1',
      group: 'g',
      topics: ['t'],
      handler: () => {},
      fetch: network.fetch,
      time: network.time,
    });
    worker.start();
    await until(() => written.mock.calls.length > 0);
    expect(String(written.mock.calls[0]![0])).toMatch(/^sash worker worker-\w{6} of group g: POST http:.*fetch failed/);
    await worker.stop();
    written.mockRestore();
  });
});

describe('a worker that stops', () => {
  it('takes nothing more, lets its handlers end, and has their outcomes confirmed', async () => {
    const network = await startNetwork();
    await network.produce(values(5));
    const { handler, begun, calls, of } = heldHandler();
    const { worker, told, offsets } = newWorker(network, { handler, concurrency: 2 });
    worker.start();
    await until(() => begun.size === 2);
    const stopped = worker.stop();
    of(0).end();
    await network.advance(10_000);
    expect(told.stopped).toEqual([]);
    of(1).end();
    await network.advance(5);
    await stopped;
    expect(offsets('accepted')).toEqual([0, 1]);
    expect(calls).toEqual([0, 1]);
    expect(told.stopped).toEqual([{ drained: true }]);
    expect(await network.window()).toMatchObject({ lag: 3, counts: { acquired: 0 } });
  });

  it('releases at once what has not ended when its time to drain is over, and aborts it first', async () => {
    const network = await startNetwork();
    await network.produce(values(2));
    const { handler, begun, of } = heldHandler();
    const { worker, told } = newWorker(network, { handler, concurrency: 2 });
    worker.start();
    await until(() => begun.size === 2);
    const stopped = worker.stop({ drainTimeoutMs: 10_000 });
    await network.advance(9900);
    expect(of(0).signal.aborted).toBe(false);
    await network.advance(200);
    expect(of(0).signal.reason).toMatchObject({ code: 'WORKER_STOPPED' });
    // One heeds it, the other never does.
    of(0).fail(of(0).signal.reason as Error);
    await network.advance(1000);
    await network.advance(5);
    await stopped;
    expect(told.stopped).toEqual([{ drained: false }]);
    expect(told.released.map(({ record, reason }) => [record.offset, reason])).toEqual([
      [0, 'the worker stopped before its handler ended'],
      [1, 'the worker stopped before its handler ended'],
    ]);
    expect((await network.window()).counts).toMatchObject({ available: 2, delayed: 0 });
  });

  it('releases also what came back anew while a handler that has lost it does not end', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun } = heldHandler();
    const { worker, offsets } = newWorker(network, { handler, concurrency: 2 });
    worker.start();
    await until(() => begun.size === 1);
    network.kill();
    await network.advance(31_000);
    await network.restart();
    for (let second = 0; second < 10; second++) await network.advance(1000);
    expect((await network.peek(0)).holder).toBe('w');
    await stop(network, worker);
    expect(offsets('released')).toEqual([0]);
    expect(network.timers).toBe(0);
  });

  it('gives back what came anew while the handler that had lost it still ran, and begins nothing more', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, calls, of } = heldHandler();
    const { worker } = newWorker(network, { handler, concurrency: 2 });
    worker.start();
    await until(() => begun.size === 1);
    network.kill();
    await network.advance(31_000);
    await network.restart();
    for (let second = 0; second < 10; second++) await network.advance(1000);
    expect((await network.peek(0)).holder).toBe('w');
    await stop(network, worker);
    const { attempts } = await network.peek(0);
    expect(attempts[1]).toMatchObject({ outcome: 'released', reason: 'the worker stopped before its handler ended' });
    of(0).fail(new Error('aborted'));
    await network.advance(1000);
    expect(calls).toEqual([0]);
    expect(network.timers).toBe(0);
  });

  it('can be hurried, and stops also when the server is away', async () => {
    const network = await startNetwork();
    await network.produce(values(1));
    const { handler, begun, of } = heldHandler();
    const { worker, told } = newWorker(network, { handler });
    worker.start();
    await until(() => begun.size === 1);
    network.kill();
    of(0).end();
    const stopped = worker.stop({ drainTimeoutMs: 60_000 });
    void worker.stop({ drainTimeoutMs: 0 });
    await network.advance(6000);
    await stopped;
    expect(told.stopped).toEqual([{ drained: false }]);
    expect(network.timers).toBe(0);
  });

  it('stops with the signal of run, and is not started twice', async () => {
    const network = await startNetwork();
    const { worker } = newWorker(network, { handler: () => {} });
    const controller = new AbortController();
    const ran = worker.run({ signal: controller.signal });
    expect(() => worker.start()).toThrow('make a new one');
    controller.abort();
    await ran;
  });
});

describe('the settings of a worker', () => {
  const made = (settings: object) => () =>
    new Worker({ url: 'http://localhost:8080', group: 'g', topics: ['t'], handler: () => {}, ...settings });

  it('are refused when they cannot be', () => {
    expect(made({ concurrency: 0 })).toThrow('concurrency is 0; it must be a whole number from 1 to 5000');
    expect(made({ maxBuffered: 1.5 })).toThrow('maxBuffered is 1.5');
    expect(made({ lockDurationMs: 50 })).toThrow('lockDurationMs is 50');
    expect(made({ handlerTimeoutMs: 0 })).toThrow('handlerTimeoutMs is 0');
    expect(made({ topics: [] })).toThrow('topics');
    expect(made({ topics: 't' })).toThrow('topics');
    expect(made({ handler: 'no' })).toThrow('handler');
    expect(made({ url: 'nowhere' })).toThrow('url');
  });
});
