/**
 * Operations that take longer than a request should, such as settling a million records: done in the background, in steps, so that
 * a restart goes on where it was. The queue keeps them durably and sees to it that each is worked at by one process; what its steps are it
 * does not know.
 */

export const operationKinds = ['settle', 'delete-group', 'export-window'] as const;
export type OperationKind = (typeof operationKinds)[number];

/** `queued` and `running` go on by themselves, over restarts too; the others are for ever. */
export const operationStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type OperationState = (typeof operationStates)[number];

export const hasEnded = ({ state }: Pick<BackgroundOperation, 'state'>): boolean =>
  state !== 'queued' && state !== 'running';

export interface NewOperation {
  readonly kind: OperationKind;
  /** What it works on, by the names of people. null: not on one alone. */
  readonly group: string;
  readonly topic: string | null;
  readonly partition: number | null;
  /** What else was asked for; JSON, other with each kind. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Who asked: the door, and the address. */
  readonly door: 'http' | 'kafka';
  readonly from: string;
}

export interface BackgroundOperation extends NewOperation {
  /** Up to 64 characters of a-z, 0-9 and `-`. */
  readonly id: string;
  readonly state: OperationState;
  /** No step is begun any more: it ends as cancelled unless the step under way was its last. */
  readonly isCancelling: boolean;
  /** How far it is, for its next step; JSON. null before the first. */
  readonly cursor: unknown;
  /** How much of the work is done, in the unit of the kind. */
  readonly done: number;
  /** null: not known yet. May change while it runs. */
  readonly total: number | null;
  /** What came of it, also in part; JSON, other with each kind. */
  readonly result: Readonly<Record<string, unknown>> | null;
  /** Why it failed; while it runs: why the last step did, which is tried again. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** What it has written for people to fetch: `parts` texts, which are dropped at `expiresAtMs`. null: nothing, or not any more. */
  readonly output: { readonly parts: number; readonly sizeBytes: number; readonly expiresAtMs: number | null } | null;
  /** Wall clock, ms. */
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  /** Of the last step, or of whatever else changed it. */
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
}

/** What is stored after a step. */
export interface OperationProgress extends Pick<BackgroundOperation, 'cursor' | 'done' | 'total' | 'result' | 'error'> {
  /** Added to the output, at once with the cursor: a step that is repeated replaces what it wrote. */
  readonly text?: string;
}

export interface OperationEnd extends Pick<BackgroundOperation, 'result' | 'error'> {
  readonly state: 'done' | 'failed' | 'cancelled';
}

/** An operation in the hands of the one who works at it. */
export interface OperationRun {
  /** Aborted when no step is to be begun any more: it was cancelled, the process stops, or another has taken it over. */
  readonly signal: AbortSignal;
  /** Whether it was cancelled. */
  isCancelled(): boolean;
  /** Durable when it resolves; gives the operation as it is then. Faults as any write. */
  save(progress: OperationProgress): Promise<BackgroundOperation>;
}

/** Works at one operation until its end; null: it goes on from its cursor when somebody takes it up again. */
export type OperationWork = (operation: BackgroundOperation, run: OperationRun) => Promise<OperationEnd | null>;

export interface OperationQueue {
  /** From now on this process works at operations, those left by a process that died among them; a few at a time, in the order in which they came. */
  start(work: OperationWork): Promise<void>;
  /** Durable when it resolves. */
  add(operation: NewOperation): Promise<BackgroundOperation>;
  find(id: string): Promise<BackgroundOperation | undefined>;
  /** Those that have not ended. */
  unfinished(): Promise<readonly BackgroundOperation[]>;
  /** Newest first. */
  list(): Promise<readonly BackgroundOperation[]>;
  /** Durable when it resolves; does nothing to one that has ended. undefined: there is none. */
  cancel(id: string): Promise<BackgroundOperation | undefined>;
  /** A part of the output, from 0 on; undefined: there is none (any more). */
  outputPart(id: string, part: number): Promise<string | undefined>;
  /** Told of each change that this process makes; others tell of theirs. */
  watch(changed: (operation: BackgroundOperation) => void): void;
  /** Resolves when the steps under way are done and stored. What has not ended goes on with the next `start`, here or elsewhere. */
  close(): Promise<void>;
}

export const operationLimits = {
  /** Ended operations that are kept, the newest. */
  kept: 1_000,
  /** Worked at at the same time by one process; the others wait. */
  running: 4,
  /** Outputs that are kept, the newest … */
  outputs: 10,
  /** … and for how long after the operation ended. */
  outputMs: 86_400_000,
} as const;
