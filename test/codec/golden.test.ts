import { deepStrictEqual } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../src/codec/codec-error.ts';
import { encodeResponseFrame, readRequest, readRequestHeader } from '../../src/codec/frame.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { decodeResponseFrame, encodeRequestFrame } from './client-frames.ts';
import { fieldsOf } from './definitions.ts';
import type { Field } from './definitions.ts';
import { everyApi } from './every-api.ts';
import { goldenFrames, nameOf } from './golden-frames.ts';

type Values = Readonly<Record<string, unknown>>;

const apis = new Map(everyApi.map((api) => [api.key, api]));
const apiOf = (key: number): (typeof everyApi)[number] => {
  const api = apis.get(key);
  if (api === undefined) throw new Error(`no messages of API ${key}`);
  return api;
};

/** A decoded form as we have it: our names, bytes as bytes, and a default for what the frame does not have. */
const ours = (fields: readonly Field[], values: Values): Values =>
  Object.fromEntries(
    fields.map((field) => {
      const value = values[field.kafkaName];
      const one = (each: unknown): unknown => {
        if (each === null) return null;
        if (field.fields !== undefined) return ours(field.fields, each as Values);
        return field.type === 'bytes' || field.type === 'records' ? Buffer.from(each as string, 'base64') : each;
      };
      if (value === undefined) return [field.name, field.default];
      return [field.name, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );

const requests = goldenFrames.filter(({ direction }) => direction === 'request');
const known = requests.filter(({ decoded }) => decoded.body !== undefined);

describe('a golden request', () => {
  it('is there for every client', () => {
    expect(new Set(requests.map(({ client }) => client)).size).toBe(8);
    expect(known.length).toBeGreaterThan(500);
  });

  it('decodes to its decoded form, and tells what follows it', () => {
    for (const golden of known) {
      const reader = new MessageReader(golden.frame);
      const { header: kafka, body = {}, trailingBytes = '' } = golden.decoded;
      deepStrictEqual(
        readRequestHeader(reader),
        {
          apiKey: kafka['RequestApiKey'],
          apiVersion: kafka['RequestApiVersion'],
          correlationId: kafka['CorrelationId'],
          clientId: kafka['ClientId'],
        },
        nameOf(golden),
      );
      const api = apiOf(golden.apiKey);
      const request = readRequest(api, golden.apiVersion, reader);
      deepStrictEqual(request, ours(fieldsOf(`${golden.apiName}Request`, api.lastVersion), body), nameOf(golden));
      expect(golden.frame.subarray(reader.position).toString('base64')).toBe(trailingBytes);
    }
  });

  it('encodes back to the same bytes', () => {
    for (const golden of known) {
      const api = apiOf(golden.apiKey);
      const reader = new MessageReader(golden.frame);
      const header = readRequestHeader(reader);
      const request = readRequest(api, header.apiVersion, reader);
      // A decoded request has all fields, so that it is a sparse one, too.
      const again = encodeRequestFrame(api, header.apiVersion, request as never, header);
      const trailing = golden.frame.subarray(reader.position);
      deepStrictEqual(Buffer.concat([again.subarray(4), trailing]), golden.frame, nameOf(golden));
      expect(again.readInt32BE()).toBe(again.length - 4);
    }
  });

  it('of a version that there is not is refused after its header', () => {
    const unknown = requests.filter(({ decoded }) => decoded.unknownBody !== undefined);
    expect(unknown.map(({ apiName, apiVersion }) => `${apiName} v${apiVersion}`)).toEqual(
      expect.arrayContaining(['Produce v99', 'ApiVersions v127']),
    );
    for (const { frame, apiKey, apiVersion, decoded } of unknown) {
      const reader = new MessageReader(frame);
      expect(readRequestHeader(reader).clientId).toBe(decoded.header['ClientId']);
      expect(() => readRequest(apiOf(apiKey), apiVersion, reader)).toThrow(
        expect.objectContaining({ name: CodecError.name, code: 'UNSUPPORTED_VERSION' }),
      );
    }
  });
});

describe('a golden response', () => {
  const responses = goldenFrames.filter(({ direction }) => direction === 'response');

  it('decodes to its decoded form', () => {
    expect(responses.length).toBeGreaterThan(500);
    for (const golden of responses) {
      const api = apiOf(golden.apiKey);
      const { correlationId, response } = decodeResponseFrame(api, golden.apiVersion, golden.frame);
      expect(correlationId).toBe(golden.decoded.header['CorrelationId']);
      const fields = fieldsOf(`${golden.apiName}Response`, api.lastVersion);
      deepStrictEqual(response, ours(fields, golden.decoded.body ?? {}), nameOf(golden));
    }
  });

  it('encodes back to the same bytes', () => {
    for (const golden of responses) {
      const api = apiOf(golden.apiKey);
      const { correlationId, response } = decodeResponseFrame(api, golden.apiVersion, golden.frame);
      const { chunks, sizeBytes } = encodeResponseFrame(api, golden.apiVersion, correlationId, response);
      const again = Buffer.concat(chunks);
      expect(sizeBytes).toBe(again.length);
      expect(again.readInt32BE()).toBe(golden.frame.length);
      deepStrictEqual(again.subarray(4), golden.frame, nameOf(golden));
    }
  });
});
