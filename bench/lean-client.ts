import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a connection has read, taken out at once: all of them share it. */
const received = Buffer.allocUnsafe(64 * 1024);

/**
 * A keep-alive HTTP/1.1 connection with one request at a time, over a bare socket: on a machine with few cores every
 * microsecond of the client is taken from the server that is measured. Bodies are ASCII, both ways.
 */
export class LeanConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #received = '';
  /** Length of the answer that is coming, head and body; 0 while the head is not complete. */
  #expected = 0;
  #bodyStart = 0;
  #waiting: { resolve(body: string): void; reject(error: Error): void } | undefined;

  private constructor(hostname: string, port: number, host: string) {
    this.#host = host;
    // Straight from the buffer it was read into, without the machinery of streams.
    const onread = {
      buffer: received,
      callback: (sizeBytes: number): boolean => {
        this.#receive(received.toString('latin1', 0, sizeBytes));
        return true;
      },
    };
    this.#socket = connect({ host: hostname, port, noDelay: true, onread });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server has closed the connection')));
  }

  /** @param address such as `http://127.0.0.1:8080` */
  static async open(address: string): Promise<LeanConnection> {
    const { hostname, port, host } = new URL(address);
    const connection = new LeanConnection(hostname, Number(port), host);
    await new Promise<void>((resolve, reject) => {
      connection.#socket.once('connect', resolve);
      connection.#socket.once('error', reject);
    });
    return connection;
  }

  /** Resolves with the body; rejects unless the status is 200 or 201. */
  post(path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) throw new Error('one request at a time');
      this.#waiting = { resolve, reject };
      this.#socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      );
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text;
    if (this.#expected === 0) {
      const headEnd = this.#received.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = contentLength(this.#received, headEnd);
      if (Number.isNaN(length))
        return this.#fail(new Error(`no content-length in ${this.#received.slice(0, headEnd)}`));
      this.#bodyStart = headEnd + 4;
      this.#expected = this.#bodyStart + length;
    }
    if (this.#received.length < this.#expected) return;
    const waiting = this.#waiting;
    const head = this.#received;
    const body = head.slice(this.#bodyStart, this.#expected);
    this.#received = '';
    this.#expected = 0;
    this.#waiting = undefined;
    if (head.startsWith('HTTP/1.1 20')) waiting?.resolve(body);
    else waiting?.reject(new Error(head.slice(0, 2000)));
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

const lengthName = '\r\ncontent-length: ';

/** NaN where there is none. */
const contentLength = (text: string, headEnd: number): number => {
  const at = text.indexOf(lengthName);
  if (at === -1 || at > headEnd) return Number.NaN;
  return Number(text.slice(at + lengthName.length, text.indexOf('\r\n', at + lengthName.length)));
};
