import { z } from 'zod';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const status = z.literal('ok');

const liveResponse = z.strictObject({ status });
const readyResponse = z.strictObject({
  status,
  warnings: z
    .array(z.string())
    .describe(
      'For operators: what is set weaker than it should be, and what that may cost. Requests are served all the same.',
    ),
});

export const healthRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/livez',
    operationId: 'live',
    tag: 'Server',
    summary: 'The process runs and answers',
    status: 200,
    response: liveResponse,
    problems: [],
    handle: async () => ({ ok: true, value: '{"status":"ok"}' }),
  }),
  defineRoute({
    method: 'GET',
    path: '/readyz',
    operationId: 'ready',
    tag: 'Server',
    summary: 'The server has loaded its data and takes requests',
    description:
      'Not while it stops, while the storage hangs at a write for 5 s or longer, nor after a write that failed until one goes well: while somebody asks here, one is tried each second (1 MiB, so that there is room for records again and not for a few bytes).',
    status: 200,
    response: readyResponse,
    problems: ['SHUTTING_DOWN', 'BUSY', 'KAFKA_STORAGE_ERROR', 'STORAGE_FULL'],
    handle: async (_call, { broker }) => {
      const ready = broker.ready();
      return ready.ok ? { ok: true, value: { status: 'ok', warnings: ready.value.warnings } } : ready;
    },
  }),
];
