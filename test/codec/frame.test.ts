import { describe, expect, it } from 'vitest';
import { zeroUuid } from '../../src/codec/api.ts';
import { CodecError } from '../../src/codec/codec-error.ts';
import { encodeResponseFrame, readRequest, readRequestHeader } from '../../src/codec/frame.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { MessageWriter } from '../../src/codec/message-writer.ts';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { findCoordinatorApi } from '../../src/codec/messages/find-coordinator.ts';
import { heartbeatApi } from '../../src/codec/messages/heartbeat.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { produceApi } from '../../src/codec/messages/produce.ts';
import { shareFetchApi } from '../../src/codec/messages/share-fetch.ts';
import type { ShareFetchResponse } from '../../src/codec/messages/share-fetch.ts';
import { decodeResponseFrame, encodeRequestFrame } from './client-frames.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const corrupt = (message: string): unknown =>
  expect.objectContaining({
    name: CodecError.name,
    code: 'CORRUPT_MESSAGE',
    message: expect.stringContaining(message),
  });

const shareFetchResponse = (records: readonly Uint8Array[]): ShareFetchResponse => ({
  throttleTimeMs: 0,
  errorCode: 0,
  acquisitionLockTimeoutMs: 30_000,
  responses: [
    {
      topicId: zeroUuid,
      partitions: [
        {
          partitionIndex: 3,
          errorCode: 0,
          acknowledgeErrorCode: 0,
          currentLeader: { leaderId: 1, leaderEpoch: 2 },
          records,
          acquiredRecords: [{ firstOffset: 10, lastOffset: 19, deliveryCount: 1 }],
        },
      ],
    },
  ],
  nodeEndpoints: [],
});

describe('a request', () => {
  it('has views into its frame for bytes and records, no copies', () => {
    const frame = encodeRequestFrame(produceApi, 13, {
      acks: -1,
      timeoutMs: 100,
      topicData: [{ topicId: zeroUuid, partitionData: [{ index: 0, records: Buffer.from('batches') }] }],
    }).subarray(4);
    const reader = new MessageReader(frame);
    readRequestHeader(reader);
    const records = readRequest(produceApi, 13, reader).topicData[0]?.partitionData[0]?.records;
    expect(records?.buffer).toBe(frame.buffer);
    expect(Buffer.from(records ?? []).toString()).toBe('batches');
  });

  it('of a version that there is not is refused with the versions that there are', () => {
    expect(() => readRequest(shareFetchApi, 3, new MessageReader(Buffer.alloc(0)))).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_VERSION',
        message: 'ShareFetch has the versions 1 to 2, not 3',
      }),
    );
  });

  it('may have text that is not UTF-8, which is read as Java does it', () => {
    const reader = new MessageReader(hex('0003 61ff62'));
    expect(reader.string(false, 'groupId')).toBe('a\ufffdb');
  });

  it('says which field is wrong, and where', () => {
    const frame = encodeRequestFrame(shareFetchApi, 2, { groupId: 'g', topics: [{ topicId: zeroUuid }] }).subarray(4);
    // Without the partitions' count, the tags of topic and request, and the forgotten topics.
    const reader = new MessageReader(frame.subarray(0, frame.length - 4));
    readRequestHeader(reader);
    expect(() => readRequest(shareFetchApi, 2, reader)).toThrow(
      corrupt(`topics has 1 elements of at least 17 bytes at byte ${frame.length - 20}, where 16 are left`),
    );
  });
});

