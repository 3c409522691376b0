import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJson } from '../../../src/dashboard/record/format-json.ts';
import { hexDump } from '../../../src/dashboard/record/hex-dump.ts';
import { bestView, payloadOf, payloadOfBase64 } from '../../../src/dashboard/record/payload.ts';
import { cutText, textChunks, visiblePieces } from '../../../src/dashboard/record/visible-text.ts';

const ofText = (text: string) => payloadOf(new Uint8Array(new TextEncoder().encode(text)));
const formatted = (text: string, maxChars = 1e9): string =>
  formatJson(text, maxChars)
    .tokens.map((token) => token.text)
    .join('');
/** Hidden characters in brackets. */
const seen = (text: string): string =>
  visiblePieces(text)
    .map(({ text, hidden }) => (hidden === null ? text : `[${hidden}]`))
    .join('');

describe('A payload', () => {
  it.each([
    ['{"to":"a@b.c"}', 'json'],
    ['  [1, 2]', 'json'],
    ['12345678901234567890', 'text'],
    ['hello', 'text'],
    ['{"to":', 'text'],
    ['<img src=x onerror=alert(1)>', 'text'],
    ['\0\x01\x02\x03abc', 'hex'],
  ] as const)('is shown first as what it is: %j as %s', (text, view) => {
    expect(bestView(ofText(text))).toBe(view);
  });

  it('is bytes where it is no UTF-8, and keeps a byte order mark', () => {
    const binary = payloadOfBase64(Buffer.from([0xff, 0xfe, 0x00]).toString('base64'))!;
    expect(binary).toMatchObject({ text: null, isJson: false });
    expect(bestView(binary)).toBe('hex');
    expect(ofText('\uFEFFx').text).toBe('\uFEFFx');
    expect(payloadOfBase64(null)).toBeNull();
    expect(payloadOfBase64('')!.bytes).toHaveLength(0);
  });
});

describe('JSON', () => {
  it('is put into lines', () => {
    expect(formatted('{"a":[1,2,{}],"b":{"c":"x\\n{[,"},"d":[]}')).toBe(
      '{\n  "a": [\n    1,\n    2,\n    {}\n  ],\n  "b": {\n    "c": "x\\n{[,"\n  },\n  "d": []\n}',
    );
  });

  it('keeps literals as they stand there: large numbers, escapes, keys that come twice', () => {
    const text = '{"n":12345678901234567890,"n":1.0e+400,"s":"\\u0041\\/"}';
    expect(formatted(text).replaceAll(/\s/g, '')).toBe(text);
  });

  it('says which strings are keys', () => {
    const { tokens } = formatJson('{ "a" : "b" }', 1000);
    expect(tokens.filter(({ kind }) => kind === 'key').map(({ text }) => text)).toEqual(['"a"']);
    expect(tokens.filter(({ kind }) => kind === 'string').map(({ text }) => text)).toEqual(['"b"']);
  });

  it('means the same after it, whatever it is, and looks as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(formatted(text))).toEqual(JSON.parse(text));
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(formatted(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
      }),
    );
  });

  it('stops where it was told to, and does not grow by the depth of what it shows', () => {
    expect(formatJson(JSON.stringify(Array.from({ length: 10_000 }, () => 1)), 100).isCut).toBe(true);
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(formatted(deep).length).toBeLessThan(60 * 40_000);
  });
});

describe('Text', () => {
  it('shows what nobody would see', () => {
    expect(seen('a\0b\u202Ec\u200Bd\uFEFF\x7f\r')).toBe('a[U+0000]b[U+202E]c[U+200B]d[U+FEFF][U+007F][U+000D]');
    expect(visiblePieces('\u001b')[0]!.text).toBe('⟨ESC⟩');
    expect(visiblePieces('\u202E')[0]!.text).toBe('⟨U+202E⟩');
    expect(seen('a\ud800b')).toBe('a[U+D800]b');
    expect(seen('a\u{e0041}b')).toBe('a[U+E0041]b');
  });

  it('leaves alone what is seen: lines, tabs, letters of any script, and emoji', () => {
    const text = 'line\n\ttab ünï שלום مرحبا 日本 👍🏽';
    expect(visiblePieces(text)).toEqual([{ text, hidden: null }]);
  });

  it('has no end of pieces for a text full of such characters', () => {
    const pieces = visiblePieces('\0'.repeat(100_000));
    expect(pieces.length).toBeLessThan(5000);
    expect(pieces.at(-1)!.text).not.toContain('\0');
  });

  it('is cut between characters', () => {
    expect(cutText('ab👍c', 3)).toBe('ab');
    expect(cutText('ab👍c', 4)).toBe('ab👍');
    expect(cutText('abc', 3)).toBe('abc');
  });
});

describe('A long text', () => {
  it('comes in parts that end with a line, or within one that is too long, and lose nothing', () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `line ${index}`).join('\n');
    const parts = textChunks(lines);
    expect(parts.join('')).toBe(lines);
    expect(parts.slice(0, -1).every((part) => part.endsWith('\n') && part.length <= 4096)).toBe(true);
    const oneLine = '👍'.repeat(10_000);
    expect(textChunks(oneLine).join('')).toBe(oneLine);
    expect(textChunks(oneLine).every((part) => part.length <= 4096 && !/^[\udc00-\udfff]/.test(part))).toBe(true);
    expect(textChunks('')).toEqual([]);
  });
});

describe('A hex dump', () => {
  it('has 16 bytes in a line, and what can be read of them', () => {
    const bytes = new TextEncoder().encode('Hello, sash\0\n<b>!');
    expect(hexDump(bytes, 1000)).toBe(
      '00000000  48 65 6c 6c 6f 2c 20 73  61 73 68 00 0a 3c 62 3e  |Hello, sash··<b>|\n' +
        '00000010  21                                                |!|',
    );
    expect(hexDump(bytes, 16).split('\n')).toHaveLength(1);
  });
});
