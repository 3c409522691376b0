import type { Holder } from '../ids.ts';

/**
 * How one delivery of neighbouring offsets ended. Endings are all that is stored of a window: its state at any time is
 * the start offset plus the latest ending of each offset. An offset without one was never ended; `acquired` is never
 * stored (KIP-932: a lock does not outlive the leader).
 */
export interface Ending {
  readonly firstOffset: number;
  /** Inclusive. At most {@link maxEndingOffsets} offsets in one ending. */
  readonly lastOffset: number;
  /** The acquisition that ended; numbers are unique within a leader epoch. */
  readonly acquisition: number;
  readonly leaderEpoch: number;
  /** What the count is now: of the delivery that ended (one less after `retried`). */
  readonly deliveryCount: number;
  readonly holder: Holder;
  /** Wall clock, ms. */
  readonly acquiredAtMs: number;
  /** Wall clock, ms. */
  readonly endedAtMs: number;
  readonly outcome: EndingOutcome;
  /** What the records became. */
  readonly state: 'available' | 'acknowledged' | 'archived';
  /** Only for `available`: not handed out before this instant (wall clock, ms) … */
  readonly availableAtMs: number | null;
  /** … and never later than this long after it was loaded, whatever the wall clock says. */
  readonly delayMs: number | null;
  /** The worker's or operator's words, at most 1 KiB of UTF-8. */
  readonly reason: string | null;
}

/** `expired`: the lock ran out. `gap`: the client found no record there. `retried`: an operator gave one attempt back. */
export const endingOutcomes = ['accepted', 'released', 'rejected', 'expired', 'gap', 'retried'] as const;
export type EndingOutcome = (typeof endingOutcomes)[number];

/** The most offsets that one ending covers: what bounds the search for the ending of one offset. */
export const maxEndingOffsets = 1024;

/**
 * The one rule of what a record becomes when its delivery ends (KIP-932 section 1.1): the count was raised when it was
 * acquired, so it is only compared here; release, lock time-out and session close do not differ.
 *
 * @param deliveryCountLimit the group's limit at this moment: lowering it acts on the next ending
 */
export function endDelivery(
  outcome: EndingOutcome,
  deliveryCount: number,
  deliveryCountLimit: number,
): Ending['state'] {
  switch (outcome) {
    case 'accepted':
      return 'acknowledged';
    case 'rejected':
    case 'gap':
      return 'archived';
    case 'released':
    case 'expired':
      return deliveryCount >= deliveryCountLimit ? 'archived' : 'available';
    case 'retried':
      return 'available';
  }
}
