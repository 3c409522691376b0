import { signal } from '@preact/signals';
import { api, paths } from '../api.ts';
import type { NodesAnswer, UnreachableNode } from '../api-types.ts';

/** The nodes of sash, as the one that serves the page sees them. null: not heard of yet. */
export const nodes = signal<NodesAnswer | null>(null);

/** Those that do not answer: what they have is shown as they told it last, or is missing. */
export const unreachable = signal<readonly UnreachableNode[]>([]);

/** When a connection began, and when somebody looks. What the server does not answer is asked again with the next. */
export const askForNodes = async (): Promise<void> => {
  try {
    nodes.value = await api.get<NodesAnswer>(paths.nodes);
  } catch {
    // The stream of events says that the connection is lost.
  }
};

/** @param now all of them */
export const heardUnreachable = (now: readonly UnreachableNode[]): void => {
  const isNews = now.map(({ nodeId }) => nodeId).join() !== unreachable.value.map(({ nodeId }) => nodeId).join();
  unreachable.value = now;
  if (isNews) void askForNodes();
};
