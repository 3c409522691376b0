import { useState } from 'preact/hooks';
import { ExportDialog } from '../../actions/operation-dialogs.tsx';
import { SettleDialog, settleTypes } from '../../actions/settle-dialog.tsx';
import type { SettleTarget, SettleType } from '../../actions/settle-dialog.tsx';
import { count } from '../../format.ts';
import { BlockedLink } from '../../parts/blocked-link.tsx';
import type { WatchedGroup } from '../../live/live-store.ts';
import { windowKey } from '../../live/live-store.ts';
import { Empty } from '../../parts/empty.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Table } from '../../parts/table.tsx';
import { Duration } from '../../parts/time.tsx';
import { go, recordLink } from '../../place.ts';
import { links } from '../../router.ts';
import { StateSwatch, StripLegend } from '../../strip/state-swatch.tsx';
import { WindowStrip } from '../../strip/window-strip.tsx';
import type { SelectedRange } from '../../strip/window-strip.tsx';
import { StateCounts } from './windows-tab.tsx';

/** One window, looked at closely: zoom down to a record, select a range and end it. */
export const WindowDetail = ({
  live,
  place: { topic, partition },
}: {
  readonly live: WatchedGroup;
  readonly place: { readonly topic: string; readonly partition: number };
}) => {
  const { group } = live;
  const [selection, setSelection] = useState<SelectedRange | null>(null);
  const [isExporting, setExporting] = useState(false);
  const row = live.windows.get(windowKey(topic, partition));
  const back = (
    <p>
      <a href={links.group(group)}>All windows of {group}</a>
    </p>
  );
  if (row === undefined) return <Empty title={`${group} has no window on ${topic}-${partition}`}>{back}</Empty>;
  return (
    <section class="panel detail" aria-label={`Window on ${topic}-${partition}`}>
      <header>
        <h2>
          {topic}-{partition}
        </h2>
        <StateCounts row={row} />
        <a class="small" href={links.group(group)}>
          All windows
        </a>
        <button type="button" class="button small" onClick={() => setExporting(true)}>
          Export…
        </button>
      </header>
      <div class="detail-body">
        {row.blockedBy === null ? null : (
          <BlockedLink group={group} blockedBy={{ topic, partition, ...row.blockedBy }} atMs={row.atMs} />
        )}
        <WindowStrip
          group={group}
          window={row}
          size="full"
          selection={selection}
          onOpen={(offset) => go(recordLink(group, { topic, partition, offset }))}
          onSelect={setSelection}
        />
        <StripLegend />
        <RangeActions group={group} topic={topic} partition={partition} selection={selection} onSelect={setSelection} />
        <dl class="figures">
          <div>
            <dt>Start (SPSO)</dt>
            <dd class="number">{count(row.startOffset)}</dd>
          </div>
          <div>
            <dt>End (SPEO)</dt>
            <dd class="number">{row.endOffset > row.startOffset ? count(row.endOffset - 1) : '–'}</dd>
          </div>
          <div>
            <dt>End of the log</dt>
            <dd class="number">{count(row.logEndOffset)}</dd>
          </div>
          <div>
            <dt>In flight</dt>
            <dd>
              <Meter value={row.inFlight} limit={row.inFlightLimit} unit="offsets from start to end" />
            </dd>
          </div>
          <div>
            <dt>Lag</dt>
            <dd class="number">{count(row.lag)}</dd>
          </div>
          {row.node === undefined ? null : (
            <div>
              <dt>Node</dt>
              <dd class="number">{row.node}</dd>
            </div>
          )}
          <div>
            <dt>Oldest</dt>
            <dd>
              <Duration ms={row.oldestAgeMs} atMs={row.atMs} />
            </dd>
          </div>
        </dl>
        {row.holders.length === 0 ? null : (
          <Table
            label="Who holds records of this window"
            columns={[
              {
                head: 'Held by',
                cell: (each) => (
                  <span class="name">
                    <StateSwatch state="acquired" holder={each.holder} /> {each.holder}
                  </span>
                ),
              },
              { head: 'Records', isNumber: true, cell: (each) => count(each.records) },
              {
                head: 'Oldest lock',
                isNumber: true,
                cell: (each) => <Duration ms={each.oldestLockMs} atMs={row.atMs} />,
              },
            ]}
            rows={row.holders}
            rowKey={(each) => `${each.kind} ${each.holder}`}
          />
        )}
      </div>
      {isExporting ? <ExportDialog group={group} window={row} onClose={() => setExporting(false)} /> : null}
    </section>
  );
};

const wholeNumber = (text: string): number | null => {
  const digits = text.replaceAll(/[\s,_]/g, '');
  return /^\d{1,16}$/.test(digits) ? Number(digits) : null;
};

/** A range, drawn on the strip or typed, and what can be done to it. */
const RangeActions = ({
  group,
  topic,
  partition,
  selection,
  onSelect,
}: {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly selection: SelectedRange | null;
  readonly onSelect: (range: SelectedRange | null) => void;
}) => {
  const [target, setTarget] = useState<SettleTarget | null>(null);
  const [typed, setTyped] = useState({ first: '', last: '' });
  const shown =
    selection === null ? typed : { first: String(selection.firstOffset), last: String(selection.lastOffset) };
  const change = (next: { first: string; last: string }): void => {
    setTyped(next);
    const [firstOffset, lastOffset] = [wholeNumber(next.first), wholeNumber(next.last)];
    onSelect(
      firstOffset === null || lastOffset === null || lastOffset < firstOffset ? null : { firstOffset, lastOffset },
    );
  };
  const act = (type: SettleType): void => {
    if (selection !== null) setTarget({ group, topic, partition, ...selection, type });
  };
  return (
    <div class="range" role="group" aria-label="A range of offsets">
      <label class="field">
        <span>From offset</span>
        <input
          inputMode="numeric"
          value={shown.first}
          onInput={(event) => change({ ...shown, first: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>to offset</span>
        <input
          inputMode="numeric"
          value={shown.last}
          onInput={(event) => change({ ...shown, last: event.currentTarget.value })}
        />
      </label>
      <div class="actions">
        {settleTypes.map(({ type, name, what }) => (
          <button
            key={type}
            type="button"
            class="button"
            disabled={selection === null}
            title={what}
            onClick={() => act(type)}
          >
            {name}…
          </button>
        ))}
      </div>
      {target === null ? null : <SettleDialog target={target} onClose={() => setTarget(null)} />}
    </div>
  );
};
