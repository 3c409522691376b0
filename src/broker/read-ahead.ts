import { Fault } from '../ports/fault.ts';
import type { RecordLog } from '../ports/record-log.ts';
import { type Take, inOrder } from './fetching.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/**
 * Reads what a member will take next while it has something else to wait for. What was read is in the log's memory then, as long as
 * there is room for it: nothing is kept here.
 */
export class ReadAhead {
  readonly #log: RecordLog;
  readonly #underWay = new Set<SharePartitionRuntime>();

  constructor(log: RecordLog) {
    this.#log = log;
  }

  /** What the same request would take of these partitions now: of the one that would be asked first. */
  read(partitions: readonly SharePartitionRuntime[], { maxRecords, maxBytes }: Take): void {
    const [next] = inOrder(partitions);
    const startOffset = next?.window?.endOffset;
    if (next === undefined || startOffset === undefined || this.#underWay.has(next)) return;
    this.#underWay.add(next);
    void this.#log
      .read(next.key, { startOffset, endOffset: startOffset + maxRecords, maxBytes })
      .catch((error: unknown) => {
        // Who asks for these records is told.
        if (!(error instanceof Fault)) throw error;
      })
      .finally(() => this.#underWay.delete(next));
  }
}
