import { BackgroundOperations } from './broker/background/background-operations.ts';
import { Broker } from './broker/broker.ts';
import { type Addresses, type Backend, brokerSettings, composeDoors, selfOf } from './compose-doors.ts';
import type { Config } from './config.ts';
import { SqliteLog } from './log/sqlite-log.ts';
import { soleNode } from './ports/cluster.ts';
import type { Logger } from './ports/logger.ts';
import { defaultLogRoomBytes, openDatabase } from './sqlite/database.ts';
import { LocalOperationQueue } from './store/local-operation-queue.ts';
import { SqliteAudit } from './store/sqlite-audit.ts';
import { SqliteMetadata } from './store/sqlite-metadata.ts';
import { SqliteOperations } from './store/sqlite-operations.ts';
import { SqliteStore } from './store/sqlite-store.ts';
import { systemClock } from './system/system-clock.ts';
import { newTopicId } from './system/topic-ids.ts';

interface Outside {
  readonly logger: Logger;
  /** The process has to end, and the next start is the ordinary one: nothing can be written any more, or the cluster does not admit this node. */
  readonly died: (error: Error) => void;
}

/**
 * Builds every part from the settings and ties them together; with compose-cluster.ts and compose-doors.ts the only file that sees all of them.
 *
 * `start` opens what is behind the broker (the data folder; or Kafka, Redis and the other nodes) and listens; it gives the address. `stop` takes
 * nothing new, answers those who wait, flushes and closes.
 */
export function compose(config: Config, outside: Outside) {
  const { logger } = outside;
  let stop = async (): Promise<void> => {};

  const start = async (): Promise<Addresses> => {
    const isCluster = config['log.kafka.bootstrap.servers'].length > 0;
    const backend = await (isCluster ? composeOverKafka(config, outside) : composeEmbedded(config, outside));
    const doors = composeDoors(config, backend, logger);
    stop = async () => {
      await backend.handOver();
      // The polls first: the server can only close when nobody waits in it any more.
      await backend.broker.drain();
      await Promise.all([doors.stop(), backend.operations.stop()]);
      await backend.close();
    };
    try {
      const addresses = await doors.listen();
      backend.listening(addresses);
      return addresses;
    } catch (error) {
      await stop();
      throw error;
    }
  };

  return { start, stop: () => stop() };
}

/** Several nodes; loaded when they are asked for, because what talks to Redis takes some 30 MB and a fifth of a second. */
async function composeOverKafka(config: Config, outside: Outside): Promise<Backend> {
  const { composeCluster } = await import('./compose-cluster.ts');
  return await composeCluster(config, outside);
}

/** Everything in one process, on one data folder. */
async function composeEmbedded(config: Config, { logger, died }: Outside): Promise<Backend> {
  const database = await openDatabase({
    dataDir: config['data.dir'],
    logger,
    logRoomBytes: defaultLogRoomBytes,
    died,
  });
  try {
    const log = new SqliteLog(database, {
      cacheBytes: config['log.cache.bytes'],
      producerIdExpirationMs: config['producer.id.expiration.ms'],
    });
    const store = new SqliteStore(database);
    const metadata = new SqliteMetadata(database);
    const audit = new SqliteAudit(database);
    let self = selfOf(config, undefined);
    const cluster = soleNode(() => self);
    const broker = new Broker(
      { clock: systemClock, logger, log, store, metadata, audit, health: database, cluster, newTopicId },
      brokerSettings(config),
    );
    await broker.start();
    const queue = new LocalOperationQueue({ table: new SqliteOperations(database), clock: systemClock, logger });
    const operations = new BackgroundOperations({ site: broker, queue, clock: systemClock, logger });
    await operations.start();
    return {
      broker,
      operations,
      cluster,
      clusterId: broker.clusterId,
      measures: { broker: () => broker.measure(), storage: () => database.measure() },
      listening: (addresses) => {
        self = selfOf(config, addresses);
      },
      handOver: async () => {},
      close: async () => {
        await broker.stop();
        await log.close();
        await store.close();
        await metadata.close();
        await audit.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
