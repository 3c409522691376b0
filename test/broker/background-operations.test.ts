import { describe, expect, it } from 'vitest';
import {
  BackgroundOperations,
  maxUnfinished,
  retryDelaysMs,
} from '../../src/broker/background/background-operations.ts';
import type { OperationSite } from '../../src/broker/background/operation-site.ts';
import { settleStepOffsets } from '../../src/broker/background/settle-operation.ts';
import type { BackgroundOperation, NewOperation } from '../../src/ports/operation-queue.ts';
import { LocalOperationQueue } from '../../src/store/local-operation-queue.ts';
import { MemoryOperations } from '../../src/store/memory-operations.ts';
import { codeOf, must, startBroker } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';
import { FaultyStore } from './faulty-outside.ts';

type Fixture = Awaited<ReturnType<typeof startBroker>>;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Keeps what it is given until the process that has it dies: then a write never comes back, and the next process finds what was stored. */
class MortalOperations extends MemoryOperations {
  /** So many writes go through; of the next one nothing is known. */
  livesFor = Infinity;
  puts = 0;

  override async put(...args: Parameters<MemoryOperations['put']>): Promise<void> {
    if (++this.puts > this.livesFor) await new Promise<never>(() => {});
    await super.put(...args);
  }
}

/** A process that finds the operations of one that has died, on the same broker. */
const nextProcess = async ({ broker, clock }: Fixture, table: MemoryOperations) => {
  const operations = new BackgroundOperations({
    site: broker,
    queue: new LocalOperationQueue({ table, clock, logger: silent }),
    clock,
    logger: silent,
  });
  await operations.start();
  return operations;
};

const asked = (change: Partial<NewOperation> = {}): NewOperation => ({
  kind: 'settle',
  group: 'g',
  topic: null,
  partition: null,
  request: { type: 'retry', reason: 'smtp is back', firstOffset: null, lastOffset: null },
  door: 'http',
  from: '::1',
  ...change,
});

const ended = async (operations: Pick<BackgroundOperations, 'find'>, id: string): Promise<BackgroundOperation> => {
  for (;;) {
    const operation = must(await operations.find(id));
    if (operation.endedAtMs !== null) return operation;
    await settle();
  }
};

/** A topic of some partitions, `records` in each, all of them delivered so many times, and free again. */
const delivered = async (
  change: {
    partitions?: number;
    records?: number;
    deliveries?: number;
    table?: MemoryOperations;
    store?: FaultyStore;
  } = {},
) => {
  const { partitions = 1, records = 12_000, deliveries = 2, table, store } = change;
  const fixture = await startBroker({
    ...(table === undefined ? {} : { operationTable: table }),
    ...(store === undefined ? {} : { store }),
  });
  const { broker, produce, acquire } = fixture;
  must(await broker.createTopic({ name: 't', partitions, config: {} }));
  must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '20000' }));
  for (let partition = 0; partition < partitions; partition++) {
    await produce(
      't',
      Array.from({ length: records }, () => 'x'),
      partition,
    );
  }
  for (let count = 0; count < deliveries; count++) {
    for (let partition = 0; partition < partitions; partition++) {
      must(await acquire({ maxRecords: records, maxBytes: 50_000_000 }));
    }
    must(await broker.releaseWorker('g', 'w1'));
  }
  return fixture;
};

/** Neighbours that differ in nothing that is shown here are one: they may have been loaded from several endings. */
const runsOf = async ({ broker }: Fixture, partition = 0) => {
  const page = must(await broker.windowPage({ group: 'g', topic: 't', partition, fromOffset: null, limit: 100 }));
  const joined: { firstOffset: number; lastOffset: number; state: string; deliveryCount: number }[] = [];
  for (const { firstOffset, lastOffset, state, deliveryCount } of page.runs) {
    const before = joined.at(-1);
    if (before?.state === state && before.deliveryCount === deliveryCount) before.lastOffset = lastOffset;
    else joined.push({ firstOffset, lastOffset, state, deliveryCount });
  }
  return joined;
};

const auditOf = async ({ broker }: Fixture) =>
  must(await broker.auditPage({ group: 'g', after: null, limit: 100 })).lines.map(({ summary }) => summary);

