import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicId } from '../../../src/core/ids.ts';
import type { GroupId, TopicPartition } from '../../../src/core/ids.ts';
import {
  answerFetch,
  dropConnection,
  endShareSession,
  findShareSession,
  nextSessionEpoch,
  partitionsToFetch,
  useForAcknowledge,
  useForFetch,
} from '../../../src/core/share-session/share-session.ts';
import type { FetchedPartition, SessionUse, ShareSessions } from '../../../src/core/share-session/share-session.ts';
import type { Result } from '../../../src/core/result.ts';

const group = 'g' as GroupId;

/** `a0 b1`: topic and partition. */
const partitions = (text: string): TopicPartition[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((part) => ({ topicId: topicId(part.slice(0, -1)), partition: Number(part.slice(-1)) }));

const text = (list: readonly TopicPartition[]): string => list.map((p) => `${p.topicId}${p.partition}`).join(' ');

interface FetchOptions {
  readonly add?: string;
  readonly forget?: string;
  readonly member?: string;
  readonly connection?: string;
  readonly acknowledges?: boolean;
}

/** Two share sessions at most. */
class Broker {
  readonly sessions: ShareSessions = new Map();

  fetch(
    epoch: number,
    { add = '', forget = '', member = 'm1', connection = 'c1', acknowledges = false }: FetchOptions = {},
  ) {
    const request = { group, memberId: member, epoch, connectionId: connection, hasAcknowledgements: acknowledges };
    return useForFetch(this.sessions, { ...request, partitions: partitions(add), forgotten: partitions(forget) }, 2);
  }

  acknowledge(epoch: number, memberId = 'm1') {
    return useForAcknowledge(this.sessions, { group, memberId, epoch });
  }

  session(memberId = 'm1') {
    return findShareSession(this.sessions, group, memberId);
  }

  /** A whole fetch. `found`: the partitions with records; a `!` in front is an error. The answer names these. */
  round(epoch: number, options: FetchOptions, found = '', acknowledged = ''): string {
    const use = granted(this.fetch(epoch, options));
    const answered = answerFetch(this.sessions, use, results(use, found, acknowledged));
    return answered.ok ? text(answered.value) : answered.error.code;
  }
}

const results = (use: SessionUse, found: string, acknowledged = ''): FetchedPartition[] =>
  partitionsToFetch(use).map((partition) => ({
    ...partition,
    hasRecords: found.split(' ').includes(text([partition])),
    failed: found.split(' ').includes(`!${text([partition])}`),
    hasAcknowledgements: acknowledged.split(' ').includes(text([partition])),
  }));

const granted = (result: Result<SessionUse>): SessionUse => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const said = (result: Result<SessionUse>): string =>
  result.ok ? `${result.value.kind} ${result.value.session.epoch}` : result.error.code;

describe('the epoch of a share session', () => {
  it('opens with 0, and then counts through fetches and acknowledgements', () => {
    const broker = new Broker();
    expect(said(broker.fetch(0, { add: 'a0' }))).toBe('opened 1');
    expect(said(broker.fetch(1))).toBe('continued 2');
    expect(said(broker.acknowledge(2))).toBe('continued 3');
    expect(said(broker.fetch(3, { connection: 'another' }))).toBe('continued 4');
  });

  it('starts again at 1 after the greatest int32', () => {
    const broker = new Broker();
    broker.fetch(0);
    broker.session()!.epoch = 2 ** 31 - 1;
    expect(nextSessionEpoch(2 ** 31 - 2)).toBe(2 ** 31 - 1);
    expect(said(broker.fetch(2 ** 31 - 1))).toBe('continued 1');
    expect(said(broker.acknowledge(1))).toBe('continued 2');
  });

  it('that is not the expected one is refused and changes nothing', () => {
    const broker = new Broker();
    broker.fetch(0, { add: 'a0' });
    broker.fetch(1);
    for (const epoch of [1, 3, 99, -2]) {
      expect(said(broker.fetch(epoch, { add: 'b0', forget: 'a0' }))).toBe('INVALID_SHARE_SESSION_EPOCH');
      expect(said(broker.acknowledge(epoch))).toBe('INVALID_SHARE_SESSION_EPOCH');
    }
    const use = granted(broker.fetch(2));
    expect(text(partitionsToFetch(use))).toBe('a0');
  });

  it('says nothing where there is no session', () => {
    const broker = new Broker();
    expect([1, -1, -2].map((epoch) => said(broker.fetch(epoch)))).toEqual(
      Array.from({ length: 3 }, () => 'SHARE_SESSION_NOT_FOUND'),
    );
    expect(said(broker.acknowledge(1))).toBe('SHARE_SESSION_NOT_FOUND');
    expect(said(broker.acknowledge(-1))).toBe('SHARE_SESSION_NOT_FOUND');
    expect(said(broker.acknowledge(0))).toBe('INVALID_SHARE_SESSION_EPOCH');
  });

  it('0 is no epoch for acknowledgements: not alone, nor with a fetch', () => {
    const broker = new Broker();
    broker.fetch(0, { add: 'a0' });
    expect(said(broker.acknowledge(0))).toBe('INVALID_SHARE_SESSION_EPOCH');
    expect(said(broker.fetch(0, { add: 'b0', acknowledges: true }))).toBe('INVALID_REQUEST');
    expect(text(partitionsToFetch(granted(broker.fetch(1))))).toBe('a0');
  });
});

describe('opening and ending', () => {
  it('a new session takes the place of the old one, also where no other has room', () => {
    const broker = new Broker();
    const first = granted(broker.fetch(0, { add: 'a0' }));
    expect(first.replaced).toBeUndefined();
    broker.fetch(0, { member: 'm2' });
    const second = granted(broker.fetch(0, { add: 'b0', connection: 'c2' }));
    expect(second.replaced).toBe(first.session);
    expect(text(partitionsToFetch(second))).toBe('b0');
    expect(broker.session()).toBe(second.session);
  });

  it('one more than there may be is refused, and nobody is put out for it', () => {
    const broker = new Broker();
    broker.fetch(0);
    broker.fetch(0, { member: 'm2' });
    expect(said(broker.fetch(0, { member: 'm3' }))).toBe('SHARE_SESSION_LIMIT_REACHED');
    expect(said(broker.fetch(1))).toBe('continued 2');
    endShareSession(broker.sessions, broker.session()!);
    expect(said(broker.fetch(0, { member: 'm3' }))).toBe('opened 1');
  });

  it('-1 by either request finds the session, which is ended when the answer is ready', () => {
    for (const close of ['fetch', 'acknowledge'] as const) {
      const broker = new Broker();
      broker.fetch(0, { add: 'a0' });
      const use = granted(broker[close](-1));
      expect(use).toMatchObject({ kind: 'closing', session: broker.session() });
      expect(endShareSession(broker.sessions, use.session)).toBe(true);
      expect(endShareSession(broker.sessions, use.session)).toBe(false);
      expect(said(broker.fetch(1))).toBe('SHARE_SESSION_NOT_FOUND');
    }
  });

  it('a session that has been replaced meanwhile is not ended in place of the new one', () => {
    const broker = new Broker();
    const closing = granted(broker.fetch(0));
    broker.fetch(0);
    expect(endShareSession(broker.sessions, closing.session)).toBe(false);
    expect(said(broker.fetch(1))).toBe('continued 2');
  });

  it('a connection that drops takes the sessions it opened along, and no others', () => {
    const broker = new Broker();
    broker.fetch(0, { connection: 'proxy' });
    broker.fetch(0, { connection: 'proxy', member: 'm2' });
    broker.fetch(0, { connection: 'c2', member: 'm2' });
    broker.fetch(1, { connection: 'c3' });
    expect(dropConnection(broker.sessions, 'c3')).toEqual([]);
    expect(dropConnection(broker.sessions, 'proxy').map(({ memberId }) => memberId)).toEqual(['m1']);
    expect([...broker.sessions.values()].map(({ memberId }) => memberId)).toEqual(['m2']);
  });

  it('groups whose ids end alike have sessions of their own', () => {
    const sessions: ShareSessions = new Map();
    const request = { epoch: 0, connectionId: 'c', partitions: [], forgotten: [], hasAcknowledgements: false };
    useForFetch(sessions, { ...request, group: 'a' as GroupId, memberId: 'b\nc' }, 9);
    useForFetch(sessions, { ...request, group: 'a b' as GroupId, memberId: 'c' }, 9);
    expect(sessions.size).toBe(2);
    expect(findShareSession(sessions, 'a' as GroupId, 'b\nc')?.memberId).toBe('b\nc');
  });
});

describe('the partitions of a session', () => {
  it('are added where they are missing, and then forgotten', () => {
    const broker = new Broker();
    broker.fetch(0, { add: 'a0 a1' });
    expect(text(partitionsToFetch(granted(broker.fetch(1, { add: 'a1 b0' }))))).toBe('a0 a1 b0');
    // In both lists: only to carry acknowledgements, not to be fetched.
    expect(text(partitionsToFetch(granted(broker.fetch(2, { add: 'c0', forget: 'a0 c0 x9' }))))).toBe('a1 b0');
    expect(text(partitionsToFetch(granted(broker.acknowledge(3))))).toBe('a1 b0');
  });

  it('that gave records go to the end', () => {
    const broker = new Broker();
    broker.round(0, { add: 'a0 a1 a2' }, 'a0');
    expect(text(partitionsToFetch(granted(broker.fetch(1))))).toBe('a1 a2 a0');
    broker.round(2, {}, 'a2 a1');
    expect(text(partitionsToFetch(granted(broker.fetch(3))))).toBe('a0 a1 a2');
  });

  it('have their turns equally often, however many there are, when each fetch takes from the first alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (count) => {
        const broker = new Broker();
        const names = Array.from({ length: count }, (_, index) => `a${index}`);
        const turns = new Map<string, number>();
        for (let epoch = 0; epoch < count * 3; epoch++) {
          const use = granted(broker.fetch(epoch, epoch === 0 ? { add: names.join(' ') } : {}));
          const first = text(partitionsToFetch(use).slice(0, 1));
          turns.set(first, (turns.get(first) ?? 0) + 1);
          answerFetch(broker.sessions, use, results(use, first));
        }
        expect([...turns.values()]).toEqual(names.map(() => 3));
      }),
    );
  });
});

