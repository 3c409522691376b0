import type { ComponentChildren } from 'preact';
import { toast } from './toasts.tsx';

/** Where there is nothing yet: what this will be, and the lines that make it happen. */
export const Empty = ({
  title,
  isView = false,
  children,
  commands,
}: {
  readonly title: string;
  /** There is no other heading. */
  readonly isView?: boolean;
  readonly children?: ComponentChildren;
  readonly commands?: string;
}) => (
  <section class="empty">
    {isView ? <h1>{title}</h1> : <h2>{title}</h2>}
    {children}
    {commands === undefined ? null : <Commands text={commands} />}
  </section>
);

/** Lines for a terminal, to copy. */
export const Commands = ({ text }: { readonly text: string }) => (
  <div class="commands">
    <pre tabIndex={0} aria-label="Commands">
      {text}
    </pre>
    <button
      type="button"
      class="button small"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => toast('done', 'Copied.'),
          () => toast('failed', 'The browser does not let pages copy here; select the lines instead.'),
        );
      }}
    >
      Copy
    </button>
  </div>
);
