/**
 * Where the values of a JSON document stand in its text. A value that is passed on is passed on as the text that was
 * sent: parsing and printing again would change numbers of more than 15 digits, the order of keys and doubled keys.
 * All functions want text that `JSON.parse` has accepted, and find the same member as it does: the last of its name.
 */

/** Half-open. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const skipSpace = (text: string, at: number): number => {
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
};

/** `at` is the opening quote; answers the place after the closing one. */
const endOfString = (text: string, at: number): number => {
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
};

const endOfValue = (text: string, at: number): number => {
  const first = text.charCodeAt(at);
  if (first === quote) return endOfString(text, at);
  if (first === openBrace || first === openBracket) {
    let depth = 1;
    for (let end = at + 1; ;) {
      const code = text.charCodeAt(end);
      if (code === quote) {
        end = endOfString(text, end);
        continue;
      }
      end++;
      if (code === openBrace || code === openBracket) depth++;
      else if ((code === closeBrace || code === closeBracket) && --depth === 0) return end;
    }
  }
  let end = at + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === comma || code === closeBrace || code === closeBracket || code <= 0x20) break;
    end++;
  }
  return end;
};

/** The members of the object at `at`, each name with the range of its last value. */
const membersAt = (text: string, at: number, names: readonly string[]): readonly (TextRange | undefined)[] => {
  const found: (TextRange | undefined)[] = names.map(() => undefined);
  let place = skipSpace(text, at + 1);
  while (text.charCodeAt(place) === quote) {
    const nameEnd = endOfString(text, place);
    let name = text.slice(place + 1, nameEnd - 1);
    if (name.includes('\\')) name = JSON.parse(text.slice(place, nameEnd)) as string;
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    const index = names.indexOf(name);
    if (index >= 0) found[index] = { start, end };
    place = skipSpace(text, end);
    if (text.charCodeAt(place) === comma) place = skipSpace(text, place + 1);
  }
  return found;
};

/** The ranges of the members `names` of the object that `text` is, or that stands at `range`. */
export const memberRanges = (
  text: string,
  names: readonly string[],
  range?: TextRange,
): readonly (TextRange | undefined)[] => membersAt(text, range?.start ?? skipSpace(text, 0), names);

/** The ranges of the elements of the array at `range`. */
export const elementRanges = (text: string, range: TextRange): TextRange[] => {
  const ranges: TextRange[] = [];
  let place = skipSpace(text, range.start + 1);
  while (text.charCodeAt(place) !== closeBracket) {
    const end = endOfValue(text, place);
    ranges.push({ start: place, end });
    place = skipSpace(text, end);
    if (text.charCodeAt(place) === comma) place = skipSpace(text, place + 1);
  }
  return ranges;
};

/** Whether `text` is a JSON object or array: one that may be spliced into a JSON document as it is. */
export const isJsonContainer = (text: string): boolean => {
  const first = text.charCodeAt(skipSpace(text, 0));
  return (first === openBrace || first === openBracket) && parses(text);
};

/** Whether `text` is JSON of any kind. */
export const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
