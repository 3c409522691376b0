export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'mark' | 'space';
  readonly text: string;
}

/** Deeper levels are indented no further: a million brackets must not become a million times a million spaces. */
const maxIndent = 24;

const lexeme = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:]/gsy;

/**
 * JSON in lines and indented, as tokens. Its literals stay exactly as they are in the text: 20 digits stay 20 digits,
 * and a key that stands there twice stays twice.
 *
 * @param text valid JSON
 * @param maxChars where to stop
 */
export function formatJson(
  text: string,
  maxChars: number,
): { readonly tokens: readonly JsonToken[]; readonly isCut: boolean } {
  const tokens: JsonToken[] = [];
  let depth = 0;
  let chars = 0;
  const push = (kind: JsonToken['kind'], text: string): void => {
    if (text === '') return;
    tokens.push({ kind, text });
    chars += text.length;
  };
  const newLine = (): void => push('space', `\n${'  '.repeat(Math.min(depth, maxIndent))}`);
  let at = 0;
  let before = '';
  const next = (): string | undefined => {
    while (/\s/.test(text[at] ?? '')) at += 1;
    lexeme.lastIndex = at;
    const found = lexeme.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  for (let token = next(); token !== undefined; token = next()) {
    if (chars >= maxChars) return { tokens, isCut: true };
    const first = token[0]!;
    if (first === '}' || first === ']') {
      depth -= 1;
      if (before !== '{' && before !== '[') newLine();
    } else if (before === '{' || before === '[' || before === ',') newLine();
    if (first === '"') push(isKeyAt(text, at) ? 'key' : 'string', token);
    else if (first === ':') push('mark', ': ');
    else if ('{}[],'.includes(first)) push('mark', token);
    else push(/[-\d]/.test(first) ? 'number' : 'word', token);
    if (first === '{' || first === '[') depth += 1;
    before = first;
  }
  return { tokens, isCut: false };
}

function isKeyAt(text: string, end: number): boolean {
  let at = end;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return text[at] === ':';
}
