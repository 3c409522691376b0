import { describe, expect, it } from 'vitest';
import { Auditor, type Violation, leaseOfMember } from './auditor.ts';
import type { AcknowledgeItem, AcknowledgeOutcome, AcquiredRecord, HistoryEvent } from './history.ts';
import { inputOf, judgePayload } from './payload.ts';
import { Random } from './random.ts';
import type { Run, Snapshot } from './snapshot.ts';

/**
 * Made-up histories of group `g` on partition `t/0`: five records, produced and confirmed, and a server that dies at
 * 10,000 ms. `restart` gives what the next one shows. Locks last 1,000 ms unless told.
 */
function story() {
  const auditor = new Auditor({ deliveryCountLimits: new Map([['g', 2]]), topicsWithRetention: new Set() });
  const ids = [0, 1, 2, 3, 4].map((n) => `p:1:${n}`);
  let [clock, requests, leases, incarnation] = [0, 0, 0, 1];
  const tick = (): number => ++clock;
  const take = (...events: HistoryEvent[]): void => auditor.take(events);
  const produce = { kind: 'produce', request: 'p:1', topic: 't', ids, form: 'atomic', idempotent: true } as const;
  take({ ...produce, atMs: tick() });

  const told = {
    auditor,
    ids,
    take,
    at: (ms: number): void => void (clock = ms),
    confirm: (places: readonly (readonly [number, number])[] = ids.map((_, n) => [0, n]), replayed = false): void =>
      take({ kind: 'produced', atMs: tick(), request: 'p:1', places, replayed }),

    /** Acquires one offset; returns its lease. */
    deliver(offset: number, deliveryCount = 1, change: Partial<AcquiredRecord> & { lockMs?: number } = {}): string {
      const { lockMs = 1000, ...rest } = change;
      const request = `a:${++requests}`;
      const lease = `lease ${++leases}`;
      take({ kind: 'acquire', atMs: tick(), request, incarnation, group: 'g', topics: ['t'], lockMs });
      const record = { topic: 't', partition: 0, offset, deliveryCount, lease, id: ids[offset] ?? '?', intact: true };
      take({ kind: 'acquired', atMs: tick(), request, records: [{ ...record, ...rest }] });
      return lease;
    },
    /** Sends an acknowledgement; no result: it never came. */
    acknowledge(lease: string, type: AcknowledgeItem['type'], result?: AcknowledgeOutcome, delayMs = 0): void {
      const request = told.send(lease, type, delayMs);
      if (result !== undefined) told.answer(request, result);
    },
    send(lease: string, type: AcknowledgeItem['type'], delayMs = 0): string {
      const request = `k:${++requests}`;
      const items = [{ lease, type, ...(delayMs > 0 ? { delayMs } : {}) }];
      take({ kind: 'acknowledge', atMs: tick(), request, incarnation, items });
      return request;
    },
    answer: (request: string, result: AcknowledgeOutcome): void =>
      take({ kind: 'acknowledged', atMs: tick(), request, results: [result] }),
    accept: (lease: string): void => told.acknowledge(lease, 'accept', { status: 'accepted' }),
    loseAcquire: (lockMs: number): void =>
      take({ kind: 'acquire', atMs: tick(), request: 'lost', incarnation, group: 'g', topics: ['t'], lockMs }),

    /** What the next incarnation shows: `runs` from `startOffset` on, the rest unread. */
    restart(change: {
      startOffset?: number;
      runs?: readonly Run[];
      lag?: number;
      records?: readonly string[];
      logEndOffset?: number;
      /** What the window's summary says more or less than its runs. */
      more?: Partial<Record<Run['state'], number>>;
    }) {
      clock = Math.max(clock, 10_000);
      const { startOffset = 0, runs = [], records = ids } = change;
      const logEndOffset = change.logEndOffset ?? records.length;
      const counts = { available: 0, acquired: 0, delayed: 0, acknowledged: 0, archived: 0 };
      for (const { state, firstOffset, lastOffset } of runs) counts[state] += lastOffset - firstOffset + 1;
      for (const [state, more] of Object.entries(change.more ?? {})) counts[state as Run['state']] += more;
      const lag = change.lag ?? logEndOffset - startOffset - counts.acknowledged - counts.archived;
      const endOffset = (runs.at(-1)?.lastOffset ?? startOffset - 1) + 1;
      const bounds = { logStartOffset: 0, logEndOffset };
      const snapshot: Snapshot = {
        incarnation: incarnation + 1,
        topics: [
          {
            topic: 't',
            retentionBytes: -1,
            partitions: [
              {
                partition: 0,
                sizeBytes: 0,
                ...bounds,
                records: records.map((id, offset) => ({ offset, id, intact: true })),
              },
            ],
          },
        ],
        windows: [{ group: 'g', topic: 't', partition: 0, startOffset, endOffset, ...bounds, lag, counts, runs }],
        lagOfGroup: new Map([['g', lag]]),
      };
      const doubts = auditor.restarted(snapshot, { incarnation, atMs: clock });
      incarnation++;
      return doubts;
    },
    get broken(): string[] {
      return auditor.violations.map(({ promise }: Violation) => promise);
    },
  };
  return told;
}

