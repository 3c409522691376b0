import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../ports/logger.ts';

/** What is known of a process that ran here before: the member that it was, if it did not leave. */
export interface LastMember {
  read(): string | null;
  /** null: it has left. */
  write(memberId: string | null): void;
}

/** In a file of the data folder, which one process at a time has. It only saves time, so that it cannot be written is no fault. */
export function memberFile(dataDir: string, logger: Logger): LastMember {
  const file = join(dataDir, 'member');
  return {
    read() {
      try {
        return readFileSync(file, 'utf8').trim() || null;
      } catch {
        return null;
      }
    },
    write(memberId) {
      try {
        if (memberId === null) return rmSync(file, { force: true });
        writeFileSync(`${file}.new`, `${memberId}\n`);
        renameSync(`${file}.new`, file);
      } catch (error) {
        logger.warn(
          { file, err: error },
          'who this node is in the group cannot be kept: after a crash its return waits for the old session to end',
        );
      }
    },
  };
}

/** Where no folder can be had. */
export const noLastMember: LastMember = { read: () => null, write: () => {} };
