import { effect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { duration } from './format.ts';
import { connection, heardMs, nowMs } from './live/live-store.ts';
import { operations } from './live/operations.ts';
import { FaultBoundary } from './parts/fault-boundary.tsx';
import { Help, openHelp } from './parts/help.tsx';
import { Icon } from './parts/icon.tsx';
import { Toasts } from './parts/toasts.tsx';
import { route } from './place.ts';
import { links } from './router.ts';
import type { Route } from './router.ts';
import { chooseTheme, theme } from './theme.ts';
import type { Theme } from './theme.ts';
import { AuditView } from './views/audit-view.tsx';
import { GroupView } from './views/group/group-view.tsx';
import { GroupsView } from './views/groups-view.tsx';
import { NodesLink, NodesView, UnreachableBanner } from './views/nodes-view.tsx';
import { OperationsView } from './views/operations-view.tsx';
import { TopicView } from './views/topic-view.tsx';
import { TopicsView } from './views/topics-view.tsx';

const titleOf = (at: Route): string => {
  switch (at.view) {
    case 'groups':
      return 'Share groups';
    case 'group':
      return at.group;
    case 'topics':
      return 'Topics';
    case 'topic':
      return at.topic;
    case 'operations':
      return 'Operations';
    case 'nodes':
      return 'Nodes';
    case 'audit':
      return 'Audit';
    case 'unknown':
      return 'Nothing here';
  }
};

effect(() => {
  document.title = `${titleOf(route.value)} · sash`;
});

export const App = () => {
  const isLost = connection.value.state === 'lost';
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Bar />
      {isLost ? <LostBanner /> : <UnreachableBanner />}
      <Main isStale={isLost}>
        <FaultBoundary key={route.value.view}>
          <View />
        </FaultBoundary>
      </Main>
      <Toasts />
      <Help />
    </>
  );
};

const Main = ({ isStale, children }: { readonly isStale: boolean; readonly children: ComponentChildren }) => {
  const main = useRef<HTMLElement>(null);
  const place = JSON.stringify([route.value.view, 'group' in route.value ? route.value.group : null]);
  const isFirst = useRef(true);
  // Another view begins at its top, for eyes and for screen readers.
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [place]);
  return (
    <main id="main" ref={main} tabIndex={-1} class={isStale ? 'stale' : undefined}>
      {children}
    </main>
  );
};

const View = () => {
  const at = route.value;
  switch (at.view) {
    case 'groups':
      return <GroupsView />;
    case 'group':
      return <GroupView at={at} />;
    case 'topics':
      return <TopicsView />;
    case 'topic':
      return <TopicView key={at.topic} at={at} />;
    case 'operations':
      return <OperationsView />;
    case 'nodes':
      return <NodesView />;
    case 'audit':
      return <AuditView group={at.group} />;
    case 'unknown':
      return (
        <div class="view-head">
          <h1>Nothing is here</h1>
          <p>
            <a href={links.groups}>All share groups</a>
          </p>
        </div>
      );
  }
};

const Bar = () => {
  const { view } = route.value;
  const current = (...views: readonly Route['view'][]) => (views.includes(view) ? 'page' : undefined);
  return (
    <header class="bar">
      <a class="brand" href={links.groups} aria-label="sash, share groups">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" class="brand-back" />
          <rect x="4" y="13" width="24" height="6" rx="1.5" class="brand-log" />
          <rect x="9" y="9" width="14" height="14" rx="2.5" class="brand-window" />
          <rect x="12" y="13" width="5" height="6" class="brand-record" />
        </svg>
        <span>sash</span>
      </a>
      <nav aria-label="Views">
        <a href={links.groups} aria-current={current('groups', 'group')}>
          Groups
        </a>
        <a href={links.topics} aria-current={current('topics', 'topic')}>
          Topics
        </a>
        <a href={links.operations} aria-current={current('operations')}>
          Operations
          <UnderWay />
        </a>
        <a href={links.audit} aria-current={current('audit')}>
          Audit
        </a>
        <NodesLink current={current('nodes')} />
      </nav>
      <div class="end">
        <Pulse />
        <ThemeSwitch />
        <button
          type="button"
          class="icon-button"
          aria-label="Help and keys"
          title="Help and keys (?)"
          onClick={openHelp}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
};

/** How many operations have not ended; nothing where there is none. */
const UnderWay = () => {
  const count = [...(operations.value?.values() ?? [])].filter(({ endedAt }) => endedAt === null).length;
  return count === 0 ? null : <span class="count"> {count}</span>;
};

const pulseWords = { connecting: 'Connecting', live: 'Live', lost: 'Not connected' } as const;

const Pulse = () => {
  const { state } = connection.value;
  return (
    <span class={`pulse ${state}`} title={pulseWords[state]}>
      <span>{pulseWords[state]}</span>
    </span>
  );
};

const LostBanner = () => {
  const { detail } = connection.value;
  return (
    <div class="banner" role="alert">
      <strong>The connection is lost.</strong> What you see is as it was{' '}
      <span aria-hidden="true" class="number">
        {duration(Math.max(0, nowMs.value - heardMs.value))}
      </span>{' '}
      ago; trying again. {detail ?? ''}
    </div>
  );
};

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcons = { system: 'system', light: 'sun', dark: 'moon' } as const;
const themeWords = { system: "the system's", light: 'light', dark: 'dark' } as const;

const ThemeSwitch = () => {
  const now = theme.value;
  const label = `Theme: ${themeWords[now]}. Change to ${themeWords[nextTheme[now]]}`;
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      onClick={() => chooseTheme(nextTheme[now])}
    >
      <Icon name={themeIcons[now]} />
    </button>
  );
};
