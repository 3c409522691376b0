import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { go } from '../place.ts';
import { links } from '../router.ts';
import { Dialog } from './dialog.tsx';

const isOpen = signal(false);

export const openHelp = (): void => {
  isOpen.value = true;
};

const keys: readonly (readonly [keys: string, what: string])[] = [
  ['?', 'This help'],
  ['g then g', 'Share groups'],
  ['g then t', 'Topics'],
  ['g then o', 'Operations'],
  ['g then a', 'Audit'],
  ['/', 'Find: to the filter of the list'],
  ['↑ ↓ Home End', 'From row to row in a table'],
  ['Enter', 'Opens the row'],
  ['Esc', 'Closes a dialog or the record'],
];

const states = [
  ['available', 'waits for a worker'],
  ['acquired', 'locked by a worker'],
  ['delayed', 'waits for its next attempt'],
  ['acknowledged', 'done ahead of the start'],
  ['archived', 'failed for good'],
  ['finished', 'behind the window'],
  ['unread', 'not handed out yet'],
] as const;

/** The keys of the page, and the dialog that says them. */
export const Help = () => {
  useEffect(() => {
    let lastWasG = false;
    const onKey = (event: KeyboardEvent): void => {
      const { key, target } = event;
      const isTyping = target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null)
        return;
      const to = lastWasG ? { g: links.groups, t: links.topics, o: links.operations, a: links.audit }[key] : undefined;
      lastWasG = key === 'g' && to === undefined;
      if (to !== undefined) go(to);
      else if (key === '?') openHelp();
      else if (key === '/') {
        const find = document.querySelector<HTMLInputElement>('input[type=search]');
        if (find === null) return;
        event.preventDefault();
        find.focus();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  if (!isOpen.value) return null;
  return (
    <Dialog title="Help" onClose={() => (isOpen.value = false)}>
      <p>
        Each share group has one <strong>window</strong> on each partition: the records from its start (SPSO) to its end
        (SPEO). Workers lock records inside it and accept, release or reject them. The start moves on when the record it
        stands on is finished: one that is not holds it back, and the page says which.
      </p>
      <h3>States of a record</h3>
      <dl class="legend-list">
        {states.map(([state, what]) => (
          <div key={state}>
            <dt>
              <span class={`swatch ${state}`} aria-hidden="true" /> {state}
            </dt>
            <dd class="soft">{what}</dd>
          </div>
        ))}
      </dl>
      <h3>Keys</h3>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>{key.split(' ').map((part) => (part === 'then' ? ' then ' : <kbd key={part}>{part}</kbd>))}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        Every view has an address of its own: copy it from the address bar. The{' '}
        <a href="docs">reference of the HTTP API</a> has all calls that this page makes.
      </p>
    </Dialog>
  );
};
