import { pino, type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';
import type { Logger } from '../ports/logger.ts';

/** `auto`: pretty where somebody looks (a terminal), one JSON object a line elsewhere. */
export type LogFormat = 'auto' | 'json' | 'pretty';

/** The logger of the process. Lines go to stdout, at once: a line is out before a crash can take it. */
export class PinoLogger implements Logger {
  readonly #pino: Pino;

  /** @param level pino's: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent` */
  constructor(options: { readonly level: string; readonly format: LogFormat }) {
    const prettyPrint = options.format === 'pretty' || (options.format === 'auto' && process.stdout.isTTY);
    const stream = prettyPrint
      ? pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
      : pino.destination({ dest: 1, sync: true });
    this.#pino = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  }

  debug(fields: object, message: string): void {
    this.#pino.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#pino.info(fields, message);
  }

  warn(fields: object, message: string): void {
    this.#pino.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.#pino.error(fields, message);
  }

  /** The process is about to end because of this. */
  fatal(fields: object, message: string): void {
    this.#pino.fatal(fields, message);
  }
}
