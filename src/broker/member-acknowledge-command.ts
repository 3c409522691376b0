import type { Rejection } from '../core/errors.ts';
import type { Holder } from '../core/ids.ts';
import { type EndChange, type RenewChange, acknowledgeRange } from '../core/share-partition/acknowledge.ts';
import { apply } from '../core/share-partition/window.ts';
import type { AcknowledgedRange } from '../core/share-session/share-request.ts';
import type { Command, Turn } from './commands.ts';

/**
 * A member's acknowledgements for one share partition, as Kafka's clients send them: by owner, not by lease. All of them count or
 * none (KIP-932 section 1.6). `done` resolves with null when they are durable.
 */
export class MemberAcknowledgeCommand implements Command {
  readonly exclusive = false;
  readonly done: Promise<Rejection | null>;
  readonly #holder: Holder;
  readonly #ranges: readonly AcknowledgedRange[];
  #resolve!: (error: Rejection | null) => void;
  #decided = false;

  constructor(holder: Holder, ranges: readonly AcknowledgedRange[]) {
    this.#holder = holder;
    this.#ranges = ranges;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Nothing has to be written for it. */
  get isRenewal(): boolean {
    return this.#ranges.every(({ types }) => types.every((type) => type === 'renew'));
  }

  decide(turn: Turn): boolean {
    // What another command of this turn ends is looked at when that is done.
    if (this.#ranges.some(({ firstOffset, lastOffset }) => turn.claims.overlaps(firstOffset, lastOffset))) return true;
    const renew = { enabled: turn.renewEnabled, deadlineMs: turn.time.nowMs + turn.lockDurationMs };
    const ends: EndChange[] = [];
    const renewals: RenewChange[] = [];
    for (const range of this.#ranges) {
      const changes = acknowledgeRange(turn.window, this.#holder, range, range.types, renew, turn.time);
      if (!changes.ok) {
        this.#resolve(changes.error);
        return false;
      }
      for (const change of changes.value) {
        if (change.kind === 'end') ends.push(change);
        else renewals.push(change);
      }
    }
    for (const change of renewals) {
      apply(turn.window, change);
      turn.activity.renewed(change.lock.lastOffset - change.lock.firstOffset + 1);
    }
    for (const change of ends) {
      turn.claims.claim(change.ending.firstOffset, change.ending.lastOffset);
      turn.changes.push(change);
    }
    this.#decided = true;
    return false;
  }

  finish(error: Rejection | undefined): void {
    if (this.#decided) this.#resolve(error ?? null);
  }

  fail(error: Rejection): void {
    this.#resolve(error);
  }
}
