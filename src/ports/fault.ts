/**
 * Something outside failed: the disk, a server. Adapters throw it, the broker catches it once, in the turn.
 * `outcome` is what the broker acts on: after `refused` nothing was written, after `unknown` the write may or may not
 * be durable, so the state in memory is dropped and loaded again.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  /** What was being done, such as `append` or `write share state`. */
  readonly operation: string;
  readonly retriable: boolean;
  readonly outcome: 'refused' | 'unknown';
  /** What an operator can do about it. */
  readonly hint: string;
  /** `CORRUPT` of one record batch: the offsets it covers, both inclusive. All others can be read. */
  readonly offsets: { readonly firstOffset: number; readonly lastOffset: number } | undefined;

  constructor(init: {
    code: FaultCode;
    operation: string;
    message: string;
    retriable: boolean;
    outcome: 'refused' | 'unknown';
    hint: string;
    offsets?: { readonly firstOffset: number; readonly lastOffset: number };
    cause?: unknown;
  }) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.operation = init.operation;
    this.retriable = init.retriable;
    this.outcome = init.outcome;
    this.hint = init.hint;
    this.offsets = init.offsets;
  }
}

/**
 * - `STORAGE_FULL`: no room on the disk (retriable, refused)
 * - `STORAGE_FAILED`: the disk or the store failed in another way
 * - `CORRUPT`: stored bytes are not what was written; never repaired by dropping
 * - `FENCED`: a newer leader epoch or state epoch owns this share partition
 * - `STATE_LOST`: less is stored than was confirmed before; nothing is served until an operator has decided (refused)
 * - `CLOSED`: the adapter has been closed
 */
export type FaultCode = 'STORAGE_FULL' | 'STORAGE_FAILED' | 'CORRUPT' | 'FENCED' | 'STATE_LOST' | 'CLOSED';

/** What an adapter that has been closed answers; `what` names it, such as `the log`. */
export const closedAdapter = (operation: string, what: string): Fault =>
  new Fault({
    code: 'CLOSED',
    operation,
    message: `${what} has been closed`,
    retriable: false,
    outcome: 'refused',
    hint: 'the process is stopping; ask again when it has started',
  });
