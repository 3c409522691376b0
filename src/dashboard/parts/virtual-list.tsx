import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows made beyond the edge of the screen, so that they are drawn when they come in. */
const overscan = 4;

/** A long list that scrolls with the page, of which only what is seen exists. All rows are `rowHeight` px high. */
export const VirtualList = <Item,>({
  label,
  items,
  itemKey,
  rowHeight,
  children,
}: {
  readonly label: string;
  readonly items: readonly Item[];
  readonly itemKey: (item: Item) => string;
  readonly rowHeight: number;
  readonly children: (item: Item) => ComponentChildren;
}) => {
  const list = useRef<HTMLUListElement>(null);
  const [range, setRange] = useState<readonly [start: number, end: number]>([0, 12]);
  useLayoutEffect(() => {
    let frame = 0;
    const look = (): void => {
      frame = 0;
      const top = list.current?.getBoundingClientRect().top ?? 0;
      const start = Math.max(0, Math.floor(-top / rowHeight) - overscan);
      const end = Math.min(items.length, Math.ceil((innerHeight - top) / rowHeight) + overscan);
      setRange((before) => (before[0] === start && before[1] === end ? before : [start, Math.max(start, end)]));
    };
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    look();
    addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', soon);
      removeEventListener('resize', soon);
    };
  }, [items.length, rowHeight]);
  const [start, end] = range;
  return (
    <ul class="virtual" ref={list} aria-label={label} style={{ height: `${items.length * rowHeight}px` }}>
      {items.slice(start, end).map((item, index) => (
        <li
          key={itemKey(item)}
          aria-setsize={items.length}
          aria-posinset={start + index + 1}
          style={{ height: `${rowHeight}px`, transform: `translateY(${(start + index) * rowHeight}px)` }}
        >
          {children(item)}
        </li>
      ))}
    </ul>
  );
};
