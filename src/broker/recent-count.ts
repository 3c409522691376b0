/** How much of something there was of late, in buckets of time: the oldest is forgotten as time goes on. */
export class RecentCount {
  readonly #bucketMs: number;
  readonly #buckets: Float64Array;
  /** Number of the newest bucket, counted from the clock's origin. */
  #newest = -Infinity;
  /** Where it is, and when it ends. */
  #at = 0;
  #endMs = -Infinity;

  /**
   * @param bucketMs length of a bucket, ms
   * @param buckets how many whole ones are kept, beside the one that is being filled
   */
  constructor(bucketMs: number, buckets: number) {
    this.#bucketMs = bucketMs;
    this.#buckets = new Float64Array(buckets + 1);
  }

  /** @param nowMs monotonic */
  add(count: number, nowMs: number): void {
    if (nowMs >= this.#endMs) this.#turnTo(nowMs);
    this.#buckets[this.#at] = (this.#buckets[this.#at] ?? 0) + count;
  }

  sum(nowMs: number): number {
    this.#turnTo(nowMs);
    return this.#buckets.reduce((sum, count) => sum + count, 0);
  }

  /** On average over the whole buckets and what has passed of the one being filled; to a tenth. */
  perSecond(nowMs: number): number {
    const sum = this.sum(nowMs);
    if (sum === 0) return 0;
    const spanMs = (this.#buckets.length - 1) * this.#bucketMs + (nowMs % this.#bucketMs);
    return Math.round((sum / spanMs) * 10_000) / 10;
  }

  #turnTo(nowMs: number): void {
    const size = this.#buckets.length;
    const newest = Math.floor(nowMs / this.#bucketMs);
    if (newest - this.#newest >= size) this.#buckets.fill(0);
    else for (let number = this.#newest + 1; number <= newest; number++) this.#buckets[number % size] = 0;
    this.#newest = Math.max(this.#newest, newest);
    this.#at = this.#newest % size;
    this.#endMs = (this.#newest + 1) * this.#bucketMs;
  }
}