const run = (offset: number, state: Run['state'], deliveryCount: number): Run => ({
  firstOffset: offset,
  lastOffset: offset,
  state,
  deliveryCount,
});

describe('the auditor is content', () => {
  it('when what was confirmed is there, what was accepted is finished, and the rest is to be delivered', () => {
    const told = story();
    told.confirm();
    told.accept(told.deliver(0));
    told.acknowledge(told.deliver(1), 'release', { status: 'released' });
    told.accept(told.deliver(2));
    told.deliver(3);
    expect(told.restart({ startOffset: 1, runs: [run(1, 'available', 1), run(2, 'acknowledged', 1)] })).toEqual([]);
    told.accept(told.deliver(1, 2));
    told.accept(told.deliver(3, 1));
    told.accept(told.deliver(4, 1));
    told.restart({ startOffset: 5 });
    expect(told.auditor.violations).toEqual([]);
  });

  it('when a delay ends between the summary of a window and its runs', () => {
    const told = story();
    told.confirm();
    told.acknowledge(told.deliver(0), 'release', { status: 'released' }, 100);
    told.restart({ runs: [run(0, 'available', 1)], more: { delayed: 1, available: -1 } });
    expect(told.auditor.violations).toEqual([]);
  });

  it('when another node takes over and gives out, under the same count, what the first one had locked', () => {
    const told = story();
    told.confirm();
    told.auditor.groups.disturbed(1, 0);
    const first = told.deliver(0, 1);
    told.accept(told.deliver(0, 1));
    told.acknowledge(first, 'accept', { status: 'error', code: 'LEASE_SUPERSEDED' });
    told.acknowledge(told.deliver(1, 1), 'accept', { status: 'error', code: 'LEASE_EXPIRED' });
    told.restart({ startOffset: 1 });
    expect(told.auditor.violations).toEqual([]);
  });

  it('whether a produce or an accept without an answer happened or not', () => {
    for (const happened of [true, false]) {
      const told = story();
      if (happened) told.acknowledge(told.deliver(0), 'accept');
      told.restart(happened ? { startOffset: 1 } : { records: [], logEndOffset: 0 });
      expect(told.auditor.violations).toEqual([]);
    }
    const told = story();
    told.acknowledge(told.deliver(0), 'accept');
    told.restart({});
    told.deliver(0, 1);
    expect(told.auditor.violations).toEqual([]);
  });

  it('when a request is retried after the crash, and answered as a replay with the same places', () => {
    const told = story();
    told.restart({});
    told.confirm(undefined, true);
    told.restart({});
    expect(told.auditor.violations).toEqual([]);
    expect(told.auditor.log.confirmedRecords).toBe(5);
  });

  it('when two acknowledgements are under way together and the answer of the replay comes first', () => {
    const told = story();
    const lease = told.deliver(0);
    const first = told.send(lease, 'accept');
    const second = told.send(lease, 'accept');
    told.answer(second, { status: 'accepted', replayed: true });
    told.answer(first, { status: 'accepted' });
    expect(told.auditor.violations).toEqual([]);
    told.answer(told.send(lease, 'accept'), { status: 'accepted' });
    expect(told.auditor.violations).toMatchObject([{ promise: 'I5' }]);
  });

  it('when an acknowledgement without an answer turns out to have counted', () => {
    const told = story();
    const lease = told.deliver(0);
    told.acknowledge(lease, 'accept');
    told.restart({ startOffset: 1 });
    told.acknowledge(lease, 'accept', { status: 'accepted', replayed: true });
    expect(told.auditor.violations).toEqual([]);
  });

  it('when a peek says that a record was archived because its last lock ran out', () => {
    const told = story();
    told.loseAcquire(1000);
    const doubts = told.restart({ startOffset: 1 });
    expect(doubts).toEqual([{ group: 'g', topic: 't', partition: 0, offset: 0 }]);
    told.auditor.peeked(doubts[0]!, { state: 'finished', deliveryCount: 2, lastOutcome: 'expired' });
    expect(told.auditor.violations).toEqual([]);
  });
});

