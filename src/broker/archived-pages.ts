import { holderId } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { ArchivedPage, ArchivedRecord } from './requests.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/** For each share partition already begun: the ending to go on in, and the offset in it to go on at (descending). */
type Cursor = Record<string, readonly [sequence: number, offset: number]>;

/** Archived records of several share partitions, newest first; the page's token says where each of them stands. */
export async function archivedPage(
  store: StateStore,
  partitions: readonly SharePartitionRuntime[],
  after: string | null,
  limit: number,
): Promise<Result<ArchivedPage>> {
  const cursor = after === null ? {} : readCursor(after);
  if (cursor === undefined) {
    return reject('INVALID_REQUEST', 'The value of "after" is not one that an earlier page gave as "next".', 'after');
  }
  const found: { readonly at: string; readonly sequence: number; readonly record: ArchivedRecord }[] = [];
  for (const { key, topic } of partitions) {
    const at = `${key.topicId}/${key.partition}`;
    const from = cursor[at];
    const endings = await store.archived(key, {
      ...(from === undefined ? {} : { beforeSequence: from[0] + 1 }),
      limit: limit + 1,
    });
    let count = 0;
    for (const ending of endings) {
      const last = from !== undefined && ending.sequence === from[0] ? from[1] : ending.lastOffset;
      for (let offset = last; offset >= ending.firstOffset && count <= limit; offset--, count++) {
        found.push({
          at,
          sequence: ending.sequence,
          record: {
            topic,
            partition: key.partition,
            offset,
            deliveryCount: ending.deliveryCount,
            outcome: ending.outcome,
            reason: ending.reason,
            holder: holderId(ending.holder),
            archivedAtMs: ending.endedAtMs,
          },
        });
      }
    }
  }
  // A stable sort: within a share partition the order stays as the store gave it.
  found.sort((a, b) => b.record.archivedAtMs - a.record.archivedAtMs);
  const page = found.slice(0, limit);
  const rest = found.slice(limit);
  if (rest.length === 0) return ok({ records: page.map((each) => each.record), next: null });
  const next: Record<string, readonly [number, number]> = { ...cursor };
  for (const { at } of page) delete next[at];
  for (const at of new Set(page.map((each) => each.at))) {
    const following = rest.find((each) => each.at === at);
    next[at] = following === undefined ? [-1, -1] : [following.sequence, following.record.offset];
  }
  return ok({
    records: page.map((each) => each.record),
    next: Buffer.from(JSON.stringify(next)).toString('base64url'),
  });
}

function readCursor(text: string): Cursor | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value !== 'object' || value === null) return undefined;
    const valid = Object.values(value).every(
      (each) => Array.isArray(each) && each.length === 2 && each.every((part) => Number.isSafeInteger(part)),
    );
    return valid ? (value as Cursor) : undefined;
  } catch {
    return undefined;
  }
}
