import { afterAll, beforeAll, describe } from 'vitest';

import type { MetadataStore } from '../../src/ports/metadata-store.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { RedisAudit } from '../../src/store/redis-audit.ts';
import { RedisMetadata } from '../../src/store/redis-metadata.ts';
import { RedisRequestKeys } from '../../src/store/redis-request-keys.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import type { RedisConnection } from '../../src/store/redis/connection.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { auditLogContract } from '../contract/audit-log.ts';
import { metadataStoreContract } from '../contract/metadata-store.ts';
import { requestKeysContract } from '../contract/request-keys.ts';
import { stateStoreContract } from '../contract/state-store.ts';
import { connectionTo, noLoss, startWithinMs } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

const clock = systemClock;

describe.skipIf(cannot('redis'))('over a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ settings: { appendfsync: 'no' } });
  });
  afterAll(() => server.remove());

  /** Made over a connection, and again over another one. */
  async function over<T>(make: (redis: RedisConnection) => T) {
    const prefix = uniqueName('sash');
    const connect = async (): Promise<RedisConnection> => {
      const connection = connectionTo(server.url, { prefix });
      await connection.start(startWithinMs);
      return connection;
    };
    let connection = await connect();
    return {
      made: make(connection),
      async reopen() {
        await connection.close();
        connection = await connect();
        return make(connection);
      },
      cleanUp: () => connection.close(),
    };
  }

  describe('the state store', () => {
    stateStoreContract(async () => {
      const { made: store, ...rest } = await over((redis) => new RedisStore(redis, noLoss));
      return { store, ...rest };
    });
  });

  describe('the metadata store, with its topics elsewhere', () => {
    metadataStoreContract(async () => {
      const { made: metadata, ...rest } = await over(withTopics(new MemoryMetadata()));
      return { metadata, ...rest };
    });
  });

  describe('the audit', () => {
    auditLogContract(async () => {
      const { made: audit, ...rest } = await over((redis) => new RedisAudit(redis));
      return { audit, ...rest };
    });
  });

  describe('request keys', () => {
    requestKeysContract(async (requestKeyRetentionMs) => {
      const { made: keys, ...rest } = await over(
        (redis) => new RedisRequestKeys(redis, { clock, requestKeyRetentionMs }),
      );
      return { keys, ...rest };
    });
  });
});

const withTopics =
  (topics: MemoryMetadata) =>
  (redis: RedisConnection): MetadataStore => {
    const groups = new RedisMetadata(redis, { clock });
    return {
      topicsBelongTo: 'sash',
      watch: (changes) => groups.watch(changes),
      refreshTopics: () => topics.refreshTopics(),
      loadAll: async () => ({ topics: (await topics.loadAll()).topics, groups: await groups.loadGroups() }),
      putTopic: (topic) => topics.putTopic(topic),
      deleteTopic: (id) => topics.deleteTopic(id),
      putGroup: (group) => groups.putGroup(group),
      deleteGroup: (group) => groups.deleteGroup(group),
      secret: (name, lengthBytes) => groups.secret(name, lengthBytes),
      takeProducerIds: (count) => topics.takeProducerIds(count),
      async close() {
        await topics.close();
        await groups.close();
      },
    };
  };
