/** Only from turquoise to pink: green, amber and red are states. Degrees of OKLCH. */
const hues = [192, 214, 236, 256, 276, 298, 320, 344] as const;
const shades = 2;
const slots = hues.length * shades;
/** To a hue far away, and through all slots. */
const step = 5;

/** Who has which colour on this page. */
const slotOf = new Map<string, number>();
const taken = new Set<number>();

/**
 * The colour of a holder, as CSS writes it, to be seen on the page's back. It follows from the name, so that a worker has
 * the same one everywhere and tomorrow, too; only one whose colour another worker already has on this page gets the
 * next that is free, as long as there are any.
 */
export function holderColour(holder: string, isDark: boolean): string {
  const slot = slotFor(holder);
  const lightness = (isDark ? [0.74, 0.64] : [0.58, 0.68])[Math.floor(slot / hues.length)];
  return `oklch(${lightness} 0.15 ${hues[slot % hues.length]})`;
}

function slotFor(holder: string): number {
  const known = slotOf.get(holder);
  if (known !== undefined) return known;
  let slot = hashOf(holder) % slots;
  // Without a free one, two workers look the same.
  if (taken.size === slots) return slot;
  while (taken.has(slot)) slot = (slot + step) % slots;
  taken.add(slot);
  slotOf.set(holder, slot);
  return slot;
}

/** FNV-1a, then mixed: names that differ in their last digit should be far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
