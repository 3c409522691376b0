import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type TopicId, topicId } from '../core/ids.ts';
import type { ClusterNode } from '../ports/cluster.ts';
import type { Owners } from './assignor.ts';

/** What nodes tell each other through the group: JSON, in assignments compressed, since a group's data is one record of at most 1 MB. */

const version = 1;

/** Of one member. */
export interface MemberData {
  readonly node: ClusterNode;
  /** Wall clock, ms: of two with one `node.id` the one that came first stays. */
  readonly startedAtMs: number;
}

/** What the leader has decided; the same for all members. */
export interface AssignmentData {
  /** In the order of their ids. */
  readonly nodes: readonly ClusterNode[];
  /** Ids of their members, in any order. */
  readonly members: readonly string[];
  /** null: the table would be too large, and each node works owners out by rendezvous. */
  readonly owners: Owners | null;
  /** Members that are not served, and why, for people. */
  readonly refused: Readonly<Record<string, string>>;
}

export const encodeMember = (data: MemberData): Uint8Array => Buffer.from(JSON.stringify({ version, ...data }));

/** undefined: not of a version that is known here. */
export function decodeMember(bytes: Uint8Array): MemberData | undefined {
  const data = parsed(bytes);
  return data?.version === version ? (data as unknown as MemberData) : undefined;
}

export const encodeAssignment = (data: AssignmentData): Uint8Array =>
  deflateRawSync(JSON.stringify({ version, ...data, owners: data.owners && Object.fromEntries(data.owners) }));

/** undefined: not of a version that is known here. */
export function decodeAssignment(bytes: Uint8Array): AssignmentData | undefined {
  if (bytes.length === 0) return undefined;
  const data = parsed(inflateRawSync(bytes));
  if (data?.version !== version) return undefined;
  const { owners, ...others } = data as unknown as Omit<AssignmentData, 'owners'> & {
    readonly owners: Readonly<Record<string, readonly number[]>> | null;
  };
  const table = owners && Object.entries(owners).map(([id, of]): [TopicId, readonly number[]] => [topicId(id), of]);
  return { ...others, owners: table && new Map(table) };
}

function parsed(bytes: Uint8Array): { readonly version?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