describe('a reader', () => {
  const reader = (text: string): MessageReader => new MessageReader(hex(text));

  it('refuses lengths beyond the frame and below null', () => {
    expect(() => reader('7fff 61').string(false, 'name')).toThrow(corrupt('name is 32767 bytes long at byte 2'));
    expect(() => reader('fffe').nullableString(false, 'name')).toThrow(corrupt('name'));
    expect(() => reader('8000 0000').bytesView(false, 'data')).toThrow(corrupt('data'));
    expect(() => reader('ffffffff0f 00').bytesView(true, 'data')).toThrow(corrupt('data is 4294967294 bytes long'));
  });

  it('refuses text that no answer could repeat: longer than a string can be, or longer once it is UTF-8', () => {
    const compact = (length: number, fill: number): MessageReader =>
      new MessageReader(Buffer.concat([hex('81fa01'), Buffer.alloc(length, fill)]));
    expect(compact(32_000, 0x61).string(true, 'name')).toHaveLength(32_000);
    expect(() => compact(32_000, 0xff).string(true, 'name')).toThrow(corrupt('name has 32000 bytes'));
    const long = new MessageReader(Buffer.concat([hex('818002'), Buffer.alloc(32_768, 0x61)]));
    expect(() => long.string(true, 'name')).toThrow(corrupt('name has 32768 bytes'));
  });

  it('refuses an array whose elements cannot fit, before it reads one', () => {
    expect(() => reader('7fffffff 00').arrayLength(false, 1, 'topics')).toThrow(
      corrupt('topics has 2147483647 elements'),
    );
    expect(() => reader('80000000 00').arrayLength(false, 1, 'topics')).toThrow(corrupt('topics has -2147483648'));
    expect(() => reader('03 0000 0000 000000').arrayLength(true, 4, 'topics')).toThrow(
      corrupt('topics has 2 elements'),
    );
    expect(reader('03 0000 0000 0000 0000').arrayLength(true, 4, 'topics')).toBe(2);
  });

  it('takes almost no memory for an array of 2^31 elements', () => {
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 100; round++) {
      const frame = hex('7fffffff' + '00'.repeat(50));
      expect(() => metadataApi.decodeRequest(new MessageReader(frame), 1)).toThrow(corrupt('topics'));
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('refuses null where it cannot be', () => {
    expect(() => reader('ffff').string(false, 'host')).toThrow(corrupt('host is null'));
    expect(() => reader('00').string(true, 'host')).toThrow(corrupt('host is null'));
    expect(() => reader('00').bytesView(true, 'data')).toThrow(corrupt('data is null'));
    expect(() => reader('ffffffff').arrayLength(false, 1, 'topics')).toThrow(corrupt('topics is null'));
    expect(() => reader('ffffffff').nullableArrayLength(false, false, 1, 'topics')).toThrow(corrupt('topics is null'));
    expect(reader('ffffffff').nullableArrayLength(false, true, 1, 'topics')).toBe(-1);
  });

  it('refuses varints of more than 32 bits, and reads those that are longer than they need to be', () => {
    expect(() => reader('ffffffffff01').uvarint('size')).toThrow(corrupt('size is a varint of more than 32 bits'));
    expect(() => reader('ffffffff10').uvarint('size')).toThrow(corrupt('size is a varint of more than 32 bits'));
    expect(reader('ffffffff0f').uvarint('size')).toBe(2 ** 32 - 1);
    expect(reader('8100').uvarint('size')).toBe(1);
    expect(() => reader('80').uvarint('size')).toThrow(corrupt('size'));
  });

  it('refuses int64 beyond 2^53-1', () => {
    expect(reader('001fffffffffffff').int64('offset')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => reader('0020000000000000').int64('offset')).toThrow(corrupt('offset is 9007199254740992'));
    expect(() => reader('7fffffffffffffff').int64('offset')).toThrow(corrupt('offset is 9223372036854775807'));
  });

  it('skips tagged fields that it does not know, and refuses a known one whose size is wrong', () => {
    const prefix = hex('ffffffff 00000000 00000001 7fffffff 00 00000000 ffffffff 01 01 01');
    const fetch = (tags: string): unknown =>
      fetchApi.decodeRequest(new MessageReader(Buffer.concat([prefix, hex(tags)])), 12);
    expect(fetch('01 00 02 0263')).toMatchObject({ clusterId: 'c' });
    expect(fetch('02 00 02 0263 63 03 aabbcc')).toMatchObject({ clusterId: 'c' });
    expect(() => fetch('01 00 03 0263 00')).toThrow(corrupt('taggedFields'));
    expect(() => fetch('01 00 01 0263')).toThrow(corrupt('taggedFields'));
    expect(() => fetch('01 00 05 0263')).toThrow(corrupt('taggedFields is 5 bytes long'));
    expect(() => fetch('ffffffff0f 00 02 0263')).toThrow(corrupt('taggedFields'));
  });
});

describe('a response', () => {
  it('carries record batches as they are stored, without copying them', () => {
    const batches = [Buffer.alloc(100_000, 1), Buffer.alloc(0), Buffer.alloc(50_000, 2)];
    const { chunks, sizeBytes } = encodeResponseFrame(shareFetchApi, 2, 7, shareFetchResponse(batches));
    expect(chunks[1]).toBe(batches[0]);
    expect(chunks[2]).toBe(batches[2]);
    expect(chunks).toHaveLength(4);
    const frame = Buffer.concat(chunks);
    expect(frame.length).toBe(sizeBytes);
    expect(frame.readInt32BE()).toBe(sizeBytes - 4);
    const { correlationId, response } = decodeResponseFrame(shareFetchApi, 2, frame.subarray(4));
    expect(correlationId).toBe(7);
    const partition = response.responses[0]?.partitions[0];
    expect(partition?.acquiredRecords).toEqual([{ firstOffset: 10, lastOffset: 19, deliveryCount: 1 }]);
    expect(Buffer.concat(batches).equals(partition?.records as Uint8Array)).toBe(true);
  });

  it('stays as it is when the next one is encoded', () => {
    const response = { throttleTimeMs: 0, errorCode: 16 };
    const first = encodeResponseFrame(heartbeatApi, 4, 1, response);
    const before = Buffer.concat(first.chunks);
    encodeResponseFrame(heartbeatApi, 4, 2, { throttleTimeMs: 9, errorCode: 27 });
    expect(Buffer.concat(first.chunks)).toEqual(before);
  });

  it('of ApiVersions has the old header in all versions, others the new one when they are flexible', () => {
    const versions = { errorCode: 35, apiKeys: [], throttleTimeMs: 0 };
    const refused = encodeResponseFrame(apiVersionsApi, 0, 5, versions);
    expect(Buffer.concat(refused.chunks)).toEqual(hex('0000000a 00000005 0023 00000000'));
    const accepted = encodeResponseFrame(apiVersionsApi, 3, 5, { ...versions, errorCode: 0 });
    expect(Buffer.concat(accepted.chunks)).toEqual(hex('0000000c 00000005 0000 01 00000000 00'));
    const heartbeat = encodeResponseFrame(heartbeatApi, 4, 5, { throttleTimeMs: 1, errorCode: 0 });
    expect(Buffer.concat(heartbeat.chunks)).toEqual(hex('0000000c 00000005 00 00000001 0000 00'));
  });

  it('refuses a field that its version lacks, and drops one that may be dropped', () => {
    const coordinator = { key: 'g', nodeId: 1, host: 'h', port: 9092, errorCode: 0, errorMessage: null };
    const response = { throttleTimeMs: 0, coordinators: [coordinator] };
    expect(() => encodeResponseFrame(findCoordinatorApi, 3, 1, response)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_VERSION',
        message: 'coordinators is set, which version 3 does not have',
      }),
    );
    expect(encodeResponseFrame(heartbeatApi, 0, 1, { throttleTimeMs: 9, errorCode: 0 }).sizeBytes).toBe(4 + 4 + 2);
  });

  it('that failed leaves nothing behind in the next one', () => {
    const broken = {
      ...shareFetchResponse([Buffer.alloc(10)]),
      nodeEndpoints: [{ nodeId: 2 ** 31, host: '', port: 1 }],
    };
    expect(() => encodeResponseFrame(shareFetchApi, 2, 1, broken)).toThrow('nodeEndpoints.nodeId is 2147483648');
    expect(encodeResponseFrame(heartbeatApi, 0, 1, { throttleTimeMs: 0, errorCode: 0 }).chunks).toHaveLength(1);
  });
});

