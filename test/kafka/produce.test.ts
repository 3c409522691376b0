import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sparse } from '../../src/codec/api.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { type InitProducerIdRequest, initProducerIdApi } from '../../src/codec/messages/init-producer-id.ts';
import { type ProduceRequest, produceApi } from '../../src/codec/messages/produce.ts';
import { openBatch } from '../../src/codec/record-batch.ts';
import { topicId as toTopicId } from '../../src/core/ids.ts';
import { codeOf, must, offsetsOf } from '../broker/broker-fixture.ts';
import { settle } from '../broker/fake-clock.ts';
import { FaultyLog, FaultyMetadata } from '../broker/faulty-outside.ts';
import { encodeRequestFrame } from '../codec/client-frames.ts';
import { rebuild } from '../codec/compressed-batch.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';
import { batchOf, gzipped } from './produced.ts';

describe('Produce', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  let log: FaultyLog;
  let topicId: string;

  beforeEach(async () => {
    log = new FaultyLog();
    door = await openKafkaDoor({ broker: { log } });
    client = await door.open();
    const config = { 'max.message.bytes': '2000' };
    topicId = must(await door.broker.createTopic({ name: 'orders', partitions: 3, config })).topicId;
  });
  afterEach(async () => {
    log.appends = 'works';
    log.trouble.letGo();
    await door.close();
  });

  const requestOf = (records: Uint8Array | null, partition = 0, acks = -1): Sparse<ProduceRequest> => ({
    acks,
    timeoutMs: 30_000,
    topicData: [{ name: 'orders', topicId, partitionData: [{ index: partition, records }] }],
  });
  const produce = async (records: Uint8Array | null, version = 13) => {
    const { responses } = await client.call(produceApi, version, requestOf(records));
    return responses[0]?.partitionResponses[0];
  };
  const errorOf = async (records: Uint8Array | null, version = 13) => (await produce(records, version))?.errorCode;
  const valuesIn = async (partition = 0) => {
    const batches = await log.read(
      { topicId: toTopicId(topicId), partition },
      { startOffset: 0, endOffset: Infinity, maxBytes: Infinity },
    );
    return batches.flatMap(({ bytes }) =>
      [...openBatch(bytes)].map((each) => Buffer.from(each.value ?? '').toString()),
    );
  };

  it('appends in every version, and answers where the records are', async () => {
    for (let version = 3; version <= 13; version++) {
      const answer = await client.call(produceApi, version, requestOf(batchOf(['a', 'b'])));
      expect(answer.responses).toEqual([
        {
          name: version <= 12 ? 'orders' : '',
          topicId: version >= 13 ? topicId : expect.any(String),
          partitionResponses: [
            {
              index: 0,
              errorCode: 0,
              baseOffset: (version - 3) * 2,
              logAppendTimeMs: -1,
              logStartOffset: version >= 5 ? 0 : -1,
              recordErrors: [],
              errorMessage: null,
              currentLeader: expect.anything(),
            },
          ],
        },
      ]);
    }
    expect(await valuesIn()).toHaveLength(22);
  });

  it('is listed from version 0 on, which librdkafka looks at before it compresses with lz4', async () => {
    const { apiKeys } = await client.call(apiVersionsApi, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' });
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 });
  });

  it('stores the bytes as they came, but for base offset and leader epoch', async () => {
    await produce(batchOf(['a']));
    const sent = gzipped(batchOf(['b', 'c']));
    expect(await produce(sent)).toMatchObject({ errorCode: 0, baseOffset: 1 });
    const key = { topicId: toTopicId(topicId), partition: 0 };
    const [stored] = await log.read(key, { startOffset: 1, endOffset: 3, maxBytes: 10_000 });
    expect(stored?.bytes.subarray(16)).toEqual(new Uint8Array(sent.subarray(16)));
    expect(openBatch(stored?.bytes ?? new Uint8Array()).header).toMatchObject({
      baseOffset: 1,
      partitionLeaderEpoch: 0,
    });
    expect(await valuesIn()).toEqual(['a', 'b', 'c']);
  });

  it('lets each partition come out by itself', async () => {
    const unknown = Buffer.from('0123456789abcdef').toString('base64url');
    const { responses } = await client.call(produceApi, 13, {
      acks: 1,
      topicData: [
        {
          topicId,
          partitionData: [
            { index: 0, records: batchOf(['a']) },
            { index: 1, records: batchOf(['b'], { baseOffset: 7 }) },
            { index: 3, records: batchOf(['c']) },
            { index: 2, records: batchOf(['d']) },
          ],
        },
        { topicId: unknown, partitionData: [{ index: 0, records: batchOf(['e']) }] },
      ],
    });
    expect(responses.map((each) => each.partitionResponses.map(({ errorCode }) => errorCode))).toEqual([
      [0, errorCodes.INVALID_RECORD, errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 0],
      [errorCodes.UNKNOWN_TOPIC_ID],
    ]);
    expect([await valuesIn(0), await valuesIn(1), await valuesIn(2)]).toEqual([['a'], [], ['d']]);
  });

  it('creates no topic, whatever it is called', async () => {
    for (const name of ['nowhere', 'no/topic']) {
      const { responses } = await client.call(produceApi, 12, {
        acks: 1,
        topicData: [{ name, partitionData: [{ index: 0, records: batchOf(['a']) }] }],
      });
      expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
    }
    expect(codeOf(door.broker.describeTopic('nowhere'))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  describe('refuses', () => {
    it('anything but exactly one batch of magic 2', async () => {
      const batch = batchOf(['a']);
      const old = Buffer.from(batch);
      old[16] = 1;
      const strange = Buffer.from(batch);
      strange[16] = 3;
      expect(await errorOf(null)).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(new Uint8Array())).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(batch.subarray(0, 40))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(Buffer.concat([batch, batch]))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(old)).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(strange)).toBe(errorCodes.CORRUPT_MESSAGE);
      expect(await valuesIn()).toEqual([]);
    });

    it('a batch whose bytes are not what its CRC says', async () => {
      const batch = Buffer.from(batchOf(['abc']));
      batch[batch.length - 2] = 7;
      expect(await errorOf(batch)).toBe(errorCodes.CORRUPT_MESSAGE);
    });

    it('counts, offsets and records that do not fit, also inside of what is compressed', async () => {
      const batch = batchOf(['a', 'b']);
      expect(await errorOf(rebuild(batch, { recordsCount: 3 }))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(rebuild(batch, { lastOffsetDelta: 2 }))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(rebuild(batch, { recordsCount: 0, lastOffsetDelta: -1 }))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(rebuild(batch, { recordsCount: 3, lastOffsetDelta: 2 }))).toBe(errorCodes.INVALID_RECORD);
      const zipped = gzipped(batch);
      expect(await errorOf(rebuild(zipped, { recordsCount: 3, lastOffsetDelta: 2 }))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(rebuild(zipped, { records: Buffer.from('no gzip') }))).toBe(errorCodes.INVALID_RECORD);
      expect(await valuesIn()).toEqual([]);
    });

    it('a codec that is unknown, and zstd before version 7', async () => {
      const batch = batchOf(['a']);
      expect(await errorOf(rebuild(batch, { attributes: 5 }))).toBe(errorCodes.UNSUPPORTED_COMPRESSION_TYPE);
      expect(await errorOf(rebuild(batch, { attributes: 4 }), 6)).toBe(errorCodes.UNSUPPORTED_COMPRESSION_TYPE);
    });

    it('a batch beyond max.message.bytes before it looks inside', async () => {
      const large = Buffer.from(batchOf(['x'.repeat(2000)]));
      large[large.length - 5] = 0;
      expect(await produce(large)).toMatchObject({
        errorCode: errorCodes.MESSAGE_TOO_LARGE,
        baseOffset: -1,
        errorMessage: expect.stringContaining('max.message.bytes of topic "orders", 2000'),
      });
    });

    it('batches that only a broker writes, or that belong to a transaction', async () => {
      expect(await errorOf(batchOf(['a'], { isControl: true }))).toBe(errorCodes.INVALID_RECORD);
      expect(await errorOf(batchOf(['a'], { isTransactional: true }))).toBe(errorCodes.INVALID_TXN_STATE);
      expect(await errorOf(rebuild(batchOf(['a']), { attributes: 8 }))).toBe(errorCodes.INVALID_TIMESTAMP);
      expect(await errorOf(batchOf(['a'], { producerId: 5, producerEpoch: 0 }))).toBe(errorCodes.INVALID_RECORD);
    });

    it('acks that do not exist, before it looks into the batch', async () => {
      const damaged = Buffer.from(batchOf(['abc']));
      damaged[damaged.length - 2] = 7;
      const { responses } = await client.call(produceApi, 13, requestOf(damaged, 0, 2));
      expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(errorCodes.INVALID_REQUIRED_ACKS);
      expect(await valuesIn()).toEqual([]);
    });
  });

  it('answers nothing with acks=0, and closes the connection when something was wrong', async () => {
    client.socket.write(encodeRequestFrame(produceApi, 13, requestOf(batchOf(['a']), 0, 0)));
    client.socket.write(encodeRequestFrame(produceApi, 13, requestOf(batchOf(['b']), 1, 0)));
    expect(await errorOf(batchOf(['c']))).toBe(0);
    expect([await valuesIn(0), await valuesIn(1)]).toEqual([['a', 'c'], ['b']]);
    client.socket.write(encodeRequestFrame(produceApi, 13, requestOf(batchOf(['d']), 9, 0)));
    await client.closed();
    expect(door.logged.at(-1)?.message).toContain('acks=0');
  });

  it('answers when the records are durable, and keeps the order of requests that wait together', async () => {
    log.appends = 'hangs';
    const answers = ['a', 'b', 'c'].map((text) => client.call(produceApi, 13, requestOf(batchOf([text]))));
    const other = await door.open();
    while (log.trouble.held < 3) await other.call(apiVersionsApi, 0, {});
    log.trouble.letGo();
    const offsets = (await Promise.all(answers)).map((each) => each.responses[0]?.partitionResponses[0]?.baseOffset);
    expect(offsets).toEqual([0, 1, 2]);
    expect(await valuesIn()).toEqual(['a', 'b', 'c']);
  });

  it('tells a client to try again when the disk fails', async () => {
    log.appends = 'full';
    expect(await errorOf(batchOf(['a']))).toBe(errorCodes.KAFKA_STORAGE_ERROR);
    log.appends = 'lost_answer';
    expect(await errorOf(batchOf(['a']))).toBe(errorCodes.KAFKA_STORAGE_ERROR);
  });

  describe('from a producer with an id', () => {
    const newId = async (request: Sparse<InitProducerIdRequest> = {}, version = 5) =>
      client.call(initProducerIdApi, version, { transactionalId: null, producerId: -1, producerEpoch: -1, ...request });
    const sequenced = (producerId: number, baseSequence: number, texts: readonly string[], producerEpoch = 0) =>
      batchOf(texts, { producerId, producerEpoch, baseSequence });

    it('gives every producer an id of its own, in every version', async () => {
      const ids = new Set<number>();
      for (let version = 0; version <= 5; version++) {
        const { errorCode, producerId, producerEpoch } = await newId({}, version);
        expect([errorCode, producerEpoch]).toEqual([0, 0]);
        ids.add(producerId ?? -1);
      }
      expect(ids.size).toBe(6);
      expect(await newId({ producerId: [...ids][0] ?? 0, producerEpoch: 3 })).toMatchObject({
        errorCode: 0,
        producerEpoch: 0,
      });
    });

    it('is to ask again while no id can be made durable', async () => {
      const metadata = new FaultyMetadata();
      await door.close();
      door = await openKafkaDoor({ broker: { metadata } });
      client = await door.open();
      metadata.puts = 'full';
      expect(await newId()).toMatchObject({ errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 });
      metadata.puts = 'works';
      expect(await newId()).toMatchObject({ errorCode: 0 });
    });

    it('says that there are no transactions, and refuses half of an identity', async () => {
      const none = { producerId: -1, producerEpoch: -1 };
      expect(await newId({ transactionalId: 't' })).toMatchObject({
        errorCode: errorCodes.UNSUPPORTED_VERSION,
        ...none,
      });
      expect(await newId({ transactionalId: '' })).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST, ...none });
      expect(await newId({ producerId: 5 })).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST });
      expect(await newId({ producerEpoch: 5 })).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST });
    });

    it('appends a batch once, however often it comes', async () => {
      const { producerId: id = -1 } = await newId();
      const first = sequenced(id, 0, ['a', 'b']);
      expect(await produce(first)).toMatchObject({ errorCode: 0, baseOffset: 0 });
      expect(await produce(sequenced(id, 2, ['c']))).toMatchObject({ errorCode: 0, baseOffset: 2 });
      expect(await produce(first)).toMatchObject({ errorCode: 0, baseOffset: 0 });
      expect(await valuesIn()).toEqual(['a', 'b', 'c']);
    });

    it('refuses a batch behind one that is missing, and one of an older epoch', async () => {
      await produce(sequenced(7, 0, ['a'], 1));
      expect(await errorOf(sequenced(7, 2, ['c'], 1))).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER);
      expect(await errorOf(sequenced(7, 1, ['b'], 0))).toBe(errorCodes.INVALID_PRODUCER_EPOCH);
      expect(await errorOf(sequenced(7, 1, ['b'], 1))).toBe(0);
      expect(await valuesIn()).toEqual(['a', 'b']);
    });

    it('appends a batch once whose first answer was lost with the disk', async () => {
      await produce(sequenced(7, 0, ['a']));
      log.appends = 'lost_answer';
      expect(await errorOf(sequenced(7, 1, ['b']))).toBe(errorCodes.KAFKA_STORAGE_ERROR);
      log.appends = 'works';
      expect(await produce(sequenced(7, 1, ['b']))).toMatchObject({ errorCode: 0, baseOffset: 1 });
      expect(await valuesIn()).toEqual(['a', 'b']);
    });

    it('lets nothing in behind a batch that failed', async () => {
      await produce(sequenced(7, 0, ['a']));
      log.appends = 'full';
      const failed = produce(sequenced(7, 1, ['b']));
      expect((await failed)?.errorCode).toBe(errorCodes.KAFKA_STORAGE_ERROR);
      log.appends = 'works';
      expect(await errorOf(sequenced(7, 2, ['c']))).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER);
      expect([await errorOf(sequenced(7, 1, ['b'])), await errorOf(sequenced(7, 2, ['c']))]).toEqual([0, 0]);
      expect(await valuesIn()).toEqual(['a', 'b', 'c']);
    });
  });

  it('wakes the workers of a share group', async () => {
    const acquired = door.acquire({ topics: ['orders'], waitMs: 10_000, maxRecords: 5 });
    await settle();
    await produce(gzipped(batchOf(['a', 'b'])));
    expect(offsetsOf(must(await acquired).ranges)).toEqual([0, 1]);
  });
});
