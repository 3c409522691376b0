import type { IncomingHttpHeaders } from 'node:http';
import { resultsText, settleLease, settleLeases, settlementOf, wishOf } from '../acknowledging.ts';
import type { Settlement } from '../acknowledging.ts';
import type { HttpLimits } from '../http-settings.ts';
import type { Answered, ProblemCode } from '../problem.ts';
import { defineRoute } from '../route.ts';
import type { Payload, Route, Services } from '../route.ts';
import * as schema from '../schemas/acknowledge.ts';
import { groupParams } from '../schemas/fields.ts';

const tag = 'Leases';
const groupProblems: readonly ProblemCode[] = [
  'INVALID_GROUP_ID',
  'GROUP_ID_NOT_FOUND',
  'STORAGE_FULL',
  'KAFKA_STORAGE_ERROR',
];
const leaseProblems: readonly ProblemCode[] = [
  'LEASE_INVALID',
  'LEASE_EXPIRED',
  'LEASE_SUPERSEDED',
  'ALREADY_SETTLED',
  'RECORD_GONE',
  'OUTCOME_UNKNOWN',
  'BUSY',
  'STORAGE_FULL',
  'KAFKA_STORAGE_ERROR',
];

const answer = async (
  group: string,
  settlements: readonly Settlement[],
  headers: IncomingHttpHeaders,
  services: Services,
): Promise<Answered<Payload>> => {
  const results = await settleLeases(group, settlements, headers, services);
  return results.ok ? { ok: true, value: `{"results":${resultsText(settlements, results.value)}}` } : results;
};

export const acknowledgeRoutes = (limits: HttpLimits): readonly Route[] => [
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/acknowledge',
    operationId: 'acknowledge',
    tag,
    summary: 'Accept, release, reject and renew, mixed, in one call',
    description:
      'One result for each lease, in order, after one durable wait for all; not atomic across partitions. A stale lease changes nothing and gets a code of its own: LEASE_EXPIRED, LEASE_SUPERSEDED, ALREADY_SETTLED, RECORD_GONE, LEASE_INVALID, RENEW_DISABLED, or the retriable BUSY and OUTCOME_UNKNOWN. Repeating the same outcome succeeds with "replayed": true.',
    params: groupParams,
    body: schema.acknowledgeBody(limits),
    status: 200,
    response: schema.acknowledgeResponse,
    problems: groupProblems,
    handle: ({ params, body, headers }, services) =>
      answer(params.group, body.acknowledgements.map(settlementOf), headers, services),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/release',
    operationId: 'releaseLeases',
    tag,
    summary: 'Release a plain list of leases',
    params: groupParams,
    body: schema.releaseBody(limits),
    status: 200,
    response: schema.acknowledgeResponse,
    problems: groupProblems,
    handle: ({ params, body, headers }, services) => {
      const wish = wishOf({ type: 'release', delayMs: body.delayMs, reason: body.reason });
      return answer(
        params.group,
        body.leases.map((lease) => ({ lease, wish })),
        headers,
        services,
      );
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/renew',
    operationId: 'renewLeases',
    tag,
    summary: 'Renew a plain list of leases',
    params: groupParams,
    body: schema.renewBody(limits),
    status: 200,
    response: schema.acknowledgeResponse,
    problems: groupProblems,
    handle: ({ params, body, headers }, services) => {
      const wish = wishOf({ type: 'renew', lockDurationMs: body.lockDurationMs });
      return answer(
        params.group,
        body.leases.map((lease) => ({ lease, wish })),
        headers,
        services,
      );
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/accept',
    operationId: 'acceptLease',
    tag,
    summary: 'Accept one record',
    params: schema.leaseParams,
    body: schema.leaseAcceptBody,
    bodyRequired: false,
    status: 200,
    response: schema.settledResult,
    problems: leaseProblems,
    handle: ({ params, headers }, services) => settleLease(params.lease, wishOf({ type: 'accept' }), headers, services),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/release',
    operationId: 'releaseLease',
    tag,
    summary: 'Release one record',
    params: schema.leaseParams,
    body: schema.leaseReleaseBody,
    bodyRequired: false,
    status: 200,
    response: schema.settledResult,
    problems: leaseProblems,
    handle: ({ params, body, headers }, services) =>
      settleLease(params.lease, wishOf({ type: 'release', ...body }), headers, services),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/reject',
    operationId: 'rejectLease',
    tag,
    summary: 'Reject one record',
    params: schema.leaseParams,
    body: schema.leaseRejectBody,
    bodyRequired: false,
    status: 200,
    response: schema.settledResult,
    problems: leaseProblems,
    handle: ({ params, body, headers }, services) =>
      settleLease(params.lease, wishOf({ type: 'reject', ...body }), headers, services),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/renew',
    operationId: 'renewLease',
    tag,
    summary: 'Renew one lock',
    params: schema.leaseParams,
    body: schema.leaseRenewBody,
    bodyRequired: false,
    status: 200,
    response: schema.settledResult,
    problems: [...leaseProblems, 'RENEW_DISABLED'],
    handle: ({ params, body, headers }, services) =>
      settleLease(params.lease, wishOf({ type: 'renew', ...body }), headers, services),
  }),
];
