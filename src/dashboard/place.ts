import { computed, signal } from '@preact/signals';
import { links, link, parseRoute } from './router.ts';
import type { RecordPlace } from './router.ts';

const hash = signal('');

export const route = computed(() => parseRoute(hash.value));

export const startRouter = (): void => {
  const read = (): void => {
    hash.value = location.hash;
  };
  read();
  addEventListener('hashchange', read);
};

/** Of the record's drawer over the view that one is in, or where that is another group's, over its windows. */
export const recordLink = (group: string, place: RecordPlace): string => {
  const behind = withoutRecord();
  const own = links.group(group);
  const { topic, partition, offset } = place;
  return `${behind === own || behind.startsWith(`${own}/`) ? behind : own}${link('record', topic, partition, offset).slice(1)}`;
};

/** The view that one is in, without a drawer over it. */
export const withoutRecord = (): string => {
  const at = route.value;
  if (at.view === 'group')
    return at.window === null
      ? links.group(at.group, at.tab)
      : links.window(at.group, at.window.topic, at.window.partition);
  if (at.view === 'topic' && at.partition !== null)
    return links.partition(at.topic, at.partition, at.fromOffset ?? undefined);
  return hash.value;
};

/** `replace`: without a step back in the history. */
export const go = (to: string, how: 'push' | 'replace' = 'push'): void => {
  if (how === 'replace') {
    history.replaceState(null, '', to);
    hash.value = to;
  } else location.hash = to;
};
