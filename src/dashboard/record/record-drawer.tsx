import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { recordStates } from '../api-types.ts';
import { count } from '../format.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Time } from '../parts/time.tsx';
import { countDown } from '../strip/describe.ts';
import { StateSwatch } from '../strip/state-swatch.tsx';
import { useSecond } from '../strip/strip-tooltip.tsx';
import { AttemptTable } from './attempt-table.tsx';
import { CopyButton } from './copy-button.tsx';
import { HeaderTable } from './header-table.tsx';
import { PayloadPanel } from './payload-panel.tsx';
import { loadRecord } from './record-source.ts';
import type { RecordDelivery, RecordDetails } from './record-source.ts';
import { SafeText } from './safe-text.tsx';

type Loaded =
  | { readonly kind: 'loading' }
  | { readonly kind: 'record'; readonly details: RecordDetails }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly message: string };

/** A record is looked up again so often, while its window changes. */
const refreshMs = 1000;

/**
 * One record: key, value, headers, and in a group its state, lock and attempts, kept up to date.
 *
 * @param group null: only what the log has
 * @param version of its window: when it has moved, the record is asked for again
 * @param actions what can be done with it, at the foot
 */
export const RecordDrawer = ({
  group,
  topic,
  partition,
  offset,
  version,
  onClose,
  onGo,
  actions,
}: {
  readonly group: string | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly version?: number | undefined;
  readonly onClose: () => void;
  /** To another record of the partition. */
  readonly onGo: (offset: number) => void;
  readonly actions?: ComponentChildren;
}) => {
  const loaded = useRecord(group, topic, partition, offset, version);
  const details = loaded.kind === 'record' ? loaded.details : null;
  const fileName = `${topic}-${partition}-${offset}`;
  return (
    <Dialog
      side
      title={
        <>
          {topic}-{partition} <span class="soft">offset</span> <span class="number">{count(offset)}</span>
        </>
      }
      onClose={onClose}
      footer={actions}
    >
      <nav class="record-nav" aria-label="Records of the partition">
        <button type="button" class="button small" disabled={offset === 0} onClick={() => onGo(offset - 1)}>
          <Icon name="left" /> Previous
        </button>
        <button type="button" class="button small" onClick={() => onGo(offset + 1)}>
          Next <Icon name="right" />
        </button>
        <CopyButton label="Copy link" text={() => location.href} />
      </nav>
      <div class="record" aria-busy={loaded.kind === 'loading'}>
        {loaded.kind === 'loading' ? <p class="soft">Loading…</p> : null}
        {loaded.kind === 'failed' ? (
          <p class="record-problem" role="alert">
            {loaded.message}
          </p>
        ) : null}
        {loaded.kind === 'missing' ? (
          <p class="record-problem" role="alert">
            The log has no record at offset {count(offset)}.
          </p>
        ) : null}
        {details === null ? null : (
          <>
            <Facts details={details} />
            {details.delivery === null ? null : <AttemptTable attempts={details.delivery.attempts} />}
            <PayloadPanel
              key={`value ${offset}`}
              title="Value"
              payload={details.value}
              fileName={`${fileName}-value`}
            />
            <PayloadPanel key={`key ${offset}`} title="Key" payload={details.key} fileName={`${fileName}-key`} />
            <HeaderTable headers={details.headers} />
          </>
        )}
      </div>
    </Dialog>
  );
};

function useRecord(
  group: string | null,
  topic: string,
  partition: number,
  offset: number,
  version: number | undefined,
): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  const latest = useRef(version);
  latest.current = version;
  const look = useRef(() => {});
  useEffect(() => {
    const stop = new AbortController();
    let timer: number | undefined;
    let askedMs = -Infinity;
    let isAsking = false;
    // A look under way goes on to its end: a window may move faster than the server answers.
    look.current = () => {
      clearTimeout(timer);
      if (isAsking || stop.signal.aborted) return;
      const waitMs = askedMs + refreshMs - performance.now();
      if (waitMs > 0) {
        timer = window.setTimeout(look.current, waitMs);
        return;
      }
      isAsking = true;
      askedMs = performance.now();
      const asked = latest.current;
      const show = (found: Loaded): void => {
        isAsking = false;
        if (stop.signal.aborted) return;
        setLoaded(found);
        if (latest.current !== asked) look.current();
      };
      loadRecord(group, { topic, partition, offset }, stop.signal).then(
        (details) => show(details === null ? { kind: 'missing' } : { kind: 'record', details }),
        (error: unknown) => show({ kind: 'failed', message: (error as Error).message }),
      );
    };
    setLoaded({ kind: 'loading' });
    look.current();
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [group, topic, partition, offset]);
  useEffect(() => look.current(), [version]);
  return loaded;
}

const Facts = ({ details: { timestamp, delivery } }: { readonly details: RecordDetails }) => (
  <dl class="facts">
    {delivery === null ? null : <DeliveryFacts delivery={delivery} />}
    <div>
      <dt>Time stamp</dt>
      <dd>{timestamp < 0 ? 'none' : <Time at={timestamp} />}</dd>
    </div>
    {delivery?.lastFailure == null ? null : (
      <div class="wide">
        <dt>Last failure</dt>
        <dd>
          <SafeText text={delivery.lastFailure} />
        </dd>
      </div>
    )}
  </dl>
);

const DeliveryFacts = ({ delivery }: { readonly delivery: RecordDelivery }) => {
  const { state, holder, deliveryCount, deliveryCountLimit, msLeft, takenMs } = delivery;
  const nowMs = useSecond(msLeft !== null);
  const left = msLeft === null ? null : msLeft - Math.max(0, nowMs - takenMs);
  const known = recordStates.find((each) => each === state);
  return (
    <>
      <div>
        <dt>State</dt>
        <dd>
          {known === undefined ? null : <StateSwatch state={known} holder={holder} />} {state}
          {state === 'finished' ? <span class="soft">: behind the window</span> : null}
          {state === 'unread' ? <span class="soft">: not handed out yet</span> : null}
        </dd>
      </div>
      {holder === null ? null : (
        <div>
          <dt>Held by</dt>
          <dd>
            <SafeText text={holder} />
          </dd>
        </div>
      )}
      {left === null ? null : (
        <div>
          <dt>{state === 'delayed' ? 'Available in' : 'Lock ends in'}</dt>
          <dd class="number">{left <= 0 ? 'now' : countDown(left)}</dd>
        </div>
      )}
      <div>
        <dt>Deliveries</dt>
        <dd class="number">
          {count(deliveryCount)} <span class="soft">of {count(deliveryCountLimit)}</span>
        </dd>
      </div>
    </>
  );
};
