/** Smaller answers are not counted. */
const smallAnswerBytes = 64 * 1024;

/**
 * What clients have not taken yet of their answers, of all connections together (`queued.max.response.bytes`). A connection holds one
 * large answer at most, but thousands of clients that read slowly would hold one each: as there is less room, fetches bring
 * less, down to one record batch.
 */
export class AnswerMemory {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes of records an answer may have now; at least 1, so that there is always a first batch. */
  get roomBytes(): number {
    return Math.max(1, this.#maxBytes - this.#heldBytes);
  }

  /** An answer is there. The caller calls the returned function, once, when it has gone out or will never. */
  hold(bytes: number): (() => void) | undefined {
    if (bytes < smallAnswerBytes) return undefined;
    this.#heldBytes += bytes;
    return () => (this.#heldBytes -= bytes);
  }
}
