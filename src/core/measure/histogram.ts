/** How often values were how large: plain numbers, so that noting one costs next to nothing; whoever looks makes something of them. */
export class Histogram {
  /** Ascending: a value counts where it is at most so large; the last count is of what is larger. */
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = [...bounds.map(() => 0), 0];
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    counts[index]!++;
    this.sum += value;
  }
}

/** From half a millisecond to half a minute: what requests and writes take. */
export const secondsBounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30] as const;

/** How much is done together. */
export const sizeBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000] as const;