describe('the answer of a fetch', () => {
  it('names all partitions when the session opens, and later only where there is something to say', () => {
    const broker = new Broker();
    expect(broker.round(0, { add: 'a0 a1' })).toBe('a0 a1');
    expect(broker.round(1, {})).toBe('');
    expect(broker.round(2, {}, 'a1')).toBe('a1');
    expect(broker.round(3, {}, '', 'a0')).toBe('a0');
  });

  it('names a new partition once', () => {
    const broker = new Broker();
    broker.round(0, { add: 'a0' });
    expect(broker.round(1, { add: 'b0' })).toBe('b0');
    expect(broker.round(2, { add: 'b0' })).toBe('');
  });

  it('repeats an error with every fetch, and says once that it is gone', () => {
    const broker = new Broker();
    expect(broker.round(0, { add: 'a0 x9' }, '!x9')).toBe('a0 x9');
    expect(broker.round(1, {}, '!x9')).toBe('x9');
    expect(broker.round(2, {}, '!x9')).toBe('x9');
    expect(broker.round(3, {})).toBe('x9');
    expect(broker.round(4, {})).toBe('');
    expect(broker.round(5, {}, '!x9')).toBe('x9');
    expect(broker.round(6, { forget: 'x9' })).toBe('');
  });

  it('names partitions that only carry acknowledgements', () => {
    const broker = new Broker();
    broker.round(0, { add: 'a0' });
    const use = granted(broker.fetch(1, { add: 'z0', forget: 'z0', acknowledges: true }));
    const carried = { ...partitions('z0')[0]!, hasRecords: false, failed: false, hasAcknowledgements: true };
    expect(answerFetch(broker.sessions, use, [carried])).toEqual({ ok: true, value: [carried] });
    expect(text(partitionsToFetch(granted(broker.fetch(2))))).toBe('a0');
  });

  it('is refused when another request of the session came while it waited', () => {
    const broker = new Broker();
    broker.round(0, { add: 'a0 a1' });
    const waiting = granted(broker.fetch(1));
    broker.acknowledge(2);
    expect(answerFetch(broker.sessions, waiting, results(waiting, 'a0'))).toMatchObject({
      error: { code: 'INVALID_SHARE_SESSION_EPOCH' },
    });
    expect(text(partitionsToFetch(granted(broker.fetch(3))))).toBe('a0 a1');
  });

  it('of the first fetch comes also when an acknowledgement came while it waited, as in Kafka', () => {
    const broker = new Broker();
    const waiting = granted(broker.fetch(0, { add: 'a0' }));
    broker.acknowledge(1);
    expect(answerFetch(broker.sessions, waiting, results(waiting, 'a0'))).toMatchObject({ ok: true });
  });

  it('is refused when its session ended or was replaced while it waited', () => {
    const broker = new Broker();
    const waiting = granted(broker.fetch(0, { add: 'a0' }));
    dropConnection(broker.sessions, 'c1');
    const refused = { error: { code: 'SHARE_SESSION_NOT_FOUND' } };
    expect(answerFetch(broker.sessions, waiting, results(waiting, 'a0'))).toMatchObject(refused);
    broker.fetch(0, { add: 'a0' });
    expect(answerFetch(broker.sessions, waiting, results(waiting, 'a0'))).toMatchObject(refused);
  });

  it('of the last request has the results of its acknowledgements', () => {
    const broker = new Broker();
    broker.round(0, { add: 'a0' });
    const use = granted(broker.fetch(-1, { acknowledges: true }));
    expect(answerFetch(broker.sessions, use, results(use, '', 'a0'))).toMatchObject({ ok: true, value: [{}] });
  });
});
