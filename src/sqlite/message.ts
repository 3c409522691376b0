/**
 * What crosses between the main thread and the writer: one list of numbers and one of texts. Structured clone is the
 * cost of a worker, and it pays for each object, property and typed array; this costs next to nothing.
 */
export interface Message {
  readonly numbers: ArrayLike<number>;
  readonly texts: readonly string[];
}

/** A short list of numbers crosses faster as it is, a long one as a typed array (measured: 0.08 against 0.10 ms there and back). */
const longMessage = 512;

/** A place in a message. */
export interface Place {
  readonly number: number;
  readonly text: number;
}

export class MessageWriter {
  #numbers: number[] = [];
  #texts: string[] = [];

  number(value: number): void {
    this.#numbers.push(value);
  }

  /** Writes over a number written before, such as a length that was not known then. */
  replace(index: number, value: number): void {
    this.#numbers[index] = value;
  }

  optionalNumber(value: number | null): void {
    this.number(value ?? Number.NaN);
  }

  text(value: string): void {
    this.#texts.push(value);
  }

  optionalText(value: string | null): void {
    this.number(value === null ? 0 : 1);
    if (value !== null) this.#texts.push(value);
  }

  /** Gives the message and starts the next one. */
  take(): Message {
    const numbers = this.#numbers.length > longMessage ? new Float64Array(this.#numbers) : this.#numbers;
    const message = { numbers, texts: this.#texts };
    this.#numbers = [];
    this.#texts = [];
    return message;
  }

  /** Where the next value goes; with `rewind`, takes back what was written after it. */
  get place(): Place {
    return { number: this.#numbers.length, text: this.#texts.length };
  }

  rewind(place: Place): void {
    this.#numbers.length = place.number;
    this.#texts.length = place.text;
  }
}

/** Reads in the order in which it was written. */
export class MessageReader {
  readonly #message: Message;
  #number = 0;
  #text = 0;

  constructor(message: Message) {
    this.#message = message;
  }

  number(): number {
    const value = this.#message.numbers[this.#number++];
    if (value === undefined) throw new RangeError('the message has no more numbers');
    return value;
  }

  optionalNumber(): number | null {
    const value = this.number();
    return Number.isNaN(value) ? null : value;
  }

  text(): string {
    const value = this.#message.texts[this.#text++];
    if (value === undefined) throw new RangeError('the message has no more texts');
    return value;
  }

  optionalText(): string | null {
    return this.number() === 0 ? null : this.text();
  }

  /** Where the next value is read; with `seek`, lets the same operation be read a second time. */
  get place(): Place {
    return { number: this.#number, text: this.#text };
  }

  seek(place: Place): void {
    this.#number = place.number;
    this.#text = place.text;
  }
}
