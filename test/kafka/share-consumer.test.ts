import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { shareGroupDescribeApi } from '../../src/codec/messages/share-group-describe.ts';
import { holderOf } from '../../src/core/ids.ts';
import { must } from '../broker/broker-fixture.ts';
import { FaultyLog, FaultyStore } from '../broker/faulty-outside.ts';
import { until } from '../until.ts';
import { openKafkaDoor } from './kafka-door.ts';
import { ShareMember, onlyPartition, rangesOf, textsOf } from './share-member.ts';

let door: Awaited<ReturnType<typeof openKafkaDoor>>;
let topicId: string;

beforeEach(async () => {
  door = await openKafkaDoor();
  topicId = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} })).topicId;
  must(await door.broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
});
afterEach(() => door.close());

const member = async (memberId: string, group = 'g') => new ShareMember(await door.open(), memberId, group);

const waiters = async (): Promise<number> =>
  must(await door.broker.workers('g')).reduce((sum, { waiting }) => sum + waiting, 0);

/** What each holder has, as `m1 2`. */
const held = async (): Promise<string[]> =>
  must(await door.broker.windows('g')).flatMap(({ holders }) =>
    holders.map(({ holder, kind, records }) => `${kind}:${holder} ${records}`),
  );

const startOffset = async (): Promise<number> => must(await door.broker.windows('g'))[0]!.startOffset;

describe('a member of a share group', () => {
  it('has its assignment with the first answer, and reads from where the topic ended then', async () => {
    const first = await member('m1', 'new-group');
    await door.produce('t', ['before']);
    const answer = await first.join('t');
    expect(answer).toMatchObject({ errorCode: 0, memberId: 'm1', heartbeatIntervalMs: 5_000 });
    expect(answer.memberEpoch).toBeGreaterThan(0);
    expect(answer.assignment).toEqual({ topicPartitions: [{ topicId, partitions: [0] }] });
    await door.produce('t', ['after']);
    expect(textsOf(onlyPartition(await first.open(topicId)))).toEqual(['after']);
  });

  it('hears no assignment again while nothing changes, and shares when another one joins', async () => {
    must(await door.broker.alterTopic('t', { partitions: 2 }));
    const [first, second] = [await member('m1'), await member('m2')];
    await first.join('t');
    expect((await first.heartbeat()).assignment).toBeNull();
    expect((await second.join('t')).assignment?.topicPartitions[0]?.partitions).toEqual([1]);
    expect((await first.heartbeat()).assignment?.topicPartitions[0]?.partitions).toEqual([0]);
  });

  it.each([
    ['an unknown group', { groupId: 'nobody', memberEpoch: 3 }, errorCodes.GROUP_ID_NOT_FOUND],
    ['no group id', { groupId: '', memberEpoch: 0, subscribedTopicNames: ['t'] }, errorCodes.INVALID_REQUEST],
    ['no member id', { memberId: '', memberEpoch: 0, subscribedTopicNames: ['t'] }, errorCodes.INVALID_REQUEST],
    ['epoch -3', { memberEpoch: -3 }, errorCodes.INVALID_REQUEST],
    ['an epoch without having joined', { memberEpoch: 2 }, errorCodes.UNKNOWN_MEMBER_ID],
    ['no topics when it joins', { memberEpoch: 0, subscribedTopicNames: [] }, errorCodes.INVALID_REQUEST],
  ])('is refused with %s', async (_, request, errorCode) => {
    const answer = await (await member('m1')).heartbeat(request);
    expect(answer.errorCode).toBe(errorCode);
    expect(answer.errorMessage).not.toBeNull();
  });

  it('is fenced with an epoch that is not its own', async () => {
    const first = await member('m1');
    await first.join('t');
    expect((await first.heartbeat({ memberEpoch: 99 })).errorCode).toBe(errorCodes.FENCED_MEMBER_EPOCH);
  });

  it('is described, with its group', async () => {
    const first = await member('m1');
    await first.join('t');
    const client = await door.open();
    const { groups } = await client.call(shareGroupDescribeApi, 1, { groupIds: ['g', 'nope'] });
    expect(groups[0]).toMatchObject({ errorCode: 0, groupId: 'g', groupState: 'Stable', assignorName: 'simple' });
    expect(groups[0]?.members).toMatchObject([
      {
        memberId: 'm1',
        memberEpoch: first.memberEpoch,
        clientId: 'test',
        clientHost: '/127.0.0.1',
        subscribedTopicNames: ['t'],
        assignment: { topicPartitions: [{ topicId, topicName: 't', partitions: [0] }] },
      },
    ]);
    expect(groups[1]).toMatchObject({ errorCode: errorCodes.GROUP_ID_NOT_FOUND, groupId: 'nope', members: [] });
  });

  it('keeps its group from being deleted, also without a record', async () => {
    const first = await member('m1');
    await first.join('t');
    expect(await door.broker.deleteShareGroup('g')).toMatchObject({ ok: false, error: { code: 'NON_EMPTY_GROUP' } });
    await first.leave();
    expect(await door.broker.deleteShareGroup('g')).toMatchObject({ ok: true });
  });

  it('is removed after its session time-out, and its records are free at once', async () => {
    await door.produce('t', ['a', 'b']);
    const [first, second] = [await member('m1'), await member('m2')];
    await first.join('t');
    expect(rangesOf(onlyPartition(await first.open(topicId)))).toEqual(['0-1×1']);
    await door.clock.advance(20_000);
    await first.fetch({ isRenewAck: true, maxBytes: 0, minBytes: 0, maxRecords: 0 });
    await door.clock.advance(25_000);
    expect((await first.heartbeat()).errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID);
    expect(rangesOf(onlyPartition(await second.open(topicId)))).toEqual(['0-1×2']);
  });
});

