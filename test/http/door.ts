import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv';
import { expect } from 'vitest';
import { RequestMeters } from '../../src/core/measure/request-meter.ts';
import { buildApp } from '../../src/http/app.ts';
import { defaultHttpLimits } from '../../src/http/http-settings.ts';
import type { HttpLimits } from '../../src/http/http-settings.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { apiRoutes } from '../../src/http/routes.ts';
import type { BrokerApi } from '../../src/http/broker-api.ts';
import { startBroker } from '../broker/broker-fixture.ts';
import { until } from '../until.ts';

export const document = openApiDocument('0.0.0');
const routes = apiRoutes(defaultHttpLimits);
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'openapi');
const validators = new Map<string, ValidateFunction>();

// eslint-disable-next-line typescript/no-explicit-any -- answers are checked against the document, then read freely.
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly json: Json;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Checks an answer against what the document promises for it, and against the strict zod schema it comes from. */
export const checkAnswer = (method: string, url: string, answer: Answer): void => {
  const path = url.split('?', 1)[0]!;
  const template = Object.keys(document.paths).find((each) =>
    new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  const operation = template === undefined ? undefined : document.paths[template]![method.toLowerCase()];
  if (template === undefined || operation === undefined) return;
  const response = operation.responses[String(answer.status)];
  expect(
    response,
    `${method} ${path} answered ${answer.status}, which is not documented: ${answer.text}`,
  ).toBeDefined();
  const type = Object.keys(response!.content ?? {})[0];
  if (type === undefined) {
    expect(answer.text).toBe('');
    return;
  }
  expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`);
  const pointer = [
    'paths',
    template,
    method.toLowerCase(),
    'responses',
    String(answer.status),
    'content',
    type,
    'schema',
  ]
    .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
    .map(encodeURIComponent)
    .join('/');
  let validate = validators.get(pointer);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `openapi#/${pointer}` });
    validators.set(pointer, validate);
  }
  const body: unknown = answer.json ?? answer.text;
  expect(validate(body), `${method} ${path}: ${ajv.errorsText(validate.errors)} in ${answer.text}`).toBe(true);
  const route = routes.find((each) => each.method === method && each.path === template);
  if (answer.status < 300) route!.response!.parse(body);
};

/** The HTTP door before a broker on memory adapters and a fake clock. */
export const openDoor = async (
  change: {
    limits?: Partial<HttpLimits>;
    allowedHosts?: readonly string[];
    broker?: Parameters<typeof startBroker>[0];
    /** Replaces methods of the broker. */
    override?: Partial<BrokerApi>;
  } = {},
) => {
  const started = await startBroker(change.broker);
  const { clock } = started;
  const logged: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const broker = new Proxy(started.broker, {
    get: (target, name) => {
      const replaced = change.override?.[name as keyof BrokerApi];
      if (replaced !== undefined) return replaced;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
  const app = buildApp({
    broker,
    operations: started.operations,
    settings: { allowedHosts: change.allowedHosts ?? [], limits: { ...defaultHttpLimits, ...change.limits } },
    logger: { warn: log('warn'), error: log('error') },
    clock,
    meters: new RequestMeters(),
    metrics: { contentType: 'text/plain', text: async () => '' },
    version: '0.0.0',
  });

  /** One request, and its answer checked against the document. A string or Buffer is sent as it is. */
  const call = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT' | 'OPTIONS',
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await app.inject({
      method,
      url,
      headers: {
        host: 'localhost:8080',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    });
    const text = response.body;
    // Lines of JSON are read as the text that they are.
    const isJson = /[/+]json/.test(String(response.headers['content-type']));
    const answer = {
      status: response.statusCode,
      json: isJson ? JSON.parse(text) : undefined,
      text,
      headers: response.headers,
    };
    expect(answer.headers['x-request-id'], 'every answer has its id').toBeTypeOf('string');
    checkAnswer(method, url, answer);
    return answer;
  };

  /** The same, where success is expected: its JSON. */
  const ok = async (...request: Parameters<typeof call>): Promise<Json> => {
    const answer = await call(...request);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.json;
  };

  return { app, call, ok, clock, broker: started.broker, started, logged };
};

/** Waits until the server has so many connections: that a client has gone is noticed a little later. */
export const untilConnected = ({ server }: Awaited<ReturnType<typeof openDoor>>['app'], count: number): Promise<void> =>
  until(
    () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, connected) => (error ? reject(error) : resolve(connected === count))),
      ),
    `${count} connections`,
  );

/** What a problem must say: its status, its code, and words in its detail. */
export const expectProblem = (answer: Answer, status: number, code: string, ...words: readonly string[]): void => {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.json.code).toBe(code);
  expect(answer.json.status).toBe(status);
  expect(answer.json.requestId).toBe(answer.headers['x-request-id']);
  for (const word of words) expect(answer.json.detail).toContain(word);
};
