import { Component } from 'preact';
import type { ComponentChildren } from 'preact';

/** A fault in what is inside is a sentence there, and not an empty page. Goes away with its `key`. */
export class FaultBoundary extends Component<
  { readonly children: ComponentChildren },
  { readonly fault: string | null }
> {
  override state: { readonly fault: string | null } = { fault: null };

  static override getDerivedStateFromError(error: unknown) {
    return { fault: String(error) };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render(): ComponentChildren {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <p class="broken" role="alert">
        A bug of this page: {fault}. Load it again; if it stays, please report it.
      </p>
    );
  }
}