describe('the auditor notices', () => {
  it.each<[string, string, (told: ReturnType<typeof story>) => void]>([
    [
      'I1',
      'a confirmed record that is not in the log',
      (told) => {
        told.confirm();
        told.restart({ records: told.ids.slice(0, 4) });
      },
    ],
    [
      'I1',
      'a confirmed record at another place',
      (told) => {
        told.confirm();
        told.restart({ records: [...told.ids.slice(1), told.ids[0]!] });
      },
    ],
    [
      'I1',
      'half of a produce',
      (told) => {
        told.restart({ records: told.ids.slice(0, 3) });
      },
    ],
    [
      'I5',
      'a record that is there twice',
      (told) => {
        told.confirm();
        told.restart({ records: [...told.ids, told.ids[0]!] });
      },
    ],
    [
      'I1',
      'a record that nobody has produced',
      (told) => {
        told.confirm();
        told.restart({ records: [...told.ids, 'x:1:1'] });
      },
    ],
    [
      'I1',
      'a log that has become shorter',
      (told) => {
        told.restart({});
        told.restart({ records: told.ids.slice(0, 4) });
      },
    ],
    [
      'I5',
      'a replayed produce with other places',
      (told) => {
        told.confirm();
        told.confirm(
          [
            [0, 9],
            [0, 1],
            [0, 2],
            [0, 3],
            [0, 4],
          ],
          true,
        );
      },
    ],
    ['I1', 'a delivered value that has changed', (told) => void told.deliver(0, 1, { intact: false })],
    [
      'I1',
      'a delivered record that is another one in the log',
      (told) => {
        told.deliver(0, 1, { id: 'p:1:3' });
        told.restart({});
      },
    ],
    [
      'I2',
      'two workers with one record at the same time',
      (told) => {
        told.deliver(0, 1);
        told.deliver(0, 2);
      },
    ],
    [
      'I2',
      'one delivery count given out twice',
      (told) => {
        told.deliver(0, 1);
        told.at(5000);
        told.deliver(0, 1);
      },
    ],
    [
      'I2',
      'a lock that ended too early',
      (told) => {
        told.acknowledge(told.deliver(0), 'accept', { status: 'error', code: 'LEASE_EXPIRED' });
      },
    ],
    [
      'I3',
      'a delivery after a confirmed accept',
      (told) => {
        told.accept(told.deliver(0));
        told.deliver(0, 2);
      },
    ],
    [
      'I3',
      'a delivery after a confirmed accept, by another node that takes over and counts it as before',
      (told) => {
        told.auditor.groups.disturbed(1, 0);
        told.accept(told.deliver(0));
        told.deliver(0, 1);
      },
    ],
    [
      'I4',
      'an acknowledgement that counts although another node has given the record to somebody else',
      (told) => {
        told.auditor.groups.disturbed(1, 0);
        const first = told.deliver(0, 1);
        told.deliver(0, 1);
        told.accept(first);
      },
    ],
    [
      'I3',
      'a delivery after a confirmed accept and a restart',
      (told) => {
        told.accept(told.deliver(0));
        told.restart({ startOffset: 1 });
        told.deliver(0, 1);
      },
    ],
    [
      'I3',
      'a confirmed accept that is to be delivered again',
      (told) => {
        told.accept(told.deliver(0));
        told.restart({ runs: [run(0, 'available', 1)] });
      },
    ],
    [
      'I3',
      'a confirmed reject that is unread again',
      (told) => {
        told.acknowledge(told.deliver(0), 'reject', { status: 'rejected' });
        told.restart({});
      },
    ],
    [
      'I8',
      'a confirmed accept that is archived',
      (told) => {
        told.accept(told.deliver(1));
        told.restart({ runs: [run(0, 'available', 0), run(1, 'archived', 1)] });
      },
    ],
    [
      'I1',
      'a record that is acknowledged although nobody has accepted it',
      (told) => {
        told.deliver(1);
        told.restart({ runs: [run(0, 'available', 0), run(1, 'acknowledged', 1)] });
      },
    ],
    [
      'I1',
      'a finished record whose only accept was refused',
      (told) => {
        const lease = told.deliver(0);
        told.at(5000);
        told.acknowledge(lease, 'accept', { status: 'error', code: 'LEASE_EXPIRED' });
        const doubts = told.restart({ startOffset: 1 });
        for (const doubt of doubts) {
          told.auditor.peeked(doubt, { state: 'finished', deliveryCount: 1, lastOutcome: 'accepted' });
        }
      },
    ],
    [
      'I4',
      'an accept that counted with a lock of before the restart',
      (told) => {
        const lease = told.deliver(0);
        told.restart({});
        told.acknowledge(lease, 'accept', { status: 'accepted' });
      },
    ],
    [
      'I4',
      'an accept that counted although somebody else has the record',
      (told) => {
        const lease = told.deliver(0);
        told.at(5000);
        told.deliver(0, 2);
        told.accept(lease);
      },
    ],
    [
      'I4',
      'a replay of what was never sent',
      (told) => {
        told.acknowledge(told.deliver(0), 'accept', { status: 'accepted', replayed: true });
      },
    ],
    [
      'I5',
      'a confirmed accept whose replay has another outcome',
      (told) => {
        const lease = told.deliver(0);
        told.accept(lease);
        told.acknowledge(lease, 'reject', { status: 'rejected', replayed: true });
      },
    ],
    [
      'I5',
      'a confirmed accept that is no longer known after a restart',
      (told) => {
        const lease = told.deliver(0);
        told.accept(lease);
        told.restart({ startOffset: 1 });
        told.acknowledge(lease, 'accept', { status: 'error', code: 'ALREADY_SETTLED' });
      },
    ],
    [
      'I5',
      'an accept that counted twice',
      (told) => {
        const lease = told.deliver(0);
        told.accept(lease);
        told.accept(lease);
      },
    ],
    [
      'I5',
      'a delivery before the delay of its release was over',
      (told) => {
        told.acknowledge(told.deliver(0), 'release', { status: 'released' }, 500);
        told.deliver(0, 2);
      },
    ],
    [
      'I6',
      'a delivery count that has fallen',
      (told) => {
        told.acknowledge(told.deliver(0), 'release', { status: 'released' });
        told.restart({ runs: [run(0, 'available', 0)] });
      },
    ],
    [
      'I6',
      'an acquisition that nobody ended and that was counted',
      (told) => {
        told.deliver(0, 1, { lockMs: 60_000 });
        told.restart({ runs: [run(0, 'available', 1)] });
      },
    ],
    [
      'I6',
      'a delivery count that jumps',
      (told) => {
        told.deliver(0, 2);
        told.restart({ runs: [run(0, 'available', 2)] });
      },
    ],
    [
      'I6',
      'a lock that outlives the process',
      (told) => {
        told.deliver(0);
        told.restart({ runs: [run(0, 'acquired', 0)] });
      },
    ],
    [
      'I7',
      'a window that starts earlier than somebody saw it start',
      (told) => {
        told.accept(told.deliver(0));
        told.take({ kind: 'observed', atMs: 100, starts: [{ group: 'g', topic: 't', partition: 0, startOffset: 1 }] });
        told.restart({ runs: [run(0, 'available', 1)] });
      },
    ],
    [
      'I7',
      'a window that starts at a finished record',
      (told) => {
        told.accept(told.deliver(0));
        told.restart({ runs: [run(0, 'acknowledged', 1)] });
      },
    ],
    ['I10', 'a lag that is not exact', (told) => void told.restart({ lag: 4 })],
    [
      'I10',
      'a summary that counts an available record too many',
      (told) => void told.restart({ more: { available: 1 } }),
    ],
    [
      'I10',
      'a summary that counts fewer delayed records than there are',
      (told) => {
        told.acknowledge(told.deliver(0), 'release', { status: 'released' }, 60_000);
        told.restart({ runs: [run(0, 'delayed', 1)], more: { delayed: -1, available: 1 } });
      },
    ],
    [
      'I13',
      'what a worker complains about',
      (told) => told.take({ kind: 'complaint', atMs: 100, message: 'no answer' }),
    ],
  ])('%s: %s', (promise, _, happens) => {
    const told = story();
    happens(told);
    expect(told.broken).toContain(promise);
  });
});

