import { z } from 'zod';
import type { HttpLimits } from '../http-settings.ts';
import * as field from './fields.ts';

const { lease, delayMs, reason, lockDurationMs } = field;

export const acknowledgement = z
  .discriminatedUnion('type', [
    z.strictObject({ lease, type: z.literal('accept') }),
    z.strictObject({ lease, type: z.literal('release'), delayMs: delayMs.optional(), reason: reason.optional() }),
    z.strictObject({ lease, type: z.literal('reject'), reason: reason.optional() }),
    z.strictObject({ lease, type: z.literal('renew'), lockDurationMs: lockDurationMs.optional() }),
  ])
  .meta({
    id: 'Acknowledgement',
    description:
      'accept: done. release: again, perhaps later. reject: never again, archived. renew: still working, the lock starts anew.',
  });
export type AcknowledgementInput = z.output<typeof acknowledgement>;

export const acknowledgements = (limits: HttpLimits) => z.array(acknowledgement).min(1).max(limits.maxAcknowledgements);

export const acknowledgeBody = (limits: HttpLimits) =>
  z.strictObject({ acknowledgements: acknowledgements(limits) }).meta({ id: 'AcknowledgeRequest' });

const leases = (limits: HttpLimits) => z.array(lease).min(1).max(limits.maxAcknowledgements);

export const releaseBody = (limits: HttpLimits) =>
  z
    .strictObject({ leases: leases(limits), delayMs: delayMs.optional(), reason: reason.optional() })
    .meta({ id: 'ReleaseRequest' });

export const renewBody = (limits: HttpLimits) =>
  z.strictObject({ leases: leases(limits), lockDurationMs: lockDurationMs.optional() }).meta({ id: 'RenewRequest' });

const replayed = z.literal(true).optional().describe('The same outcome was recorded before; nothing was done again.');

/** The successes; an error of one lease is a problem where there is only one. */
const settled = [
  z.strictObject({
    lease: z.string(),
    status: z.enum(['accepted', 'rejected', 'archived']).describe('archived: the release used up the last attempt.'),
    replayed,
  }),
  z.strictObject({
    lease: z.string(),
    status: z.literal('released'),
    availableAt: field.instant.describe('When it is handed out again at the earliest.'),
    replayed,
  }),
  z.strictObject({
    lease: z.string(),
    status: z.literal('renewed'),
    lockedUntil: field.instant,
    lockRemainingMs: z.int().min(0),
  }),
] as const;

export const settledResult = z.union(settled).meta({ id: 'SettledResult' });

export const acknowledgeResults = z
  .array(
    z
      .union([
        ...settled,
        z.strictObject({
          lease: z.string(),
          status: z.literal('error'),
          code: z.string(),
          retriable: z.boolean(),
          message: z.string(),
        }),
      ])
      .meta({ id: 'AcknowledgeResult' }),
  )
  .describe('One for each lease, in the order of the request.');

export const acknowledgeResponse = z.strictObject({ results: acknowledgeResults }).meta({ id: 'AcknowledgeResponse' });

export const leaseParams = z.strictObject({ lease });
export const leaseAcceptBody = z.strictObject({});
export const leaseReleaseBody = z.strictObject({ delayMs: delayMs.optional(), reason: reason.optional() });
export const leaseRejectBody = z.strictObject({ reason: reason.optional() });
export const leaseRenewBody = z.strictObject({ lockDurationMs: lockDurationMs.optional() });