describe('a settle in the background', () => {
  it('gives back the records of all windows, some thousand at a time, and tells of it twice in the audit', async () => {
    const fixture = await delivered({ partitions: 2 });
    const begun = must(await fixture.operations.begin(asked()));
    expect(begun).toMatchObject({ state: 'queued', kind: 'settle', group: 'g' });
    const done = await ended(fixture.operations, begun.id);
    expect(done).toMatchObject({
      state: 'done',
      done: 24_000,
      total: 24_000,
      result: { accepted: 0, rejected: 0, released: 0, archived: 0, retried: 24_000, locksTaken: 0 },
    });
    for (const partition of [0, 1]) {
      expect(await runsOf(fixture, partition)).toEqual([
        { firstOffset: 0, lastOffset: 11_999, state: 'available', deliveryCount: 1 },
      ]);
    }
    expect((await auditOf(fixture)).slice(0, 2)).toEqual([
      'gave back 24000 records of all windows of g: “smtp is back”',
      'began to retry all windows of g: “smtp is back”, in the background',
    ]);
  });

  it('of a range leaves the rest as it is, whoever holds the records', async () => {
    const fixture = await delivered({ records: 20, deliveries: 1 });
    must(await fixture.acquire({ maxRecords: 10, worker: 'w2' }));
    const request = { type: 'accept', reason: null, firstOffset: 5, lastOffset: 14 };
    const { id } = must(await fixture.operations.begin(asked({ topic: 't', partition: 0, request })));
    expect(await ended(fixture.operations, id)).toMatchObject({
      state: 'done',
      done: 10,
      result: { accepted: 10, locksTaken: 5 },
    });
    expect((await runsOf(fixture)).map(({ firstOffset, state }) => [firstOffset, state])).toEqual([
      [0, 'acquired'],
      [5, 'acknowledged'],
      // Delivered once, as the ten before were twice.
      [10, 'acknowledged'],
      [15, 'available'],
    ]);
    const peeked = must(await fixture.broker.peek({ group: 'g', topic: 't', partition: 0, offset: 5 }));
    expect(peeked.attempts.at(-1)).toMatchObject({ holder: id, outcome: 'accepted' });
  });

  it('that a dead process left goes on: wherever it died nothing is done twice, nothing is left out, and the totals are right', async () => {
    const table = new MortalOperations();
    const untroubled = await delivered({ table });
    await ended(untroubled.operations, must(await untroubled.operations.begin(asked())).id);
    const writes = table.puts;
    expect(writes).toBeGreaterThan(12_000 / settleStepOffsets + 2);
    // The first write is the operation itself: before it there is none.
    for (let livesFor = 1; livesFor < writes; livesFor++) {
      const mortal = new MortalOperations();
      const fixture = await delivered({ table: mortal });
      mortal.livesFor = livesFor;
      const { id } = must(await fixture.operations.begin(asked()));
      while (mortal.puts <= livesFor) await settle();
      mortal.livesFor = Infinity;
      const done = await ended(await nextProcess(fixture, mortal), id);
      expect(done, `died after ${livesFor} of ${writes} writes`).toMatchObject({
        state: 'done',
        done: 12_000,
        result: { retried: 12_000 },
      });
      expect(await runsOf(fixture)).toEqual([
        { firstOffset: 0, lastOffset: 11_999, state: 'available', deliveryCount: 1 },
      ]);
    }
  });

  it('is cancelled between two steps, and what was done stays done', async () => {
    const store = new FaultyStore();
    const fixture = await delivered({ store });
    const { operations, broker } = fixture;
    store.writes = 'hangs';
    const { id } = must(await operations.begin(asked()));
    while (store.trouble.held === 0) await settle();
    store.trouble.letGo();
    while (store.trouble.held === 0) await settle();
    const asker = { door: 'http', from: '10.0.0.7' } as const;
    expect(must(await operations.cancel(id, asker))).toMatchObject({
      state: 'running',
      isCancelling: true,
      done: 5_000,
    });
    expect(must(await operations.cancel(id, asker))).toMatchObject({ state: 'running', isCancelling: true });
    store.trouble.letGo();
    const done = await ended(operations, id);
    expect(done).toMatchObject({ state: 'cancelled', done: 10_000, total: 12_000, result: { retried: 10_000 } });
    expect(await runsOf(fixture)).toEqual([
      { firstOffset: 0, lastOffset: 9_999, state: 'available', deliveryCount: 1 },
      { firstOffset: 10_000, lastOffset: 11_999, state: 'available', deliveryCount: 2 },
    ]);
    expect(must(await operations.cancel(id, asker))).toEqual(done);
    const lines = must(await broker.auditPage({ group: 'g', after: null, limit: 2 })).lines;
    expect(lines.map(({ action }) => action).sort()).toEqual(['cancel-operation', 'settle']);
    expect(lines.find(({ action }) => action === 'settle')?.summary).toContain('; then it was cancelled');
    expect(lines.find(({ action }) => action === 'cancel-operation')).toMatchObject({ from: '10.0.0.7' });
  });

  it.each(['fails', 'full', 'lost_answer', 'not_done'] as const)(
    'tries a step again whose write %s, with the reason to be seen meanwhile: its records are given back once',
    async (trouble) => {
      const store = new FaultyStore();
      const fixture = await delivered({ store });
      const { operations, clock } = fixture;
      store.writes = trouble;
      const { id } = must(await operations.begin(asked()));
      while (must(await operations.find(id)).error === null) await settle();
      expect(must(await operations.find(id))).toMatchObject({
        state: 'running',
        error: { message: expect.stringContaining('failed on purpose') },
      });
      store.writes = 'works';
      await clock.advance(retryDelaysMs[0]);
      const done = await ended(operations, id);
      expect(done).toMatchObject({ state: 'done', error: null, result: { retried: 12_000 } });
      expect(await runsOf(fixture)).toEqual([
        { firstOffset: 0, lastOffset: 11_999, state: 'available', deliveryCount: 1 },
      ]);
    },
  );

  it('has failed, with its reason, when a step does not go well for a minute and a half', async () => {
    const store = new FaultyStore();
    const fixture = await delivered({ store });
    const { operations, clock } = fixture;
    store.writes = 'full';
    const { id } = must(await operations.begin(asked()));
    await settle();
    for (const delayMs of retryDelaysMs) {
      expect(must(await operations.find(id)).state).toBe('running');
      await clock.advance(delayMs);
    }
    expect(await ended(operations, id)).toMatchObject({
      state: 'failed',
      error: { code: 'STORAGE_FULL', message: expect.stringContaining('failed on purpose') },
    });
    expect((await auditOf(fixture))[0]).toContain('gave back 0 records of all windows of g');
    expect((await auditOf(fixture))[0]).toContain('; then it failed: write failed on purpose');
  });

  it('goes over a topic that was deleted meanwhile, where others are there; alone, it has failed', async () => {
    const store = new FaultyStore();
    const fixture = await delivered({ store, records: 10 });
    const { operations, broker, clock } = fixture;
    store.writes = 'full';
    const all = must(await operations.begin(asked()));
    const one = must(await operations.begin(asked({ topic: 't', partition: 0 })));
    while (must(await operations.find(one.id)).error === null) await settle();
    must(await broker.deleteTopic('t'));
    await clock.advance(retryDelaysMs[0]);
    expect(await ended(operations, all.id)).toMatchObject({ state: 'done', result: { retried: 0 } });
    expect(await ended(operations, one.id)).toMatchObject({
      state: 'failed',
      error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    });
  });

  it('waits for a window whose node cannot be asked, and does not leave it out', async () => {
    const fixture = await delivered({ partitions: 2, records: 10 });
    const { broker, clock } = fixture;
    let isAway = true;
    const away = { code: 'NOT_OWNER', message: 'nobody has t-1 at this moment' } as const;
    const site: OperationSite = {
      nodeCalls: broker.nodeCalls,
      shareOffsets: broker.shareOffsets,
      live: broker.live,
      operator: (asker) => broker.operator(asker),
      deleteShareGroup: (group) => broker.deleteShareGroup(group),
      // What cannot be asked is missing among the windows.
      windows: async (group) => {
        const windows = must(await broker.windows(group));
        return { ok: true, value: isAway ? windows.filter(({ partition }) => partition === 0) : windows };
      },
      windowPage: async (request) =>
        isAway && request.partition === 1 ? { ok: false, error: away } : await broker.windowPage(request),
      settle: (request) => broker.settle(request),
    };
    const queue = new LocalOperationQueue({ table: new MemoryOperations(), clock, logger: silent });
    const operations = new BackgroundOperations({ site, queue, clock, logger: silent });
    await operations.start();
    const { id } = must(await operations.begin(asked()));
    while (must(await operations.find(id)).error === null) await settle();
    expect(must(await operations.find(id))).toMatchObject({ state: 'running', error: away });
    isAway = false;
    await clock.advance(retryDelaysMs[0]);
    expect(await ended(operations, id)).toMatchObject({ state: 'done', done: 20, result: { retried: 20 } });
  });

  it('is refused for what is not there, and when too many have not ended', async () => {
    const store = new FaultyStore();
    const { operations } = await delivered({ store, records: 10 });
    expect(codeOf(await operations.begin(asked({ group: 'nobody' })))).toBe('GROUP_ID_NOT_FOUND');
    expect(codeOf(await operations.begin(asked({ topic: 'nothing' })))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await operations.begin(asked({ topic: 't', partition: 7 })))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await operations.begin(asked({ partition: 0 })))).toBe('INVALID_REQUEST');
    const request = { type: 'retry', reason: null, firstOffset: 3, lastOffset: null };
    expect(codeOf(await operations.begin(asked({ topic: 't', request })))).toBe('INVALID_REQUEST');
    store.writes = 'hangs';
    for (let count = 0; count < maxUnfinished; count++) must(await operations.begin(asked()));
    expect(codeOf(await operations.begin(asked()))).toBe('TOO_MANY_OPERATIONS');
  });
});

