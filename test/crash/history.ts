import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * What the producers and workers did, one line for each thing they were about to do and for each answer they got, in
 * a file of each process. A line is written (to the page cache, which outlives the process) before the request leaves
 * and before an answer is acted on. So the auditor knows of everything that was confirmed, and of everything that
 * may have happened without that anybody was told.
 *
 * `atMs` is the machine's monotonic clock, the same in all processes. `incarnation` counts the starts of the server;
 * a request belongs to the one it was sent to.
 */
export type HistoryEvent =
  | {
      readonly kind: 'produce';
      readonly atMs: number;
      readonly request: string;
      readonly topic: string;
      readonly ids: readonly string[];
      /** `atomic`: all or none; `lines`: each record for itself, as NDJSON. With an idempotency key it is sent again. */
      readonly form: 'atomic' | 'lines';
      readonly idempotent: boolean;
    }
  | {
      readonly kind: 'produced';
      readonly atMs: number;
      readonly request: string;
      /** Partition and offset of each id; null after NDJSON, which only counts. */
      readonly places: readonly (readonly [partition: number, offset: number])[] | null;
      readonly replayed: boolean;
    }
  | { readonly kind: 'produce_refused'; readonly atMs: number; readonly request: string; readonly why: string }
  | {
      readonly kind: 'acquire';
      readonly atMs: number;
      readonly request: string;
      readonly incarnation: number;
      readonly group: string;
      readonly topics: readonly string[];
      readonly lockMs: number;
    }
  | {
      readonly kind: 'acquired';
      readonly atMs: number;
      readonly request: string;
      readonly records: readonly AcquiredRecord[];
    }
  | { readonly kind: 'acquire_refused'; readonly atMs: number; readonly request: string; readonly why: string }
  | {
      readonly kind: 'acknowledge';
      readonly atMs: number;
      readonly request: string;
      readonly incarnation: number;
      readonly items: readonly AcknowledgeItem[];
    }
  | {
      readonly kind: 'acknowledged';
      readonly atMs: number;
      readonly request: string;
      readonly results: readonly AcknowledgeOutcome[];
    }
  | { readonly kind: 'observed'; readonly atMs: number; readonly starts: readonly ObservedStart[] }
  /** The client saw what must never be, whatever else happened. */
  | { readonly kind: 'complaint'; readonly atMs: number; readonly message: string };

export interface AcquiredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly deliveryCount: number;
  readonly lease: string;
  readonly id: string;
  readonly intact: boolean;
}

export type AcknowledgeType = 'accept' | 'release' | 'reject' | 'renew';

export interface AcknowledgeItem {
  readonly lease: string;
  readonly type: AcknowledgeType;
  readonly delayMs?: number;
  readonly reason?: string;
  readonly lockDurationMs?: number;
}

export interface AcknowledgeOutcome {
  readonly status: 'accepted' | 'released' | 'archived' | 'rejected' | 'renewed' | 'error';
  readonly code?: string;
  readonly replayed?: boolean;
}

export interface ObservedStart {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
}

/** The machine's monotonic clock in ms, the same for all processes. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(event: HistoryEvent): void {
    writeSync(this.#file, `${JSON.stringify(event)}\n`);
  }
}

/** Reads what has been added to a journal since the last time. */
export class JournalReader {
  readonly #path: string;
  #position = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  read(): HistoryEvent[] {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch (error) {
      // Its process was killed before it wrote anything.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    try {
      const buffer = Buffer.alloc(1 << 20);
      const parts: Buffer[] = [];
      for (let size: number; (size = readSync(file, buffer, 0, buffer.length, this.#position)) > 0;) {
        parts.push(Buffer.from(buffer.subarray(0, size)));
        this.#position += size;
      }
      const lines = (this.#rest + Buffer.concat(parts).toString('latin1')).split('\n');
      this.#rest = lines.pop() ?? '';
      return lines.map((line) => JSON.parse(line) as HistoryEvent);
    } finally {
      closeSync(file);
    }
  }
}