describe('what the auditor acknowledges after a restart', () => {
  it('is all that got no answer, locks that were out, and replays of what was confirmed', () => {
    const told = story();
    const [accepted, unanswered, held] = [told.deliver(0), told.deliver(1), told.deliver(2)];
    told.accept(accepted);
    told.acknowledge(unanswered, 'release');
    const items = told.auditor.acknowledgementsAfter({ incarnation: 1, atMs: 10_000 }, new Random(1)).get('g') ?? [];
    expect(items.map(({ lease }) => lease).toSorted()).toEqual([accepted, unanswered, held]);
    expect(items).toContainEqual({ lease: unanswered, type: 'release' });
  });

  it("is nothing of what Kafka's members had, which is no lease", () => {
    const told = story();
    told.deliver(0, 1, { lease: leaseOfMember('m:1', 0, 0) });
    const items = told.auditor.acknowledgementsAfter({ incarnation: 1, atMs: 10_000 }, new Random(1));
    expect([...items]).toEqual([]);
  });
});

describe('a payload', () => {
  it('tells its id and whether a byte of it has changed, however the server writes it', () => {
    for (let n = 0; n < 300; n++) {
      const { value, valueEncoding } = inputOf(`p1-p0:7:${n}`);
      const encoding = valueEncoding ?? (typeof value === 'string' ? 'text' : 'json');
      expect(judgePayload(value, encoding)).toEqual({ id: `p1-p0:7:${n}`, intact: true });
      const bytes = Buffer.from(
        typeof value === 'string' ? value : JSON.stringify(value),
        valueEncoding === 'base64' ? 'base64' : 'utf8',
      );
      bytes[bytes.length - 1]! ^= 1;
      expect(judgePayload(bytes.toString('base64'), 'base64')).toEqual({ id: `p1-p0:7:${n}`, intact: false });
    }
  });
});
