/** One change, or the state of something, as it is told to who watches. */
export interface JournalEntry<Change> {
  /** Names the place in this journal: who has seen it can be told what came after. */
  readonly id: string;
  readonly sequence: number;
  readonly change: Change;
}

interface Kept<Change> extends JournalEntry<Change> {
  /** null: a line, which nothing replaces. */
  readonly key: string | null;
  readonly isGone: boolean;
  isReplaced: boolean;
}

/** So many lines and removals are remembered; who has seen less than those starts anew. */
const maxRemembered = 500;

/**
 * What changed, in order, and for each thing only how it is now: whoever comes back, or does not read for a while, is told the
 * latest of each. So nothing is kept for anybody, however slow.
 */
export class Journal<Change> {
  readonly #token: string;
  readonly #current = new Map<string, Kept<Change>>();
  #entries: Kept<Change>[] = [];
  #sequence = 0;
  /** Changes after this one are all known. */
  #knownFrom = 0;
  #last: { readonly after: number; readonly sequence: number; readonly entries: readonly JournalEntry<Change>[] };

  /** @param token tells this journal from all others */
  constructor(token: string) {
    this.#token = token;
    this.#last = { after: 0, sequence: 0, entries: [] };
  }

  get sequence(): number {
    return this.#sequence;
  }

  idAt(sequence: number): string {
    return `${this.#token}-${sequence}`;
  }

  /** The place that an id of this journal names, while what came after it is known. */
  placeOf(id: string): number | undefined {
    const dash = id.lastIndexOf('-');
    const text = id.slice(dash + 1);
    if (id.slice(0, Math.max(0, dash)) !== this.#token || !/^\d{1,15}$/.test(text)) return undefined;
    const place = Number(text);
    return place >= this.#knownFrom && place <= this.#sequence ? place : undefined;
  }

  /** How something is now. */
  set(key: string, change: Change): void {
    this.#add(key, change, false);
  }

  /** Something is not there any more; nothing happens where it was not told of. */
  remove(key: string, change: Change): void {
    const current = this.#current.get(key);
    if (current !== undefined && !current.isGone) this.#add(key, change, true);
  }

  /** Something happened once. */
  line(change: Change): void {
    this.#add(null, change, true);
  }

  /** All things as they are now, without lines. */
  *now(): Generator<Change, void, undefined> {
    for (const entry of this.#current.values()) if (!entry.isGone) yield entry.change;
  }

  /** What changed after a place, in order; undefined when that is not known any more. */
  since(place: number): readonly JournalEntry<Change>[] | undefined {
    if (place < this.#knownFrom) return undefined;
    // Most who watch have seen the same.
    if (this.#last.after === place && this.#last.sequence === this.#sequence) return this.#last.entries;
    let first = this.#entries.length;
    while (first > 0 && this.#entries[first - 1]!.sequence > place) first--;
    const entries = this.#entries.slice(first).filter((entry) => !entry.isReplaced);
    this.#last = { after: place, sequence: this.#sequence, entries };
    return entries;
  }

  #add(key: string | null, change: Change, isGone: boolean): void {
    const sequence = ++this.#sequence;
    const entry: Kept<Change> = { id: this.idAt(sequence), sequence, change, key, isGone, isReplaced: false };
    if (key !== null) {
      const before = this.#current.get(key);
      if (before !== undefined) before.isReplaced = true;
      this.#current.set(key, entry);
    }
    this.#entries.push(entry);
    if (this.#entries.length > 2 * (this.#current.size + maxRemembered)) this.#compact();
  }

  #compact(): void {
    const entries = this.#entries.filter((entry) => !entry.isReplaced);
    let tooMany = entries.filter((entry) => entry.isGone).length - maxRemembered;
    this.#entries = entries.filter((entry) => {
      if (!entry.isGone || tooMany-- <= 0) return true;
      if (entry.key !== null) this.#current.delete(entry.key);
      this.#knownFrom = entry.sequence;
      return false;
    });
  }
}
