import type { BrokerSettings } from '../../src/broker/broker-settings.ts';
import { BackgroundOperations } from '../../src/broker/background/background-operations.ts';
import { Broker } from '../../src/broker/broker.ts';
import type {
  AcknowledgeResult,
  AcquireRequest,
  AcquiredRange,
  Acknowledgement,
  LeaseRef,
} from '../../src/broker/requests.ts';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import { type TopicId, holderOf, topicId } from '../../src/core/ids.ts';
import type { Result } from '../../src/core/result.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { type Cluster, type ClusterNode, soleNode } from '../../src/ports/cluster.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { OperationTable } from '../../src/ports/operation-table.ts';
import type { RecordLog } from '../../src/ports/record-log.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import type { StorageHealth } from '../../src/ports/storage-health.ts';
import { LocalOperationQueue } from '../../src/store/local-operation-queue.ts';
import { MemoryAudit } from '../../src/store/memory-audit.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { MemoryOperations } from '../../src/store/memory-operations.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FaultyLog, FaultyMetadata, FaultyStore } from './faulty-outside.ts';

export const groupDefaults = {
  'group.share.record.lock.duration.ms': 30_000,
  'group.share.min.record.lock.duration.ms': 15_000,
  'group.share.max.record.lock.duration.ms': 60_000,
  'group.share.delivery.count.limit': 5,
  'group.share.min.delivery.count.limit': 2,
  'group.share.max.delivery.count.limit': 10,
  'group.share.partition.max.record.locks': 2_000,
  'group.share.min.partition.max.record.locks': 100,
  'group.share.max.partition.max.record.locks': 1_000_000,
  'group.share.session.timeout.ms': 45_000,
  'group.share.min.session.timeout.ms': 45_000,
  'group.share.max.session.timeout.ms': 60_000,
  'group.share.heartbeat.interval.ms': 5_000,
  'group.share.min.heartbeat.interval.ms': 5_000,
  'group.share.max.heartbeat.interval.ms': 15_000,
} as const;

export const settings: BrokerSettings = {
  groupDefaults,
  numPartitions: 1,
  autoCreateTopics: false,
  fetchMaxBytes: 57_671_680,
  maxGroupSize: 200,
  maxShareSessions: 2_000,
  retentionCheckIntervalMs: 300_000,
  historyIntervalMs: 300_000,
};

export const thisNode: ClusterNode = { nodeId: 1, httpUrl: 'http://127.0.0.1:8080', kafka: null };

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** A broker on memory adapters and a fake clock; parts of it can be replaced. */
export async function startBroker(
  change: {
    log?: RecordLog;
    store?: StateStore;
    metadata?: MemoryMetadata;
    audit?: MemoryAudit;
    health?: StorageHealth;
    cluster?: Cluster;
    clock?: FakeClock;
    logger?: Logger;
    settings?: Partial<BrokerSettings>;
    newTopicId?: () => TopicId;
    operationTable?: OperationTable;
  } = {},
) {
  const { logger = silent } = change;
  const clock = change.clock ?? new FakeClock();
  const log = change.log ?? new MemoryLog();
  const store = change.store ?? new MemoryStore();
  const metadata = change.metadata ?? new MemoryMetadata();
  const audit = change.audit ?? new MemoryAudit();
  let topics = 0;
  const broker = new Broker(
    {
      clock,
      log,
      store,
      metadata,
      audit,
      health: change.health ?? { busyMs: () => 0, trouble: () => undefined, probe: async () => {} },
      cluster: change.cluster ?? soleNode(() => thisNode),
      logger,
      newTopicId:
        change.newTopicId ??
        (() => topicId(Buffer.from(`topic-${String(topics++).padStart(10, '0')}`).toString('base64url'))),
    },
    { ...settings, ...change.settings },
  );
  await broker.start();
  const operationTable = change.operationTable ?? new MemoryOperations();
  const queue = new LocalOperationQueue({ table: operationTable, clock, logger });
  const operations = new BackgroundOperations({ site: broker, queue, clock, logger });
  await operations.start();

  /** Produces one batch with a record for each text. */
  const produce = async (topic: string, texts: readonly string[], partition = 0) => {
    const records = texts.map((text) => ({
      key: null,
      value: new TextEncoder().encode(text),
      headers: [],
      timestampMs: clock.wallMs(),
    }));
    return must(await broker.produce({ topic, batches: [{ partition, batch: encodeBatch({ records }) }] }));
  };

  const acquire = (change: Partial<AcquireRequest> & { worker?: string } = {}, signal: AbortSignal | null = null) => {
    const { worker = 'w1', ...rest } = change;
    return broker.acquire(
      {
        group: 'g',
        topics: ['t'],
        holder: holderOf('http', worker),
        maxRecords: 1,
        maxBytes: 1_048_576,
        waitMs: 0,
        lockDurationMs: null,
        acquireMode: 'record_limit',
        startFrom: 'earliest',
        ...rest,
      },
      signal,
    );
  };

  const acknowledge = async (
    type: Acknowledgement['type'],
    leases: readonly LeaseRef[],
    more: Partial<Acknowledgement> = {},
  ) =>
    must(
      await broker.acknowledge(
        'g',
        leases.map((lease) => ({ lease, type, ...more })),
      ),
    );

  return { broker, operations, operationTable, clock, log, store, metadata, audit, produce, acquire, acknowledge };
}

/** A broker on adapters that fail as told, with a topic `t`. */
export async function troubledBroker(
  change: {
    partitions?: number;
    settings?: Partial<BrokerSettings>;
    health?: StorageHealth;
    clock?: FakeClock;
    logger?: Logger;
  } = {},
) {
  const store = new FaultyStore();
  const log = new FaultyLog();
  const metadata = new FaultyMetadata();
  const { partitions = 1, ...others } = change;
  const fixture = await startBroker({ ...others, store, log, metadata });
  must(await fixture.broker.createTopic({ name: 't', partitions, config: {} }));
  return { ...fixture, store, log, metadata };
}

/** What each result says, in one word: its status, with `again` where it is a replay, or its error's code. */
export const wordsOf = (results: readonly AcknowledgeResult[]): string[] =>
  results.map((result) =>
    result.status === 'error'
      ? result.error.code
      : `${result.status}${'replayed' in result && result.replayed ? ' again' : ''}`,
  );

/** The code of a rejection; what was granted instead fails the test. */
export const codeOf = (result: Result<unknown>): string => {
  if (result.ok) throw new Error(`granted: ${JSON.stringify(result.value).slice(0, 200)}`);
  return result.error.code;
};

/** Whether a promise is done, without waiting for it. */
export const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  const note = (): void => void (settled = true);
  void promise.then(note, note);
  await settle();
  return settled;
};

/** A lease for each record of the ranges. */
export const leasesOf = (ranges: readonly AcquiredRange[]): LeaseRef[] =>
  ranges.flatMap((range) =>
    Array.from({ length: range.lastOffset - range.firstOffset + 1 }, (_, index) => ({
      topicId: range.topicId,
      partition: range.partition,
      offset: range.firstOffset + index,
      acquisition: range.acquisition,
      leaderEpoch: range.leaderEpoch,
      stateEpoch: range.stateEpoch,
    })),
  );

export const offsetsOf = (ranges: readonly AcquiredRange[]): number[] => leasesOf(ranges).map((lease) => lease.offset);
