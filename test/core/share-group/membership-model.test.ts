import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expireMembers } from '../../../src/core/share-group/departure.ts';
import type { Membership } from '../../../src/core/share-group/membership.ts';
import { PrintedGroup, assignmentText } from './printed-group.ts';

const names = ['a', 'b', 'c'];
const memberIds = ['m1', 'm2', 'm3', 'm4'];
const topicSets = fc.subarray(names);

const commands = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('join' as const), id: fc.constantFrom(...memberIds), topics: topicSets }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('beat' as const),
      id: fc.constantFrom(...memberIds),
      // The client's epoch; the one before, as if the last answer was lost; or none it was given.
      epoch: fc.constantFrom('mine' as const, 'mine' as const, 'before' as const, 'wrong' as const),
      topics: fc.option(topicSets),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('leave' as const),
      id: fc.constantFrom(...memberIds),
      open: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('topic' as const),
      name: fc.constantFrom(...names),
      partitions: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(1, 4_999, 5_000, 20_000, 45_000) }),
  },
);
type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;

/** What a client remembers: its epoch, the one before, and the assignment it was last told. */
interface Client {
  readonly epoch: number;
  readonly before: number;
  readonly assignment: string;
}

const corners = ['fenced', 'left late', 'rejected', 'topic gone', 'shared', 'lost answer'] as const;

class Model {
  readonly group = new PrintedGroup();
  readonly clients = new Map<string, Client>();
  readonly reached = new Set<(typeof corners)[number]>();
  #ids = 0;
  #epoch = 0;

  get #membership(): Membership {
    return this.group.membership!;
  }

  run(command: Command): void {
    switch (command.kind) {
      case 'join':
        this.#beat(command.id, 0, command.topics);
        break;
      case 'beat': {
        const client = this.clients.get(command.id);
        const epoch = command.epoch === 'mine' ? client?.epoch : command.epoch === 'before' ? client?.before : 1_000;
        if (epoch !== 0) this.#beat(command.id, epoch ?? 1, command.topics);
        break;
      }
      case 'leave': {
        const known = this.clients.delete(command.id);
        const result = this.group.beat(command.id, { epoch: -1, hasShareSession: command.open });
        assert.equal(result.ok, known);
        if (result.ok) assert.deepEqual(result.value.freed, command.open ? [] : [command.id]);
        break;
      }
      case 'topic':
        // None: deleted. A number: created, or created again under another id.
        if (command.partitions === 0) this.group.deleteTopic(command.name);
        else this.group.setTopic(command.name, command.partitions, `${command.name}${this.#ids++}`);
        break;
      case 'time': {
        this.group.nowMs += command.ms;
        const { fenced, left } = expireMembers(this.#membership, this.group.nowMs);
        if (fenced.length > 0) this.reached.add('fenced');
        if (left.length > 0) this.reached.add('left late');
        for (const id of fenced) this.clients.delete(id);
        assert((this.group.deadlineMs() ?? Infinity) > this.group.nowMs);
        break;
      }
    }
    this.#check();
  }

  #beat(id: string, epoch: number, topics: readonly string[] | null): void {
    const client = this.clients.get(id);
    const result = this.group.beat(id, { epoch, topics });
    const joins = epoch === 0 && topics !== null && topics.length > 0;
    assert.equal(result.ok, joins || (epoch > 0 && (epoch === client?.epoch || epoch === client?.before)));
    if (!result.ok) {
      this.reached.add('rejected');
      return;
    }
    const { memberEpoch, assignment } = result.value.answer;
    assert.equal(memberEpoch, this.#membership.groupEpoch);
    const lost = !joins && epoch === client?.before;
    if (lost) this.reached.add('lost answer');
    if (lost || joins) assert.notEqual(assignment, null);
    this.clients.set(id, {
      epoch: memberEpoch,
      before: client?.epoch === memberEpoch ? client.before : (client?.epoch ?? 0),
      assignment: assignment === null ? client!.assignment : assignmentText(assignment),
    });
    this.#checkAssigned();
  }

  /** Right after a heartbeat, which looks at all topics. */
  #checkAssigned(): void {
    const members = [...this.#membership.members.values()];
    const live = new Set([...this.group.topics.values()].map(({ topicId }) => topicId));
    for (const { target } of members)
      assert(
        [...target.keys()].every((id) => live.has(id)),
        'a deleted topic is assigned',
      );
    for (const [name, { topicId, partitions }] of this.group.topics) {
      const subscribers = members.filter((member) => member.subscribedTopicNames.includes(name));
      for (let partition = 0; partition < partitions && subscribers.length > 0; partition++) {
        const readers = members.filter(({ target }) => target.get(topicId)?.includes(partition));
        assert(readers.length > 0, `${name}-${partition} has no reader`);
        assert(
          readers.every((reader) => subscribers.includes(reader)),
          `${name}-${partition} is read by who did not subscribe`,
        );
        if (readers.length > 1) this.reached.add('shared');
      }
    }
  }

  #check(): void {
    const { groupEpoch, members, topics, leaving } = this.#membership;
    assert(groupEpoch >= this.#epoch);
    this.#epoch = groupEpoch;
    assert.deepEqual([...members.keys()].toSorted(), [...this.clients.keys()].toSorted());
    for (const member of members.values()) {
      assert(member.memberEpoch <= groupEpoch);
      assert(!leaving.has(member.memberId));
      // A client knows what its member has, though it is not told each time.
      assert.deepEqual(this.clients.get(member.memberId), {
        epoch: member.memberEpoch,
        before: member.previousMemberEpoch,
        assignment: assignmentText(member.assigned),
      });
    }
    if ([...topics.keys()].some((name) => !this.group.topics.has(name))) this.reached.add('topic gone');
  }
}

describe('a share group', () => {
  it('keeps its promises whatever its members and topics do', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(commands, { minLength: 1, maxLength: 40 }), (list) => {
        const model = new Model();
        for (const command of list) model.run(command);
        for (const corner of model.reached) reached.add(corner);
      }),
      { numRuns: 1_000 },
    );
    expect(corners.filter((corner) => !reached.has(corner))).toEqual([]);
  });
});
