import type { Message } from './message.ts';

/** A message, and how many operations it is of. */
export interface SlotMessage {
  readonly count: number;
  readonly message: Message;
}

/** A group of some hundred acknowledgements fits; what does not goes through the port. */
const maxNumbers = 4096;
const maxTexts = 1024;
const maxTextUnits = 16 * 1024;

const stateAt = 0;
const countAt = 1;
const numbersAt = 2;
const textsAt = 3;
/** From here the lengths of the texts. */
const lengthsAt = 8;

const headBytes = (lengthsAt + maxTexts) * Int32Array.BYTES_PER_ELEMENT;
const numbersBytes = maxNumbers * Float64Array.BYTES_PER_ELEMENT;

/** Shared memory for one message of numbers and texts, with a state that threads can wait for. Who may touch it when is the lane's rule. */
export class MessageSlot {
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  /** The texts, one behind the other, in UTF-16. */
  readonly #units: Uint16Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#head = new Int32Array(memory, 0, lengthsAt + maxTexts);
    this.#numbers = new Float64Array(memory, headBytes, maxNumbers);
    this.#units = new Uint16Array(memory, headBytes + numbersBytes, maxTextUnits);
  }

  static newMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(headBytes + numbersBytes + maxTextUnits * Uint16Array.BYTES_PER_ELEMENT);
  }

  get state(): number {
    return Atomics.load(this.#head, stateAt);
  }

  /** Whether it was in the one state, and so is in the other now. */
  swap(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#head, stateAt, from, to) === from;
  }

  turnTo(to: number): void {
    Atomics.store(this.#head, stateAt, to);
    this.wake();
  }

  wake(): void {
    Atomics.notify(this.#head, stateAt);
  }

  /** Sleeps while it is in this state, so long at most. */
  wait(whileState: number, waitMs: number): void {
    Atomics.wait(this.#head, stateAt, whileState, waitMs);
  }

  holds({ message: { numbers, texts } }: SlotMessage): boolean {
    if (numbers.length > maxNumbers || texts.length > maxTexts) return false;
    let units = 0;
    for (const text of texts) units += text.length;
    return units <= maxTextUnits;
  }

  write({ count, message: { numbers, texts } }: SlotMessage): void {
    const head = this.#head;
    head[countAt] = count;
    head[numbersAt] = numbers.length;
    head[textsAt] = texts.length;
    this.#numbers.set(numbers);
    let at = 0;
    for (const [index, text] of texts.entries()) {
      head[lengthsAt + index] = text.length;
      for (let i = 0; i < text.length; i++) this.#units[at++] = text.charCodeAt(i);
    }
  }

  read(): SlotMessage {
    const head = this.#head;
    const texts: string[] = [];
    let at = 0;
    for (let index = 0; index < head[textsAt]!; index++) {
      const end = at + head[lengthsAt + index]!;
      let text = '';
      while (at < end) text += String.fromCharCode(this.#units[at++]!);
      texts.push(text);
    }
    const message = { numbers: [...this.#numbers.subarray(0, head[numbersAt])], texts };
    return { count: head[countAt]!, message };
  }
}