describe('a share fetch', () => {
  it('brings record batches as they are stored, says what was acquired, and how long the lock lasts', async () => {
    await door.produce('t', ['a', 'b', 'c']);
    const answer = await (await member('m1')).open(topicId);
    expect(answer).toMatchObject({ errorCode: 0, acquisitionLockTimeoutMs: 30_000 });
    expect(rangesOf(onlyPartition(answer))).toEqual(['0-2×1']);
    expect(textsOf(onlyPartition(answer))).toEqual(['a', 'b', 'c']);
  });

  it('takes acknowledgements along, durably, and the window slides over them', async () => {
    await door.produce('t', ['a', 'b', 'c', 'd']);
    const first = await member('m1');
    await first.open(topicId);
    const acknowledgementBatches = [{ firstOffset: 0, lastOffset: 3, acknowledgeTypes: [1, 2, 3, 1] }];
    const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }];
    const answer = onlyPartition(await first.fetch({ topics, maxWaitMs: 500 }));
    expect(answer.acknowledgeErrorCode).toBe(0);
    expect(await startOffset()).toBe(1);
    // The released one comes again, perhaps in this very answer.
    const again = rangesOf(answer).length > 0 ? answer : onlyPartition(await first.fetch());
    expect(rangesOf(again)).toEqual(['1-1×2']);
    const archived = must(
      await door.broker.archived({ group: 'g', topic: null, partition: null, after: null, limit: 9 }),
    );
    expect(archived.records.map(({ offset, outcome }) => `${offset} ${outcome}`)).toEqual(['2 rejected']);
  });

  it('gives no more than asked for with record_limit, whole batches otherwise', async () => {
    await door.produce('t', ['a', 'b', 'c', 'd']);
    const [strict, relaxed] = [await member('m1'), await member('m2')];
    expect(rangesOf(onlyPartition(await strict.open(topicId, [0], { maxRecords: 1, shareAcquireMode: 1 })))).toEqual([
      '0-0×1',
    ]);
    expect(rangesOf(onlyPartition(await relaxed.open(topicId, [0], { maxRecords: 1 })))).toEqual(['1-3×1']);
  });

  it('that only opens the session, neither waiting nor asking for a byte, has no delivery counted', async () => {
    await door.produce('t', ['a']);
    const first = await member('m1');
    expect(rangesOf(onlyPartition(await first.open(topicId, [0], { minBytes: 0 })))).toEqual([]);
    expect(rangesOf(onlyPartition(await first.fetch({ minBytes: 0 })))).toEqual(['0-0×1']);
  });

  it('waits for records, and is woken by the first', async () => {
    const first = await member('m1');
    const answer = first.open(topicId, [0], { maxWaitMs: 60_000 });
    await until(async () => (await waiters()) === 1, 'the fetch waits');
    await door.produce('t', ['a']);
    expect(textsOf(onlyPartition(await answer))).toEqual(['a']);
  });

  it('comes back empty when its time is up', async () => {
    const first = await member('m1');
    const answer = first.open(topicId, [0], { maxWaitMs: 500 });
    await until(async () => (await waiters()) === 1, 'the fetch waits');
    await door.clock.advance(600);
    expect(rangesOf(onlyPartition(await answer))).toEqual([]);
    expect((await first.fetch()).responses, 'nothing to say later').toEqual([]);
  });

  it('says with each answer which topics there are not, and serves the others', async () => {
    await door.produce('t', ['a']);
    const first = await member('m1');
    const nobody = Buffer.alloc(16, 7).toString('base64url');
    const topics = [nobody, topicId].map((id) => ({ topicId: id, partitions: [{ partitionIndex: 0 }] }));
    const { responses } = await first.fetch({ topics });
    expect(responses.map((topic) => topic.partitions[0]?.errorCode)).toEqual([errorCodes.UNKNOWN_TOPIC_ID, 0]);
    expect(onlyPartition(await first.fetch()).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_ID);
    const forgottenTopicsData = [{ topicId: nobody, partitions: [0] }];
    expect((await first.fetch({ forgottenTopicsData })).responses).toEqual([]);
  });

  it('is told when the topic is deleted while it waits', async () => {
    const first = await member('m1');
    const answer = first.open(topicId, [0], { maxWaitMs: 60_000 });
    await until(async () => (await waiters()) === 1, 'the fetch waits');
    must(await door.broker.deleteTopic('t'));
    expect(onlyPartition(await answer).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
    expect(onlyPartition(await first.fetch()).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_ID);
  });

  it.each([
    ['no session', { shareSessionEpoch: 5 }, errorCodes.SHARE_SESSION_NOT_FOUND],
    ['no member id', { memberId: '' }, errorCodes.INVALID_REQUEST],
    ['an acquire mode that there is not', { shareAcquireMode: 7 }, errorCodes.INVALID_REQUEST],
    ['renewal and limits', { isRenewAck: true }, errorCodes.INVALID_REQUEST],
  ])('is refused with %s', async (_, request, errorCode) => {
    expect(await (await member('m1')).fetch(request)).toMatchObject({ errorCode, responses: [] });
  });

  it('is refused with another epoch than the session expects, which stays as it was', async () => {
    const first = await member('m1');
    await first.open(topicId);
    expect((await first.fetch({ shareSessionEpoch: 7 })).errorCode).toBe(errorCodes.INVALID_SHARE_SESSION_EPOCH);
    expect((await first.fetch()).errorCode).toBe(0);
  });

  it('hands out nothing when another request of its session has come meanwhile', async () => {
    const first = await member('m1');
    await first.open(topicId);
    const waiting = first.fetch({ maxWaitMs: 60_000 });
    await until(async () => (await waiters()) === 1, 'the fetch waits');
    // The same session over another connection, as @kafkats/client has it.
    const other = await member('m1');
    other.sessionEpoch = 2;
    expect((await other.acknowledge(topicId, [])).errorCode).toBe(0);
    await door.produce('t', ['a']);
    expect(await waiting).toMatchObject({ errorCode: errorCodes.INVALID_SHARE_SESSION_EPOCH, responses: [] });
    expect(await held()).toEqual([]);
    expect(rangesOf(onlyPartition(await other.fetch())), 'no delivery was counted').toEqual(['0-0×1']);
  });

  it('is held back when there are too many sessions, so that nobody asks again at once', async () => {
    await door.close();
    door = await openKafkaDoor({ broker: { settings: { maxShareSessions: 1 } } });
    const created = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
    must(await door.broker.alterShareGroup('g', {}));
    await (await member('m1')).open(created.topicId);
    let answered = false;
    const refused = (await member('m2'))
      .open(created.topicId, [0], { maxWaitMs: 500 })
      .finally(() => (answered = true));
    await until(() => door.clock.scheduled >= 3, 'the server waits');
    expect(answered).toBe(false);
    await door.clock.advance(500);
    expect((await refused).errorCode).toBe(errorCodes.SHARE_SESSION_LIMIT_REACHED);
  });

  it('is not held back for a client that is gone', async () => {
    await door.close();
    door = await openKafkaDoor({ broker: { settings: { maxShareSessions: 1 } } });
    const { topicId } = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
    must(await door.broker.alterShareGroup('g', {}));
    await (await member('m1')).open(topicId);
    const request = {
      groupId: 'g',
      memberId: 'm2',
      connectionId: 'c',
      version: 2,
      sessionEpoch: 0,
      isRenewAck: false,
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1,
      maxRecords: 1,
      acquireMode: 'record_limit' as const,
      acknowledgements: [],
      partitions: [],
      forgotten: [],
    };
    expect(await door.broker.sessions.fetch(request, AbortSignal.abort())).toMatchObject({
      error: { code: 'SHARE_SESSION_LIMIT_REACHED' },
    });
  });
});

