import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  type BackgroundOperation,
  type NewOperation,
  type OperationProgress,
  type OperationQueue,
  type OperationRun,
  type OperationWork,
  hasEnded,
  operationLimits,
} from '../../src/ports/operation-queue.ts';

export interface QueueUnderTest {
  readonly queue: OperationQueue;
  /** Another process, after this one was closed or has died; absent when nothing outlives the process. */
  reopen?(how: 'after a close' | 'after a kill'): Promise<OperationQueue>;
  cleanUp(): Promise<void>;
}

export const newOperation = (change: Partial<NewOperation> = {}): NewOperation => ({
  kind: 'settle',
  group: 'mailers ü',
  topic: 'emails',
  partition: null,
  request: { type: 'retry', reason: '“smtp is back”' },
  door: 'http',
  from: '::1',
  ...change,
});

const progress = (step: number, change: Partial<OperationProgress> = {}): OperationProgress => ({
  cursor: { step },
  done: step,
  total: 3,
  result: { steps: step },
  error: null,
  ...change,
});

/** Resolves when it holds of the operation; asks again and again, because another process may be the one who works at it. */
export async function until(
  queue: OperationQueue,
  id: string,
  holds: (operation: BackgroundOperation) => boolean,
): Promise<BackgroundOperation> {
  for (;;) {
    const operation = await queue.find(id);
    if (operation !== undefined && holds(operation)) return operation;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What every queue of operations does. */
export function operationQueueContract(make: () => Promise<QueueUnderTest>): void {
  let subject: QueueUnderTest;
  let queue: OperationQueue;

  beforeEach(async () => {
    subject = await make();
    queue = subject.queue;
  });
  afterEach(() => subject.cleanUp());

  const threeSteps: OperationWork = async (operation, run) => {
    const { step } = (operation.cursor ?? { step: 0 }) as { step: number };
    for (let next = step + 1; next <= 3; next++) {
      if (run.signal.aborted) return run.isCancelled() ? { state: 'cancelled', result: null, error: null } : null;
      await run.save(progress(next));
    }
    return { state: 'done', result: { steps: 3 }, error: null };
  };

  /** Work that stands still before its next step until it is told to go on. */
  const standing = () => {
    const runs: { operation: BackgroundOperation; run: OperationRun; goOn: () => void }[] = [];
    let came = (): void => {};
    const work: OperationWork = async (operation, run) => {
      await new Promise<void>((goOn) => {
        runs.push({ operation, run, goOn });
        came();
        run.signal.addEventListener('abort', () => goOn());
        if (run.signal.aborted) goOn();
      });
      if (run.signal.aborted)
        return run.isCancelled() ? { state: 'cancelled', result: { steps: 0 }, error: null } : null;
      return { state: 'done', result: null, error: null };
    };
    const isCount = async (count: number) => {
      while (runs.length < count) await new Promise<void>((resolve) => (came = resolve));
    };
    return { work, runs, isCount };
  };

  test('is empty at first, and knows nothing of an id that it did not give', async () => {
    await queue.start(threeSteps);
    expect(await queue.list()).toEqual([]);
    expect(await queue.unfinished()).toEqual([]);
    expect(await queue.find('nobody')).toBeUndefined();
    expect(await queue.cancel('nobody')).toBeUndefined();
    expect(await queue.outputPart('nobody', 0)).toBeUndefined();
  });

  test('an operation is queued with all that was asked for, worked at, and done; who watches is told of each change', async () => {
    const seen: BackgroundOperation[] = [];
    queue.watch((operation) => seen.push(operation));
    await queue.start(threeSteps);
    const added = await queue.add(newOperation());
    expect(added).toEqual({
      ...newOperation(),
      id: expect.stringMatching(/^[a-z0-9-]{1,64}$/),
      state: 'queued',
      isCancelling: false,
      cursor: null,
      done: 0,
      total: null,
      result: null,
      error: null,
      output: null,
      createdAtMs: expect.any(Number),
      startedAtMs: null,
      updatedAtMs: expect.any(Number),
      endedAtMs: null,
    });
    const ended = await until(queue, added.id, hasEnded);
    expect(ended).toMatchObject({
      ...newOperation(),
      id: added.id,
      state: 'done',
      done: 3,
      total: 3,
      result: { steps: 3 },
      error: null,
      createdAtMs: added.createdAtMs,
      startedAtMs: expect.any(Number),
      endedAtMs: expect.any(Number),
    });
    expect(await queue.list()).toEqual([ended]);
    while (seen.at(-1)?.state !== 'done') await new Promise((resolve) => setTimeout(resolve, 5));
    const dones = seen.map(({ done }) => done);
    expect(dones).toEqual(dones.toSorted((a, b) => a - b));
  });

  test('one that has failed says why, and is listed with the others, newest first', async () => {
    await queue.start(async ({ kind }) =>
      kind === 'settle'
        ? { state: 'failed', result: { steps: 0 }, error: { code: 'NON_EMPTY_GROUP', message: 'somebody is there' } }
        : { state: 'done', result: null, error: null },
    );
    const first = await queue.add(newOperation());
    await until(queue, first.id, hasEnded);
    const second = await queue.add(newOperation({ kind: 'delete-group', topic: null }));
    await until(queue, second.id, hasEnded);
    expect(await queue.unfinished()).toEqual([]);
    const list = await queue.list();
    expect(list.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(list[1]).toMatchObject({
      state: 'failed',
      result: { steps: 0 },
      error: { code: 'NON_EMPTY_GROUP', message: 'somebody is there' },
    });
  });

  test('one whose work throws, which is a bug, has failed, and others go on', async () => {
    await queue.start(async (operation, run) => {
      if (operation.kind !== 'settle') return { state: 'done', result: null, error: null };
      await run.save(progress(1));
      throw new Error('a window has a hole');
    });
    const { id } = await queue.add(newOperation());
    const other = await queue.add(newOperation({ kind: 'delete-group' }));
    expect(await until(queue, id, hasEnded)).toMatchObject({
      state: 'failed',
      result: { steps: 1 },
      error: { code: 'INTERNAL_ERROR', message: 'a window has a hole' },
    });
    expect(await until(queue, other.id, hasEnded)).toMatchObject({ state: 'done' });
  });

  test('a step that failed for a while is seen as the error of an operation that runs', async () => {
    const error = { code: 'BUSY', message: 'not now' };
    const { work, runs, isCount } = standing();
    await queue.start(async (operation, run) => {
      const saved = await run.save(progress(1, { error }));
      expect(saved).toMatchObject({ state: 'running', error, done: 1 });
      return await work(operation, run);
    });
    const { id } = await queue.add(newOperation());
    await isCount(1);
    expect(await queue.find(id)).toMatchObject({ state: 'running', error, cursor: { step: 1 } });
    runs[0]!.goOn();
    expect(await until(queue, id, hasEnded)).toMatchObject({ state: 'done', error: null });
  });

  test('one that is cancelled is told so, and ends with what it has done', async () => {
    const { work, isCount } = standing();
    await queue.start(work);
    const { id } = await queue.add(newOperation());
    await isCount(1);
    expect(await queue.cancel(id)).toMatchObject({ id, isCancelling: true });
    const ended = await until(queue, id, hasEnded);
    expect(ended).toMatchObject({ state: 'cancelled', isCancelling: false, result: { steps: 0 } });
    expect(await queue.cancel(id)).toEqual(ended);
  });

  test('a few are worked at at a time, in the order in which they came; one that waits can be cancelled', async () => {
    const { work, runs, isCount } = standing();
    await queue.start(work);
    const ids: string[] = [];
    for (let count = 0; count < operationLimits.running + 2; count++) ids.push((await queue.add(newOperation())).id);
    await isCount(operationLimits.running);
    expect(runs.map(({ operation }) => operation.id).sort()).toEqual(ids.slice(0, operationLimits.running).sort());
    const waiting = ids[operationLimits.running]!;
    expect(await queue.find(waiting)).toMatchObject({ state: 'queued' });
    await queue.cancel(waiting);
    runs[0]!.goOn();
    expect(await until(queue, waiting, hasEnded)).toMatchObject({ state: 'cancelled' });
    await until(queue, runs[0]!.operation.id, hasEnded);
    while (!runs.some(({ operation }) => operation.id === ids.at(-1))) await isCount(runs.length + 1);
    for (const { goOn } of runs) goOn();
    await until(queue, ids.at(-1)!, hasEnded);
    for (const id of ids) await until(queue, id, hasEnded);
  });

  test('output is kept part by part, and can be fetched when it has ended', async () => {
    await queue.start(async (_operation, run) => {
      await run.save(progress(1, { text: 'one ü\n' }));
      await run.save(progress(2));
      const saved = await run.save(progress(3, { text: 'x'.repeat(100_000) }));
      expect(saved.output).toEqual({ parts: 2, sizeBytes: 100_007, expiresAtMs: null });
      return { state: 'done', result: null, error: null };
    });
    const { id } = await queue.add(newOperation({ kind: 'export-window' }));
    const ended = await until(queue, id, hasEnded);
    expect(ended.output).toEqual({
      parts: 2,
      sizeBytes: 100_007,
      expiresAtMs: ended.endedAtMs! + operationLimits.outputMs,
    });
    expect(await queue.outputPart(id, 0)).toBe('one ü\n');
    expect(await queue.outputPart(id, 1)).toBe('x'.repeat(100_000));
    expect(await queue.outputPart(id, 2)).toBeUndefined();
  });

  test(`of outputs the newest ${operationLimits.outputs} are kept`, async () => {
    await queue.start(async (_operation, run) => {
      await run.save(progress(1, { text: 'text' }));
      return { state: 'done', result: null, error: null };
    });
    const ids: string[] = [];
    for (let count = 0; count < operationLimits.outputs + 1; count++) {
      const { id } = await queue.add(newOperation({ kind: 'export-window' }));
      await until(queue, id, hasEnded);
      ids.push(id);
    }
    expect(await until(queue, ids[0]!, ({ output }) => output === null)).toMatchObject({ state: 'done' });
    expect(await queue.outputPart(ids[0]!, 0)).toBeUndefined();
    expect(await queue.outputPart(ids[1]!, 0)).toBe('text');
  });

  test(`keeps the newest ${operationLimits.kept.toLocaleString('en')} that have ended`, async () => {
    await queue.start(async () => ({ state: 'done', result: null, error: null }));
    const first = await queue.add(newOperation());
    await until(queue, first.id, hasEnded);
    let last = first;
    for (let count = 0; count < operationLimits.kept; count++) last = await queue.add(newOperation());
    await until(queue, last.id, hasEnded);
    while ((await queue.find(first.id)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const kept = await queue.list();
    expect(kept.length).toBeLessThanOrEqual(operationLimits.kept);
    expect(kept[0]?.id).toBe(last.id);
  }, 60_000);

  test.each(['after a close', 'after a kill'] as const)(
    '%s what was queued or running goes on from its cursor, and what has ended is still known',
    async (how) => {
      if (subject.reopen === undefined) return;
      const { work, isCount } = standing();
      await queue.start(async (operation, run) => {
        if (operation.kind === 'delete-group') return { state: 'done', result: { windows: 1 }, error: null };
        await run.save(progress(1, { text: 'first\n' }));
        return await work(operation, run);
      });
      const ended = await queue.add(newOperation({ kind: 'delete-group' }));
      await until(queue, ended.id, hasEnded);
      const ids: string[] = [];
      for (let count = 0; count < operationLimits.running + 1; count++) ids.push((await queue.add(newOperation())).id);
      await isCount(operationLimits.running);

      queue = await subject.reopen(how);
      const taken: BackgroundOperation[] = [];
      await queue.start(async (operation, run) => {
        taken.push(operation);
        await run.save(progress(2, { text: 'second\n' }));
        return await threeSteps({ ...operation, cursor: { step: 2 } }, run);
      });
      for (const id of ids) expect(await until(queue, id, hasEnded)).toMatchObject({ state: 'done', done: 3 });
      expect(taken.map(({ id }) => id).sort()).toEqual([...ids].sort());
      for (const each of taken.filter(({ id }) => id !== ids.at(-1))) {
        expect(each).toMatchObject({ state: 'running', cursor: { step: 1 }, done: 1, output: { parts: 1 } });
      }
      expect(taken.find(({ id }) => id === ids.at(-1))).toMatchObject({ state: 'queued', cursor: null });
      expect(await queue.outputPart(ids[0]!, 0)).toBe('first\n');
      expect(await queue.outputPart(ids[0]!, 1)).toBe('second\n');
      expect(await queue.find(ended.id)).toMatchObject({ state: 'done', result: { windows: 1 } });
    },
    60_000,
  );

  test('after it is closed it refuses', async () => {
    await queue.start(threeSteps);
    await queue.close();
    await expect(queue.add(newOperation())).rejects.toMatchObject({
      name: 'Fault',
      code: 'CLOSED',
      outcome: 'refused',
    });
  });
}
