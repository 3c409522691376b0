import { afterAll, beforeAll, describe } from 'vitest';

import { Fault } from '../../src/ports/fault.ts';
import { RedisStore, type StateLossWatch } from '../../src/store/redis-store.ts';
import { stateStoreContract } from '../contract/state-store.ts';
import { connectionTo } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

const startWithinMs = 10_000;

const noLoss: StateLossWatch = {
  lost: (operation, message) =>
    new Fault({ code: 'STATE_LOST', operation, message, retriable: false, outcome: 'refused', hint: '' }),
  onAccepted: () => {},
};

describe.skipIf(cannot('redis'))('over a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ settings: { appendfsync: 'no' } });
  });
  afterAll(() => server.remove());

  describe('the state store', () => {
    stateStoreContract(async () => {
      const prefix = uniqueName('sash');
      const open = async () => {
        const connection = connectionTo(server.url, { prefix });
        await connection.start(startWithinMs);
        return connection;
      };
      let connection = await open();
      return {
        store: new RedisStore(connection, noLoss),
        async reopen() {
          await connection.close();
          connection = await open();
          return new RedisStore(connection, noLoss);
        },
        cleanUp: () => connection.close(),
      };
    });
  });
});
