/** What operators did, durably: a line for each thing that was done, in the order in which it was done. */

export type AuditAction =
  | 'settle'
  | 'release-worker'
  | 'pause'
  | 'resume'
  | 'reset'
  | 'delete-offsets'
  | 'alter-group'
  | 'delete-group'
  | 'create-topic'
  | 'alter-topic'
  | 'delete-topic'
  | 'delete-records'
  | 'cancel-operation';

export interface NewAuditLine {
  /** Wall clock, ms. */
  readonly atMs: number;
  readonly action: AuditAction;
  /** Names, as they were then. null: it was not about one. */
  readonly group: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  /** For people, such as `released 3 records of emails-0, offsets 5 to 7: “smtp is back”`. */
  readonly summary: string;
  /** What was asked for and what came of it; JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Who asked. */
  readonly door: 'http' | 'kafka';
  /** The address they asked from, without a port. */
  readonly from: string;
}

export interface AuditLine extends NewAuditLine {
  /** Greater than that of every line before it, over restarts too. */
  readonly sequence: number;
}

/** So many lines are kept, the newest. */
export const auditLimit = 10_000;

export interface AuditLog {
  /** Durable when it resolves. Drops the oldest line where there are more than `auditLimit`. */
  append(line: NewAuditLine): Promise<AuditLine>;
  /** Newest first: those before `beforeSequence` where it is given, and of one group where it is. At most `limit`. */
  page(of: {
    readonly beforeSequence: number | null;
    readonly group: string | null;
    readonly limit: number;
  }): Promise<readonly AuditLine[]>;
  close(): Promise<void>;
}
