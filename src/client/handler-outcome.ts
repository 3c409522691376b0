import type { Acknowledgement } from './api.ts';
import { backoffDelayMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { errorOf } from './sash-error.ts';

/** Thrown or returned by a handler: the record is not worth another try. It is archived, with the message as the reason. */
export class RejectError extends Error {
  override readonly name = 'RejectError';
}

/** Thrown or returned by a handler: the record is to be tried again, by whoever gets it. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
  /** Not handed out again for so long, in ms; null leaves it to the worker's back-off. */
  readonly delayMs: number | null;

  /** @param options.reason kept with the record, and shown to the next who gets it */
  constructor(options: { readonly delayMs?: number; readonly reason?: string; readonly cause?: unknown } = {}) {
    super(options.reason ?? '', options.cause === undefined ? undefined : { cause: options.cause });
    this.delayMs = options.delayMs ?? null;
  }
}

/** How a delivery ends. */
export type Ending =
  | { readonly type: 'accept' }
  | { readonly type: 'release'; readonly delayMs: number; readonly reason: string; readonly error: Error | null }
  | { readonly type: 'reject'; readonly reason: string };

/** The delay of a release in ms, by how often the record was delivered (from 1) and why it failed. */
export type ReleaseDelay = Backoff | ((deliveryCount: number, error: Error) => number);

/** What the API takes: 30 days. */
const maxDelayMs = 2_592_000_000;
/** What the API takes, in bytes of UTF-8. */
const maxReasonBytes = 1024;

/** The one rule of what a handler's end means for its record. */
export const endingOf = (
  end: { readonly returned: unknown } | { readonly thrown: unknown },
  deliveryCount: number,
  delay: ReleaseDelay,
  random: () => number,
): Ending => {
  const outcome = 'thrown' in end ? end.thrown : end.returned;
  if (outcome instanceof RejectError) return { type: 'reject', reason: reasonText(outcome.message) };
  const isRelease = outcome instanceof ReleaseError;
  if (!isRelease && !('thrown' in end)) return { type: 'accept' };
  const error = errorOf(outcome);
  const delayMs = isRelease ? outcome.delayMs : null;
  const wantedMs =
    delayMs ??
    (typeof delay === 'function' ? delay(deliveryCount, error) : backoffDelayMs(delay, deliveryCount, random()));
  return { type: 'release', delayMs: delayOf(wantedMs), reason: reasonText(messageOf(error)), error };
};

const messageOf = (error: Error): string => {
  if (error instanceof ReleaseError) return error.message;
  return error.message === '' ? error.name : error.message;
};

const delayOf = (delayMs: number): number => {
  const rounded = Math.round(delayMs);
  return rounded >= 0 ? Math.min(rounded, maxDelayMs) : 0;
};

/** A reason as the API takes it: whole characters, as many as fit into 1 KiB. */
export const reasonText = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxReasonBytes) return new TextDecoder().decode(bytes);
  let end = maxReasonBytes - 3;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
};

export const acknowledgementOf = (lease: string, ending: Ending): Acknowledgement => {
  switch (ending.type) {
    case 'accept':
      return { lease, type: 'accept' };
    case 'release':
      return { lease, type: 'release', delayMs: ending.delayMs, reason: ending.reason };
    case 'reject':
      return { lease, type: 'reject', reason: ending.reason };
  }
};
