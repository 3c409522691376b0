import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { describeConfigsApi } from '../../src/codec/messages/describe-configs.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { produceApi } from '../../src/codec/messages/produce.ts';
import { encodeRequestFrame } from '../codec/client-frames.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

let door: Awaited<ReturnType<typeof openKafkaDoor>>;
let client: KafkaClient;
let other: KafkaClient;

beforeEach(async () => {
  door = await openKafkaDoor();
  must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
  client = await door.open();
  other = await door.open();
});
afterEach(() => door.close());

/** The length of a frame's request header: length, key, version, correlation id, client id 'test', and tags if there are some. */
const headerBytes = (isFlexible: boolean): number => 4 + 2 + 2 + 4 + 2 + 4 + (isFlexible ? 1 : 0);

describe('a length inside of a request that cannot be', () => {
  const metadata = (count: readonly number[]): Buffer => {
    const frame = encodeRequestFrame(metadataApi, 8, { topics: [{ name: 'a'.repeat(200) }] });
    frame.set(count, headerBytes(false));
    return frame;
  };
  const produce = (): Buffer => {
    const partitionData = [{ index: 0, records: Buffer.alloc(100) }];
    const frame = encodeRequestFrame(produceApi, 8, { acks: -1, topicData: [{ name: 't', partitionData }] });
    // The length of the records, which are the last thing in it.
    frame.writeInt32BE(2 ** 31 - 1, frame.length - 104);
    return frame;
  };

  it.each([
    ['2^31-1 elements', () => metadata([0x7f, 0xff, 0xff, 0xff])],
    ['minus two elements', () => metadata([0xff, 0xff, 0xff, 0xfe])],
    ['text that goes beyond the frame', () => metadata([0, 0, 0, 1, 0x7f, 0xff])],
    ['records that go beyond the frame', produce],
  ])('closes the connection with one line, and nobody else notices: %s', async (_name, frame) => {
    client.socket.write(frame());
    await client.closed();
    expect(door.logged.map(({ level }) => level)).toEqual(['warn']);
    const { errorCode } = await other.call(apiVersionsApi, 0, {});
    expect(errorCode).toBe(0);
  });

  it('costs no memory, a thousand times over', async () => {
    const before = process.memoryUsage();
    for (let i = 0; i < 1_000; i++) {
      const wrong = await door.open();
      wrong.socket.write(metadata([0x7f, 0xff, 0xff, 0xff]));
      await wrong.closed();
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(100_000_000);
    expect(door.logged).toHaveLength(10);
  });
});

describe('a request that is long and right', () => {
  it('gets an answer of megabytes that can be read', async () => {
    const resources = Array.from({ length: 2_000 }, () => ({ resourceType: 2, resourceName: 't' }));
    const { results } = await client.call(describeConfigsApi, 2, { resources, includeSynonyms: true });
    expect(results).toHaveLength(2_000);
    expect(new Set(results.map((each) => JSON.stringify(each))).size).toBe(1);
  });

  it('that names what is as long as a name can be is answered with the reason', async () => {
    const name = 'n'.repeat(32_767);
    const { topics } = await client.call(metadataApi, 12, { topics: [{ name }] });
    expect(topics[0]?.errorCode).toBeGreaterThan(0);
    expect(door.logged).toEqual([]);
  });
});
