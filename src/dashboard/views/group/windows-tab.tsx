import { useMemo, useState } from 'preact/hooks';
import type { WindowRow } from '../../api-types.ts';
import { recordStates } from '../../api-types.ts';
import { count } from '../../format.ts';
import type { WatchedGroup } from '../../live/live-store.ts';
import { windowKey } from '../../live/live-store.ts';
import { isNarrow } from '../../parts/narrow.ts';
import { Empty } from '../../parts/empty.tsx';
import { BlockedLink, heldBackMs } from '../../parts/blocked-link.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { go, recordLink } from '../../place.ts';
import { links } from '../../router.ts';
import { StateSwatch } from '../../strip/state-swatch.tsx';
import { WindowStrip } from '../../strip/window-strip.tsx';
import { firstCommands } from '../first-commands.ts';

type Order = 'partition' | 'stuck' | 'lag';

/** One row for each window, only those that are seen. */
export const WindowsTab = ({ live }: { readonly live: WatchedGroup }) => {
  const [find, setFind] = useState('');
  const [order, setOrder] = useState<Order>('partition');
  const all = live.windows;
  const rows = useMemo(() => shownRows([...all.values()], find, order), [all, find, order]);
  if (all.size === 0)
    return (
      <Empty title="No window yet" commands={firstCommands()}>
        <p>A window opens on each partition that somebody of the group reads. In a terminal:</p>
      </Empty>
    );
  return (
    <section class="panel windows" aria-label="Windows">
      <header>
        <h2>Windows</h2>
        <Legend />
        {all.size > 4 ? (
          <div class="find">
            <input
              type="search"
              placeholder="Find, such as emails-3"
              aria-label="Find a window"
              value={find}
              onInput={(event) => setFind(event.currentTarget.value)}
            />
            <select aria-label="Order" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
              <option value="partition">by partition</option>
              <option value="stuck">longest stuck first</option>
              <option value="lag">greatest lag first</option>
            </select>
          </div>
        ) : null}
      </header>
      {rows.length === 0 ? <p class="nothing soft">No window is called that.</p> : null}
      <VirtualList
        label="Windows"
        items={rows}
        itemKey={(row) => windowKey(row.topic, row.partition)}
        rowHeight={isNarrow.value ? 164 : 120}
      >
        {(row) => <WindowItem group={live.group} row={row} />}
      </VirtualList>
    </section>
  );
};

const shownRows = (rows: readonly WindowRow[], find: string, order: Order): readonly WindowRow[] => {
  const wanted = find.trim().toLowerCase();
  const found =
    wanted === ''
      ? rows
      : rows.filter(({ topic, partition }) => `${topic}-${partition}`.toLowerCase().includes(wanted));
  if (order === 'partition') return found;
  const key =
    order === 'lag'
      ? (row: WindowRow) => row.lag
      : (row: WindowRow) => (row.blockedBy ? heldBackMs(row.blockedBy) : -1);
  return found.toSorted((a, b) => key(b) - key(a));
};

const Legend = () => (
  <ul class="legend" aria-label="States">
    {recordStates.map((state) => (
      <li key={state}>
        <StateSwatch state={state} /> {state}
      </li>
    ))}
  </ul>
);

const WindowItem = ({ group, row }: { readonly group: string; readonly row: WindowRow }) => {
  const { topic, partition, blockedBy } = row;
  return (
    <article class="window" aria-label={`${topic}-${partition}`}>
      <div class="window-head">
        <a class="name" href={links.window(group, topic, partition)}>
          {topic}-{partition}
        </a>
        <StateCounts row={row} />
        {isFull(row) ? (
          <span class="badge warn" title="Nothing behind its end is handed out until its start moves">
            full: {count(row.inFlight)} of {count(row.inFlightLimit)}
          </span>
        ) : null}
        {row.node === undefined ? null : (
          <span class="soft small" title="The node of sash that has it">
            node {row.node}
          </span>
        )}
        <span class="small number lag">
          <span class="soft">lag</span> {count(row.lag)}
        </span>
      </div>
      <WindowStrip
        group={group}
        window={row}
        onOpen={(offset) => go(recordLink(group, { topic, partition, offset }))}
      />
      <p class="window-note">
        {blockedBy === null ? (
          <span class="soft small">{row.lag === 0 ? 'All done.' : 'Nothing in flight.'}</span>
        ) : (
          <BlockedLink group={group} blockedBy={{ topic, partition, ...blockedBy }} atMs={row.atMs} />
        )}
      </p>
    </article>
  );
};

/** As acquire's `window_full`: there is more to hand out, and no room for it. */
const isFull = ({ inFlight, inFlightLimit, endOffset, logEndOffset }: WindowRow): boolean =>
  inFlight >= inFlightLimit && logEndOffset > endOffset;

export const StateCounts = ({ row }: { readonly row: WindowRow }) => (
  <span class="counts small number">
    {recordStates.map((state) =>
      row.counts[state] === 0 ? null : (
        <span key={state} title={`${count(row.counts[state])} ${state}`}>
          <StateSwatch state={state} /> {count(row.counts[state])}
          <span class="sr-only"> {state}</span>
        </span>
      ),
    )}
  </span>
);
