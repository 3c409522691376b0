import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { askerOf } from '../operator-of.ts';
import { answeredItself, commonHeaders, defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import * as schema from '../schemas/operations.ts';

const tag = 'Operations';

export const operationRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/operations',
    operationId: 'beginOperation',
    tag,
    summary: 'Begin what takes longer than a request should: it goes on in the background, over restarts too',
    description:
      "settle: an operator's accept, reject, release or retry of one window, of all windows on a topic, or of all of a group, some thousand records at a time. delete-group: the group with its state, refused while somebody works in it. export-window: the runs of a window as NDJSON, to be fetched at /result within a day. Durable when it is answered.",
    body: schema.beginBody,
    status: 202,
    response: schema.operation,
    problems: [
      'INVALID_GROUP_ID',
      'GROUP_ID_NOT_FOUND',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NON_EMPTY_GROUP',
      'TOO_MANY_OPERATIONS',
      'STORAGE_FULL',
    ],
    handle: async ({ body, reply }, { operations }) => {
      const begun = await operations.begin(schema.newOperationOf(body, askerOf(reply)));
      return begun.ok ? { ok: true, value: schema.operationBody(begun.value) } : begun;
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/operations',
    operationId: 'listOperations',
    tag,
    summary: 'Operations, newest first: those under way, and the newest thousand that have ended',
    query: schema.operationsQuery,
    status: 200,
    response: schema.operationsResponse,
    problems: [],
    handle: async ({ query: { group, limit } }, { operations }) => {
      const all = await operations.list();
      if (!all.ok) return all;
      const wanted = all.value.filter((each) => group === undefined || each.group === group).slice(0, limit);
      return { ok: true, value: { operations: wanted.map(schema.operationBody) } };
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/operations/{id}',
    operationId: 'readOperation',
    tag,
    summary: 'One operation: its progress, and what came of it',
    params: schema.operationParams,
    status: 200,
    response: schema.operation,
    problems: ['OPERATION_NOT_FOUND'],
    handle: async ({ params }, { operations }) => {
      const found = await operations.find(params.id);
      return found.ok ? { ok: true, value: schema.operationBody(found.value) } : found;
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/operations/{id}',
    operationId: 'cancelOperation',
    tag,
    summary: 'Cancel an operation: it ends after the step under way, and what was done stays done',
    description: 'Cancelling twice is no error. The answer is the operation; its state is cancelled when it has ended.',
    params: schema.operationParams,
    status: 200,
    response: schema.operation,
    problems: ['OPERATION_NOT_FOUND', 'OPERATION_ENDED', 'STORAGE_FULL'],
    handle: async ({ params, reply }, { operations }) => {
      const cancelled = await operations.cancel(params.id, askerOf(reply));
      return cancelled.ok ? { ok: true, value: schema.operationBody(cancelled.value) } : cancelled;
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/operations/{id}/result',
    operationId: 'readOperationResult',
    tag,
    summary: 'What an export has written',
    description:
      'Kept for a day, and of the newest ten exports. Each line has been true when it was written; while there is work going on, the lines are not of one instant.',
    params: schema.operationParams,
    status: 200,
    responseType: 'application/x-ndjson',
    response: schema.exportedRun,
    problems: ['OPERATION_NOT_FOUND', 'OPERATION_RESULT_NOT_FOUND'],
    handle: async ({ params, reply }, { operations, logger }) => {
      const found = await operations.output(params.id);
      if (!found.ok) return found;
      const { raw, request } = reply;
      const { id, output } = found.value.operation;
      const headers = commonHeaders(request.id);
      headers.push('content-type', 'application/x-ndjson; charset=utf-8');
      headers.push('content-length', String(output?.sizeBytes ?? 0));
      headers.push('content-disposition', `attachment; filename="${id}.ndjson"`);
      raw.writeHead(200, headers);
      // A client that goes away, and a result that is dropped meanwhile, end the connection: the length tells that something is missing.
      await pipeline(Readable.from(found.value.parts()), raw).catch((error: unknown) => {
        logger.warn({ requestId: request.id, operation: id, err: error }, 'a result was not sent to its end');
        raw.destroy();
      });
      return answeredItself;
    },
  }),
];