describe('acknowledgements of a member', () => {
  beforeEach(() => door.produce('t', ['a', 'b', 'c', 'd', 'e']));

  it('count all or none within a partition', async () => {
    const first = await member('m1');
    await first.open(topicId, [0], { maxRecords: 2, shareAcquireMode: 1 });
    const answer = await first.acknowledge(topicId, [
      { firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] },
      { firstOffset: 1, lastOffset: 2, acknowledgeTypes: [1] },
    ]);
    expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.INVALID_REQUEST);
    expect(await startOffset()).toBe(0);
    expect(await held()).toEqual(['kafka:m1 2']);
  });

  it('are refused for records of another member, and fine again for what is finished', async () => {
    const [first, second] = [await member('m1'), await member('m2')];
    await first.open(topicId);
    await second.open(topicId);
    const all = [{ firstOffset: 0, lastOffset: 4, acknowledgeTypes: [1] }];
    const codeOf = async (who: ShareMember) =>
      (await who.acknowledge(topicId, all)).responses[0]?.partitions[0]?.errorCode;
    expect(await codeOf(second)).toBe(errorCodes.INVALID_RECORD_STATE);
    expect(await codeOf(first)).toBe(0);
    expect(await codeOf(first)).toBe(0);
    expect(await startOffset()).toBe(5);
  });

  it('renew locks, when the request says so', async () => {
    const [first, second] = [await member('m1'), await member('m2')];
    await first.open(topicId);
    await door.clock.advance(20_000);
    const some = [{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [4] }];
    const plain = await first.acknowledge(topicId, some);
    expect(plain.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.INVALID_REQUEST);
    const renewed = await first.acknowledge(topicId, some, { isRenewAck: true });
    expect(renewed.responses[0]?.partitions[0]?.errorCode).toBe(0);
    expect(renewed.acquisitionLockTimeoutMs).toBe(30_000);
    await door.clock.advance(15_000);
    expect(rangesOf(onlyPartition(await second.open(topicId)))).toEqual(['2-4×2']);
    await door.clock.advance(16_000);
    expect(rangesOf(onlyPartition(await second.fetch()))).toEqual(['0-1×2']);
  });

  it('are too late after the lock ran out', async () => {
    const first = await member('m1');
    await first.open(topicId);
    await door.clock.advance(30_000);
    const answer = await first.acknowledge(topicId, [{ firstOffset: 0, lastOffset: 4, acknowledgeTypes: [1] }]);
    expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.INVALID_RECORD_STATE);
    expect(await startOffset()).toBe(0);
  });

  it('of a topic that is not there are told apart from those of a partition', async () => {
    const first = await member('m1');
    await first.open(topicId);
    const batches = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }];
    const nobody = Buffer.alloc(16, 7).toString('base64url');
    const unknownTopic = await first.acknowledge(nobody, batches);
    expect(unknownTopic.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_ID);
    const topics = [{ topicId, partitions: [{ partitionIndex: 9, acknowledgementBatches: batches }] }];
    const unknownPartition = await first.acknowledge(topicId, [], { topics });
    expect(unknownPartition.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it('named twice for a partition count all', async () => {
    const first = await member('m1');
    await first.open(topicId);
    const partitions = [0, 1].map((offset) => ({
      partitionIndex: 0,
      acknowledgementBatches: [{ firstOffset: offset, lastOffset: offset, acknowledgeTypes: [1] }],
    }));
    await first.acknowledge(topicId, [], { topics: [{ topicId, partitions }] });
    expect(await startOffset()).toBe(2);
  });

  it('that name a partition two hundred thousand times are judged before a test is over', async () => {
    const first = await member('m1');
    await first.open(topicId);
    const again = {
      partitionIndex: 0,
      acknowledgementBatches: [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }],
    };
    const partitions = Array.from({ length: 200_000 }, () => again);
    const answer = await first.acknowledge(topicId, [], { topics: [{ topicId, partitions }] });
    expect(answer.responses[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([
      errorCodes.INVALID_RECORD_STATE,
    ]);
  });
});