describe('a group that is deleted in the background', () => {
  const wanted = asked({ kind: 'delete-group', request: {} });

  it('goes with all it has, wherever the process died on the way', async () => {
    for (let livesFor = 1; livesFor < 5; livesFor++) {
      const table = new MortalOperations();
      const fixture = await delivered({ table, partitions: 3, records: 10, deliveries: 1 });
      table.livesFor = livesFor;
      const { id } = must(await fixture.operations.begin(wanted));
      while (table.puts <= livesFor) await settle();
      table.livesFor = Infinity;
      const done = await ended(await nextProcess(fixture, table), id);
      expect(done).toMatchObject({ state: 'done', done: 3, total: 3, result: { windows: 3 } });
      expect(codeOf(await fixture.broker.describeShareGroup('g'))).toBe('GROUP_ID_NOT_FOUND');
      expect((await auditOf(fixture))[0]).toBe('deleted the share group g with 3 windows');
    }
  });

  it('is refused while somebody works in it, and fails when somebody begins to', async () => {
    const store = new FaultyStore();
    const fixture = await delivered({ store, records: 10, deliveries: 1 });
    const { operations, acquire, clock } = fixture;
    must(await acquire());
    expect(codeOf(await operations.begin(wanted))).toBe('NON_EMPTY_GROUP');
    must(await fixture.broker.releaseWorker('g', 'w1'));
    store.deletes = 'fails';
    const { id } = must(await operations.begin(wanted));
    while (must(await operations.find(id)).error === null) await settle();
    must(await acquire());
    await clock.advance(retryDelaysMs[0]);
    expect(await ended(operations, id)).toMatchObject({ state: 'failed', error: { code: 'NON_EMPTY_GROUP' } });
  });
});

