import { signal } from '@preact/signals';
import { api, paths } from '../api.ts';
import type { Operation } from '../api-types.ts';

/** What goes on in the background, and the newest that has: by id, newest first. null: not heard of yet. */
export const operations = signal<ReadonlyMap<string, Operation> | null>(null);

const hasEnded = ({ endedAt }: Operation): boolean => endedAt !== null;

/** What comes late, by another way, does not replace what is newer. */
const newerOf = (before: Operation | undefined, after: Operation): Operation => {
  if (before === undefined) return after;
  if (hasEnded(before) !== hasEnded(after)) return hasEnded(before) ? before : after;
  return before.updatedAt > after.updatedAt ? before : after;
};

const sorted = (rows: Iterable<Operation>): ReadonlyMap<string, Operation> =>
  new Map([...rows].toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).map((row) => [row.id, row]));

/** One has changed. */
export const heardOf = (row: Operation): void => {
  const all = new Map(operations.value);
  const isNew = !all.has(row.id);
  all.set(row.id, newerOf(all.get(row.id), row));
  operations.value = isNew ? sorted(all.values()) : all;
};

/** After a connection began: what was missed. What the server does not answer is asked again with the next. */
export const askForOperations = async (): Promise<void> => {
  try {
    const answer = await api.get<{ operations: readonly Operation[] }>(`${paths.operations}?limit=200`);
    const all = new Map(operations.value);
    for (const row of answer.operations) all.set(row.id, newerOf(all.get(row.id), row));
    operations.value = sorted(all.values());
  } catch {
    // The stream of events says that the connection is lost.
  }
};

/** @param request as POST /v1/operations takes it @throws Problem */
export const beginOperation = async (request: object): Promise<void> =>
  heardOf(await api.post<Operation>(paths.operations, request));
