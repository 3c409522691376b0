import { describe } from 'vitest';

import { MemoryRequestKeys } from '../../src/store/memory-request-keys.ts';
import { requestKeysContract } from './request-keys.ts';

describe('request keys in memory', () => {
  requestKeysContract(async (requestKeyRetentionMs) => ({
    keys: new MemoryRequestKeys({ requestKeyRetentionMs }),
    cleanUp: async () => {},
  }));
});