describe('a store that hangs', () => {
  it('keeps the answer to an acknowledgement back until it is written, and nobody from acquiring', async () => {
    await door.close();
    const store = new FaultyStore();
    door = await openKafkaDoor({ broker: { store } });
    const created = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
    must(await door.broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
    await door.produce('t', ['a', 'b']);
    const [first, second] = [await member('m1'), await member('m2')];
    await first.open(created.topicId, [0], { maxRecords: 1, shareAcquireMode: 1 });
    store.writes = 'hangs';
    let answered = false;
    const all = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }];
    const answer = first.acknowledge(created.topicId, all).finally(() => (answered = true));
    await until(() => store.trouble.held === 1, 'the write hangs');
    expect(rangesOf(onlyPartition(await second.open(created.topicId)))).toEqual(['1-1×1']);
    expect(answered).toBe(false);
    store.writes = 'works';
    store.trouble.letGo();
    expect((await answer).responses[0]?.partitions[0]?.errorCode).toBe(0);
  });

  it('leaves to a new session of the same member what that acquires, while the release of the one before waits', async () => {
    await door.close();
    const store = new FaultyStore();
    door = await openKafkaDoor({ broker: { store } });
    const created = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
    must(await door.broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
    await door.produce('t', ['a', 'b', 'c']);
    const [first, other] = [await member('m1'), await member('m2')];
    const one = { maxRecords: 1, shareAcquireMode: 1 };
    await first.open(created.topicId, [0], one);
    await other.open(created.topicId, [0], one);
    store.writes = 'hangs';
    const accepted = other.acknowledge(created.topicId, [{ firstOffset: 1, lastOffset: 1, acknowledgeTypes: [1] }]);
    await until(() => store.trouble.held === 1, 'the write hangs');
    await first.close();
    expect(rangesOf(onlyPartition(await first.open(created.topicId, [0], one)))).toEqual(['2-2×1']);
    store.writes = 'works';
    store.trouble.letGo();
    await accepted;
    await until(async () => (await held()).join() !== 'kafka:m1 2', 'the records of the first session are free');
    expect(await held()).toEqual(['kafka:m1 1']);
    expect(rangesOf(onlyPartition(await other.fetch()))).toEqual(['0-0×2']);
  });

  it('or is full: the acknowledgement fails with an error after which clients ask again, and the lock stays', async () => {
    await door.close();
    const store = new FaultyStore();
    door = await openKafkaDoor({ broker: { store } });
    const created = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} }));
    must(await door.broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
    await door.produce('t', ['a']);
    const first = await member('m1');
    await first.open(created.topicId);
    store.writes = 'full';
    const answer = await first.acknowledge(created.topicId, [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }]);
    expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.KAFKA_STORAGE_ERROR);
    expect(await held()).toEqual(['kafka:m1 1']);
  });
});

