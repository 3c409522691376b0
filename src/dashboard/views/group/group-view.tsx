import { useState } from 'preact/hooks';
import type { GroupDescription } from '../../api-types.ts';
import { SettleDialog } from '../../actions/settle-dialog.tsx';
import type { SettleTarget } from '../../actions/settle-dialog.tsx';
import { DeleteGroupDialog, PauseDialog, ResetDialog } from '../../actions/group-dialogs.tsx';
import { SettleAllDialog } from '../../actions/operation-dialogs.tsx';
import { count, rate } from '../../format.ts';
import { watched } from '../../live/live-store.ts';
import type { WatchedGroup } from '../../live/live-store.ts';
import { StateBadge } from '../../parts/badge.tsx';
import { BlockedText, isMoving } from '../../parts/blocked-link.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Duration } from '../../parts/time.tsx';
import { recordLink } from '../../place.ts';
import { groupTabs, links } from '../../router.ts';
import type { GroupTab, Route } from '../../router.ts';
import { AuditTable } from '../audit-view.tsx';
import { OperationsUnderWay } from '../operations-view.tsx';
import { ArchivedTab } from './archived-tab.tsx';
import { MembersTab } from './members-tab.tsx';
import { Plots } from './plots.tsx';
import { GroupRecord } from './group-record.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { WindowDetail } from './window-detail.tsx';
import { WindowsTab } from './windows-tab.tsx';
import { WorkersPanel } from './workers-panel.tsx';

const tabNames: Readonly<Record<GroupTab, string>> = {
  windows: 'Windows',
  workers: 'Workers',
  members: 'Members',
  archived: 'Archived',
  settings: 'Settings',
  audit: 'Audit',
};

export const GroupView = ({ at }: { readonly at: Extract<Route, { view: 'group' }> }) => {
  const live = watched.value;
  if (live === null || live.group !== at.group) return null;
  const { description } = live;
  if (live.isGone)
    return (
      <Empty isView title={`There is no share group ${at.group}`}>
        <p>
          It was deleted, or has never been. A group comes into being when somebody acquires records in its name.{' '}
          <a href={links.groups}>All share groups</a>
        </p>
      </Empty>
    );
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href={links.groups}>Share groups</a> /
      </nav>
      <div class="view-head">
        <h1>{at.group}</h1>
        {description === null ? <span class="soft">Loading…</span> : <StateBadge row={description} />}
        {description === null ? null : <GroupActions live={live} row={description} />}
      </div>
      {description === null ? null : (
        <>
          <OperationsUnderWay group={at.group} />
          <Blocked row={description} />
          <Figures row={description} />
          <Tabs at={at} live={live} row={description} />
          <TabBody at={at} live={live} row={description} />
        </>
      )}
      {at.record === null ? null : <GroupRecord group={at.group} place={at.record} live={live} />}
    </>
  );
};

const GroupActions = ({ live, row }: { readonly live: WatchedGroup; readonly row: GroupDescription }) => {
  const [open, setOpen] = useState<'pause' | 'settle' | 'reset' | 'delete' | null>(null);
  const close = (): void => setOpen(null);
  const topics = [...Map.groupBy(live.windows.values(), (window) => window.topic)].map(([topic, windows]) => ({
    topic,
    partitions: windows.map(({ partition }) => partition),
  }));
  const isInUse = row.state !== 'Empty';
  return (
    <div class="actions">
      <button type="button" class="button" onClick={() => setOpen('pause')}>
        <Icon name={row.paused ? 'play' : 'pause'} /> {row.paused ? 'Resume' : 'Pause'}
      </button>
      <button type="button" class="button" disabled={topics.length === 0} onClick={() => setOpen('settle')}>
        Settle all…
      </button>
      <button type="button" class="button" disabled={topics.length === 0} onClick={() => setOpen('reset')}>
        Reset…
      </button>
      <button
        type="button"
        class="button"
        disabled={isInUse}
        title={isInUse ? 'Only an empty group can be deleted: no members, no locks, nobody who waits' : undefined}
        onClick={() => setOpen('delete')}
      >
        Delete…
      </button>
      {open === 'pause' ? <PauseDialog row={row} onClose={close} /> : null}
      {open === 'settle' ? (
        <SettleAllDialog group={row.group} windows={[...live.windows.values()]} onClose={close} />
      ) : null}
      {open === 'reset' ? <ResetDialog group={row.group} topics={topics} onClose={close} /> : null}
      {open === 'delete' ? <DeleteGroupDialog row={row} windows={live.windows.size} onClose={close} /> : null}
    </div>
  );
};

