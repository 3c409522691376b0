const msPerSecond = 1000;
let rememberedSecond = Number.NaN;
let rememberedText = '';

/** Wall clock, ms, as RFC 3339 in UTC: what `toISOString` gives. Answers are full of instants of the same second. */
export const instantText = (wallMs: number): string => {
  const second = Math.floor(wallMs / msPerSecond);
  if (second !== rememberedSecond) {
    rememberedText = new Date(second * msPerSecond).toISOString().slice(0, -'000Z'.length);
    rememberedSecond = second;
  }
  return `${rememberedText}${String(wallMs - second * msPerSecond).padStart(3, '0')}Z`;
};
