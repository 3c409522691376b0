import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A frame that a stock client or Kafka 4.4 sent, and what it says. */
export interface GoldenFrame {
  readonly client: string;
  readonly direction: 'request' | 'response';
  readonly apiKey: number;
  readonly apiName: string;
  /** Of the body. */
  readonly apiVersion: number;
  /** Without the length prefix. */
  readonly frame: Buffer;
  readonly decoded: {
    readonly header: Readonly<Record<string, unknown>>;
    readonly body?: Readonly<Record<string, unknown>>;
    /** Base64: what follows a request's body; a body of a version that there is not. */
    readonly trailingBytes?: string;
    readonly unknownBody?: string;
  };
}

const folder = new URL('golden/', import.meta.url);

export const goldenFrames: readonly GoldenFrame[] = readdirSync(folder)
  .filter((file) => file.endsWith('.jsonl.gz'))
  .flatMap((file) =>
    gunzipSync(readFileSync(new URL(file, folder)))
      .toString()
      .trim()
      .split('\n')
      .map((line) => {
        const { bytes, ...rest } = JSON.parse(line) as Omit<GoldenFrame, 'frame'> & { readonly bytes: string };
        return { ...rest, frame: Buffer.from(bytes, 'base64') };
      }),
  );

/** What a test calls a frame. */
export const nameOf = ({ client, apiName, apiVersion, direction }: GoldenFrame): string =>
  `${client}: ${apiName} v${apiVersion} ${direction}`;
