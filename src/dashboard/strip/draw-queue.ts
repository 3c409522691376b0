/** Something that is drawn at the next frame; gives whether it wants the frame after that, too. */
export interface Drawable {
  draw(nowMs: number): boolean;
}

/** Of a frame's 16 ms; what does not fit in waits for the next one, so that scrolling stays smooth. */
const budgetMs = 7;

const waiting = new Set<Drawable>();
let isAsked = false;

/** Draws soon, once however often it is asked for. */
export function requestDraw(drawable: Drawable): void {
  waiting.add(drawable);
  ask();
}

export function cancelDraw(drawable: Drawable): void {
  waiting.delete(drawable);
}

function ask(): void {
  if (isAsked || waiting.size === 0) return;
  isAsked = true;
  requestAnimationFrame((nowMs) => {
    isAsked = false;
    const endMs = performance.now() + budgetMs;
    const round = [...waiting];
    for (const drawable of round) {
      waiting.delete(drawable);
      if (drawable.draw(nowMs)) waiting.add(drawable);
      if (performance.now() > endMs) break;
    }
    ask();
  });
}
