import type { IncomingHttpHeaders } from 'node:http';
import type { AcknowledgeResult, Acknowledgement } from '../broker/requests.ts';
import { instantText } from './instant-text.ts';
import type { OpenedLease } from './lease.ts';
import { isRetriable, refuse } from './problem.ts';
import type { Answered, DoorRejection } from './problem.ts';
import type { Services } from './route.ts';
import { beginSpan, traced } from './tracing.ts';
import type { AcknowledgementInput } from './schemas/acknowledge.ts';

/** Everything about an acknowledgement but whose it is. */
export type AcknowledgementWithoutLease = Omit<Acknowledgement, 'lease'>;

/** A lease as it came and what is to become of its record. */
export interface Settlement {
  readonly lease: string;
  readonly wish: AcknowledgementWithoutLease;
}

const accept: AcknowledgementWithoutLease = { type: 'accept' };

export const settlementOf = (input: AcknowledgementInput): Settlement => ({
  lease: input.lease,
  wish: input.type === 'accept' ? accept : wishOf(input),
});

export const wishOf = (input: {
  readonly type: Acknowledgement['type'];
  readonly delayMs?: number | undefined;
  readonly reason?: string | undefined;
  readonly lockDurationMs?: number | undefined;
}): AcknowledgementWithoutLease => {
  const { type, delayMs, reason, lockDurationMs } = input;
  return {
    type,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(lockDurationMs === undefined ? {} : { lockDurationMs }),
  };
};

const foreignLease: DoorRejection = {
  code: 'LEASE_INVALID',
  message: 'The lease is not one that this group was given; use it as acquire gave it, with the same group',
};

/** The result of one settlement: the broker's, or that the lease is not the group's. */
type SettledResult = Exclude<AcknowledgeResult, { status: 'error' }> | { status: 'error'; error: DoorRejection };

/**
 * Settles leases of `group`, one result for each in order. Leases that are not the group's never reach the broker.
 * Rejected as a whole: an unknown group, or when nothing could be written.
 */
export const settleLeases = (
  group: string,
  settlements: readonly Settlement[],
  headers: IncomingHttpHeaders,
  services: Pick<Services, 'broker' | 'leases'>,
): Promise<Answered<readonly SettledResult[]>> =>
  traced(settleSpan(group, settlements.length, headers), () => settleAll(group, settlements, services));

const settleSpan = (group: string, count: number, headers: IncomingHttpHeaders) =>
  beginSpan('acknowledge', group, headers, () => ({
    'messaging.consumer.group.name': group,
    'messaging.batch.message_count': count,
  }));

const settleAll = async (
  group: string,
  settlements: readonly Settlement[],
  { broker, leases }: Pick<Services, 'broker' | 'leases'>,
): Promise<Answered<readonly SettledResult[]>> => {
  const groupTag = leases.groupTag(group);
  const acknowledgements: Acknowledgement[] = [];
  /** Which of the settlements are no acknowledgements. */
  let foreign: Set<number> | undefined;
  for (const [index, { lease, wish }] of settlements.entries()) {
    const opened: OpenedLease | undefined = leases.open(lease);
    if (opened?.groupTag === groupTag) acknowledgements.push({ ...wish, lease: opened.ref });
    else (foreign ??= new Set()).add(index);
  }
  const answer = await broker.acknowledge(group, acknowledgements);
  if (!answer.ok || foreign === undefined) return answer;
  const results = answer.value[Symbol.iterator]();
  return {
    ok: true,
    value: settlements.map((_, index) =>
      foreign.has(index) ? { status: 'error', error: foreignLease } : results.next().value!,
    ),
  };
};

/** The same for a single lease whose group is found by the lease itself: one result, or the item's error. */
export const settleLease = async (
  lease: string,
  wish: AcknowledgementWithoutLease,
  headers: IncomingHttpHeaders,
  services: Pick<Services, 'broker' | 'leases' | 'leaseGroups'>,
): Promise<Answered<string>> => {
  const opened = services.leases.open(lease);
  if (opened === undefined) {
    return refuse('LEASE_INVALID', 'The lease is not one of this server; use it exactly as acquire gave it', 'lease');
  }
  const group = services.leaseGroups.nameOf(opened.groupTag);
  const acknowledgement = { ...wish, lease: opened.ref };
  const answer =
    group === undefined
      ? undefined
      : await traced(settleSpan(group, 1, headers), () => services.broker.acknowledge(group, [acknowledgement]));
  // The lease is ours: there was such a group when it was made.
  if (answer === undefined || (!answer.ok && answer.error.code === 'GROUP_ID_NOT_FOUND')) {
    return refuse('RECORD_GONE', "The lease's group has been deleted", 'lease');
  }
  if (!answer.ok) return answer;
  const result = answer.value[0]!;
  return result.status === 'error'
    ? { ok: false, error: result.error }
    : { ok: true, value: resultText(lease, result) };
};

/** One result as JSON. */
export const resultText = (lease: string, result: SettledResult): string => {
  if (result.status === 'error') {
    const { code, message } = result.error;
    return `{"lease":${JSON.stringify(lease)},"status":"error","code":"${code}","retriable":${isRetriable(code)},"message":${JSON.stringify(message)}}`;
  }
  // One of ours, in which nothing is to be escaped.
  const head = `{"lease":"${lease}","status":"${result.status}"`;
  switch (result.status) {
    case 'renewed':
      return `${head},"lockedUntil":"${instantText(result.lockedUntilMs)}","lockRemainingMs":${result.lockRemainingMs}}`;
    case 'released':
      return `${head},"availableAt":"${instantText(result.availableAtMs)}"${result.replayed ? ',"replayed":true' : ''}}`;
    case 'accepted':
    case 'rejected':
    case 'archived':
      return `${head}${result.replayed ? ',"replayed":true' : ''}}`;
  }
};

/** The results as a JSON array. */
export const resultsText = (settlements: readonly Settlement[], results: readonly SettledResult[]): string => {
  let text = '[';
  for (const [index, result] of results.entries()) {
    if (index > 0) text += ',';
    text += resultText(settlements[index]!.lease, result);
  }
  return `${text}]`;
};
