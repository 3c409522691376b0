import type { SashServer } from '../sash-server.ts';

interface Acquired {
  readonly records: readonly { readonly offset: number; readonly lease: string }[];
}

/** Offsets of a window that has every state, first and last inclusive. */
export const places = {
  /** Locked by mailer-7f9c: it blocks the start. */
  blocker: [0, 0],
  acknowledged: [1, 99],
  delayed: [100, 109],
  archived: [110, 119],
  /** Locked by mailer-1. */
  acquired: [120, 159],
  /** Given back at once. */
  available: [160, 199],
} as const satisfies Record<string, readonly [number, number]>;

/**
 * Makes the topic `emails` (one partition, 200 records, of which the group `mailers` has a window with every state in
 * it), and gives the leases that are still held, by offset.
 */
export async function makeWindowOfAllStates(server: SashServer): Promise<ReadonlyMap<number, string>> {
  await server.call('POST', '/v1/topics', { topic: 'emails', partitions: 1 });
  await server.call('POST', '/v1/topics/emails/records', {
    records: Array.from({ length: 200 }, (_, index) => ({
      key: `user-${index}`,
      value: { to: `user-${index}@example.org`, n: index },
    })),
  });
  const acquire = async (workerId: string, maxRecords: number): Promise<Acquired['records']> => {
    const { records } = await server.call<Acquired>('POST', '/v1/share-groups/mailers/acquire', {
      topics: ['emails'],
      startFrom: 'earliest',
      workerId,
      maxRecords,
      lockDurationMs: 60_000,
    });
    return records;
  };
  const leases = new Map<number, string>();
  const [blocker] = await acquire('mailer-7f9c', 1);
  leases.set(blocker!.offset, blocker!.lease);
  const held = await acquire('mailer-1', 159);
  const given = await acquire('mailer-2', 40);
  const end = (offset: number): object => {
    if (offset <= places.acknowledged[1]) return { type: 'accept' };
    if (offset <= places.delayed[1])
      return { type: 'release', delayMs: 3_600_000, reason: 'smtp: 451 try again later' };
    return { type: 'reject', reason: 'no such mailbox' };
  };
  const ended = held.filter(({ offset }) => offset <= places.archived[1]);
  await server.call('POST', '/v1/share-groups/mailers/acknowledge', {
    acknowledgements: [
      ...ended.map(({ offset, lease }) => ({ lease, ...end(offset) })),
      ...given.map(({ lease }) => ({ lease, type: 'release' })),
    ],
  });
  for (const { offset, lease } of held) if (offset > places.archived[1]) leases.set(offset, lease);
  return leases;
}
