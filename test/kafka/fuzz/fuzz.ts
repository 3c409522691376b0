import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeRequestFrame, decodeResponseFrame } from '../../codec/client-frames.ts';
import { apiVersionsApi } from '../../../src/codec/messages/api-versions.ts';
import { topicId } from '../../../src/core/ids.ts';
import { Random } from '../../simulation/random.ts';
import { settle } from '../../broker/fake-clock.ts';
import { type KafkaClient, openKafkaDoor } from '../kafka-door.ts';
import { goldenRequests, goldenTopics } from './golden-requests.ts';
import { type Mutation, type MutationKind, apisByKey, framed, mutate, readFrame } from './mutations.ts';
import { Witness } from './witness.ts';

const framesPerRound = 10_000;
/** Connections that send at once. */
const lanes = 32;
/** Waves after which topics that were deleted are there again. */
const wavesPerWorld = 20;
/** A poll that asked for more is cut off, before the witness's session times out; until then every request is answered or closed. */
const patienceMs = 30_000;
/** What may stay behind after a round, beyond what was there after the first. */
const leakBytes = 64 * 1024 * 1024;

type Door = Awaited<ReturnType<typeof openKafkaDoor>>;

/** How it went: a number for each outcome and kind of mutation. */
export interface FuzzReport {
  readonly frames: number;
  readonly seed: number;
  readonly outcomes: ReadonlyMap<string, number>;
}

/**
 * Sends `frames` requests with something wrong in them to a door on memory adapters, over sockets, from many connections at
 * once, with good ones in between. Throws at the first thing that may not be: a bug in the log, UNKNOWN_SERVER_ERROR, an answer
 * that cannot be read, a connection that neither answers nor closes, a client beside them that notices, memory that stays behind.
 */
