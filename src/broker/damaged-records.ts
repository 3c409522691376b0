import type { Span } from '../core/share-partition/acquire.ts';
import { isTerminal } from '../core/share-partition/run-tree.ts';
import type { Window } from '../core/share-partition/window.ts';
import { Fault } from '../ports/fault.ts';

/** Records whose stored bytes are not what was written. They stay available, and are handed out to nobody. */
export interface Damage extends Span {
  /** For people: which they are, what is wrong with them, and what to do. */
  readonly sentence: string;
}

/** What reading for one share partition has found to be damaged. */
export class DamagedRecords {
  /** In offset order. */
  readonly all: Damage[] = [];
  readonly #place: string;

  /** @param place the partition, for people: `emails-3` */
  constructor(place: string) {
    this.#place = place;
  }

  /** Those that keep the window from moving on: an operator may have settled them. */
  blocking(window: Window | undefined): readonly Damage[] {
    if (this.all.length === 0) return [];
    const startOffset = window?.startOffset ?? 0;
    return this.all.filter(({ firstOffset, lastOffset }) => {
      const run = window?.runs.find(Math.max(firstOffset, startOffset));
      return lastOffset >= startOffset && (run === undefined || !isTerminal(run.state));
    });
  }

  /** What the error says about one batch that was not known to be damaged: what lies around it can be read. */
  note(error: unknown): Damage | undefined {
    if (!(error instanceof Fault) || error.code !== 'CORRUPT' || error.offsets === undefined) return undefined;
    const { firstOffset, lastOffset } = error.offsets;
    if (this.all.some((each) => each.firstOffset === firstOffset)) return undefined;
    const sentence =
      `offsets ${firstOffset} to ${lastOffset} of ${this.#place} cannot be read: ${error.message}. ` +
      'They stay where they are. Restore the data folder from a backup, or settle them to go past them';
    const damage = { firstOffset, lastOffset, sentence };
    this.all.push(damage);
    this.all.sort((a, b) => a.firstOffset - b.firstOffset);
    return damage;
  }
}
