/** What the HTTP door is told by the settings `http.*`. Sizes in bytes of UTF-8, durations in ms. */
export interface HttpLimits {
  /** Largest body of a request that is read as a whole (`http.body.max.bytes`). */
  readonly bodyMaxBytes: number;
  /** Acquires that may wait at once; one more gets 503 (`http.max.waiting.polls`). */
  readonly maxWaitingPolls: number;
  /** Streams of events that may be open at once; one more gets 503 (`http.max.event.streams`). */
  readonly maxEventStreams: number;
  /** Longest `waitMs` (`http.max.wait.ms`). */
  readonly maxWaitMs: number;
  /** Most records of one acquire or read (`http.max.records`). */
  readonly maxRecords: number;
  /** Most acknowledgements or leases of one call (`http.max.acknowledgements`). */
  readonly maxAcknowledgements: number;
  /** `maxBytes` of an acquire or read that does not say one (`http.default.max.bytes`). */
  readonly defaultMaxBytes: number;
  /** Largest header of a record, name and value together. */
  readonly recordHeaderMaxBytes: number;
  /** Most headers of a record. */
  readonly recordMaxHeaders: number;
}

export interface HttpSettings {
  /** Names, besides loopback, under which this server is reached: the `Host` header in lower case, without a port. */
  readonly allowedHosts: readonly string[];
  readonly limits: HttpLimits;
}

/** Wall time, a timer and durations; the clock of the ports has more. */
export interface HttpClock {
  wallMs(): number;
  monotonicMs(): number;
  schedule(delayMs: number, task: () => void): { cancel(): void };
}

/** `fields` first, as pino takes them. */
export interface HttpLogger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const defaultHttpLimits: HttpLimits = {
  bodyMaxBytes: 16 * 1024 * 1024,
  maxWaitingPolls: 10_000,
  maxEventStreams: 100,
  maxWaitMs: 60_000,
  maxRecords: 10_000,
  maxAcknowledgements: 10_000,
  defaultMaxBytes: 1024 * 1024,
  recordHeaderMaxBytes: 32 * 1024,
  recordMaxHeaders: 1000,
};
