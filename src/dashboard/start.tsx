import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { startClock, watch } from './live/live-store.ts';
import { route, startRouter } from './place.ts';
import { startTheme } from './theme.ts';

/** Begins the page in the element. */
export const start = (element: HTMLElement): void => {
  startTheme();
  startRouter();
  startClock();
  effect(() => watch(route.value.view === 'group' ? route.value.group : null));
  render(<App />, element);
};
