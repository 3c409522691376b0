/** One thing that has labels of its own, with what is counted of it; counts only grow while it exists. */
export interface SeriesEntry {
  readonly key: string;
  readonly counts: readonly number[];
}

/**
 * Which of many things have series of their own. As many as there may be, those that came first; they keep their place until they are gone.
 * All others are one: their gauges are for the caller to sum, their counts are summed here, so that the sum never falls when one of
 * them goes, or gets series of its own.
 */
export class BoundedSeries {
  readonly #limit: number;
  #own = new Set<string>();
  #counted = new Map<string, readonly number[]>();
  #rest: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param isNameable false: never on its own, such as what is called as the others are together */
  update<T extends SeriesEntry>(
    entries: readonly T[],
    isNameable: (entry: T) => boolean,
  ): { readonly own: readonly T[]; readonly others: readonly T[]; readonly countsOfOthers: readonly number[] } {
    const keys = new Set(entries.map((each) => each.key));
    for (const key of this.#own) if (!keys.has(key)) this.#own.delete(key);
    const own: T[] = [];
    const others: T[] = [];
    const counted = new Map<string, readonly number[]>();
    for (const entry of entries) {
      if (!this.#own.has(entry.key) && this.#own.size < this.#limit && isNameable(entry)) this.#own.add(entry.key);
      if (this.#own.has(entry.key)) {
        own.push(entry);
        continue;
      }
      others.push(entry);
      const before = this.#counted.get(entry.key);
      entry.counts.forEach((count, index) => {
        // Below what it was: another one of the same name.
        const grown = count - (before?.[index] ?? 0);
        this.#rest[index] = (this.#rest[index] ?? 0) + (grown < 0 ? count : grown);
      });
      counted.set(entry.key, [...entry.counts]);
    }
    this.#counted = counted;
    return { own, others, countsOfOthers: this.#rest };
  }
}