describe('an export of a window', () => {
  const wanted = asked({ kind: 'export-window', topic: 't', partition: 0, request: {} });
  const linesOf = async (operations: BackgroundOperations, id: string) => {
    let text = '';
    for await (const part of must(await operations.output(id)).parts()) text += part;
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { firstOffset: number; lastOffset: number; state: string });
  };

  it('has each run of the window in a line, wherever the process died on the way, and leaves no line in the audit', async () => {
    for (const livesFor of [1, 2, 3, 4]) {
      const table = new MortalOperations();
      const fixture = await delivered({ table, records: 12_000, deliveries: 0 });
      // Every second record is done: 12,000 runs.
      const { ranges } = must(await fixture.acquire({ maxRecords: 12_000, maxBytes: 50_000_000 }));
      const [range] = ranges;
      const leases = Array.from({ length: 6_000 }, (_, index) => ({ ...range!, offset: 2 * index + 1 }));
      await fixture.acknowledge('accept', leases);
      const audited = await auditOf(fixture);
      table.livesFor = livesFor;
      const { id } = must(await fixture.operations.begin(wanted));
      while (table.puts <= livesFor) await settle();
      table.livesFor = Infinity;
      const operations = await nextProcess(fixture, table);
      const done = await ended(operations, id);
      expect(done).toMatchObject({
        state: 'done',
        done: 12_000,
        total: 12_000,
        result: { startOffset: 0, endOffset: 12_000, runs: 12_000 },
      });
      const lines = await linesOf(operations, id);
      expect(lines).toHaveLength(12_000);
      expect(lines.map(({ firstOffset }) => firstOffset)).toEqual(Array.from({ length: 12_000 }, (_, index) => index));
      expect(lines[7]).toMatchObject({
        topic: 't',
        partition: 0,
        firstOffset: 7,
        lastOffset: 7,
        state: 'acknowledged',
      });
      expect(await auditOf(fixture)).toEqual(audited);
    }
  }, 60_000);

  it('can be fetched for a day', async () => {
    const { operations, clock } = await delivered({ records: 10 });
    const { id } = must(await operations.begin(wanted));
    const settled = must(await operations.begin(asked()));
    await ended(operations, id);
    await ended(operations, settled.id);
    expect(await linesOf(operations, id)).toHaveLength(1);
    await clock.advance(86_400_000 - 1_000);
    expect(await linesOf(operations, id)).toHaveLength(1);
    await clock.advance(2_000);
    expect(codeOf(await operations.output(id))).toBe('OPERATION_RESULT_NOT_FOUND');
    expect(must(await operations.find(id))).toMatchObject({ state: 'done', output: null });
    expect(codeOf(await operations.output(settled.id))).toBe('OPERATION_RESULT_NOT_FOUND');
    expect(codeOf(await operations.output('nothing'))).toBe('OPERATION_NOT_FOUND');
  });
});

