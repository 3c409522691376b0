import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

/**
 * A modal dialog, or with `side` a drawer at the right. The browser's own: it keeps the focus inside, closes with Escape,
 * and gives the focus back to where it was.
 */
export const Dialog = ({
  title,
  side = false,
  wide = false,
  onClose,
  children,
  footer,
}: {
  readonly title: ComponentChildren;
  readonly side?: boolean;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly footer?: ComponentChildren;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    const before = document.activeElement;
    element.showModal();
    // To the first thing to fill in; where there is none, to the dialog, whose title is then said.
    const field = element.querySelector<HTMLElement>(
      '.dialog-body :is(input:checked, input:not([type=radio]), select, textarea)',
    );
    (field ?? element).focus();
    return () => {
      element.close();
      // Who opened it may be gone with what was done.
      if (before === null || !before.isConnected) document.getElementById('main')?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={side ? 'drawer' : wide ? 'modal wide' : 'modal'}
      tabIndex={-1}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div class="dialog-body">{children}</div>
        {footer === undefined ? null : <footer class="dialog-foot">{footer}</footer>}
      </div>
    </dialog>
  );
};
