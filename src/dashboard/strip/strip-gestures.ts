/** What hands and wheels do to a strip; `x` is in CSS pixels from its left edge. */
export interface Gestures {
  /** Shows `factor` times as much around `x`. */
  zoom(factor: number, x: number): void;
  /** Moves what is shown by so many pixels. */
  pan(pixels: number): void;
  /** null: the pointer has left. */
  point(x: number | null): void;
  click(x: number): void;
  /** A range is being drawn from one place to another; `isDone` when let go. */
  select(fromX: number, toX: number, isDone: boolean): void;
  /** Whether a drag selects without shift, which fingers do not have. */
  selectsByDrag(): boolean;
  /** Whether the wheel alone zooms; otherwise it scrolls the page, and zooms with ctrl or as a pinch of a touchpad. */
  zoomsByWheel(): boolean;
}

/** A pointer that moves less has clicked. */
const clickPx = 4;

/** Listens on an element; gives what ends it. */
export function listenToGestures(element: HTMLElement, gestures: Gestures): () => void {
  const pointers = new Map<number, { x: number; y: number }>();
  let drag: { readonly startX: number; lastX: number; readonly selects: boolean; moved: boolean } | undefined;
  let pinch: { distance: number; middle: number } | undefined;

  const xOfEvent = (event: MouseEvent): number => event.clientX - element.getBoundingClientRect().left;
  const pinchOf = (): typeof pinch => {
    const [a, b] = [...pointers.values()];
    if (a === undefined || b === undefined) return undefined;
    return { distance: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)), middle: (a.x + b.x) / 2 };
  };

  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const x = xOfEvent(event);
    pointers.set(event.pointerId, { x, y: event.clientY });
    if (pointers.size === 1)
      drag = { startX: x, lastX: x, selects: event.shiftKey || gestures.selectsByDrag(), moved: false };
    else {
      drag = undefined;
      pinch = pinchOf();
    }
  };
  const move = (event: PointerEvent): void => {
    const x = xOfEvent(event);
    if (!pointers.has(event.pointerId)) {
      gestures.point(x);
      return;
    }
    pointers.set(event.pointerId, { x, y: event.clientY });
    if (pinch !== undefined) {
      const next = pinchOf();
      if (next === undefined) return;
      gestures.zoom(pinch.distance / next.distance, next.middle);
      gestures.pan(pinch.middle - next.middle);
      pinch = next;
      return;
    }
    if (drag === undefined) return;
    if (!drag.moved && Math.abs(x - drag.startX) < clickPx) return;
    if (!drag.moved) {
      drag.moved = true;
      element.setPointerCapture(event.pointerId);
      gestures.point(null);
    }
    if (drag.selects) gestures.select(drag.startX, x, false);
    else gestures.pan(drag.lastX - x);
    drag.lastX = x;
  };
  const up = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId)) return;
    const x = xOfEvent(event);
    if (pinch !== undefined) {
      if (pointers.size < 2) pinch = undefined;
      return;
    }
    if (drag === undefined) return;
    const { moved, selects, startX } = drag;
    drag = undefined;
    if (event.type === 'pointercancel') {
      if (selects && moved) gestures.select(startX, x, true);
    } else if (!moved) gestures.click(x);
    else if (selects) gestures.select(startX, x, true);
  };
  const leave = (event: PointerEvent): void => {
    if (!pointers.has(event.pointerId)) gestures.point(null);
  };
  const wheel = (event: WheelEvent): void => {
    const linePx = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const [deltaX, deltaY] = [event.deltaX * linePx, event.deltaY * linePx];
    if (event.ctrlKey || event.metaKey || (gestures.zoomsByWheel() && Math.abs(deltaY) > Math.abs(deltaX))) {
      event.preventDefault();
      // A pinch of a touchpad comes as small steps with ctrl, a wheel as large ones.
      const step = Math.max(-120, Math.min(120, deltaY)) * (event.ctrlKey && Math.abs(deltaY) < 40 ? 4 : 1);
      gestures.zoom(Math.exp(step * 0.003), xOfEvent(event));
    } else if (Math.abs(deltaX) > Math.abs(deltaY) || (event.shiftKey && deltaY !== 0)) {
      event.preventDefault();
      gestures.pan(Math.abs(deltaX) > Math.abs(deltaY) ? deltaX : deltaY);
    }
  };

  const listening = new AbortController();
  const { signal } = listening;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  element.addEventListener('pointerleave', leave, { signal });
  element.addEventListener('wheel', wheel, { signal, passive: false });
  return () => listening.abort();
}
