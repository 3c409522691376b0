const rowBytes = 16;

const two = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as `00000010  48 65 6c 6c …  |Hell…|`, 16 in a line, as `hexdump -C` does it. @param maxBytes where to stop */
export function hexDump(bytes: Uint8Array, maxBytes: number): string {
  const lines: string[] = [];
  const end = Math.min(bytes.length, maxBytes);
  for (let start = 0; start < end; start += rowBytes) {
    const row = bytes.subarray(start, Math.min(start + rowBytes, end));
    let hex = '';
    let text = '';
    for (const [index, byte] of row.entries()) {
      hex += `${index === 8 ? ' ' : ''}${two[byte]} `;
      text += byte >= 0x20 && byte < 0x7f ? String.fromCodePoint(byte) : '·';
    }
    lines.push(`${start.toString(16).padStart(8, '0')}  ${hex.padEnd(rowBytes * 3 + 1)} |${text}|`);
  }
  return lines.join('\n');
}
