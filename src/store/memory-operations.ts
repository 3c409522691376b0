import type { BackgroundOperation } from '../ports/operation-queue.ts';
import type { OperationTable } from '../ports/operation-table.ts';

/** Operations in memory: for tests, and obviously right. */
export class MemoryOperations implements OperationTable {
  readonly #operations = new Map<string, BackgroundOperation>();
  readonly #outputs = new Map<string, string[]>();

  async loadAll(): Promise<readonly BackgroundOperation[]> {
    return structuredClone([...this.#operations.values()]);
  }

  async put(operation: BackgroundOperation, part: { readonly index: number; readonly text: string } | null) {
    this.#operations.set(operation.id, structuredClone(operation));
    if (part === null) return;
    const parts = this.#outputs.get(operation.id) ?? [];
    parts[part.index] = part.text;
    this.#outputs.set(operation.id, parts);
  }

  async outputPart(id: string, index: number): Promise<string | undefined> {
    return this.#outputs.get(id)?.[index];
  }

  async deleteOutput(id: string): Promise<void> {
    this.#outputs.delete(id);
  }

  async delete(id: string): Promise<void> {
    this.#operations.delete(id);
    this.#outputs.delete(id);
  }

  async close(): Promise<void> {}
}
