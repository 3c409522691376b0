import type { BrokerSettings } from '../../src/broker/broker-settings.ts';
import { Broker } from '../../src/broker/broker.ts';
import {
  type GroupId,
  type SharePartitionKey,
  type TopicId,
  type TopicPartition,
  topicId,
} from '../../src/core/ids.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { soleNode } from '../../src/ports/cluster.ts';
import { Fault } from '../../src/ports/fault.ts';
import type { Append, RecordLog } from '../../src/ports/record-log.ts';
import type { SharePartitionWrite, StateStore } from '../../src/ports/state-store.ts';
import type { MemoryLog } from '../../src/log/memory-log.ts';
import { MemoryAudit } from '../../src/store/memory-audit.ts';
import type { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { faultOf } from '../broker/faulty-outside.ts';
import { groupDefaults } from '../broker/broker-fixture.ts';
import type { FakeClock } from '../broker/fake-clock.ts';
import type { Corner } from './corners.ts';
import type { Random } from './random.ts';

/** What outlives a process. */
export interface Disk {
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  readonly store: MemoryStore;
  readonly metadata: MemoryMetadata;
}

export interface ProcessContext {
  readonly disk: Disk;
  readonly random: Random;
  /** How often a write goes wrong, 0 to 1; read at each write. */
  faultRate(): number;
  reached(corner: Corner): void;
  /** The locks in a share partition may be over without anybody's doing. */
  disturbed(group: string, partition: number): void;
}

export const settings: BrokerSettings = {
  groupDefaults: {
    ...groupDefaults,
    'group.share.record.lock.duration.ms': 400,
    'group.share.min.record.lock.duration.ms': 100,
    'group.share.delivery.count.limit': 3,
    'group.share.partition.max.record.locks': 12,
    'group.share.min.partition.max.record.locks': 1,
  },
  numPartitions: 3,
  autoCreateTopics: false,
  fetchMaxBytes: 57_671_680,
  maxGroupSize: 200,
  maxShareSessions: 2_000,
  retentionCheckIntervalMs: 3_600_000,
  historyIntervalMs: 3_600_000,
};

/** The longest that an operation takes, ms. */
export const maxLatencyMs = 8;

/**
 * A server process: a broker on stores that are slow and sometimes fail, until it is killed. From then on nothing that
 * it began goes on, but what was on its way to the disk may have got there.
 */
export class SimulatedProcess {
  readonly broker: Broker;
  readonly died: Promise<never>;
  #context: ProcessContext;
  #dead = false;
  #kill!: (reason: Error) => void;
  /** Writes on their way. */
  #pending = new Set<() => Promise<unknown>>();

  constructor(context: ProcessContext) {
    this.#context = context;
    this.died = new Promise((_, reject) => (this.#kill = reject));
    this.died.catch(() => undefined);
    const { metadata } = context.disk;
    this.broker = new Broker(
      {
        clock: this.#clock(),
        log: this.#log(),
        store: this.#store(),
        metadata,
        audit: new MemoryAudit(),
        health: { busyMs: () => 0, trouble: () => undefined, probe: async () => {} },
        cluster: soleNode(() => ({ nodeId: 1, httpUrl: 'http://127.0.0.1:8080', kafka: null })),
        logger: { debug() {}, info() {}, warn() {}, error() {} },
        newTopicId: () => topicId('simulationAAAAAAAAAAAA'),
      },
      settings,
    );
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    this.#dead = true;
    for (const run of this.#pending) {
      const done = this.#context.random.chance(0.5);
      this.#context.reached(`a crash in the middle of a write that was ${done ? 'done' : 'not done'}`);
      if (done) await run().catch(() => undefined);
    }
    this.#kill(new Error('the process was killed'));
  }

  #clock(): Clock {
    const { clock } = this.#context.disk;
    return {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      schedule: (delayMs, task) => clock.schedule(delayMs, () => this.#dead || task()),
    };
  }

  /** Never comes back in a process that is dead. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#context.disk.clock.schedule(ms, () => this.#dead || resolve());
    });
  }

  #latencyMs(): number {
    return this.#context.random.between(0, maxLatencyMs);
  }

  async #read<T>(run: () => Promise<T>): Promise<T> {
    if (this.#context.random.chance(0.5)) await this.#sleep(this.#latencyMs());
    return await run();
  }

  async #write<T>(operation: string, run: () => Promise<T>, place?: SharePartitionKey): Promise<T> {
    const context = this.#context;
    const { random } = context;
    this.#pending.add(run);
    await this.#sleep(this.#latencyMs());
    this.#pending.delete(run);
    if (!random.chance(this.#context.faultRate())) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof Fault && error.code === 'FENCED' && place !== undefined) {
          context.disturbed(place.group, place.partition);
        }
        throw error;
      }
    }
    const fate = random.pick(['refused', 'done', 'not done', 'late'] as const);
    if (fate === 'refused') {
      context.reached('a write was refused');
      throw faultOf('STORAGE_FULL', 'refused', operation);
    }
    if (place !== undefined) context.disturbed(place.group, place.partition);
    if (fate === 'done') await run();
    if (fate === 'late') this.#later(operation, run);
    if (operation === 'write') {
      context.reached(
        fate === 'done' ? 'a write whose answer was lost was done' : 'a write whose answer was lost was not done',
      );
    }
    throw faultOf('STORAGE_FAILED', 'unknown', operation);
  }

  #later(operation: string, run: () => Promise<unknown>): void {
    const { clock } = this.#context.disk;
    clock.schedule(this.#context.random.between(1, 60), () => {
      run().catch((error: unknown) => {
        if (!(error instanceof Fault) || error.code !== 'FENCED') throw error;
        if (operation === 'write') this.#context.reached('a write came late and was fenced off');
      });
    });
  }

  #log(): RecordLog {
    const { log } = this.#context.disk;
    return {
      mayHaveHoles: log.mayHaveHoles,
      knowsSizes: log.knowsSizes,
      watch: () => {},
      follow: async () => {},
      unfollow: () => {},
      createPartitions: (partitions) => log.createPartitions(partitions),
      deletePartitions: (partitions) => log.deletePartitions(partitions),
      append: (append: Append) => this.#write('append', () => log.append(append)),
      bounds: (partition: TopicPartition) => log.bounds(partition),
      leaderEpoch: () => log.leaderEpoch(),
      endOfLeaderEpoch: (...asked) => this.#read(() => log.endOfLeaderEpoch(...asked)),
      read: (partition, range) => this.#read(() => log.read(partition, range)),
      cached: (partition, offset) => {
        const batch = this.#context.random.chance(0.5) ? log.cached(partition, offset) : undefined;
        this.#context.reached(batch === undefined ? 'a batch had to be read' : 'a batch was in memory');
        return batch;
      },
      offsetForTimestamp: (...asked) => this.#read(() => log.offsetForTimestamp(...asked)),
      offsetOfMaxTimestamp: (partition) => this.#read(() => log.offsetOfMaxTimestamp(partition)),
      timestampAt: (partition, offset) => this.#read(() => log.timestampAt(partition, offset)),
      trim: (partition, startOffset) => log.trim(partition, startOffset),
      applyRetention: (partition, limits) => this.#read(() => log.applyRetention(partition, limits)),
      close: async () => {},
    };
  }

  #store(): StateStore {
    const { store } = this.#context.disk;
    return {
      open: (key, startOffset) => this.#write('open', () => store.open(key, startOffset), key),
      write: (write: SharePartitionWrite) => this.#write('write', () => store.write(write), write.key),
      reset: (write) => this.#write('reset', () => store.reset(write), write.key),
      latestEnding: (key, offset) => this.#read(() => store.latestEnding(key, offset)),
      countArchived: (key) => this.#read(() => store.countArchived(key)),
      endingsOf: (key, offset) => this.#read(() => store.endingsOf(key, offset)),
      archived: (key, page) => this.#read(() => store.archived(key, page)),
      list: (group: GroupId) => this.#read(() => store.list(group)),
      deleteGroup: (group) => this.#write('delete', () => store.deleteGroup(group)),
      deleteTopic: (id: TopicId) => this.#write('delete', () => store.deleteTopic(id)),
      close: async () => {},
    };
  }
}
