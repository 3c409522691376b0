import { type Holder, topicPartitionText } from '../../core/ids.ts';
import { type Result, ok } from '../../core/result.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { SettleOutcome } from '../requests.ts';
import type { SharePartitionRuntime } from '../share-partition-runtime.ts';

interface SettleStep {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** Of this operation alone: its endings are found by it. */
  readonly holder: Holder;
  readonly mayBeDone: boolean;
}

const underWay = new Map<string, Promise<Result<SettleOutcome>>>();

/** So many offsets are looked up at a time. */
const lookedUpAtOnce = 250;

/**
 * A step of an operation that settles: however often it is asked for, its records are settled once. Who repeats a step does not know
 * how it came out before, or whether it is still under way. All endings of a step are one write, so that one of them tells of all.
 */
export async function settleOnce(
  store: StateStore,
  partition: SharePartitionRuntime,
  step: SettleStep,
  settle: () => Promise<Result<SettleOutcome>>,
): Promise<Result<SettleOutcome>> {
  const { group } = partition.key;
  const name = `${group}/${topicPartitionText(partition.key)}/${step.holder}/${step.firstOffset}-${step.lastOffset}`;
  const before = underWay.get(name);
  if (before !== undefined) return await before;
  const work = async (): Promise<Result<SettleOutcome>> => {
    const done = step.mayBeDone ? await settledBefore(store, partition, step) : undefined;
    return done === undefined ? await settle() : ok(done);
  };
  const outcome = work();
  underWay.set(name, outcome);
  try {
    return await outcome;
  } finally {
    underWay.delete(name);
  }
}

/** What the step did, as its endings tell; undefined: it was not done. The locks it took are not known any more. */
async function settledBefore(
  store: StateStore,
  partition: SharePartitionRuntime,
  { firstOffset, lastOffset, holder }: SettleStep,
): Promise<SettleOutcome | undefined> {
  const counts = { accepted: 0, rejected: 0, released: 0, archived: 0, retried: 0 };
  let settled = 0;
  for (let first = firstOffset; first <= lastOffset; first += lookedUpAtOnce) {
    const size = Math.min(lookedUpAtOnce, lastOffset - first + 1);
    const found = await Promise.all(
      Array.from({ length: size }, (_, index) => store.endingsOf(partition.key, first + index)),
    );
    for (const endings of found) {
      const ending = endings.findLast((each) => each.holder === holder);
      if (ending === undefined || ending.outcome === 'expired' || ending.outcome === 'gap') continue;
      counts[ending.outcome === 'released' && ending.state === 'archived' ? 'archived' : ending.outcome] += 1;
      settled += 1;
    }
  }
  if (settled === 0) return undefined;
  return { dryRun: false, ...counts, locksTaken: 0, skipped: lastOffset - firstOffset + 1 - settled };
}
