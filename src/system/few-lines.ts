import type { Clock } from '../ports/clock.ts';
import type { LogFields, Logger } from '../ports/logger.ts';

const periodMs = 30_000;

type Level = keyof Logger;

/** What goes on of one kind: from its first line until nothing of it came for a period. */
interface Kind {
  readonly startMs: number;
  lastMs: number;
  total: number;
  /** Since `countedMs`, without a line. */
  more: number;
  countedMs: number;
  /** Whether there was a line that counts. */
  wasCounted: boolean;
  last: { readonly level: Level; readonly fields: object; readonly message: string };
  timer: { cancel(): void };
}

/**
 * Few log lines for what fails again and again, while Redis is away each write: of lines that say that they repeat (`repeats`) the first is
 * written at once, then one every 30 s with how many there were, and one when none has come for 30 s. That nothing comes says that it is over,
 * and not that something went well: where one share partition fails and another does not, that would be a line for each change.
 */
export class FewLines implements Logger {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  debug(fields: LogFields, message: string): void {
    this.#take('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#take('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#take('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#take('error', fields, message);
  }

  /** Before the process ends: what was counted. */
  flush(): void {
    for (const kind of this.#kinds.values()) {
      kind.timer.cancel();
      if (kind.more > 0) this.#tellMore(kind);
    }
    this.#kinds.clear();
  }

  #take(level: Level, { firstLines = 1, ...fields }: LogFields, message: string): void {
    const { repeats } = fields;
    if (repeats === undefined) return this.#logger[level](fields, message);
    const nowMs = this.#clock.monotonicMs();
    const last = { level, fields, message };
    let kind = this.#kinds.get(repeats);
    if (kind === undefined) {
      const timer = this.#clock.schedule(periodMs, () => this.#look(repeats));
      kind = { startMs: nowMs, lastMs: nowMs, total: 0, more: 0, countedMs: nowMs, wasCounted: false, last, timer };
      this.#kinds.set(repeats, kind);
    }
    kind.total++;
    kind.lastMs = nowMs;
    if (kind.total <= firstLines) return this.#logger[level](fields, message);
    kind.more++;
    kind.last = last;
  }

  #look(repeats: string): void {
    const kind = this.#kinds.get(repeats)!;
    const { total, startMs, lastMs } = kind;
    if (kind.more > 0) {
      this.#tellMore(kind);
      kind.timer = this.#clock.schedule(periodMs, () => this.#look(repeats));
      return;
    }
    this.#kinds.delete(repeats);
    // What was told line by line needs no end.
    if (!kind.wasCounted) return;
    const seconds = Math.max(1, Math.round((lastMs - startMs) / 1_000));
    this.#logger.info({ repeats, total }, `over, none for 30 s: ${repeats}, ${total} in ${seconds} s`);
  }

  #tellMore(kind: Kind): void {
    const { more, countedMs, lastMs, last } = kind;
    const nowMs = this.#clock.monotonicMs();
    const seconds = Math.round((nowMs - countedMs) / 1_000);
    // It may be over by now, and another line have said so.
    const sinceSeconds = Math.round((nowMs - lastMs) / 1_000);
    const since = sinceSeconds > 1 ? `, the last ${sinceSeconds} s ago` : '';
    this.#logger[last.level]({ ...last.fields, more }, `${last.message} (${more} like this in ${seconds} s${since})`);
    kind.more = 0;
    kind.countedMs = nowMs;
    kind.wasCounted = true;
  }
}
