import { Histogram, secondsBounds } from './histogram.ts';

/** Requests of one kind: how long they took, and how they came out. */
export interface RequestMeter {
  readonly seconds: Histogram;
  /** By what was answered. */
  readonly outcomes: Map<string, number>;
}

/** The requests of a door, by their kind. */
export class RequestMeters {
  readonly all = new Map<string, RequestMeter>();

  /** Kept by who asks: looked up once, not for each request. */
  of(kind: string): RequestMeter {
    let meter = this.all.get(kind);
    if (meter === undefined)
      this.all.set(kind, (meter = { seconds: new Histogram(secondsBounds), outcomes: new Map() }));
    return meter;
  }
}

export const noteRequest = ({ seconds, outcomes }: RequestMeter, tookMs: number, outcome: string): void => {
  seconds.observe(tookMs / 1000);
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
};
