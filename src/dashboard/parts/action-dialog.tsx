import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, paths, Problem } from '../api.ts';
import type { AuditLine } from '../api-types.ts';
import { links } from '../router.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { toast } from './toasts.tsx';

export interface Preview {
  readonly text: ComponentChildren;
  /** What the button says, such as `Release 3 records`. */
  readonly confirmLabel: string;
  /** False: there is nothing to do. */
  readonly isUseful: boolean;
}

type Looked =
  | { readonly kind: 'looking' }
  | { readonly kind: 'seen'; readonly preview: Preview }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * Something that changes the server. What it would do is shown first, asked of the server where it can tell (dryRun), and
 * again whenever `inputs` changes; only then can it be confirmed. Afterwards the line of the audit is shown.
 */
export const ActionDialog = ({
  title,
  inputs,
  preview,
  confirm,
  isDangerous = false,
  wide = false,
  onClose,
  children,
}: {
  readonly title: string;
  /** All that the preview depends on, as text. */
  readonly inputs: string;
  /** @throws Problem whose message is shown. null: the inputs are not complete yet */
  readonly preview: (signal: AbortSignal) => Promise<Preview | null> | Preview | null;
  readonly confirm: () => Promise<unknown>;
  readonly isDangerous?: boolean;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}) => {
  const [looked, setLooked] = useState<Looked>({ kind: 'looking' });
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const last = useRef<Preview | null>(null);

  useEffect(() => {
    const stop = new AbortController();
    setFailure(null);
    setLooked({ kind: 'looking' });
    // A person types; the server need not look at every letter.
    const timer = setTimeout(() => {
      const look = async (): Promise<void> => {
        try {
          const seen = await preview(stop.signal);
          if (stop.signal.aborted || seen === null) return;
          last.current = seen;
          setLooked({ kind: 'seen', preview: seen });
        } catch (error) {
          if (!stop.signal.aborted) setLooked({ kind: 'refused', problem: messageOf(error) });
        }
      };
      void look();
    }, 150);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [inputs]);

  const run = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const before = await newestAudit();
      await confirm();
      toast('done', <Done after={before?.id ?? null} otherwise={last.current?.confirmLabel ?? title} />);
      onClose();
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  };

  const seen = looked.kind === 'seen' ? looked.preview : null;
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            class={`button ${isDangerous ? 'danger' : 'primary'}`}
            disabled={seen === null || !seen.isUseful || isBusy}
            onClick={() => void run()}
          >
            {isBusy ? 'Working…' : ((seen ?? last.current)?.confirmLabel ?? title)}
          </button>
        </>
      }
    >
      {children}
      <div class="preview" role="status" aria-live="polite" aria-label="Preview">
        <h3>What this will do</h3>
        {looked.kind === 'refused' ? (
          <p class="refused">
            <Icon name="warning" /> {looked.problem}
          </p>
        ) : (
          (seen?.text ?? last.current?.text ?? <p class="soft">…</p>)
        )}
      </div>
      {failure === null ? null : (
        <p class="refused" role="alert">
          <Icon name="warning" /> {failure}
        </p>
      )}
    </Dialog>
  );
};

export const messageOf = (error: unknown): string =>
  error instanceof Problem ? error.message : `A bug in this page: ${String(error)}`;

const newestAudit = async (): Promise<AuditLine | null> => {
  try {
    const { lines } = await api.get<{ lines: readonly AuditLine[] }>(`${paths.audit}?limit=1`);
    return lines[0] ?? null;
  } catch {
    return null;
  }
};

/** The line that the audit has got. */
const Done = ({ after, otherwise }: { readonly after: string | null; readonly otherwise: string }) => {
  const [line, setLine] = useState<AuditLine | null>(null);
  useEffect(() => {
    void newestAudit().then((newest) => setLine(newest?.id === after ? null : newest));
  }, []);
  return (
    <>
      {line?.summary ?? `${otherwise}: done`}
      {line === null ? null : (
        <>
          {' · '}
          <a href={links.audit}>Audit</a>
        </>
      )}
    </>
  );
};
