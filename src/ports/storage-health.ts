/** Whether what is written can be written now: for who asks before there is something to write. */
export interface StorageHealth {
  /** How long the storage has been at the writes that it is at, ms; 0 when it has none. */
  busyMs(): number;
  /** Writes so many bytes, durably, and forgets them. Faults as any write: `STORAGE_FULL` when there is no room for so many. */
  probe(sizeBytes: number): Promise<void>;
}
