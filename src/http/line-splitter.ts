const newline = 0x0a;
const carriageReturn = 0x0d;

/** Cuts a stream of bytes into lines (LF or CRLF) without ever holding more than one line's limit. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  /** The beginning of a line whose end has not come yet. */
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #lineNumber = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * Calls `line` for each line that ends in `chunk`, with its number from 1 and its bytes, or undefined where it is longer than
   * the limit. Empty lines count but are not called for. The bytes are views into the chunks.
   */
  push(chunk: Buffer, line: (number: number, bytes: Buffer | undefined) => void): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end === -1) break;
      this.#end(chunk.subarray(start, end), line);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line may end without a newline. */
  finish(line: (number: number, bytes: Buffer | undefined) => void): void {
    if (this.#partsBytes > 0) this.#end(Buffer.alloc(0), line);
  }

  #keep(part: Buffer): void {
    this.#partsBytes += part.length;
    // What is too long is counted and not kept.
    if (this.#isTooLong()) this.#parts = [];
    else this.#parts.push(part);
  }

  #end(last: Buffer, line: (number: number, bytes: Buffer | undefined) => void): void {
    this.#lineNumber++;
    let bytes: Buffer | undefined = last;
    if (this.#partsBytes > 0 || last.length > this.#maxLineBytes) {
      this.#keep(last);
      bytes = this.#isTooLong() ? undefined : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#partsBytes = 0;
    }
    if (bytes !== undefined && bytes.at(-1) === carriageReturn) bytes = bytes.subarray(0, -1);
    if (bytes === undefined || bytes.length > 0) line(this.#lineNumber, bytes);
  }

  #isTooLong(): boolean {
    return this.#partsBytes > this.#maxLineBytes;
  }
}
