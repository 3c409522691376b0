import { setTimeout as sleep } from 'node:timers/promises';
import type { AcknowledgeItem, AcknowledgeOutcome, AcquiredRecord } from './history.ts';
import type { Random } from './random.ts';
import { NoAnswer, type Session } from './session.ts';

export interface WorkerPlan {
  readonly group: string;
  readonly topics: readonly string[];
  /** `riding`: acknowledgements go with the next acquire; `apart`: by a call of their own; `single`: lease by lease. */
  readonly style: 'riding' | 'apart' | 'single';
  readonly maxRecords: number;
  readonly lockDurationMs: number;
  /** How often a record is not simply accepted. */
  readonly trouble: number;
}

/** How often an acknowledgement without an answer is sent again. */
const retries = 3;

/**
 * Acquires and settles, as workers do: most records are accepted, some released (at once or later), rejected, renewed
 * first, acknowledged too late, twice, or never. What got no answer is acknowledged again with the same lease, also
 * when another server runs by then.
 */
export async function workForever(session: Session, random: Random, plan: WorkerPlan): Promise<void> {
  let owed: AcknowledgeItem[] = [];
  let tries = 0;
  for (;;) {
    const riding = plan.style === 'riding' && owed.length > 0 ? owed : undefined;
    try {
      if (riding === undefined && owed.length > 0) {
        await settleApart(session, random, plan, owed);
        [owed, tries] = [[], 0];
      }
      const abort = random.chance(0.005) ? AbortSignal.timeout(random.between(1, 100)) : undefined;
      const { records, results } = await session.acquire(plan.group, {
        topics: plan.topics,
        maxRecords: plan.style === 'single' ? 1 : random.between(1, plan.maxRecords),
        waitMs: random.pick([0, 100, 1000]),
        lockDurationMs: plan.lockDurationMs,
        acquireMode: random.chance(0.2) ? 'batch_optimized' : 'record_limit',
        ...(riding === undefined ? {} : { acknowledgements: riding }),
        ...(abort === undefined ? {} : { signal: abort }),
      });
      if (riding !== undefined) {
        [owed, tries] = [undecided(riding, results), 0];
        if (random.chance(0.05)) await session.acknowledge(plan.group, riding);
      }
      if (records.length === 0) await sleep(random.between(5, 30));
      owed.push(...(await work(session, random, plan, records)));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (++tries > retries) [owed, tries] = [[], 0];
      if (session.isOfCluster) await sleep(random.between(1, 50));
    }
  }
}

async function settleApart(
  session: Session,
  random: Random,
  plan: WorkerPlan,
  owed: readonly AcknowledgeItem[],
): Promise<void> {
  if (plan.style === 'single') {
    for (const item of owed) await session.settle(item);
    return;
  }
  await session.acknowledge(plan.group, owed);
  // A client that did not see the answer would do this.
  if (random.chance(0.05)) await session.acknowledge(plan.group, owed);
}

/** What is to be said again. */
const unsettled: ReadonlySet<string | undefined> = new Set([
  'BUSY',
  'NOT_OWNER',
  'OUTCOME_UNKNOWN',
  'KAFKA_STORAGE_ERROR',
  'SHUTTING_DOWN',
]);

const undecided = (items: readonly AcknowledgeItem[], results: readonly AcknowledgeOutcome[]): AcknowledgeItem[] =>
  items.filter((_, index) => unsettled.has(results[index]?.code));

/** Does the work, and returns what is to be said about it. */
async function work(
  session: Session,
  random: Random,
  plan: WorkerPlan,
  records: readonly AcquiredRecord[],
): Promise<AcknowledgeItem[]> {
  const items: AcknowledgeItem[] = [];
  const late: AcknowledgeItem[] = [];
  const renewed: string[] = [];
  for (const { lease } of records) {
    const luck = session.drain ? 1 : random.next();
    if (luck >= plan.trouble) {
      items.push({ lease, type: 'accept' });
      continue;
    }
    switch (random.pick(['release', 'release', 'delay', 'reject', 'renew', 'never', 'late', 'twice'])) {
      case 'release':
        items.push({ lease, type: 'release', reason: 'try again' });
        break;
      case 'delay':
        items.push({ lease, type: 'release', delayMs: random.between(10, 1500) });
        break;
      case 'reject':
        items.push({ lease, type: 'reject', reason: 'poison' });
        break;
      case 'renew':
        renewed.push(lease);
        items.push({ lease, type: 'accept' });
        break;
      case 'late':
        late.push({ lease, type: 'accept' });
        break;
      case 'twice':
        items.push({ lease, type: 'accept' });
        late.push({ lease, type: random.pick(['accept', 'release']) });
        break;
      default:
    }
  }
  if (renewed.length > 0) {
    const { lockDurationMs } = plan;
    await session.acknowledge(
      plan.group,
      renewed.map((lease) => ({ lease, type: 'renew', lockDurationMs })),
    );
  }
  await sleep(random.between(0, random.chance(0.1) ? plan.lockDurationMs : 25));
  if (late.length > 0) void acknowledgeLate(session, plan, late);
  return items;
}

/** By then the lock has run out, or the record is finished: this must not count. */
async function acknowledgeLate(session: Session, plan: WorkerPlan, items: readonly AcknowledgeItem[]): Promise<void> {
  try {
    await sleep(plan.lockDurationMs);
    await session.acknowledge(plan.group, items);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  }
}
