import type { SharePartitionKey, TopicPartition } from '../../src/core/ids.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Fault, type FaultCode } from '../../src/ports/fault.ts';
import type { Append, AppendOutcome, RecordLog } from '../../src/ports/record-log.ts';
import type { SharePartitionWrite } from '../../src/ports/state-store.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

/**
 * What happens to an operation: as usual; held until told; refused, so that nothing happened (`closed`: because what it
 * writes to was deleted, `fenced`: because somebody else owns it); or nobody knows, whether
 * it was done (`lost_answer`) or not (`not_done`).
 */
export type Behaviour = 'works' | 'hangs' | 'full' | 'fails' | 'closed' | 'fenced' | 'lost_answer' | 'not_done';

export const faultOf = (
  code: FaultCode,
  outcome: 'refused' | 'unknown',
  operation: string,
  offsets?: { firstOffset: number; lastOffset: number },
): Fault =>
  new Fault({
    ...(offsets === undefined ? {} : { offsets }),
    code,
    operation,
    message: `${operation} failed on purpose`,
    retriable: true,
    outcome,
    hint: 'this is a test',
  });

/** Decides what becomes of each operation. Every switch is `works` at first. */
export class Trouble {
  readonly #held: (() => void)[] = [];
  /** How many operations are held. */
  get held(): number {
    return this.#held.length;
  }

  /** Lets everything go on that hangs. */
  letGo(): void {
    for (const go of this.takeHeld()) go();
  }

  /** What hangs, in its order: each goes on when it is called. */
  takeHeld(): (() => void)[] {
    return this.#held.splice(0);
  }

  async run<T>(behaviour: Behaviour, operation: string, work: () => Promise<T>): Promise<T> {
    switch (behaviour) {
      case 'works':
        return await work();
      case 'hangs':
        await new Promise<void>((resolve) => this.#held.push(resolve));
        return await work();
      case 'full':
        throw faultOf('STORAGE_FULL', 'refused', operation);
      case 'fails':
        throw faultOf('STORAGE_FAILED', 'refused', operation);
      case 'closed':
        throw faultOf('CLOSED', 'refused', operation);
      case 'fenced':
        throw faultOf('FENCED', 'refused', operation);
      case 'lost_answer':
        await work();
        throw faultOf('STORAGE_FAILED', 'unknown', operation);
      case 'not_done':
        throw faultOf('STORAGE_FAILED', 'unknown', operation);
    }
  }
}

/** A memory store whose operations hang or fail as told. */
export class FaultyStore extends MemoryStore {
  readonly trouble = new Trouble();
  writes: Behaviour = 'works';
  opens: Behaviour = 'works';
  resets: Behaviour = 'works';
  deletes: Behaviour = 'works';
  lists: Behaviour = 'works';
  /** Of a single record's outcome. */
  reads: Behaviour = 'works';
  /** Writes that were asked for. */
  writeCount = 0;

  override open(key: SharePartitionKey, startOffsetIfNew: number | null) {
    return this.trouble.run(this.opens, 'open', () => super.open(key, startOffsetIfNew));
  }

  override write(write: SharePartitionWrite): Promise<void> {
    this.writeCount++;
    return this.trouble.run(this.writes, 'write', () => super.write(write));
  }

  override reset(write: Omit<SharePartitionWrite, 'endings'>): Promise<number> {
    return this.trouble.run(this.resets, 'reset', () => super.reset(write));
  }

  override latestEnding(key: SharePartitionKey, offset: number) {
    return this.trouble.run(this.reads, 'read', () => super.latestEnding(key, offset));
  }

  override list(group: Parameters<MemoryStore['list']>[0]) {
    return this.trouble.run(this.lists, 'list', () => super.list(group));
  }

  override deleteGroup(...of: Parameters<MemoryStore['deleteGroup']>): Promise<void> {
    return this.trouble.run(this.deletes, 'delete group', () => super.deleteGroup(...of));
  }
}

/** A memory log whose operations hang or fail as told. */
export class FaultyLog extends MemoryLog {
  readonly trouble = new Trouble();
  appends: Behaviour = 'works';
  reads: Behaviour = 'works';
  /** Damaged batches, as `partition/baseOffset`: reading one is CORRUPT. */
  readonly damaged = new Set<string>();
  /** The same, where the log cannot tell which offsets are lost. */
  readonly brokenPages = new Set<string>();
  readCount = 0;
  timestamps: Behaviour = 'works';

  override append(append: Append): Promise<AppendOutcome> {
    return this.trouble.run(this.appends, 'append', () => super.append(append));
  }

  override async read(...[partition, range]: Parameters<RecordLog['read']>) {
    this.readCount++;
    const found = await this.trouble.run(this.reads, 'read', () => super.read(partition, range));
    for (const { baseOffset: firstOffset, lastOffset } of found) {
      const place = `${partition.partition}/${firstOffset}`;
      if (this.damaged.has(place)) throw faultOf('CORRUPT', 'refused', 'read', { firstOffset, lastOffset });
      if (this.brokenPages.has(place)) throw faultOf('CORRUPT', 'refused', 'read');
    }
    return found;
  }

  /** Nothing is in memory: who reads has to wait. */
  override cached(): undefined {}

  override timestampAt(partition: TopicPartition, offset: number): Promise<number | undefined> {
    return this.trouble.run(this.timestamps, 'timestamp', () => super.timestampAt(partition, offset));
  }
}

/** Memory metadata whose writes hang or fail as told. */
export class FaultyMetadata extends MemoryMetadata {
  readonly trouble = new Trouble();
  puts: Behaviour = 'works';
  deletes: Behaviour = 'works';

  override putGroup(group: Parameters<MemoryMetadata['putGroup']>[0]): Promise<void> {
    return this.trouble.run(this.puts, 'put group', () => super.putGroup(group));
  }

  override putTopic(topic: Parameters<MemoryMetadata['putTopic']>[0]): ReturnType<MemoryMetadata['putTopic']> {
    return this.trouble.run(this.puts, 'put topic', () => super.putTopic(topic));
  }

  override takeProducerIds(count: number): ReturnType<MemoryMetadata['takeProducerIds']> {
    return this.trouble.run(this.puts, 'take producer ids', () => super.takeProducerIds(count));
  }

  override deleteTopic(
    topicId: Parameters<MemoryMetadata['deleteTopic']>[0],
  ): ReturnType<MemoryMetadata['deleteTopic']> {
    return this.trouble.run(this.deletes, 'delete topic', () => super.deleteTopic(topicId));
  }
}
