import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { OneAtATime } from './one-at-a-time.ts';

/** What is watched together: all groups and topics, or one group. It looks for what changed when it is asked to. */
export interface Watched<Change> {
  /** For how long nothing is looked at after a look, ms. */
  readonly intervalMs: number;
  /** Looks what changed and writes that to the journal. Returns false when there is nothing to watch any more. */
  look(journal: Journal<Change>): Promise<boolean>;
  /** All of it as it is now. */
  snapshot(journal: Journal<Change>): Change;
}

export interface Watcher<Change> {
  /** Takes changes, in order. Returns false when that is enough until `goOn`: what changes until then comes later, the latest of each. */
  take(entries: readonly JournalEntry<Change>[]): boolean;
  /** Nothing comes any more: the server stops, or what was watched is gone. */
  end(): void;
}

export interface Watching {
  /** After `take` said enough. */
  goOn(): void;
  /** Nothing is taken any more. */
  leave(): void;
}

interface Member<Change> {
  readonly watcher: Watcher<Change>;
  /** What it has been told, as a place in the journal. */
  told: number;
  isReady: boolean;
}

/** How long what was watched is remembered when nobody watches: who comes back in that time is told what changed since. */
const rememberedMs = 60_000;

/** Those who watch the same thing: it is looked at once for all of them, and not at all while there is nobody. */
export class FeedChannel<Change> {
  readonly #watched: Watched<Change>;
  readonly #outside: { readonly clock: Clock; readonly logger: Logger };
  readonly #journal: Journal<Change>;
  readonly #over: () => void;
  readonly #members = new Set<Member<Change>>();
  readonly #looks = new OneAtATime();
  #timer: { cancel(): void } | undefined;
  #isLooking = false;
  #isOver = false;

  /** @param over called when it is not needed any more: nobody came back, or what was watched is gone */
  constructor(
    watched: Watched<Change>,
    token: string,
    outside: { readonly clock: Clock; readonly logger: Logger },
    over: () => void,
  ) {
    this.#watched = watched;
    this.#outside = outside;
    this.#journal = new Journal(token);
    this.#over = over;
  }

  /** Something happened once that is not found by looking. */
  line(change: Change): void {
    if (!this.#isOver) this.#journal.line(change);
  }

  /** The same of something that goes on: who does not read for a while is told how it is then. @param isLast nothing more comes of it */
  tell(key: string, change: Change, isLast: boolean): void {
    if (this.#isOver) return;
    this.#journal.set(key, change);
    if (isLast) this.#journal.remove(key, change);
  }

  /**
   * Tells the watcher all there is, or what changed since the id that it has seen last, and from then on what changes.
   * undefined when there is nothing to watch any more.
   *
   * @throws Fault when it cannot be looked at
   */
  async join(watcher: Watcher<Change>, lastId: string | null): Promise<Watching | undefined> {
    if (this.#members.size === 0) {
      // It is not forgotten while somebody comes.
      this.#timer?.cancel();
      try {
        if (!(await this.#look())) this.end();
      } catch (error) {
        this.#schedule();
        throw error;
      }
    }
    if (this.#isOver) return undefined;
    const journal = this.#journal;
    const place = lastId === null ? undefined : journal.placeOf(lastId);
    const member: Member<Change> = { watcher, told: place ?? -1, isReady: true };
    this.#members.add(member);
    this.#tell(member);
    this.#schedule();
    return {
      goOn: () => void (member.isReady = true),
      leave: () => {
        if (this.#members.delete(member) && this.#members.size === 0) this.#schedule();
      },
    };
  }

  /** Nobody is told anything any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    for (const { watcher } of this.#members) watcher.end();
    this.#members.clear();
    this.#over();
  }

  async #look(): Promise<boolean> {
    return await this.#looks.run(() => this.#watched.look(this.#journal));
  }

  #tell(member: Member<Change>): void {
    const journal = this.#journal;
    if (!member.isReady || member.told === journal.sequence) return;
    const { sequence } = journal;
    const entries = (member.told < 0 ? undefined : journal.since(member.told)) ?? [
      { id: journal.idAt(sequence), sequence, change: this.#watched.snapshot(journal) },
    ];
    member.told = sequence;
    member.isReady = member.watcher.take(entries);
  }

  #schedule(): void {
    if (this.#isOver || this.#isLooking) return;
    this.#timer?.cancel();
    const isWatched = this.#members.size > 0;
    const { clock } = this.#outside;
    this.#timer = isWatched
      ? clock.schedule(this.#watched.intervalMs, () => void this.#tick())
      : clock.schedule(rememberedMs, () => this.end());
  }

  async #tick(): Promise<void> {
    this.#isLooking = true;
    let isThere = true;
    try {
      isThere = await this.#look();
    } catch (error) {
      this.#outside.logger.error(
        { err: error, repeats: 'looks for the live page that failed' },
        'the live page cannot be told what changed',
      );
    }
    this.#isLooking = false;
    for (const member of this.#members) this.#tell(member);
    if (isThere) this.#schedule();
    else this.end();
  }
}
