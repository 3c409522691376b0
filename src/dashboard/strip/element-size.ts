import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** A little beyond what is seen, so that scrolling finds strips drawn. */
const margin = '200px 0px';

type Listener = (isVisible: boolean) => void;
const listeners = new Map<Element, Listener>();
let observer: IntersectionObserver | undefined;

const observe = (element: Element, listener: Listener): (() => void) => {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting);
    },
    { rootMargin: margin },
  );
  listeners.set(element, listener);
  observer.observe(element);
  return () => {
    listeners.delete(element);
    observer?.unobserve(element);
  };
};

/** Whether the element is on the screen, or nearly, of a page that is looked at. */
export function useVisible(ref: RefObject<HTMLElement | null>): boolean {
  const [isOnScreen, setOnScreen] = useState(false);
  const [isPageVisible, setPageVisible] = useState(!document.hidden);
  useEffect(() => (ref.current === null ? undefined : observe(ref.current, setOnScreen)), [ref]);
  useEffect(() => {
    const changed = (): void => setPageVisible(!document.hidden);
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  return isOnScreen && isPageVisible;
}

/** The size of an element in whole CSS pixels; 0 × 0 at first. */
export function useSize(ref: RefObject<HTMLElement | null>): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const resize = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize((before) =>
        before.width === Math.floor(width) && before.height === Math.floor(height)
          ? before
          : { width: Math.floor(width), height: Math.floor(height) },
      );
    });
    resize.observe(element);
    return () => resize.disconnect();
  }, [ref]);
  return size;
}
