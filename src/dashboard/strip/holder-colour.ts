/**
 * The hue of a holder, in degrees of OKLCH, and its shade: from its name alone, so that a worker has the same colour on
 * each page, today and tomorrow. Only from turquoise to pink: green, amber and red are states.
 */
export function holderHue(holder: string): { readonly hue: number; readonly shade: 0 | 1 } {
  // FNV-1a, then mixed: names that differ in their last digit should be far apart.
  let hash = 0x811c9dc5;
  for (let index = 0; index < holder.length; index += 1)
    hash = Math.imul(hash ^ holder.charCodeAt(index), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  hash = (hash ^ (hash >>> 13)) >>> 0;
  const index = hash % hues.length;
  return { hue: hues[index]!, shade: ((hash >>> 8) & 1) as 0 | 1 };
}

const hues = [192, 214, 236, 256, 276, 298, 320, 344] as const;

/** As CSS writes it, to be seen on the page's back. */
export function holderColour(holder: string, isDark: boolean): string {
  const { hue, shade } = holderHue(holder);
  const lightness = isDark ? [0.74, 0.64] : [0.58, 0.68];
  return `oklch(${lightness[shade]} 0.15 ${hue})`;
}
