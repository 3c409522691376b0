import type { BackgroundOperation } from './operation-queue.ts';

/** Where a process that has its storage for itself keeps its operations. */
export interface OperationTable {
  /** Oldest first. */
  loadAll(): Promise<readonly BackgroundOperation[]>;
  /** Adds it, or replaces it; with a part of its output both or nothing. Durable when it resolves. */
  put(operation: BackgroundOperation, part: { readonly index: number; readonly text: string } | null): Promise<void>;
  outputPart(id: string, index: number): Promise<string | undefined>;
  deleteOutput(id: string): Promise<void>;
  /** With its output. */
  delete(id: string): Promise<void>;
  close(): Promise<void>;
}
