/** Operations in the words of people. */
import type { Operation } from '../client/api.ts';
import { bytes, count, counted, duration } from './format.ts';
import { safeLine } from './terminal.ts';

/** Such as `retry of emails-3 in mailers`. */
export function whatText({ kind, group, topic, partition, request }: Operation): string {
  const place =
    topic === null ? 'all windows' : partition === null ? `all windows on ${topic}` : `${topic}-${partition}`;
  switch (kind) {
    case 'settle':
      return safeLine(`${String(request['type'])} of ${place} in ${group}`);
    case 'delete-group':
      return safeLine(`deletion of the group ${group}`);
    case 'export-window':
      return safeLine(`export of ${place} in ${group}`);
  }
}

/** Such as `5,000 of 12,000 offsets (41 %)`. */
export function progressText({ kind, done, total }: Operation): string {
  const unit = kind === 'delete-group' ? 'window' : 'offset';
  if (total === null) return done === 0 ? '–' : counted(done, unit);
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  return `${count(done)} of ${counted(total, unit)} (${percent} %)`;
}

/** What came of it, as far as it is. */
export function resultText({ kind, result, resultBytes }: Operation): string {
  const numbers = (result ?? {}) as Readonly<Record<string, number>>;
  switch (kind) {
    case 'settle': {
      const changed = (['accepted', 'rejected', 'released', 'archived', 'retried'] as const)
        .filter((name) => (numbers[name] ?? 0) > 0)
        .map((name) => `${count(numbers[name])} ${name}`);
      const { locksTaken = 0, skipped = 0 } = numbers;
      const locks = locksTaken === 0 ? '' : `, ${counted(locksTaken, 'lock')} taken from workers`;
      const left = skipped === 0 ? '' : `, ${count(skipped)} finished before or not in the window`;
      return `${changed.length === 0 ? 'nothing' : changed.join(', ')}${locks}${left}`;
    }
    case 'delete-group':
      return `${counted(numbers['windows'] ?? 0, 'window')} deleted`;
    case 'export-window':
      return `${counted(numbers['runs'] ?? 0, 'run')}${resultBytes === null ? '' : `, ${bytes(resultBytes)}`}`;
  }
}

export function stateText({ state, cancelling, error }: Operation): string {
  if (state === 'running' && cancelling) return 'cancelling';
  return state === 'running' && error !== null ? 'trying again' : state;
}

/** How long it has taken so far, or took. */
export const tookText = ({ startedAt, endedAt, updatedAt }: Operation): string =>
  startedAt === null ? '–' : duration(Date.parse(endedAt ?? updatedAt) - Date.parse(startedAt));
