import type { Blocker } from '../api-types.ts';
import { agedSentence } from '../format.ts';
import { elapsedSince } from '../live/live-store.ts';
import { recordLink } from '../place.ts';
import { SafeText } from '../record/safe-text.tsx';
import { Icon } from './icon.tsx';

/** What holds the start back, in words that grow older by themselves. */
export const BlockedText = ({
  blockedBy,
  atMs,
}: {
  readonly blockedBy: Blocker;
  readonly atMs: number | undefined;
}) => <SafeText text={agedSentence(blockedBy.sentence, blockedBy.sinceMs, elapsedSince(atMs))} />;

/** A start that has stood still for so long is shown as one that is held back. */
const calmMs = 10_000;

/** How long it has been held back: also by a record that was locked for long when the start came to it. */
export const heldBackMs = ({ standingMs, sinceMs, state }: Blocker): number =>
  state === 'acquired' ? Math.max(standingMs, sinceMs) : standingMs;

/** A start that moves stands on one record or another, too: that is no news. */
export const isMoving = (blockedBy: Blocker, atMs: number | undefined): boolean =>
  heldBackMs(blockedBy) + elapsedSince(atMs) < calmMs;

/** The same, leading to the record. */
export const BlockedLink = ({
  group,
  blockedBy,
  atMs,
}: {
  readonly group: string;
  readonly blockedBy: Blocker & { readonly topic: string; readonly partition: number };
  readonly atMs: number | undefined;
}) => (
  <a class={`blocked sentence${isMoving(blockedBy, atMs) ? ' moving' : ''}`} href={recordLink(group, blockedBy)}>
    <Icon name="blocked" />{' '}
    <span>
      <BlockedText blockedBy={blockedBy} atMs={atMs} />
    </span>
  </a>
);
