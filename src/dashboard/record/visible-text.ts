/** A part of a text as it is, or a character that nobody would see, by its name. */
export interface TextPiece {
  readonly text: string;
  /** Such as `U+202E`; null for text as it is. */
  readonly hidden: string | null;
}

/**
 * What is not seen, or changes what is seen around it: control characters but tab and line feed, marks that turn the
 * direction of text, spaces without width, the byte order mark, unpaired surrogates.
 */
const unseen =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Pieces cost; a text that is full of such characters has the rest of them replaced, but not marked. */
const maxMarked = 2000;

/** The text in pieces that can be shown without harm. */
export function visiblePieces(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(unseen)) {
    if (pieces.length >= maxMarked * 2) {
      pieces.push({ text: text.slice(end).replaceAll(unseen, symbolOf), hidden: null });
      return pieces;
    }
    if (index > end) pieces.push({ text: text.slice(end, index), hidden: null });
    pieces.push({ text: symbolOf(character), hidden: nameOf(character) });
    end = index + character.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), hidden: null });
  return pieces;
}

const nameOf = (character: string): string =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

const controls =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );

/** `⟨ESC⟩`, `⟨U+202E⟩`. */
const symbolOf = (character: string): string => `⟨${controls[character.codePointAt(0)!] ?? nameOf(character)}⟩`;

/** At most so many characters of a text, never half of one. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? maxChars - 1 : maxChars);
}

/** A browser takes seconds to lay out a line of a million characters, and milliseconds for as much in many blocks. */
const chunkChars = 4096;

/** The text in parts that are laid out one by one: they end where a line ends, or where one is too long. */
export function textChunks(text: string): readonly string[] {
  const chunks: string[] = [];
  for (let start = 0; start < text.length;) {
    const longest = cutText(text.slice(start, start + chunkChars + 1), chunkChars);
    const lineEnd = start + longest.length < text.length ? longest.lastIndexOf('\n') + 1 : 0;
    const chunk = lineEnd > 0 ? longest.slice(0, lineEnd) : longest;
    chunks.push(chunk);
    start += chunk.length;
  }
  return chunks;
}