describe('a writer', () => {
  it('refuses values that a field cannot hold, rather than write others', () => {
    const writer = new MessageWriter();
    expect(() => writer.int8(128, 'x')).toThrow('x is 128, which is not an int8');
    expect(() => writer.int16(-32_769, 'x')).toThrow('x is -32769, which is not an int16');
    expect(() => writer.int32(1.5, 'x')).toThrow('x is 1.5, which is not an int32');
    expect(() => writer.int64(2 ** 53, 'x')).toThrow('x is 9007199254740992');
    expect(() => writer.int64(Number.NaN, 'x')).toThrow('x is NaN');
    expect(() => writer.uuid('short', 'x')).toThrow("x is 'short', not a uuid");
    expect(() => writer.uuid('?'.repeat(22), 'x')).toThrow('not a uuid');
    expect(() => writer.string('é'.repeat(20_000), true, 'x')).toThrow('x takes 40000 bytes');
    expect(() => writer.nullableString(null, false, true, 'x')).toThrow('x cannot be null');
    expect(() => writer.records(null, false, true, 'x')).toThrow('x cannot be null');
  });

  it.each([
    ['the length of a text', 2, (writer: MessageWriter) => writer.string('a', false, 'x'), '000161'],
    ['the length of an array', 4, (writer: MessageWriter) => writer.arrayLength(7, false), '00000007'],
    ['a text', 3, (writer: MessageWriter) => writer.string('ab', true, 'x'), '036162'],
    ['a uuid', 16, (writer: MessageWriter) => writer.uuid('_'.repeat(21) + 'w', 'x'), 'ff'.repeat(16)],
    ['a number', 8, (writer: MessageWriter) => writer.int64(1, 'x'), '0000000000000001'],
  ])('grows in the middle of anything: %s', (_name, sizeBytes, write, expected) => {
    for (let before = 0; before < sizeBytes + 2; before++) {
      const writer = new MessageWriter();
      for (let filled = 16_384 - before; filled > 0; filled--) writer.int8(0, 'x');
      write(writer);
      const bytes = Buffer.concat(writer.finish().chunks);
      expect(bytes.subarray(16_384 - before).toString('hex')).toBe(expected);
    }
  });

  it('cuts what is said of an error to what a string can hold, because it quotes what was asked', () => {
    const writer = new MessageWriter();
    writer.nullableString('ü'.repeat(20_000), true, true, 'results.errorMessage');
    const [bytes] = writer.finish().chunks;
    expect(new MessageReader(Buffer.from(bytes ?? [])).string(true, 'x')).toBe(`${'ü'.repeat(1000)}…`);
  });

  it('grows as far as it has to', () => {
    const writer = new MessageWriter();
    for (let value = 0; value < 300_000; value++) writer.int64(value, 'x');
    const [bytes] = writer.finish().chunks;
    const reader = new MessageReader(Buffer.from(bytes ?? []));
    for (let value = 0; value < 300_000; value++) if (reader.int64('x') !== value) throw new Error(`not ${value}`);
  });
});