it('the live feed tells who watches of operations: of all, or of the group that they are about', async () => {
  const { operations, broker, clock } = await delivered({ records: 10 });
  const told: { all: string[]; group: string[] } = { all: [], group: [] };
  const watcher = (into: string[]) => ({
    take: (entries: readonly { readonly change: { readonly kind: string } }[]) => {
      for (const { change } of entries) {
        if (change.kind === 'operation')
          into.push((change as unknown as { operation: BackgroundOperation }).operation.state);
      }
      return true;
    },
    end: () => {},
  });
  must(await broker.live.feed.watch(null, null, watcher(told.all)));
  must(await broker.live.feed.watch('g', null, watcher(told.group)));
  const { id } = must(await operations.begin(asked()));
  await ended(operations, id);
  await clock.advance(2_000);
  expect(told.all.at(-1)).toBe('done');
  expect(told.group.at(-1)).toBe('done');
  must(await broker.createTopic({ name: 'other', partitions: 1, config: {} }));
  broker.live.feed.operation({
    ...must(await operations.find(id)),
    id: 'another',
    group: 'elsewhere',
    state: 'failed',
  });
  await clock.advance(2_000);
  expect(told.all.at(-1)).toBe('failed');
  expect(told.group.at(-1)).toBe('done');
});

it('operations are counted: those that run and wait, and those that ended, by how', async () => {
  const { operations, clock } = await delivered({ records: settleStepOffsets + 1_000 });
  const began = await Promise.all(Array.from({ length: 6 }, () => operations.begin(asked())));
  expect((await operations.measure()).settle).toEqual({
    running: 4,
    waiting: 2,
    ended: { done: 0, failed: 0, cancelled: 0 },
  });
  const [first, ...others] = began.map((each) => must(each).id).toReversed();
  must(await operations.cancel(first!, { door: 'http', from: '::1' }));
  for (const id of others) await ended(operations, id);
  await clock.advance(60_000);
  const missing = must(await operations.begin(asked({ topic: 't' })));
  await ended(operations, missing.id);
  expect(await operations.measure()).toMatchObject({
    settle: { running: 0, waiting: 0, ended: { done: 6, failed: 0, cancelled: 1 } },
    'export-window': { running: 0, waiting: 0, ended: { done: 0 } },
  });
});
