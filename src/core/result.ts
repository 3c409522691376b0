import type { ErrorCode, Rejection } from './errors.ts';

/** A value, or why there is none. A rejection is an ordinary answer, never thrown. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Rejection };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const reject = (code: ErrorCode, message: string, field?: string): { ok: false; error: Rejection } => ({
  ok: false,
  error: field === undefined ? { code, message } : { code, message, field },
});
