import { useEffect, useState } from 'preact/hooks';
import { copyText } from './copy-text.ts';

/** Copies what `text` gives, and says for a moment that it did. */
export const CopyButton = ({ label, text }: { readonly label: string; readonly text: () => string }) => {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <button
      type="button"
      class="button small"
      onClick={() => void copyText(text()).then((copied) => setSaid(copied ? 'Copied' : 'Not allowed'))}
    >
      <span aria-live="polite">{said ?? label}</span>
    </button>
  );
};
