/**
 * Ranges of offsets that a turn has decided on but not applied yet. A second command for the same record waits for the
 * next turn, where it sees what became of the first: so nothing has to be rolled back.
 */
export class Claims {
  #ranges: { firstOffset: number; lastOffset: number }[] = [];

  get size(): number {
    return this.#ranges.length;
  }

  overlaps(firstOffset: number, lastOffset: number): boolean {
    const range = this.#ranges[this.#indexAt(firstOffset)];
    return range !== undefined && range.firstOffset <= lastOffset;
  }

  /** Adds a range; false, and nothing is added, when it overlaps one that is there. */
  claim(firstOffset: number, lastOffset: number): boolean {
    const index = this.#indexAt(firstOffset);
    const range = this.#ranges[index];
    if (range !== undefined && range.firstOffset <= lastOffset) return false;
    const before = this.#ranges[index - 1];
    if (before !== undefined && before.lastOffset + 1 === firstOffset) before.lastOffset = lastOffset;
    else this.#ranges.splice(index, 0, { firstOffset, lastOffset });
    return true;
  }

  clear(): void {
    this.#ranges = [];
  }

  /** Index of the first range that ends at or after `offset`. */
  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.lastOffset >= offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
