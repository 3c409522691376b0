import { Fault, closedAdapter } from '../ports/fault.ts';
import type { FaultCode } from '../ports/fault.ts';
import type { MessageReader, MessageWriter } from './message.ts';

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that mean something to us. */
const sqliteFull = 13;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

/** The primary result code of an error that `node:sqlite` threw, or `undefined` for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** What the file system says when there is no room: on the disk, in a quota, below a limit for files. */
const fileSystemFull: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** True when the error means that there was no room: SQLite has then written nothing of the transaction. */
export function isFull(error: unknown): boolean {
  if (sqliteCode(error) === sqliteFull) return true;
  return error instanceof Error && 'code' in error && fileSystemFull.includes(error.code);
}

/**
 * The fault for an error of SQLite or of the file system. `outcome` is the caller's: only the caller knows whether a
 * commit was under way.
 */
export function toFault(error: unknown, operation: string, outcome: 'refused' | 'unknown', file: string): Fault {
  if (error instanceof Fault) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (isFull(error)) {
    return new Fault({
      code: 'STORAGE_FULL',
      operation,
      message: `no room left to write ${file}. Nothing of it was written`,
      retriable: true,
      outcome: 'refused',
      hint: 'free space on the disk of the data folder, or shorten retention.ms or retention.bytes; service resumes by itself',
      cause: error,
    });
  }
  switch (sqliteCode(error)) {
    case sqliteCorrupt:
    case sqliteNotADatabase:
      return corruptFault(operation, `${file} is damaged: ${text}`, { cause: error });
    default:
      return new Fault({
        code: 'STORAGE_FAILED',
        operation,
        message: `writing or reading ${file} failed: ${text}`,
        retriable: true,
        outcome,
        hint: 'look at the system log for disk errors and at the permissions of the data folder',
        cause: error,
      });
  }
}

export function corruptFault(
  operation: string,
  message: string,
  more: { readonly offsets?: { firstOffset: number; lastOffset: number }; readonly cause?: unknown } = {},
): Fault {
  return new Fault({
    code: 'CORRUPT',
    operation,
    message,
    retriable: false,
    outcome: 'refused',
    hint: 'stop sash, keep a copy of the data folder, and restore it from a backup; nothing has been dropped or repaired',
    ...more,
  });
}

export function closedFault(operation: string): Fault {
  return closedAdapter(operation, `${operation}: the database`);
}

/** A request that the caller must not make: nothing was written, and repeating it does not help. */
export function refusedFault(
  code: 'STORAGE_FAILED' | 'FENCED',
  operation: string,
  message: string,
  hint: string,
): Fault {
  return new Fault({ code, operation, message, retriable: false, outcome: 'refused', hint });
}

const codes: readonly FaultCode[] = ['STORAGE_FULL', 'STORAGE_FAILED', 'CORRUPT', 'FENCED', 'CLOSED'];

/** Faults cross between the threads in a message; the cause stays behind, its text is in the message already. */
export function writeFault(message: MessageWriter, fault: Fault): void {
  message.number(codes.indexOf(fault.code));
  message.number(fault.retriable ? 1 : 0);
  message.number(fault.outcome === 'refused' ? 1 : 0);
  message.text(fault.operation);
  message.text(fault.message);
  message.text(fault.hint);
}

/** `operation` names what the caller asked for; the writer may have executed it together with others. */
export function readFault(message: MessageReader, operation?: string): Fault {
  const code = codes[message.number()] ?? 'STORAGE_FAILED';
  const retriable = message.number() === 1;
  const outcome = message.number() === 1 ? 'refused' : 'unknown';
  return new Fault({
    code,
    retriable,
    outcome,
    ...readTexts(message, operation),
  });
}

function readTexts(message: MessageReader, operation?: string): { operation: string; message: string; hint: string } {
  const own = message.text();
  return { operation: operation ?? own, message: message.text(), hint: message.text() };
}
