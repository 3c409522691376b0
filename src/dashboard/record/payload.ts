/** A key, a value or a header's value: the bytes, and what they can be read as. */
export interface Payload {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** null: they are no UTF-8. */
  readonly text: string | null;
  readonly isJson: boolean;
}

export type PayloadView = 'json' | 'text' | 'hex';

/** @param base64 as the API gives bytes; null is Kafka's null */
export function payloadOfBase64(base64: string | null): Payload | null {
  if (base64 === null) return null;
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return payloadOf(bytes);
}

export function payloadOf(bytes: Uint8Array<ArrayBuffer>): Payload {
  let text: string | null;
  try {
    // A byte order mark is shown, and not swallowed.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    text = null;
  }
  return { bytes, text, isJson: text !== null && parses(text) };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** How to show it first: objects and arrays as JSON, what reads like text as text, the rest as bytes. */
export function bestView({ text, isJson }: Payload): PayloadView {
  if (text === null) return 'hex';
  if (isJson && /^\s*[[{]/.test(text)) return 'json';
  const start = text.slice(0, 4096);
  const unreadable = start.match(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g)?.length ?? 0;
  return unreadable > start.length * 0.1 ? 'hex' : 'text';
}
