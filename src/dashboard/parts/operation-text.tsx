import type { Operation } from '../api-types.ts';
import { bytes, count, counted } from '../format.ts';

/** Operations in words. */

const verbs: Readonly<Record<string, string>> = {
  accept: 'Accept',
  reject: 'Reject',
  release: 'Release',
  retry: 'Retry',
};

/** Such as `Retry all windows of mailers`. */
export const whatText = ({ kind, group, topic, partition, request }: Operation): string => {
  switch (kind) {
    case 'settle': {
      const verb = verbs[String(request['type'])] ?? 'Settle';
      if (topic === null) return `${verb} all windows of ${group}`;
      if (partition === null) return `${verb} all windows of ${group} on ${topic}`;
      const { firstOffset, lastOffset } = request as { firstOffset: number | null; lastOffset: number | null };
      const range =
        firstOffset === null && lastOffset === null
          ? ''
          : `, offsets ${firstOffset === null ? 'from the start' : count(firstOffset)} to ${lastOffset === null ? 'the end' : count(lastOffset)}`;
      return `${verb} ${topic}-${partition} of ${group}${range}`;
    }
    case 'delete-group':
      return `Delete ${group}`;
    case 'export-window':
      return `Export the window of ${group} on ${topic}-${partition}`;
  }
};

/** What came of it, so far. */
export const resultText = ({ kind, result, resultBytes }: Operation): string => {
  const numbers = (result ?? {}) as Readonly<Record<string, number>>;
  switch (kind) {
    case 'settle': {
      const changed = (['accepted', 'rejected', 'released', 'archived', 'retried'] as const)
        .filter((name) => (numbers[name] ?? 0) > 0)
        .map((name) => `${count(numbers[name])} ${name}`);
      const { skipped = 0 } = numbers;
      const left = skipped === 0 ? '' : `; ${count(skipped)} finished before, or not in the window`;
      return `${changed.length === 0 ? 'Nothing' : changed.join(', ')}${left}`;
    }
    case 'delete-group':
      return `${counted(numbers['windows'] ?? 0, 'window')} deleted`;
    case 'export-window':
      return `${counted(numbers['runs'] ?? 0, 'run')}${resultBytes === null ? '' : `, ${bytes(resultBytes)}`}`;
  }
};

export const unitOf = ({ kind }: Operation): string => (kind === 'delete-group' ? 'windows' : 'offsets');

/** The state of an operation, in a word and a shape. */
export const OperationBadge = ({ row }: { readonly row: Operation }) => {
  switch (row.state) {
    case 'queued':
      return (
        <span class="badge" title="A few run at the same time; it has its turn when one of them has ended">
          Waits
        </span>
      );
    case 'running':
      if (row.cancelling) return <span class="badge warn">Ends after its step</span>;
      if (row.error !== null) return <span class="badge warn">Tries again</span>;
      return <span class="badge good">Runs</span>;
    case 'done':
      return <span class="badge">Done</span>;
    case 'failed':
      return <span class="badge bad">Failed</span>;
    case 'cancelled':
      return <span class="badge">Cancelled</span>;
  }
};
