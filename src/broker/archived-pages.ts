import { type SharePartitionKey, holderId } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { ArchivedPage, ArchivedRecord } from './requests.ts';

/** The ending to go on in, and the offset in it to go on at (descending). */
type Place = readonly [sequence: number, offset: number];
const nothingLeft: Place = [-1, -1];

/** For each share partition already begun. */
type Cursor = ReadonlyMap<string, Place>;

interface Archived {
  readonly at: string;
  readonly place: Place;
  readonly record: ArchivedRecord;
}

/** A share partition, with the name of its topic. */
export interface ArchivedSource {
  readonly key: SharePartitionKey;
  readonly topic: string;
}

/** Archived records of several share partitions, newest first; the page's token says where each of them stands. */
export async function archivedPage(
  store: StateStore,
  partitions: readonly ArchivedSource[],
  after: string | null,
  limit: number,
): Promise<Result<ArchivedPage>> {
  const cursor: Cursor | undefined = after === null ? new Map() : readCursor(after);
  if (cursor === undefined) {
    return reject('INVALID_REQUEST', 'The value of "after" is not one that an earlier page gave as "next".', 'after');
  }
  const lists: Archived[][] = [];
  for (const partition of partitions) lists.push(await readList(store, partition, cursor, limit + 1));
  const page: Archived[] = [];
  const next = new Map(cursor);
  while (page.length < limit) {
    const newest = newestList(lists);
    const taken = newest?.shift();
    if (newest === undefined || taken === undefined) break;
    page.push(taken);
    next.set(taken.at, newest[0]?.place ?? nothingLeft);
  }
  return ok({
    records: page.map((each) => each.record),
    next: lists.every((list) => list.length === 0) ? null : cursorText(next),
  });
}

/** The next archived records of one share partition, newest first by its own order: a wall clock may have been set back. */
async function readList(
  store: StateStore,
  { key, topic }: ArchivedSource,
  cursor: Cursor,
  limit: number,
): Promise<Archived[]> {
  const at = `${key.topicId}/${key.partition}`;
  const from = cursor.get(at);
  const endings = await store.archived(key, { ...(from === undefined ? {} : { beforeSequence: from[0] + 1 }), limit });
  const list: Archived[] = [];
  for (const ending of endings) {
    const { sequence, firstOffset, deliveryCount, outcome, reason } = ending;
    const last = sequence === from?.[0] ? from[1] : ending.lastOffset;
    for (let offset = last; offset >= firstOffset && list.length < limit; offset--) {
      const what = { topic, partition: key.partition, offset, deliveryCount, outcome, reason };
      const record = { ...what, holder: holderId(ending.holder), archivedAtMs: ending.endedAtMs };
      list.push({ at, place: [sequence, offset], record });
    }
  }
  return list;
}

function newestList(lists: readonly Archived[][]): Archived[] | undefined {
  let newest: Archived[] | undefined;
  for (const list of lists) {
    const head = list[0];
    if (head === undefined) continue;
    const best = newest?.[0];
    if (best === undefined || head.record.archivedAtMs > best.record.archivedAtMs) newest = list;
  }
  return newest;
}

/** By topic, because a page of many partitions has to fit into an address: `{"<topicId>":[[partition,sequence,offset],…]}`. */
function cursorText(cursor: Cursor): string {
  const byTopic: Record<string, number[][]> = {};
  for (const [at, place] of cursor) {
    const [topicId = '', partition] = at.split('/');
    (byTopic[topicId] ??= []).push([Number(partition), ...place]);
  }
  return Buffer.from(JSON.stringify(byTopic)).toString('base64url');
}

function readCursor(text: string): Cursor | undefined {
  try {
    const byTopic: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof byTopic !== 'object' || byTopic === null) return undefined;
    const cursor = new Map<string, Place>();
    for (const [topicId, places] of Object.entries(byTopic)) {
      if (!Array.isArray(places)) return undefined;
      for (const place of places) {
        if (!Array.isArray(place) || place.length !== 3 || !place.every(Number.isSafeInteger)) return undefined;
        const [partition, sequence, offset] = place as [number, number, number];
        cursor.set(`${topicId}/${partition}`, [sequence, offset]);
      }
    }
    return cursor;
  } catch {
    return undefined;
  }
}
