import { useSignalEffect } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Blocker, RecordState } from '../api-types.ts';
import { themeVersion } from '../theme.ts';
import { rangeText, spokenSegment, windowSentence } from './describe.ts';
import { useSize, useVisible } from './element-size.ts';
import { hitTest, segmentWith, stepCursor } from './hit-test.ts';
import type { Hit } from './hit-test.ts';
import { RunTable } from './run-table.tsx';
import { StripCanvas } from './strip-canvas.ts';
import { stripFeed } from './strip-source.ts';
import { listenToGestures } from './strip-gestures.ts';
import type { Gestures } from './strip-gestures.ts';
import { segmentsOf } from './strip-picture.ts';
import type { Segment, StripPicture } from './strip-picture.ts';
import { StripTooltip } from './strip-tooltip.tsx';
import { count as formatOffset } from '../format.ts';
import { fitView, isFit, offsetAt, panView, revealOffset, spanOf, xOf, zoomView } from './view.ts';
import type { View } from './view.ts';
import { wantedRange } from './wanted-range.ts';
import type { OffsetRange } from './wanted-range.ts';

/** Inclusive. */
export interface SelectedRange {
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export interface WindowStripProps {
  readonly group: string;
  /** The window as the page knows it: a row of `GET …/windows`. */
  readonly window: {
    readonly topic: string;
    readonly partition: number;
    readonly startOffset: number;
    readonly endOffset: number;
    readonly counts: Readonly<Record<RecordState, number>>;
    readonly blockedBy: Blocker | null;
    readonly version?: number;
  };
  /** A row of a list (default), or the one window that is looked at closely, with axis and buttons. */
  readonly size?: 'compact' | 'full';
  readonly selection?: SelectedRange | null;
  /** A record was chosen. */
  readonly onOpen: (offset: number) => void;
  /** A range was drawn, or given up. Without it, nothing can be selected. */
  readonly onSelect?: (range: SelectedRange | null) => void;
}

const noSegments: readonly Segment[] = [];
const zoomStep = 1.6;
/** What the tooltip of a record needs. */
const tooltipRoomPx = 170;

/**
 * The window of a share group on one partition as a strip from its start to its end: pointing shows a run, a click opens
 * a record, ctrl and wheel or two fingers zoom, dragging moves, shift and dragging selects. With keys: + − 0 zoom,
 * ← → go to the next run or record, with shift they select, Page Up and Page Down move, Home and End go to the window's
 * ends, Enter opens.
 */
export function WindowStrip({
  group,
  window: row,
  size = 'compact',
  selection = null,
  onOpen,
  onSelect,
}: WindowStripProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<StripCanvas>(undefined);
  const isVisible = useVisible(host);
  const { width, height } = useSize(host);

  const [picture, setPicture] = useState<StripPicture | null>(null);
  const [takenMs, setTakenMs] = useState(0);
  /** null follows the window. */
  const [ownView, setOwnView] = useState<View | null>(null);
  const [range, setRange] = useState<OffsetRange | null>(null);
  const [pointed, setPointed] = useState<{ readonly x: number } | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [hasFocus, setHasFocus] = useState(false);
  const [selectsByDrag, setSelectsByDrag] = useState(false);
  const [showsTable, setShowsTable] = useState(false);
  /** Where a selection by keys began. */
  const anchor = useRef<number | null>(null);

  // The picture and the row come at different times: what is drawn fits together with the picture.
  const bounds = picture ?? row;
  const view = ownView ?? fitView(bounds);
  const segments = useMemo(() => (picture === null ? noSegments : segmentsOf(picture)), [picture]);
  const isLarge = size === 'full';

  useFeed({ group, row, width, range, isVisible, isLarge: isLarge || hasFocus || ownView !== null }, (next) => {
    setTakenMs(performance.now());
    setPicture(next);
  });

  useEffect(
    () => setRange((before) => (ownView === null ? null : wantedRange(ownView, picture, before))),
    [ownView, picture],
  );

  useLayoutEffect(() => {
    painter.current ??= new StripCanvas(canvas.current!);
    if (isVisible) painter.current.resize(width, height);
    else painter.current.release();
  }, [isVisible, width, height]);
  useEffect(() => () => painter.current?.release(), []);

  const pointedHit = pointed === null ? undefined : hitTest(segments, view, width, pointed.x);
  const cursorSegment = cursor === null || !hasFocus ? undefined : segmentWith(segments, cursor);
  const hit: Hit | undefined =
    pointedHit ??
    (cursorSegment === undefined || cursor === null ? undefined : { segment: cursorSegment, offset: cursor });
  const focus = hit === undefined ? null : focusOf(hit, view, width);

  const shownPicture = useRef<StripPicture | null>(null);
  const isCalm = useMemo(() => matchMedia('(prefers-reduced-motion: reduce)'), []);
  const draw = (): void => {
    if (!isVisible) return;
    const fades = shownPicture.current !== null && shownPicture.current !== picture && !isCalm.matches;
    shownPicture.current = picture;
    const marks = { isBlocked: row.blockedBy !== null, focus, selection };
    painter.current?.show({ size, bounds, segments, view, marks }, fades);
  };
  useLayoutEffect(draw);
  useSignalEffect(() => {
    if (themeVersion.value > 0) draw();
  });

  const show = (next: View): void => setOwnView(isFit(next, bounds) ? null : next);
  const zoom = (factor: number, at: number): void => show(zoomView(view, bounds, factor, at));
  const clampOffset = (offset: number): number =>
    Math.min(Math.max(Math.floor(offset), bounds.startOffset), bounds.endOffset - 1);
  const isEmpty = bounds.endOffset <= bounds.startOffset;
  const selectBetween = (a: number, b: number): void => {
    if (isEmpty) return;
    const [first, last] = a < b ? [a, b] : [b, a];
    onSelect?.({ firstOffset: clampOffset(first), lastOffset: clampOffset(last) });
  };

  const gestures: Gestures = {
    zoom: (factor, x) => zoom(factor, offsetAt(view, width, x)),
    pan: (pixels) => {
      if (ownView !== null) show(panView(view, bounds, (pixels / width) * spanOf(view)));
    },
    point: (x) => setPointed(x === null ? null : { x }),
    click: (x) => {
      const hit = hitTest(segments, view, width, x);
      if (hit === undefined) return;
      setCursor(hit.offset);
      if (hit.segment.deliveryCount === null) {
        // Many runs in one column: first they have to come apart.
        zoom(Math.min(0.5, (width * 0.5 * spanOfPixel(hit.segment, width)) / spanOf(view)), hit.offset);
      } else onOpen(hit.offset);
    },
    select: (fromX, toX) => {
      if (onSelect !== undefined) selectBetween(offsetAt(view, width, fromX), offsetAt(view, width, toX));
    },
    selectsByDrag: () => selectsByDrag,
    zoomsByWheel: () => isLarge && host.current?.contains(document.activeElement) === true,
  };
  const newest = useRef(gestures);
  newest.current = gestures;
  useEffect(() => {
    const element = host.current!;
    // Listened to once; what they do is that of the newest render.
    return listenToGestures(element, {
      zoom: (...all) => newest.current.zoom(...all),
      pan: (...all) => newest.current.pan(...all),
      point: (...all) => newest.current.point(...all),
      click: (...all) => newest.current.click(...all),
      select: (...all) => newest.current.select(...all),
      selectsByDrag: () => newest.current.selectsByDrag(),
      zoomsByWheel: () => newest.current.zoomsByWheel(),
    });
  }, []);

  const go = (offset: number, extends_: boolean): void => {
    if (isEmpty) return;
    const from = cursor ?? bounds.startOffset;
    const next = clampOffset(offset);
    setCursor(next);
    setPointed(null);
    if (ownView !== null) show(revealOffset(view, bounds, next));
    if (extends_ && onSelect !== undefined) {
      anchor.current ??= from;
      selectBetween(anchor.current, next);
    } else anchor.current = null;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = cursor ?? bounds.startOffset;
    const center =
      cursor !== null && cursor >= view.from && cursor < view.to ? cursor + 0.5 : view.from + spanOf(view) / 2;
    const keys: Record<string, (() => void) | undefined> = {
      ArrowRight: () => go(cursor === null ? at : stepCursor(segments, view, width, at, 1), event.shiftKey),
      ArrowLeft: () => go(cursor === null ? at : stepCursor(segments, view, width, at, -1), event.shiftKey),
      Home: () => go(bounds.startOffset, event.shiftKey),
      End: () => go(bounds.endOffset - 1, event.shiftKey),
      PageDown: () => show(panView(view, bounds, spanOf(view) * 0.8)),
      PageUp: () => show(panView(view, bounds, spanOf(view) * -0.8)),
      '+': () => zoom(1 / zoomStep, center),
      '=': () => zoom(1 / zoomStep, center),
      '-': () => zoom(zoomStep, center),
      '0': () => setOwnView(null),
      Enter: () => (isEmpty ? undefined : onOpen(at)),
      ' ': () => (isEmpty ? undefined : onOpen(at)),
      Escape: selection === null ? undefined : () => onSelect?.(null),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  // Under the end, but never over the caption of the start.
  const captionEnd = Math.min(
    width,
    Math.max(xOf(view, width, bounds.endOffset), 16 * formatOffset(row.endOffset).length),
  );
  const help = useId();
  return (
    <div class={`strip strip-${size}`}>
      {isLarge && (
        <StripButtons
          isFit={ownView === null}
          canSelect={onSelect !== undefined}
          selectsByDrag={selectsByDrag}
          showsTable={showsTable}
          selection={selection}
          zoom={(factor) => zoom(factor, cursor ?? view.from + spanOf(view) / 2)}
          fit={() => setOwnView(null)}
          toStart={() => zoomTo(bounds.startOffset)}
          toggleSelect={() => setSelectsByDrag(!selectsByDrag)}
          toggleTable={() => setShowsTable(!showsTable)}
          clear={() => onSelect?.(null)}
        />
      )}
      <div
        ref={host}
        class={`strip-area${ownView === null ? '' : ' zoomed'}${selectsByDrag ? ' selecting' : ''}`}
        role="application"
        aria-roledescription="window strip"
        aria-label={windowSentence(row, row.counts)}
        aria-describedby={help}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={() => setHasFocus(true)}
        onBlur={() => setHasFocus(false)}
      >
        <canvas ref={canvas} aria-hidden="true" />
        {isEmpty && picture !== null && <p class="strip-empty">nothing is in flight</p>}
        {hit !== undefined && (
          <StripTooltip
            segment={hit.segment}
            offset={hit.offset}
            takenMs={takenMs}
            x={pointed?.x ?? xOf(view, width, hit.offset + 0.5)}
            width={width}
            isAbove={innerHeight - host.current!.getBoundingClientRect().bottom < tooltipRoomPx}
          />
        )}
      </div>
      <p id={help} class="sr-only">
        Arrow keys go from run to run, with shift they select. Plus and minus zoom, 0 shows the whole window, Home and
        End go to its ends, Enter opens the record.
      </p>
      <p class="sr-only" aria-live="polite">
        {hasFocus && cursorSegment !== undefined && cursor !== null
          ? spokenSegment(cursorSegment, cursor, performance.now() - takenMs)
          : ''}
      </p>
      {!isLarge && (
        <p class="strip-caption" aria-hidden="true">
          <span title="start of the window (SPSO)">{formatOffset(row.startOffset)}</span>
          {row.endOffset > row.startOffset && (
            <span title="end of the window (SPEO)" style={{ left: `${captionEnd}px` }}>
              {formatOffset(row.endOffset - 1)}
            </span>
          )}
        </p>
      )}
      {isLarge && showsTable && <RunTable segments={segments} view={view} takenMs={takenMs} onOpen={onOpen} />}
    </div>
  );

  function zoomTo(offset: number): void {
    setCursor(offset);
    const span = Math.min(64, Math.max(8, width / 16));
    show(panView({ from: offset, to: offset + span }, bounds, 0));
  }
}

/** Subscribes to pictures of the window; tells the feed what the row says of its version. */
function useFeed(
  {
    group,
    row,
    width,
    range,
    isVisible,
    isLarge,
  }: {
    group: string;
    row: WindowStripProps['window'];
    width: number;
    range: OffsetRange | null;
    isVisible: boolean;
    isLarge: boolean;
  },
  show: (picture: StripPicture) => void,
): void {
  const { topic, partition, version } = row;
  const newest = useRef(show);
  newest.current = show;
  const want = {
    topic,
    partition,
    columns: Math.min(2000, Math.max(1, range === null ? width : width * 2)),
    range,
    pace: isLarge ? ('focus' as const) : ('list' as const),
    isVisible: isVisible && width > 0,
  };
  const watch = useRef<ReturnType<ReturnType<typeof stripFeed>['watch']>>(undefined);
  useEffect(() => {
    watch.current = stripFeed(group).watch(want, (picture) => newest.current(picture));
    return () => watch.current?.close();
    // The rest of `want` is told by the effect below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [group, topic, partition]);
  useEffect(
    () => watch.current?.change(want),
    [want.columns, want.pace, want.isVisible, range?.fromOffset, range?.endOffset],
  );
  useEffect(() => {
    if (version !== undefined) stripFeed(group).moved(topic, partition, version);
  }, [group, topic, partition, version]);
}

/** Of columns: how many offsets one has. */
const spanOfPixel = (segment: Segment, width: number): number =>
  Math.max(1, (segment.endOffset - segment.firstOffset) / Math.max(1, width));

/** What to outline: the record where records are wide, else the run. */
const focusOf = ({ segment, offset }: Hit, view: View, width: number) =>
  width / spanOf(view) >= 6
    ? { firstOffset: offset, endOffset: offset + 1 }
    : { firstOffset: segment.firstOffset, endOffset: segment.endOffset };

function StripButtons(props: {
  readonly isFit: boolean;
  readonly canSelect: boolean;
  readonly selectsByDrag: boolean;
  readonly showsTable: boolean;
  readonly selection: SelectedRange | null;
  zoom(factor: number): void;
  fit(): void;
  toStart(): void;
  toggleSelect(): void;
  toggleTable(): void;
  clear(): void;
}): JSX.Element {
  const { selection } = props;
  return (
    <div class="strip-buttons">
      <button type="button" onClick={() => props.zoom(1 / zoomStep)} aria-label="Zoom in" title="Zoom in (+)">
        +
      </button>
      <button
        type="button"
        onClick={() => props.zoom(zoomStep)}
        aria-label="Zoom out"
        title="Zoom out (−)"
        disabled={props.isFit}
      >
        −
      </button>
      <button type="button" onClick={() => props.fit()} disabled={props.isFit} title="Show the whole window (0)">
        Whole window
      </button>
      <button type="button" onClick={() => props.toStart()} title="Show the records at the start of the window">
        Start
      </button>
      {props.canSelect && (
        <button
          type="button"
          aria-pressed={props.selectsByDrag}
          onClick={() => props.toggleSelect()}
          title="Drag over records to select them (or hold shift)"
        >
          Select
        </button>
      )}
      <button
        type="button"
        aria-pressed={props.showsTable}
        onClick={() => props.toggleTable()}
        title="The runs that are shown, as a table"
      >
        Table
      </button>
      {selection !== null && (
        <span class="strip-selected">
          {formatOffset(selection.lastOffset - selection.firstOffset + 1)} selected:{' '}
          {rangeText(selection.firstOffset, selection.lastOffset)}
          <button type="button" onClick={() => props.clear()}>
            Clear
          </button>
        </span>
      )}
    </div>
  );
}