/** The one sentence for which people come. */
const Blocked = ({ row }: { readonly row: GroupDescription }) => {
  const [target, setTarget] = useState<SettleTarget | null>(null);
  const { blockedBy } = row;
  if (row.error !== null)
    return (
      <div class="callout bad">
        <Icon name="warning" />
        <p>{row.error}</p>
      </div>
    );
  if (blockedBy == null) return null;
  const { topic, partition, offset } = blockedBy;
  const place = { topic, partition, offset };
  const isHeld = blockedBy.state === 'acquired';
  const moves = isMoving(blockedBy, row.atMs);
  return (
    <div class={moves ? 'callout moving' : 'callout'}>
      <Icon name="blocked" />
      <p>
        <span class="soft">{moves ? 'The start moves; just now ' : 'The start is held back: '}</span>
        <strong>
          <BlockedText blockedBy={blockedBy} atMs={row.atMs} />
        </strong>
      </p>
      <div class="actions">
        <a class="button small" href={recordLink(row.group, place)}>
          Open the record
        </a>
        {isHeld ? (
          <button
            type="button"
            class="button small"
            onClick={() =>
              setTarget({
                group: row.group,
                topic,
                partition,
                firstOffset: offset,
                lastOffset: offset,
                type: 'release',
              })
            }
          >
            Free it…
          </button>
        ) : null}
      </div>
      {target === null ? null : <SettleDialog target={target} onClose={() => setTarget(null)} />}
    </div>
  );
};

const Figures = ({ row }: { readonly row: GroupDescription }) => (
  <dl class="figures">
    <div>
      <dt>In flight</dt>
      <dd>
        <Meter value={row.inFlight} limit={row.inFlightLimit} unit="records in the windows" />
      </dd>
    </div>
    <div>
      <dt>Lag</dt>
      <dd class="number">{count(row.lag)}</dd>
    </div>
    <div>
      <dt>Oldest</dt>
      <dd>
        <Duration ms={row.oldestAgeMs} atMs={row.atMs} />
      </dd>
    </div>
    <div>
      <dt>Delivered</dt>
      <dd class="number">
        {rate(row.deliveredPerSecond)}
        <small>/s</small>
      </dd>
    </div>
    <div>
      <dt>Acknowledged</dt>
      <dd class="number">
        {rate(row.acknowledgedPerSecond)}
        <small>/s</small>
      </dd>
    </div>
    <div>
      <dt>Workers</dt>
      <dd class="number">{count(row.workers + row.members)}</dd>
    </div>
    <div>
      <dt>Archived</dt>
      <dd class="number">{count(row.archived)}</dd>
    </div>
  </dl>
);

const Tabs = ({
  at,
  live,
  row,
}: {
  readonly at: Extract<Route, { view: 'group' }>;
  readonly live: WatchedGroup;
  readonly row: GroupDescription;
}) => {
  const counts: Partial<Record<GroupTab, number | null | undefined>> = {
    windows: live.windows.size,
    workers: live.workers.length,
    members: row.members,
    archived: row.archived,
  };
  return (
    <nav class="tabs" aria-label={`Of ${at.group}`}>
      {groupTabs.map((tab) => (
        <a key={tab} href={links.group(at.group, tab)} aria-current={tab === at.tab ? 'page' : undefined}>
          {tabNames[tab]}
          {counts[tab] == null ? null : <span class="soft number"> {count(counts[tab])}</span>}
        </a>
      ))}
    </nav>
  );
};

const TabBody = ({
  at,
  live,
  row,
}: {
  readonly at: Extract<Route, { view: 'group' }>;
  readonly live: WatchedGroup;
  readonly row: GroupDescription;
}) => {
  switch (at.tab) {
    case 'windows':
      return at.window === null ? (
        <div class="beside">
          <WindowsTab live={live} />
          <div class="side">
            <WorkersPanel live={live} isShort />
            <Plots group={at.group} />
          </div>
        </div>
      ) : (
        <WindowDetail key={`${at.window.topic}:${at.window.partition}`} live={live} place={at.window} />
      );
    case 'workers':
      return <WorkersPanel live={live} />;
    case 'members':
      return <MembersTab key={at.group} group={at.group} members={row.members} />;
    case 'archived':
      return <ArchivedTab key={at.group} group={at.group} archived={row.archived ?? 0} />;
    case 'settings':
      return <SettingsTab row={row} />;
    case 'audit':
      return <AuditTable key={at.group} group={at.group} />;
  }
};