describe('the end of a share session', () => {
  beforeEach(() => door.produce('t', ['a', 'b']));

  it('frees what its member holds, when it is closed', async () => {
    const first = await member('m1');
    await first.open(topicId);
    expect(await held()).toEqual(['kafka:m1 2']);
    expect((await first.close()).errorCode).toBe(0);
    await until(async () => (await held()).length === 0, 'the records are free');
    expect((await first.close()).errorCode).toBe(errorCodes.SHARE_SESSION_NOT_FOUND);
  });

  it('ends a fetch of it that waits on another connection', async () => {
    const client = await door.open();
    const [fetching, closing] = [new ShareMember(client, 'm1'), await member('m1')];
    await fetching.open(topicId);
    await fetching.acknowledge(topicId, [{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1] }]);
    const waiting = fetching.fetch({ maxWaitMs: 60_000 });
    await until(async () => (await waiters()) === 1, 'the fetch waits');
    await closing.close();
    expect((await waiting).errorCode).toBe(errorCodes.SHARE_SESSION_NOT_FOUND);
  });

  it('with a last ShareFetch takes acknowledgements first', async () => {
    const first = await member('m1');
    await first.open(topicId);
    const acknowledgementBatches = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }];
    const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }];
    const answer = onlyPartition(await first.fetch({ shareSessionEpoch: -1, topics }));
    expect([answer.acknowledgeErrorCode, rangesOf(answer)]).toEqual([0, []]);
    await until(async () => (await held()).length === 0, 'the other record is free');
    expect(await startOffset()).toBe(1);
  });

  it('comes with its connection, and frees what its member holds', async () => {
    const client = await door.open();
    const first = new ShareMember(client, 'm1');
    await first.open(topicId);
    client.socket.destroy();
    await until(async () => (await held()).length === 0, 'the records are free');
  });

  it('leaves nothing locked for a fetch that waited when the connection broke', async () => {
    const client = await door.open();
    const first = new ShareMember(client, 'm1');
    await first.open(topicId);
    await first.acknowledge(topicId, [{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1] }]);
    const waiting = first.fetch({ maxWaitMs: 60_000 }).catch(() => undefined);
    await until(async () => (await waiters()) === 1, 'the fetch waits');
    client.socket.destroy();
    await waiting;
    await until(async () => (await waiters()) === 0, 'nobody waits');
    await door.produce('t', ['c']);
    expect(await held()).toEqual([]);
  });

  it('does not come with leaving the group, whose member still settles for at most 5 s', async () => {
    const first = await member('m1');
    await first.join('t');
    await first.open(topicId);
    await first.leave();
    expect(await held()).toEqual(['kafka:m1 2']);
    const answer = await first.acknowledge(topicId, [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }]);
    expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(0);
    await door.clock.advance(5_000);
    expect(await held()).toEqual([]);
    expect(await startOffset()).toBe(1);
    expect((await first.fetch()).errorCode).toBe(errorCodes.SHARE_SESSION_NOT_FOUND);
  });

  it('is no business of a group that was deleted, when there is a new one of its name', async () => {
    const first = await member('m1');
    await first.join('t');
    await first.open(topicId);
    await first.leave();
    must(await door.broker.deleteShareGroup('g'));
    must(await door.broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
    first.sessionEpoch = 0;
    await first.open(topicId);
    await door.clock.advance(5_000);
    expect(await held()).toEqual(['kafka:m1 2']);
    expect((await first.fetch()).errorCode).toBe(0);
    expect(door.broker.ready().ok).toBe(true);
  });

  it('by a new one of the same member leaves its records locked, as in Kafka', async () => {
    const first = await member('m1');
    await first.open(topicId);
    first.sessionEpoch = 0;
    await first.open(topicId);
    expect(await held()).toEqual(['kafka:m1 2']);
    await first.acknowledge(topicId, [{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1] }]);
    expect(await startOffset()).toBe(2);
  });
});

