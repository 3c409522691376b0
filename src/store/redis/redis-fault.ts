import { Fault, closedAdapter } from '../../ports/fault.ts';
import type { FaultCode } from '../../ports/fault.ts';

/** What Redis says when it executes nothing, and what is to be done then. Its error codes: the first word of a reply. */
const refusals: Readonly<Record<string, { readonly code?: FaultCode; readonly why: string; readonly hint: string }>> = {
  OOM: {
    code: 'STORAGE_FULL',
    why: 'it has no memory left (maxmemory)',
    hint: 'raise maxmemory of Redis, or free memory in it; never let it evict: service resumes by itself',
  },
  MISCONF: {
    code: 'STORAGE_FULL',
    why: 'it cannot write its own files',
    hint: 'look for the reason in the log of Redis, often a full disk; service resumes by itself',
  },
  READONLY: {
    why: 'it is a replica and takes no writes',
    hint: 'store.redis.url has to lead to the primary; after a fail-over service resumes by itself when it does',
  },
  LOADING: { why: 'it is still loading its files', hint: 'wait until Redis has started; service resumes by itself' },
  CLUSTERDOWN: {
    why: 'its cluster does not cover all slots',
    hint: 'look at CLUSTER INFO of Redis; service resumes by itself when the cluster is whole',
  },
  MASTERDOWN: { why: 'its primary is away', hint: 'look after the primary of this Redis; service resumes by itself' },
  NOREPLICAS: {
    why: 'it has fewer replicas than min-replicas-to-write',
    hint: 'look after the replicas of Redis; service resumes by itself',
  },
  TRYAGAIN: { why: 'slots of its cluster are moving', hint: 'service resumes by itself when they have moved' },
  MOVED: { why: 'slots of its cluster have moved', hint: 'service resumes by itself when all nodes agree' },
  ASK: { why: 'slots of its cluster are moving', hint: 'service resumes by itself when they have moved' },
  BUSY: { why: 'it is busy with the script of another client', hint: 'look at SLOWLOG of Redis; who else uses it?' },
  NOAUTH: {
    why: 'it wants a password',
    hint: 'put user and password into store.redis.url: redis://user:password@host',
  },
  WRONGPASS: { why: 'it does not take this user and password', hint: 'check user and password in store.redis.url' },
  NOPERM: {
    why: 'this user may not do that',
    hint: 'give the user of store.redis.url all commands on the keys of cluster.name (ACL SETUSER … ~sash:* &sash:* +@all)',
  },
};

const refusal = new RegExp(String.raw`(?:^|[\s-])(${Object.keys(refusals).join('|')})\b`);

/** Redis's own word for why it executed nothing, such as `OOM`; undefined for all other errors. */
export const refusalOf = (error: Error): string | undefined => refusal.exec(error.message)?.[1];

/** Whether the command never left this process. */
const neverSent = (error: Error): boolean =>
  /Stream isn't writeable|isn't ready and enableOfflineQueue|Failed to refresh slots cache|Cluster is ended/.test(
    error.message,
  );

/**
 * The fault for an error of the client or of Redis. Of the error only its text is kept: ioredis hangs the command on it, the password
 * of an AUTH included.
 *
 * @param writes whether the command changes something: one that was sent and not answered may have been executed
 * @param address `host:port` of Redis, for people
 */
export function redisFault(error: Error, operation: string, writes: boolean, address: string): Fault {
  const word = refusalOf(error);
  const known = word === undefined ? undefined : refusals[word];
  if (known !== undefined) {
    return new Fault({
      code: known.code ?? 'STORAGE_FAILED',
      operation,
      message: `Redis at ${address} refuses to ${operation}: ${known.why} (${word})`,
      retriable: true,
      outcome: 'refused',
      hint: known.hint,
    });
  }
  if (neverSent(error)) return disconnectedFault(operation, address, 'the connection was closed');
  // ioredis talks of its own options there.
  const why =
    error.name === 'MaxRetriesPerRequestError' ? 'the connection was lost before the answer came' : error.message;
  return new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: `Redis at ${address} did not ${operation}: ${why}`,
    retriable: true,
    outcome: writes ? 'unknown' : 'refused',
    hint: 'look at the log of Redis and at the network between; service resumes by itself when it answers again',
  });
}

export const disconnectedFault = (operation: string, address: string, why: string): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: `Redis at ${address} is not connected: ${why}`,
    retriable: true,
    outcome: 'refused',
    hint: 'start Redis, or correct store.redis.url; service resumes by itself when it is back',
  });

export const closedFault = (operation: string): Fault =>
  closedAdapter(operation, `${operation}: the connection to Redis`);
