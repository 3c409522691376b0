import type { Fault } from './fault.ts';

/** Whether what is written can be written now: for who asks before there is something to write. */
export interface StorageHealth {
  /** How long the storage has been at the writes that it is at, ms; 0 when it has none. */
  busyMs(): number;
  /** What is known to be wrong at this moment, without trying: nothing can be written, or nothing may be. undefined: nothing is known. */
  trouble(): Fault | undefined;
  /** Writes so many bytes, durably, and forgets them. Faults as any write: `STORAGE_FULL` when there is no room for so many. */
  probe(sizeBytes: number): Promise<void>;
  /** What is set weaker than it should be, in sentences for operators: it takes writes all the same. Absent: nothing ever is. */
  warnings?(): readonly string[];
  /** It is elsewhere: that it cannot be written may be seen by other nodes first, so it is tried also where no write of this one has failed. */
  readonly isRemote?: boolean;
}