describe('a member and an HTTP worker in one group', () => {
  it('never hold the same record, and are both seen in the window', async () => {
    await door.produce('t', ['a', 'b', 'c', 'd']);
    const first = await member('m1');
    const mine = onlyPartition(await first.open(topicId, [0], { maxRecords: 2, shareAcquireMode: 1 }));
    expect(rangesOf(mine)).toEqual(['0-1×1']);
    const theirs = must(await door.acquire({ worker: 'w1', maxRecords: 10 }));
    expect(theirs.ranges.map(({ firstOffset, lastOffset }) => `${firstOffset}-${lastOffset}`)).toEqual(['2-3']);
    expect((await held()).sort()).toEqual(['http:w1 2', 'kafka:m1 2']);
    const row = must(await door.broker.listShareGroups()).find(({ group }) => group === 'g');
    expect(row).toMatchObject({ workers: 1, inFlight: 4, lag: 4 });
  });

  it('can be told by an operator to let go', async () => {
    await door.produce('t', ['a']);
    const first = await member('m1');
    await first.open(topicId);
    expect(must(await door.broker.releaseWorker('g', 'm1'))).toMatchObject({ released: 1 });
    const late = await first.acknowledge(topicId, [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }]);
    expect(late.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes.INVALID_RECORD_STATE);
    expect(holderOf('kafka', 'm1')).toBe('kafka:m1');
  });
});

describe('reading ahead', () => {
  let log: FaultyLog;
  beforeEach(async () => {
    await door.close();
    log = new FaultyLog();
    door = await openKafkaDoor({ broker: { log } });
    topicId = must(await door.broker.createTopic({ name: 't', partitions: 1, config: {} })).topicId;
    must(await door.broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
    for (const text of ['a', 'b', 'c']) await door.produce('t', [text]);
  });

  const takeOne = async (): Promise<ShareMember> => {
    const first = await member('m1');
    await first.join('t');
    expect(textsOf(onlyPartition(await first.open(topicId, [0], { maxRecords: 1 })))).toEqual(['a']);
    return first;
  };

  it('what a member takes next is read before it asks', async () => {
    await takeOne();
    await until(() => log.readCount === 2, 'the next record to be read');
  });

  it('a member hears of damaged records when it asks for them', async () => {
    log.damaged.add('0/1');
    const first = await takeOne();
    await until(() => log.readCount === 2, 'the next record to be read');
    expect(textsOf(onlyPartition(await first.fetch()))).toEqual(['c']);
  });
});
