/** What pino takes first. */
export interface LogFields {
  readonly [name: string]: unknown;
  /**
   * Of what may come again and again (each request while Redis is away): what these lines have in common, in the plural. Few of them are written, the
   * rest is counted. There have to be few kinds: no names of groups, partitions or peers.
   */
  readonly repeats?: string | undefined;
  /** How many of a kind are written before the rest is counted; 1. */
  readonly firstLines?: number;
}

/** Structured logging. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
