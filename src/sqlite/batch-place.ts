import path from 'node:path';

/** Where the bytes of a batch lie that are not in its row. */
export interface BatchPlace {
  readonly fileNumber: number;
  readonly position: number;
  readonly sizeBytes: number;
}

/** The folder of the batch files, in the data folder. */
export const batchFolderName = 'batches';

const extension = '.batches';

export const batchFilePath = (dataDir: string, fileNumber: number): string =>
  path.join(dataDir, batchFolderName, `${fileNumber}${extension}`);

/** The number of the batch file that has this name, or `undefined` when it is the name of something else. */
export function batchFileNumber(name: string): number | undefined {
  const digits = name.slice(0, -extension.length);
  return name.endsWith(extension) && /^[1-9]\d*$/.test(digits) ? Number(digits) : undefined;
}

/** SQL: bytes of a `record_batch`, wherever they lie. */
export const batchSizeSql = 'coalesce(size_bytes, length(bytes))';
