import { duration } from '../format.ts';
import { Time } from '../parts/time.tsx';
import { StateSwatch } from '../strip/state-swatch.tsx';
import type { Attempt } from './record-source.ts';
import { SafeText } from './safe-text.tsx';

/** Who had the record, for how long, and how it ended; the last one first. */
export const AttemptTable = ({ attempts }: { readonly attempts: readonly Attempt[] }) => (
  <section aria-label="Attempts">
    <h3>Attempts</h3>
    {attempts.length === 0 ? (
      <p class="soft">Nobody has had it yet.</p>
    ) : (
      <ol class="attempts">
        {attempts.toReversed().map((attempt) => (
          <li key={attempt.deliveryCount}>
            <span class="attempt-number number" title={`delivery ${attempt.deliveryCount}`}>
              {attempt.deliveryCount}
            </span>
            <div>
              <p>
                <StateSwatch state="acquired" holder={attempt.holder} /> <SafeText text={attempt.holder} />{' '}
                <strong class={attempt.outcome ?? 'running'}>{attempt.outcome ?? 'has it now'}</strong>
              </p>
              <p class="soft small">
                <Time at={attempt.acquiredAt} />
                {attempt.endedAt === null
                  ? null
                  : `, for ${duration(Date.parse(attempt.endedAt) - Date.parse(attempt.acquiredAt))}`}
              </p>
              {attempt.reason === null ? null : (
                <p class="attempt-reason">
                  <SafeText text={attempt.reason} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    )}
  </section>
);
