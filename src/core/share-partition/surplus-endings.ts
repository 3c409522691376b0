import type { Ending } from './ending.ts';

/** History is kept of each class by itself. */
export const endingClasses = ['accepted', 'available', 'archived', 'gap'] as const;
export type EndingClass = (typeof endingClasses)[number];

export const endingClass = ({ state, outcome }: Pick<Ending, 'state' | 'outcome'>): EndingClass =>
  state === 'available' ? 'available' : outcome === 'gap' ? 'gap' : state === 'archived' ? 'archived' : 'accepted';

/**
 * Those endings of a history that need not be kept: in each class the newest stay that cover as many different records as its limit says.
 * Sorts the history, newest first.
 */
export function surplusEndings<
  E extends {
    readonly firstOffset: number;
    readonly lastOffset: number;
    readonly sequence: number;
    readonly class: EndingClass;
  },
>(history: E[], limits: { readonly settledRecords: number; readonly failedRecords: number }): E[] {
  history.sort((a, b) => b.sequence - a.sequence);
  const kept = new Map<EndingClass, Set<number>>();
  return history.filter((ending) => {
    let records = kept.get(ending.class);
    if (records === undefined) kept.set(ending.class, (records = new Set()));
    const limit = ending.class === 'accepted' ? limits.settledRecords : limits.failedRecords;
    if (records.size >= limit) return true;
    for (let offset = ending.firstOffset; offset <= ending.lastOffset; offset++) records.add(offset);
    return false;
  });
}
