import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { servedApis } from '../../src/kafka/apis.ts';
import { decodeResponseFrame, encodeRequestFrame } from '../codec/client-frames.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

describe('ApiVersions', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  const software = { clientSoftwareName: 'test-client', clientSoftwareVersion: '1.0.0' };

  beforeEach(async () => {
    door = await openKafkaDoor();
    client = await door.open();
  });
  afterEach(() => door.close());

  it('lists the APIs of the table with their versions, in every version', async () => {
    for (let version = 0; version <= 5; version++) {
      const { errorCode, apiKeys } = await client.call(apiVersionsApi, version, { ...software, nodeId: -1 });
      expect(errorCode).toBe(0);
      expect(apiKeys).toEqual(
        servedApis.map(({ api, firstVersion, lastVersion }) => ({
          apiKey: api.key,
          minVersion: firstVersion,
          maxVersion: lastVersion,
        })),
      );
    }
  });

  it('shows the features that clients know share groups by', async () => {
    const { finalizedFeatures } = await client.call(apiVersionsApi, 4, software);
    expect(finalizedFeatures).toContainEqual({ name: 'share.version', maxVersionLevel: 1, minVersionLevel: 1 });
    expect(finalizedFeatures?.map(({ name }) => name)).not.toContain('transaction.version');
  });

  it('answers a version that it does not know in version 0, with its own', async () => {
    const frame = encodeRequestFrame(apiVersionsApi, 5, software);
    frame.writeInt16BE(99, 6);
    client.socket.write(frame);
    const { response } = decodeResponseFrame(apiVersionsApi, 0, await client.nextFrame());
    expect(response.errorCode).toBe(errorCodes.UNSUPPORTED_VERSION);
    expect(response.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 5 }]);
  });

  it('refuses software without a name', async () => {
    const { errorCode } = await client.call(apiVersionsApi, 3, { clientSoftwareName: '', clientSoftwareVersion: '1' });
    expect(errorCode).toBe(errorCodes.INVALID_REQUEST);
  });

  it('sends a client back to its bootstrap servers that means another cluster or node', async () => {
    const ask = async (clusterId: string | null, nodeId: number) =>
      (await client.call(apiVersionsApi, 5, { ...software, clusterId, nodeId })).errorCode;
    expect(await ask(door.clusterId, 1)).toBe(0);
    expect(await ask('another', 1)).toBe(errorCodes.REBOOTSTRAP_REQUIRED);
    expect(await ask(door.clusterId, 2)).toBe(errorCodes.REBOOTSTRAP_REQUIRED);
    expect(await ask(null, -1)).toBe(0);
  });

  it('closes the connection for an API that is not served, and says so once', async () => {
    const frame = encodeRequestFrame(apiVersionsApi, 0, {});
    frame.writeInt16BE(1234, 4);
    client.socket.write(frame);
    await client.closed();
    expect(door.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(door.logged[0]?.message).toContain('API key 1234');
  });
});
