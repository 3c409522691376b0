import { must } from '../../broker/broker-fixture.ts';
import type { openKafkaDoor } from '../kafka-door.ts';
import { ShareMember, onlyPartition, rangesOf, textsOf } from '../share-member.ts';

/** A share consumer that does nothing wrong, and must not notice the others. */
export class Witness {
  readonly #door: Awaited<ReturnType<typeof openKafkaDoor>>;
  readonly #member: ShareMember;
  readonly #topicId: string;
  #next = 0;

  private constructor(door: Awaited<ReturnType<typeof openKafkaDoor>>, member: ShareMember, topicId: string) {
    this.#door = door;
    this.#member = member;
    this.#topicId = topicId;
  }

  static async start(door: Awaited<ReturnType<typeof openKafkaDoor>>): Promise<Witness> {
    const { topicId } = must(await door.broker.createTopic({ name: 'witnessed', partitions: 1, config: {} }));
    must(await door.broker.alterShareGroup('witnesses', { 'share.auto.offset.reset': 'earliest' }));
    const member = new ShareMember(await door.open(), 'witness', 'witnesses');
    await member.join('witnessed');
    await member.open(topicId);
    return new Witness(door, member, topicId);
  }

  /** A record in, the same record out, accepted. Rejects when anything else happens. */
  async step(): Promise<void> {
    const text = `record ${this.#next}`;
    await this.#door.produce('witnessed', [text]);
    const beat = await this.#member.heartbeat();
    if (beat.errorCode !== 0) throw new Error(`the witness's heartbeat: ${JSON.stringify(beat)}`);
    const partition = onlyPartition(await this.#member.fetch());
    const got = `${textsOf(partition).join()} ${rangesOf(partition).join()}`;
    const expected = `${text} ${this.#next}-${this.#next}×1`;
    if (got !== expected) throw new Error(`the witness got '${got}' instead of '${expected}'`);
    const batch = { firstOffset: this.#next, lastOffset: this.#next, acknowledgeTypes: [1] };
    const answer = await this.#member.acknowledge(this.#topicId, [batch]);
    if (answer.responses[0]?.partitions[0]?.errorCode !== 0) {
      throw new Error(`the witness's acknowledgement: ${JSON.stringify(answer)}`);
    }
    this.#next++;
  }
}
