import { closeSync, openSync, readSync } from 'node:fs';

import { batchFilePath } from './batch-place.ts';
import type { BatchPlace } from './batch-place.ts';

/**
 * Reads batches from their files. Its files stay open until `close`: for one read of the log and no longer, because
 * a deleted file gives its room on the disk back when nobody has it open any more.
 */
export class BatchFileReader {
  readonly #dataDir: string;
  readonly #handles = new Map<number, number>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** What there is of the bytes: fewer when the file ends before, `undefined` when there is no such file. */
  read({ fileNumber, position, sizeBytes }: BatchPlace): Uint8Array | undefined {
    const handle = this.#open(fileNumber);
    if (handle === undefined) return undefined;
    const bytes = new Uint8Array(sizeBytes);
    let got = 0;
    while (got < sizeBytes) {
      const more = readSync(handle, bytes, got, sizeBytes - got, position + got);
      if (more === 0) break;
      got += more;
    }
    return got === sizeBytes ? bytes : bytes.subarray(0, got);
  }

  close(): void {
    for (const handle of this.#handles.values()) closeSync(handle);
    this.#handles.clear();
  }

  #open(fileNumber: number): number | undefined {
    let handle = this.#handles.get(fileNumber);
    if (handle !== undefined) return handle;
    try {
      handle = openSync(batchFilePath(this.#dataDir, fileNumber), 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    this.#handles.set(fileNumber, handle);
    return handle;
  }
}
