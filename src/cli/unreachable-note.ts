import type { UnreachableNode } from '../client/api.ts';
import { note, safeLine, styled } from './terminal.ts';

/** Beside a list that lacks what some nodes have. */
export function noteUnreachable(nodes: readonly UnreachableNode[]): void {
  for (const node of nodes) note(styled('yellow', unreachableText(node), process.stderr));
}

export const unreachableText = ({ nodeId, error }: UnreachableNode): string =>
  `What node ${nodeId} has is left out: ${safeLine(error)}`;
