import { describe, expect, it } from 'vitest';
import type { Asker } from '../../src/broker/audit.ts';
import type { AuditLine, NewAuditLine } from '../../src/ports/audit-log.ts';
import { MemoryAudit } from '../../src/store/memory-audit.ts';
import { codeOf, isSettled, must, startBroker, troubledBroker } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';
import { type Behaviour, Trouble } from './faulty-outside.ts';

const asker: Asker = { door: 'http', from: '10.0.0.7' };
const everything = { group: null, after: null, limit: 100 } as const;

class FaultyAudit extends MemoryAudit {
  readonly trouble = new Trouble();
  appends: Behaviour = 'works';

  override append(line: NewAuditLine): Promise<AuditLine> {
    return this.trouble.run(this.appends, 'write the audit', () => super.append(line));
  }
}

const start = async () => {
  const audit = new FaultyAudit();
  const started = await startBroker({ audit });
  const summaries = async () => must(await started.broker.auditPage(everything)).lines.map((line) => line.summary);
  return { ...started, audit, summaries, operator: started.broker.operator(asker) };
};

describe('an operator', () => {
  it('is answered when the line is durable, and who listens hears of it then', async () => {
    const { broker, audit, operator, summaries } = await start();
    const heard: string[] = [];
    const unsubscribe = broker.onAuditLine((line) => heard.push(`${line.sequence} ${line.action} ${line.from}`));
    audit.appends = 'hangs';
    const created = operator.createTopic({ name: 't', partitions: 1, config: {} });
    expect(await isSettled(created)).toBe(false);
    expect(heard).toEqual([]);
    audit.trouble.letGo();
    must(await created);
    expect(heard).toEqual(['1 create-topic 10.0.0.7']);
    audit.appends = 'works';
    unsubscribe();
    must(await operator.deleteTopic('t'));
    expect(heard).toHaveLength(1);
    expect(await summaries()).toEqual(['deleted the topic t with its records', 'created the topic t with 1 partition']);
  });

  it('is told that it was done when the line could not be written', async () => {
    const { broker, audit, operator } = await start();
    audit.appends = 'full';
    const created = await operator.createTopic({ name: 't', partitions: 1, config: {} });
    expect(codeOf(created)).toBe('OUTCOME_UNKNOWN');
    expect(created).toMatchObject({ error: { message: expect.stringMatching(/^It was done \(created the topic t/) } });
    expect(broker.describeTopic('t').ok).toBe(true);
  });

  it('has a line written while the broker stops', async () => {
    const { broker, audit, operator } = await start();
    audit.appends = 'hangs';
    const created = operator.createTopic({ name: 't', partitions: 1, config: {} });
    await settle();
    const stopped = broker.stop();
    expect(await isSettled(stopped)).toBe(false);
    audit.trouble.letGo();
    expect((await created).ok).toBe(true);
    await stopped;
  });

  it('leaves a line about the part that was done before a reset failed', async () => {
    const { broker, store, acquire } = await troubledBroker({ partitions: 3 });
    await acquire();
    const reset = store.reset.bind(store);
    let resets = 0;
    store.reset = (write) => {
      store.resets = ++resets === 3 ? 'fails' : 'works';
      return reset(write);
    };
    const request = { group: 'g', topic: 't', partitions: null, to: 'latest', dryRun: false } as const;
    expect(codeOf(await broker.operator(asker).reset(request))).toBe('KAFKA_STORAGE_ERROR');
    const { lines } = must(await broker.auditPage(everything));
    expect(lines).toMatchObject([
      {
        summary: 'moved the start of 2 partitions of t to the end; then it failed',
        detail: { count: 2, error: { code: 'KAFKA_STORAGE_ERROR' } },
      },
    ]);
  });

  it('leaves a line about the offsets that were set or deleted before that failed, whichever door it came through', async () => {
    const { broker, store } = await troubledBroker({ partitions: 3 });
    const operator = broker.operator({ ...asker, door: 'kafka' });
    const partitions = [0, 1, 2].map((partition) => ({ partition, startOffset: 0 }));
    const reset = store.reset.bind(store);
    let resets = 0;
    store.reset = (write) => {
      store.resets = ++resets === 3 ? 'fails' : 'works';
      return reset(write);
    };
    expect(codeOf(await operator.alterOffsets('g', [{ topic: 't', partitions }]))).toBe('KAFKA_STORAGE_ERROR');
    must(await broker.createTopic({ name: 'u', partitions: 1, config: {} }));
    must(await broker.shareOffsets.alter('g', [{ topic: 'u', partitions: [{ partition: 0, startOffset: 0 }] }]));
    const deleteGroup = store.deleteGroup.bind(store);
    let deletes = 0;
    store.deleteGroup = (...topic) => {
      store.deletes = ++deletes === 2 ? 'fails' : 'works';
      return deleteGroup(...topic);
    };
    expect(codeOf(await operator.deleteOffsets('g', ['t', 'u']))).toBe('KAFKA_STORAGE_ERROR');
    const { lines } = must(await broker.auditPage(everything));
    expect(lines).toMatchObject([
      { summary: 'made g forget where it was in t; then it failed', detail: { topics: ['t'] }, door: 'kafka' },
      { summary: 'moved the start of 2 partitions of t; then it failed', detail: { count: 2 }, door: 'kafka' },
    ]);
  });

  it('leaves a line about what may have been done, when nobody knows whether it was', async () => {
    const { broker, store, metadata, acquire, produce } = await troubledBroker();
    await produce('t', ['a']);
    must(await acquire());
    const operator = broker.operator(asker);
    store.writes = 'lost_answer';
    const settled = {
      group: 'g',
      topic: 't',
      partition: 0,
      firstOffset: 0,
      lastOffset: 0,
      reason: null,
      dryRun: false,
    };
    expect(codeOf(await operator.settle({ ...settled, type: 'accept' }))).toBe('OUTCOME_UNKNOWN');
    metadata.puts = 'not_done';
    expect(codeOf(await operator.pause('g', true))).toBe('OUTCOME_UNKNOWN');
    const { lines } = must(await broker.auditPage(everything));
    expect(lines.map(({ action, summary }) => `${action}: ${summary}`)).toEqual([
      'pause: asked for pause (g); whether it was done is not known',
      'settle: asked for settle (g, t-0); whether it was done is not known',
    ]);
    expect(lines[1]?.detail).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' } });
  });

  it('leaves no line when nothing was done before it failed', async () => {
    const { broker, store, acquire } = await troubledBroker();
    await acquire();
    store.resets = 'fails';
    const request = { group: 'g', topic: 't', partitions: null, to: 'latest', dryRun: false } as const;
    expect(codeOf(await broker.operator(asker).reset(request))).toBe('KAFKA_STORAGE_ERROR');
    expect(must(await broker.auditPage(everything)).lines).toEqual([]);
  });

  it('leaves a line that is no longer than it has to be, whatever is asked for', async () => {
    const { operator, broker } = await start();
    must(await operator.createTopic({ name: 't', partitions: 500, config: {} }));
    must(await broker.alterShareGroup('g', {}));
    must(await operator.reset({ group: 'g', topic: 't', partitions: null, to: 'latest', dryRun: false }));
    const [line] = must(await broker.auditPage(everything)).lines;
    expect(line).toMatchObject({
      summary: 'moved the start of 500 partitions of t to the end',
      detail: { count: 500 },
    });
    expect(line?.detail['partitions']).toHaveLength(100);
  });
});
