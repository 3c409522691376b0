import type { ErrorCode, Rejection } from '../core/errors.ts';
import { Fault } from '../ports/fault.ts';

/** What the client of a request is told when something outside failed. Anything but a Fault is a bug, and thrown on. */
export function rejectionOf(error: unknown): Rejection {
  if (!(error instanceof Fault)) throw error;
  const code: ErrorCode =
    error.code === 'STORAGE_FULL'
      ? 'STORAGE_FULL'
      : error.code === 'CORRUPT'
        ? 'CORRUPT_MESSAGE'
        : error.code === 'STATE_LOST'
          ? 'STATE_LOST'
          : error.code === 'CLOSED'
            ? 'SHUTTING_DOWN'
            : error.outcome === 'unknown'
              ? 'OUTCOME_UNKNOWN'
              : 'KAFKA_STORAGE_ERROR';
  return { code, message: `${error.message}. ${error.hint}` };
}
