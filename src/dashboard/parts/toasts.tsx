import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: ComponentChildren;
}

const toasts = signal<readonly Toast[]>([]);
let nextId = 0;
/** A failure stays until somebody closes it. */
const doneForMs = 9000;

const close = (id: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

export const toast = (kind: Toast['kind'], text: ComponentChildren): void => {
  const id = nextId++;
  toasts.value = [...toasts.value.slice(-3), { id, kind, text }];
  if (kind === 'done') setTimeout(() => close(id), doneForMs);
};

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite" aria-label="Messages">
    {toasts.value.map(({ id, kind, text }) => (
      <div key={id} class={`toast ${kind}`}>
        <Icon name={kind === 'done' ? 'check' : 'warning'} />
        <div>{text}</div>
        <button type="button" class="icon-button" aria-label="Close the message" onClick={() => close(id)}>
          <Icon name="close" />
        </button>
      </div>
    ))}
  </div>
);