export const fuzz = async (
  { frames, seed }: { readonly frames: number; readonly seed: number },
  tell: (line: string) => void = () => {},
): Promise<FuzzReport> => {
  const outcomes = new Map<string, number>();
  let firstBytes: number | undefined;
  for (let round = 0, sent = 0; sent < frames; round++, sent += framesPerRound) {
    await new Round(seed + round, Math.min(framesPerRound, frames - sent), outcomes).run();
    let bytes = usedBytes();
    firstBytes ??= bytes;
    // What sockets and promises of the round still hold goes with the next turns; what stays then is a leak.
    for (let turn = 0; turn < 20 && bytes > firstBytes + leakBytes; turn++) {
      await settle();
      bytes = usedBytes();
    }
    tell(`${Math.min(frames, sent + framesPerRound)} frames, ${Math.round(bytes / 1e6)} MB`);
    if (bytes > firstBytes + leakBytes) {
      throw new Error(`after round ${round} ${bytes} bytes are in use; after the first there were ${firstBytes}`);
    }
  }
  return { frames, seed, outcomes };
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const usedBytes = (): number => {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** One connection after another, each of which plays a part of the recording. */
interface Lane {
  client: KafkaClient | undefined;
  /** Of the golden requests. */
  next: number;
}

/** A door of its own, so that it can be repeated without the rounds before. */
class Round {
  readonly #seed: number;
  readonly #random: Random;
  readonly #outcomes: Map<string, number>;
  readonly #lanes: Lane[] = [];
  readonly #idOf = new Map<string, string>();
  #left: number;
  #waitedMs = 0;

  constructor(seed: number, frames: number, outcomes: Map<string, number>) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#left = frames;
    this.#outcomes = outcomes;
  }

  async run(): Promise<void> {
    // Ids that are far apart, as real ones: with counted ones a flipped bit makes another's topic of one.
    const ids = new Random(this.#seed);
    const newTopicId = () =>
      topicId(Buffer.from(Array.from({ length: 16 }, () => ids.between(0, 255))).toString('base64url'));
    const door = await openKafkaDoor({ broker: { newTopicId } });
    const witness = await Witness.start(door);
    for (let lane = 0; lane < lanes; lane++) {
      this.#lanes.push({ client: undefined, next: this.#random.between(0, goldenRequests.length - 1) });
    }
    for (let wave = 0; this.#left > 0; wave++) {
      if (wave % wavesPerWorld === 0) await this.#makeWorld(door);
      await this.#wave(door, witness);
    }
    await door.close();
  }

  async #makeWorld({ broker, produce }: Door): Promise<void> {
    for (const name of goldenTopics) {
      const created = await broker.createTopic({ name, partitions: 2, config: {} });
      if (created.ok) await produce(name, ['a', 'b', 'c']);
      const topic = broker.describeTopic(name);
      if (topic.ok) this.#idOf.set(name, topic.value.topicId);
    }
  }

  async #wave(door: Door, witness: Witness): Promise<void> {
    const open = new Set<Lane>();
    const problems: unknown[] = [];
    const start = (lane: Lane, work: Promise<unknown>): void => {
      open.add(lane);
      work.catch((error: unknown) => problems.push(error)).finally(() => open.delete(lane));
    };
    for (const lane of this.#lanes) start(lane, this.#turn(door, lane));
    start({ client: undefined, next: 0 }, witness.step());
    await this.#untilDone(door, open);
    if (problems.length > 0) throw problems[0];
    const bug = door.logged.find(({ level }) => level === 'error');
    if (bug !== undefined)
      throw new Error(`${this.#place()}: ${bug.message}`, { cause: (bug.fields as { err?: unknown }).err });
  }

  /** Lets time go on only when nothing else moves, for those who poll. */
  async #untilDone(door: Door, open: ReadonlySet<Lane>): Promise<void> {
    for (this.#waitedMs = 0; open.size > 0; this.#waitedMs += 500) {
      for (let left = open.size, turn = 0; open.size > 0 && turn < 30; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (open.size < left) {
          left = open.size;
          turn = 0;
        }
      }
      if (open.size === 0) return;
      if (this.#waitedMs > patienceMs) for (const { client } of open) client?.socket.destroy();
      if (this.#waitedMs > patienceMs + 10_000) throw new Error(`${this.#place()}: something never ended`);
      await door.clock.advance(500);
    }
  }

  #place(): string {
    return `seed ${this.#seed}, ${this.#left} frames before the end of its round`;
  }

  /** One request of a lane, good or not, until it is answered or the connection closed. */
  async #turn(door: Door, lane: Lane): Promise<void> {
    const random = this.#random;
    if (random.chance(0.02)) lane.next = random.between(0, goldenRequests.length - 1);
    const frame = goldenRequests[lane.next]!.frame(this.#idOf);
    let mutation: Mutation | undefined;
    if (random.chance(0.25)) lane.next = (lane.next + 1) % goldenRequests.length;
    else {
      const other = goldenRequests[random.between(0, goldenRequests.length - 1)]!;
      mutation = mutate(random, frame, [other.frame(this.#idOf)]);
      this.#left--;
    }
    const sent = mutation ?? { kind: 'good' as const, bytes: framed(frame), isFramed: true };
    lane.client ??= await door.open();
    const { client } = lane;
    const outcome = await this.#send(client, sent);
    if (outcome !== 'answered') lane.client = undefined;
    const key = `${outcome} ${sent.kind}`;
    this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + 1);
  }

  async #send(client: KafkaClient, sent: Sent): Promise<'answered' | 'closed' | 'cut off'> {
    if (!sent.isFramed) {
      client.socket.end(sent.bytes);
      await client.closed();
      return 'closed';
    }
    client.socket.write(Buffer.concat([sent.bytes, sentinel]));
    for (let answers = 0; ; answers++) {
      let answer: Buffer;
      try {
        answer = await client.nextFrame();
      } catch {
        if (this.#waitedMs <= patienceMs) return 'closed';
        this.#checkIsPoll(sent);
        return 'cut off';
      }
      if (answer.readInt32BE() === sentinelId) return 'answered';
      if (answers > 0) throw this.#problem(sent, 'two answers to one request');
      this.#checkAnswer(sent, answer);
    }
  }

  #checkIsPoll(sent: Sent): void {
    const read = readFrame(sent.bytes.subarray(4));
    const { maxWaitMs = 0 } = (read?.request ?? {}) as { readonly maxWaitMs?: number };
    if (maxWaitMs < patienceMs) throw this.#problem(sent, 'neither an answer nor the end of the connection');
  }

  #checkAnswer(sent: Sent, answer: Buffer): void {
    const frame = sent.bytes.subarray(4);
    const api = apisByKey.get(frame.readInt16BE());
    if (api === undefined) throw this.#problem(sent, 'an answer to an API that is not served');
    const asked = frame.readInt16BE(2);
    const version = asked < api.firstVersion || asked > api.lastVersion ? 0 : asked;
    try {
      const { correlationId, response } = decodeResponseFrame(api, version, answer);
      if (correlationId !== frame.readInt32BE(4)) throw new Error(`answer ${correlationId}`);
      if (JSON.stringify(response, withoutBytes).match(/rrorCode":-1\b/)) throw new Error('UNKNOWN_SERVER_ERROR');
    } catch (error) {
      throw this.#problem(sent, 'a wrong answer', error);
    }
  }

  #problem({ kind, bytes }: Sent, what: string, cause?: unknown): Error {
    return new Error(`${what} (${this.#place()}; ${kind}: ${bytes.toString('hex')})`, { cause });
  }
}

type Sent = Omit<Mutation, 'kind'> & { readonly kind: MutationKind | 'good' };

const withoutBytes = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? value.length : value);

const sentinelId = 0x5e_47_1e_57;
/** A request behind each other one: where that wants no answer this one has one. */
const sentinel = encodeRequestFrame(apiVersionsApi, 0, {}, { correlationId: sentinelId, clientId: null });
