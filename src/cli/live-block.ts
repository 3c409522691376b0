/**
 * A block of lines on a terminal that is drawn again where it stands. Lines are cut at the right edge, and at the bottom
 * a line says how many there was no room for: so the block never scrolls, and what is above it stays.
 */
export class LiveBlock {
  readonly #stream: NodeJS.WriteStream;
  #shownLines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    const all = text.split('\n');
    const room = Math.max(2, this.#stream.rows - 1);
    const lines = all.length <= room ? all : [...all.slice(0, room - 1), `… ${all.length - room + 1} more`];
    const up = this.#shownLines === 0 ? '' : `\x1b[${this.#shownLines}A`;
    // Wrapping is off meanwhile: the terminal itself cuts what is too wide, and knows how wide each character is.
    this.#stream.write(`\x1b[?7l${up}\r${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J\x1b[?7h`);
    this.#shownLines = lines.length;
  }
}
