import type { StripPicture } from './strip-picture.ts';

/** The part of a window that a strip wants to show, and how closely. */
export interface StripWant {
  readonly topic: string;
  readonly partition: number;
  /** 1 to 2,000: no more than there are pixels. */
  readonly columns: number;
  /** Without: the whole window, wherever it is by then. */
  readonly range: { readonly fromOffset: number; readonly endOffset: number } | null;
  /** `list` at most once a second, `focus` at most four times. */
  readonly pace: 'list' | 'focus';
  /** Nothing is asked for what nobody sees. */
  readonly isVisible: boolean;
}

/** One request: windows of one width, or one window with a range. */
export interface StripRequest {
  readonly windows: readonly { readonly topic: string; readonly partition: number }[];
  readonly columns: number;
  readonly range: StripWant['range'];
}

export interface StripWatch {
  /** Wants something else from now on. */
  change(want: StripWant): void;
  close(): void;
}

/** What the feed needs of the outside. */
export interface StripFeedOutside {
  load(request: StripRequest): Promise<readonly StripPicture[]>;
  nowMs(): number;
  /** Calls once, later; gives what takes it back. */
  later(ms: number, call: () => void): () => void;
}

const paceMs = { list: 1000, focus: 250 } as const;
/** After a failed request: the page has a banner for it, and the server enough to do. */
const retryMs = 2000;
const maxWindows = 64;
/** What is due so soon is asked for in the same request. */
const togetherMs = 120;

interface Watched {
  want: StripWant;
  readonly show: (picture: StripPicture) => void;
  /** Of what is shown; null before the first picture, and when the want has changed since. */
  version: number | null;
  notBeforeMs: number;
  isAsked: boolean;
  isClosed: boolean;
}

/**
 * Pictures of the windows of one group, for all strips of a page: asked for only when a strip is visible and its window
 * has changed (`moved`), at the pace of each, and together where one request can have them.
 */
export class StripFeed {
  readonly #outside: StripFeedOutside;
  readonly #watched = new Set<Watched>();
  readonly #versions = new Map<string, number>();
  #cancelTimer: (() => void) | undefined;

  constructor(outside: StripFeedOutside) {
    this.#outside = outside;
  }

  /** @param show is given each new picture */
  watch(want: StripWant, show: (picture: StripPicture) => void): StripWatch {
    const watched: Watched = { want, show, version: null, notBeforeMs: 0, isAsked: false, isClosed: false };
    this.#watched.add(watched);
    this.#plan();
    return {
      change: (next) => {
        const { want } = watched;
        watched.want = next;
        if (!isSamePicture(want, next)) watched.version = null;
        const soonest = watched.notBeforeMs - paceMs[want.pace] + paceMs[next.pace];
        watched.notBeforeMs = Math.min(watched.notBeforeMs, soonest);
        this.#plan();
      },
      close: () => {
        watched.isClosed = true;
        this.#watched.delete(watched);
        this.#plan();
      },
    };
  }

  /** The server says that the window is another one now. */
  moved(topic: string, partition: number, version: number): void {
    this.#versions.set(keyOf(topic, partition), version);
    this.#plan();
  }

  #isStale({ want, version, isAsked }: Watched): boolean {
    if (!want.isVisible || isAsked) return false;
    const newest = this.#versions.get(keyOf(want.topic, want.partition));
    return version === null || (newest !== undefined && newest !== version);
  }

  #plan(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const each of this.#watched) if (this.#isStale(each)) next = Math.min(next, each.notBeforeMs);
    if (next === Number.POSITIVE_INFINITY) return;
    // At least one turn later: what changes together is asked for together.
    this.#cancelTimer = this.#outside.later(Math.max(0, next - this.#outside.nowMs()), () => {
      this.#cancelTimer = undefined;
      this.#ask();
    });
  }

  #ask(): void {
    const untilMs = this.#outside.nowMs() + togetherMs;
    const due = [...this.#watched].filter((each) => this.#isStale(each) && each.notBeforeMs <= untilMs);
    const whole = Map.groupBy(
      due.filter(({ want }) => want.range === null),
      ({ want }) => want.columns,
    );
    for (const sameWidth of whole.values())
      for (let index = 0; index < sameWidth.length; index += maxWindows)
        void this.#load(sameWidth.slice(index, index + maxWindows));
    for (const each of due) if (each.want.range !== null) void this.#load([each]);
    this.#plan();
  }

  async #load(asked: readonly Watched[]): Promise<void> {
    const wants = asked.map(({ want }) => want);
    const { columns, range } = wants[0]!;
    const nowMs = this.#outside.nowMs();
    for (const each of asked) {
      each.isAsked = true;
      each.notBeforeMs = nowMs + paceMs[each.want.pace];
    }
    try {
      const pictures = await this.#outside.load({
        windows: wants.map(({ topic, partition }) => ({ topic, partition })),
        columns,
        range,
      });
      const found = new Map(pictures.map((picture) => [keyOf(picture.topic, picture.partition), picture]));
      for (const [index, each] of asked.entries()) {
        const want = wants[index]!;
        const picture = found.get(keyOf(want.topic, want.partition));
        if (each.isClosed || picture === undefined) continue;
        if (isSamePicture(want, each.want)) each.version = picture.version;
        each.show(picture);
      }
    } catch {
      // The old picture stays; whether the server is there is shown once, by the page.
      const retryAtMs = this.#outside.nowMs() + retryMs;
      for (const each of asked) each.notBeforeMs = retryAtMs;
    } finally {
      for (const each of asked) each.isAsked = false;
      this.#plan();
    }
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}:${partition}`;

const isSamePicture = (a: StripWant, b: StripWant): boolean =>
  a.topic === b.topic &&
  a.partition === b.partition &&
  a.columns === b.columns &&
  a.range?.fromOffset === b.range?.fromOffset &&
  a.range?.endOffset === b.range?.endOffset;
