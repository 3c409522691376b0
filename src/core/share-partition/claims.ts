interface Range {
  readonly firstOffset: number;
  /** Inclusive. */
  lastOffset: number;
}

/**
 * Offsets of one bucket. In one list a claim in the middle would move all behind it: 100,000 records accepted in any
 * order took seconds.
 */
const bucketOffsets = 4096;
const bucketOf = (offset: number): number => Math.floor(offset / bucketOffsets);

/**
 * Ranges of offsets that a turn has decided on but not applied yet. A second command for the same record waits for the
 * next turn, where it sees what became of the first: so nothing has to be rolled back.
 */
export class Claims {
  /** In each the ranges in offset order, neighbours joined. */
  #buckets = new Map<number, Range[]>();

  overlaps(firstOffset: number, lastOffset: number): boolean {
    const first = bucketOf(firstOffset);
    const last = bucketOf(lastOffset);
    // An operator's range may be as wide as the log.
    if (last - first > this.#buckets.size) {
      for (const ranges of this.#buckets.values()) if (overlapsAny(ranges, firstOffset, lastOffset)) return true;
      return false;
    }
    for (let bucket = first; bucket <= last; bucket++) {
      const ranges = this.#buckets.get(bucket);
      if (ranges !== undefined && overlapsAny(ranges, firstOffset, lastOffset)) return true;
    }
    return false;
  }

  /** Adds a range; false, and nothing is added, when it overlaps one that is there. */
  claim(firstOffset: number, lastOffset: number): boolean {
    if (this.overlaps(firstOffset, lastOffset)) return false;
    for (let offset = firstOffset; offset <= lastOffset;) {
      const bucket = bucketOf(offset);
      const last = Math.min(lastOffset, (bucket + 1) * bucketOffsets - 1);
      const ranges = this.#buckets.get(bucket);
      if (ranges === undefined) this.#buckets.set(bucket, [{ firstOffset: offset, lastOffset: last }]);
      else add(ranges, offset, last);
      offset = last + 1;
    }
    return true;
  }

  clear(): void {
    this.#buckets.clear();
  }
}

function overlapsAny(ranges: readonly Range[], firstOffset: number, lastOffset: number): boolean {
  const range = ranges[indexAt(ranges, firstOffset)];
  return range !== undefined && range.firstOffset <= lastOffset;
}

function add(ranges: Range[], firstOffset: number, lastOffset: number): void {
  const index = indexAt(ranges, firstOffset);
  const before = ranges[index - 1];
  if (before !== undefined && before.lastOffset + 1 === firstOffset) before.lastOffset = lastOffset;
  else ranges.splice(index, 0, { firstOffset, lastOffset });
}

/** Index of the first range that ends at or after `offset`. */
function indexAt(ranges: readonly Range[], offset: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.lastOffset >= offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
