import type { ErrorCode, Rejection } from '../core/errors.ts';
import { Fault } from '../ports/fault.ts';

/** What the client of a request is told when something outside failed. Anything but a Fault is a bug, and thrown on. */
export function rejectionOf(error: unknown): Rejection {
  if (!(error instanceof Fault)) throw error;
  return { code: codeOf(error), message: `${error.message}. ${error.hint}` };
}

function codeOf({ code, outcome }: Fault): ErrorCode {
  switch (code) {
    case 'STORAGE_FULL':
    case 'STATE_LOST':
      return code;
    case 'CORRUPT':
      return 'CORRUPT_MESSAGE';
    case 'CLOSED':
      return 'SHUTTING_DOWN';
    case 'FENCED':
      return 'NOT_OWNER';
    case 'STORAGE_FAILED':
      return outcome === 'unknown' ? 'OUTCOME_UNKNOWN' : 'KAFKA_STORAGE_ERROR';
  }
}

/**
 * Under which name a fault is counted where it comes again and again (`LogFields.repeats`). What passes by itself is one kind for all that
 * meet it; what does not, such as a damaged record, is a kind for each message, so that none hides behind another.
 */
export const repeatsOf = (what: string, error: unknown): string => {
  if (!(error instanceof Fault)) return what;
  return error.retriable ? `${what} with ${error.code}` : `${what} with ${error.code}: ${error.message}`;
};
