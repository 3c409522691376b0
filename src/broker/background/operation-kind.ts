import type { Result } from '../../core/result.ts';
import type { AuditAction } from '../../ports/audit-log.ts';
import type { BackgroundOperation, NewOperation, OperationKind } from '../../ports/operation-queue.ts';
import type { OperationSite } from './operation-site.ts';

/** What an operation does: its steps, and how people are told of it. */
export interface Kind {
  /** Whether it can be begun: what is wrong with the request, before there is an operation. */
  check(site: OperationSite, wanted: NewOperation): Promise<Result<null>>;
  /**
   * One step from the operation's cursor on: short, so that others have their turn and a cancel is heard soon.
   *
   * @param mayBeDone it may have been done before, by a process that died before that was stored: it must not matter
   */
  step(site: OperationSite, operation: BackgroundOperation, mayBeDone: boolean): Promise<Result<Step>>;
  /** For the audit; null: it changes nothing, and leaves no line. */
  readonly audit: {
    readonly action: AuditAction;
    /** What it is to do, such as `retry all records of mailers`. */
    plan(wanted: NewOperation): string;
    /** What it has done, such as `gave back 70,000 records of mailers`. */
    deed(operation: BackgroundOperation): string;
  } | null;
}

export interface Step extends Pick<BackgroundOperation, 'cursor' | 'done' | 'total' | 'result'> {
  /** Added to the output. */
  readonly text?: string;
  /** Nothing is left to do. */
  readonly isLast: boolean;
}

export type Kinds = Readonly<Record<OperationKind, Kind>>;
