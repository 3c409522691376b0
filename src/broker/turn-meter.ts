import { Histogram, secondsBounds, sizeBounds } from '../core/measure/histogram.ts';

/** Turns of all share partitions. */
export class TurnMeter {
  readonly seconds = new Histogram(secondsBounds);
  readonly commands = new Histogram(sizeBounds);

  done(commands: number, tookMs: number): void {
    this.commands.observe(commands);
    this.seconds.observe(tookMs / 1000);
  }
}
