import { z } from 'zod';
import { defaultHttpLimits } from './http-settings.ts';
import type { HttpLimits } from './http-settings.ts';
import { problemCodes, problemContentType, problemStatuses, problemTitles, retryAfterSeconds } from './problem.ts';
import type { ProblemCode } from './problem.ts';
import type { Route } from './route.ts';
import { apiRoutes } from './routes.ts';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: object; readonly content?: OpenApiContent }>
  >;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

type OpenApiContent = Readonly<Record<string, { readonly schema: JsonSchema }>>;
export type JsonSchema = Readonly<Record<string, unknown>>;

const tags = [
  { name: 'Leases', description: 'What a worker does: acquire, acknowledge, renew.' },
  { name: 'Records', description: 'Produce, and read without a group.' },
  { name: 'Topics', description: 'Partitioned logs of records.' },
  {
    name: 'Share groups',
    description: 'Groups of workers that drain topics together, and what an operator does with them.',
  },
  { name: 'Windows', description: 'The window of in-flight records of each share partition.' },
  { name: 'Operations', description: 'What takes longer than a request should: begun, looked at, cancelled.' },
  { name: 'Server', description: 'What operators did, what changes, the nodes, and health.' },
];

const description = `Share-group queues over HTTP: acquire records under a time-limited lock, work, and accept, release, reject or renew.

A 2xx answer means durable. Every error is \`application/problem+json\` (RFC 9457) with a stable \`code\`, \`retriable\`, the \`field\` that is wrong and the \`requestId\`, which is also in the header \`x-request-id\`, and in the server's log where that has a line for the request. Fields may be added to answers; unknown fields in requests are refused.

Requests whose \`Host\` is neither loopback nor configured, or that come from a web page of another origin, get 403.`;

/** What any route may answer with, apart from its own codes. */
const commonCodes: readonly ProblemCode[] = [
  'INVALID_REQUEST',
  'FORBIDDEN_HOST',
  'FORBIDDEN_ORIGIN',
  'INTERNAL_ERROR',
  'SHUTTING_DOWN',
];
const bodyCodes: readonly ProblemCode[] = ['BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** OpenAPI 3.1 of the API, made from the schemas that check the requests. */
export const openApiDocument = (version: string, limits: HttpLimits = defaultHttpLimits): OpenApiDocument => {
  const schemas: Record<string, JsonSchema> = {};
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of apiRoutes(limits)) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, schemas);
  }
  schemas['Problem'] = problemSchema;
  return {
    openapi: '3.1.0',
    info: { title: 'sash', version, description },
    tags,
    paths,
    components: { schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))) },
  };
};

const operationOf = (route: Route, schemas: Record<string, JsonSchema>): OpenApiOperation => {
  const parameters = [
    ...parametersOf(route.params, 'path', schemas),
    ...parametersOf(route.query, 'query', schemas),
    ...(route.headers ?? []).map(({ name, description, maxLength }): OpenApiParameter => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', minLength: 1, maxLength },
    })),
  ];
  const content: Record<string, { schema: JsonSchema }> = {};
  if (route.body !== undefined) content['application/json'] = { schema: jsonSchemaOf(route.body, 'input', schemas) };
  if (route.streams !== undefined)
    content[route.streams] = { schema: { type: 'string', description: 'One record a line.' } };
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(Object.keys(content).length === 0 ? {} : { requestBody: { required: route.bodyRequired ?? true, content } }),
    responses: {
      [route.status]: {
        description: descriptions[route.status],
        headers: requestIdHeader,
        ...(route.response === null
          ? {}
          : {
              content: {
                [route.responseType ?? 'application/json']: { schema: jsonSchemaOf(route.response, 'output', schemas) },
              },
            }),
      },
      ...problemResponses(route),
    },
  };
};

const descriptions = { 200: 'The answer.', 201: 'Created.', 202: 'Begun.', 204: 'Done.' } as const;

const parametersOf = (
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  schemas: Record<string, JsonSchema>,
): OpenApiParameter[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input', schemas) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (required.includes(name) && rest['default'] === undefined),
    ...(typeof description === 'string' ? { description } : {}),
    schema: rest,
  }));
};

/**
 * The JSON Schema of a zod schema. Schemas with an id go to `schemas`, once, and are referred to. Answers are open for fields
 * that come later: only requests refuse what they do not know.
 */
const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, JsonSchema>): JsonSchema => {
  const { $schema, $defs, ...json } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema.id;
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      // zod writes an integer's safe range where there is no limit of ours.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.type === 'integer') jsonSchema.format = 'int64';
    },
  }) as Record<string, unknown>;
  void $schema;
  const here = referringToComponents($defs ?? {}) as Record<string, JsonSchema>;
  for (const [name, definition] of Object.entries(here)) schemas[name] = definition;
  const id = schema.meta()?.['id'];
  const whole = referringToComponents(json) as JsonSchema;
  if (typeof id !== 'string') return whole;
  if (whole['$ref'] === undefined) schemas[id] = whole;
  return { $ref: `#/components/schemas/${id}` };
};

const referringToComponents = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(referringToComponents);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === '$ref' && typeof each === 'string'
        ? each.replace('#/$defs/', '#/components/schemas/')
        : referringToComponents(each),
    ]),
  );
};

const requestIdHeader = {
  'x-request-id': {
    description: "The request's id: as sent, or made by the server.",
    schema: { type: 'string' },
  },
};

const problemResponses = (route: Route): OpenApiOperation['responses'] => {
  const codes = new Set([...commonCodes, ...(route.body === undefined ? [] : bodyCodes), ...route.problems]);
  const byStatus = Map.groupBy(codes, (code) => problemStatuses[code]);
  return Object.fromEntries(
    [...byStatus.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([status, list]) => [
        String(status),
        {
          description: list.map((code) => `\`${code}\`: ${problemTitles[code]}.`).join('\n\n'),
          headers: list.some((code) => retryAfterSeconds(code) !== undefined)
            ? {
                ...requestIdHeader,
                'retry-after': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
              }
            : requestIdHeader,
          content: { [problemContentType.split(';')[0]!]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
};

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'RFC 9457. Other members may follow.',
  required: ['type', 'title', 'status', 'detail', 'code', 'retriable', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Where the code is described.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'Names the thing, the value and the limit, and what to do.' },
    code: { type: 'string', enum: problemCodes, description: 'A stable name.' },
    retriable: { type: 'boolean', description: 'The same request may succeed later, unchanged.' },
    field: { type: 'string', description: 'The field that is wrong, such as acknowledgements[3].delayMs.' },
    requestId: { type: 'string' },
  },
};
