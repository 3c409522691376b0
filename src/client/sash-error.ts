/** Of the request that failed; all but `code` and `message` are optional. */
interface SashErrorDetails {
  readonly status?: number;
  readonly retriable?: boolean;
  readonly requestId?: string | null;
  readonly field?: string | null;
  readonly retryAfterMs?: number | null;
  readonly cause?: unknown;
}

/**
 * Everything that goes wrong between this client and the server.
 *
 * `code` is the server's (docs/errors.md), or one of the client's own, with status 0 where no answer came:
 *
 *   NETWORK_ERROR   no connection, or it was lost: it is not known whether the request had an effect
 *   TIMEOUT         no answer in time: the same
 *   BAD_ANSWER      an answer that is not sash's: the url leads to something else, or to a proxy that failed
 */
export class SashError extends Error {
  override readonly name = 'SashError';
  readonly code: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The same request may succeed later, unchanged. */
  readonly retriable: boolean;
  /** As in the server's log; null when the server named none. */
  readonly requestId: string | null;
  /** The field of the request that is wrong, such as `records[3].key`; null when it is no single one. */
  readonly field: string | null;
  /** When the server asks to come back, ms from its answer; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(code: string, message: string, details: SashErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.retriable = details.retriable ?? false;
    this.requestId = details.requestId ?? null;
    this.field = details.field ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** Any thrown thing as an Error. */
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
