import { expect, it, onTestFinished } from 'vitest';
import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { must } from '../broker/broker-fixture.ts';
import { encodeRequestFrame } from '../codec/client-frames.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

it('a fetch brings one batch while other clients have not taken their answers, and all again when these are gone', async () => {
  const door = await openKafkaDoor({ settings: { queuedMaxResponseBytes: 20_000_000 } });
  onTestFinished(() => door.close());
  const { topicId } = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
  for (let i = 0; i < 20; i++) await door.produce('t', ['x'.repeat(1_000_000)]);
  const request = {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 50_000_000,
    topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 50_000_000 }] }],
  };
  const bytesFor = async (client: KafkaClient): Promise<number> =>
    (await client.call(fetchApi, 18, request)).responses[0]?.partitions[0]?.records?.length ?? 0;

  const [slow, other] = [await door.open(), await door.open()];
  expect(await bytesFor(other)).toBeGreaterThan(19_000_000);
  slow.socket.pause();
  slow.socket.write(encodeRequestFrame(fetchApi, 18, request, { correlationId: 1, clientId: 'slow' }));
  const oneBatch = 1_100_000;
  // Both take turns with the sockets: it takes some rounds until the answer is there, and until the server knows that its reader is gone.
  while ((await bytesFor(other)) > oneBatch);
  expect(await bytesFor(other)).toBeGreaterThan(1_000_000);
  slow.socket.destroy();
  while ((await bytesFor(other)) < 19_000_000);
});
