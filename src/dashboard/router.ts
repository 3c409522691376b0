/**
 * Where one is, in the part of the address behind `#`: every view has a link that can be sent to somebody, the server
 * serves one document, and the page works below any path of a proxy.
 */
export type Route =
  | { readonly view: 'groups' }
  | {
      readonly view: 'group';
      readonly group: string;
      readonly tab: GroupTab;
      /** The window that is shown in detail. */
      readonly window: { readonly topic: string; readonly partition: number } | null;
      /** The record whose drawer is open. */
      readonly record: RecordPlace | null;
    }
  | { readonly view: 'topics' }
  | {
      readonly view: 'topic';
      readonly topic: string;
      readonly partition: number | null;
      readonly fromOffset: number | null;
      readonly record: RecordPlace | null;
    }
  | { readonly view: 'audit'; readonly group: string | null }
  | { readonly view: 'operations' }
  | { readonly view: 'nodes' }
  | { readonly view: 'unknown'; readonly path: string };

export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export const groupTabs = ['windows', 'workers', 'members', 'archived', 'settings', 'audit'] as const;
export type GroupTab = (typeof groupTabs)[number];

const isWhole = (text: string | undefined): text is string => text !== undefined && /^\d{1,16}$/.test(text);

export const parseRoute = (hash: string): Route => {
  const path = hash.replace(/^#?\/?/, '');
  let parts: string[];
  try {
    parts = path.split('/').map(decodeURIComponent);
  } catch {
    return { view: 'unknown', path };
  }
  if (parts[0] === 'groups' && parts.length >= 6 && parts.at(-4) === 'record') {
    const [topic = '', partition, offset] = parts.slice(-3);
    const behind = isWhole(partition) && isWhole(offset) ? parseParts(parts.slice(0, -4), path) : undefined;
    if (behind?.view === 'group')
      return { ...behind, record: { topic, partition: Number(partition), offset: Number(offset) } };
  }
  return parseParts(parts, path);
};

const parseParts = (parts: readonly string[], path: string): Route => {
  const [first, name, third, fourth, fifth] = parts;
  if (path === '' || (first === 'groups' && name === undefined)) return { view: 'groups' };
  if (first === 'groups' && name !== undefined && name !== '') {
    const base = { view: 'group', group: name, tab: 'windows', window: null, record: null } as const;
    if (third === undefined) return base;
    if (third === 'window' && fourth !== undefined && isWhole(fifth))
      return { ...base, window: { topic: fourth, partition: Number(fifth) } };
    const tab = groupTabs.find((tab) => tab === third);
    if (tab !== undefined && fourth === undefined) return { ...base, tab };
  }
  if (first === 'topics' && name === undefined) return { view: 'topics' };
  if (first === 'topics' && name !== undefined && name !== '') {
    const base = { view: 'topic', topic: name, partition: null, fromOffset: null, record: null } as const;
    if (third === undefined) return base;
    if (isWhole(third) && fourth === undefined) return { ...base, partition: Number(third) };
    if (isWhole(third) && fourth === 'from' && isWhole(fifth))
      return { ...base, partition: Number(third), fromOffset: Number(fifth) };
    if (isWhole(third) && fourth === 'record' && isWhole(fifth)) {
      const [partition, offset] = [Number(third), Number(fifth)];
      return { ...base, partition, fromOffset: offset, record: { topic: name, partition, offset } };
    }
  }
  if (first === 'operations' && name === undefined) return { view: 'operations' };
  if (first === 'nodes' && name === undefined) return { view: 'nodes' };
  if (first === 'audit' && third === undefined) return { view: 'audit', group: name ?? null };
  return { view: 'unknown', path };
};

/** An address of these parts, each encoded. */
export const link = (...parts: readonly (string | number)[]): string => `#/${parts.map(encodeURIComponent).join('/')}`;

/** The addresses of the views, for `href`. */
export const links = {
  groups: '#/groups',
  topics: '#/topics',
  operations: '#/operations',
  nodes: '#/nodes',
  audit: '#/audit',
  group: (group: string, tab: GroupTab = 'windows') =>
    tab === 'windows' ? link('groups', group) : link('groups', group, tab),
  window: (group: string, topic: string, partition: number) => link('groups', group, 'window', topic, partition),
  topic: (topic: string) => link('topics', topic),
  partition: (topic: string, partition: number, fromOffset?: number) =>
    fromOffset === undefined ? link('topics', topic, partition) : link('topics', topic, partition, 'from', fromOffset),
  stored: ({ topic, partition, offset }: RecordPlace) => link('topics', topic, partition, 'record', offset),
} as const;
