/**
 * Room for large requests, shared by all connections (`queued.max.request.bytes`). A connection takes the room of a whole
 * request before it reads the rest of it, and waits in line when there is none: so whoever has begun can finish.
 * Small requests need none; there is at most a chunk of them for each connection.
 */
export class RequestMemory {
  #freeBytes: number;
  readonly #line: { readonly bytes: number; readonly granted: () => void }[] = [];

  constructor(bytes: number) {
    this.#freeBytes = bytes;
  }

  /**
   * Takes room, at once (true) or later: then `granted` is called. Returns false when it has to wait.
   * More than there is in all has to wait until everything is free.
   */
  take(bytes: number, granted: () => void): boolean {
    if (this.#line.length === 0 && this.#fits(bytes)) {
      this.#freeBytes -= bytes;
      return true;
    }
    this.#line.push({ bytes, granted });
    return false;
  }

  /** Whoever waits with this callback does not want it any more. */
  leave(granted: () => void): void {
    const index = this.#line.findIndex((each) => each.granted === granted);
    if (index < 0) return;
    this.#line.splice(index, 1);
    this.#grant();
  }

  give(bytes: number): void {
    this.#freeBytes += bytes;
    this.#grant();
  }

  #fits(bytes: number): boolean {
    return bytes <= this.#freeBytes;
  }

  #grant(): void {
    for (let first = this.#line[0]; first !== undefined && this.#fits(first.bytes); first = this.#line[0]) {
      this.#line.shift();
      this.#freeBytes -= first.bytes;
      first.granted();
    }
  }
}
