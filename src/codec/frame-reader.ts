/** A frame's length that cannot be: the connection cannot be read any further. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** What is read, and what its limit is called. */
interface FrameWords {
  readonly frame: string;
  readonly limit: string;
}

const ofRequests: FrameWords = { frame: 'a request', limit: 'socket.request.max.bytes' };

/** API key, version, correlation id and the length of the client id: no request is shorter. */
const smallestFrameBytes = 10;
/** Room that a frame gets before its bytes have come; beyond that it doubles, so that a length alone costs nothing. */
const firstRoomBytes = 1024 * 1024;

/**
 * Cuts what comes over a connection into frames: a length (int32), and so many bytes. A frame that comes in one chunk is a
 * view into it.
 */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #minBytes: number;
  readonly #words: FrameWords;
  /** Up to four bytes of a length that came in pieces. */
  #length = Buffer.alloc(4);
  #lengthBytes = 0;
  /** Of the frame that is coming; 0 between frames. */
  #frameBytes = 0;
  #frame: Buffer | undefined;
  #received = 0;

  /** @param minBytes of a request, unless it is a client that reads answers */
  constructor(maxBytes: number, minBytes = smallestFrameBytes, words: FrameWords = ofRequests) {
    this.#maxBytes = maxBytes;
    this.#minBytes = minBytes;
    this.#words = words;
  }

  /** The length of the frame that is coming, once it is known; 0 between frames. */
  get comingBytes(): number {
    return this.#frameBytes;
  }

  /** Whether a frame has begun and is not complete. */
  get isWithin(): boolean {
    return this.#lengthBytes > 0 || this.#frameBytes > 0;
  }

  /**
   * Hands over the frames that are complete with this chunk, without their lengths.
   *
   * @throws FrameError for a length below the least or above the limit, after the frames before it
   */
  read(chunk: Buffer, complete: (frame: Buffer) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frameBytes === 0) {
        at = this.#readLength(chunk, at);
        continue;
      }
      const missing = this.#frameBytes - this.#received;
      const end = Math.min(chunk.length, at + missing);
      if (this.#received === 0 && end - at === this.#frameBytes) {
        this.#frameBytes = 0;
        complete(chunk.subarray(at, end));
      } else {
        this.#take(chunk, at, end);
        if (this.#received === this.#frameBytes) {
          const frame = this.#frame!;
          this.#frame = undefined;
          this.#frameBytes = 0;
          this.#received = 0;
          complete(frame);
        }
      }
      at = end;
    }
  }

  #readLength(chunk: Buffer, start: number): number {
    let at = start;
    while (this.#lengthBytes < 4 && at < chunk.length) this.#length[this.#lengthBytes++] = chunk[at++]!;
    if (this.#lengthBytes < 4) return at;
    const length = this.#length.readInt32BE();
    if (length < this.#minBytes || length > this.#maxBytes) {
      throw new FrameError(
        `${this.#words.frame} of ${length} bytes; at least ${this.#minBytes} and at most ${this.#words.limit}, ${this.#maxBytes}, are possible${guess(this.#length)}`,
      );
    }
    this.#lengthBytes = 0;
    this.#frameBytes = length;
    return at;
  }

  #take(chunk: Buffer, start: number, end: number): void {
    const needed = this.#received + end - start;
    if (this.#frame === undefined || this.#frame.length < needed) {
      const room = Math.min(this.#frameBytes, Math.max(firstRoomBytes, needed, 2 * this.#received));
      const larger = Buffer.allocUnsafeSlow(room);
      this.#frame?.copy(larger, 0, 0, this.#received);
      this.#frame = larger;
    }
    chunk.copy(this.#frame, this.#received, start, end);
    this.#received = needed;
  }
}

/** What usually knocks at this door by mistake, seen from the four bytes that are no length. */
const guess = (length: Buffer): string => {
  if (length[0] === 0x16 && length[1] === 0x03) return '. This looks like TLS, which is not spoken here';
  const isHttp = /^(?:GET |POST|PUT |HEAD|PATC|DELE|OPTI|PRI )$/.test(length.toString('latin1'));
  return isHttp ? '. This looks like HTTP, which has a port of its own: http.port' : '';
};
