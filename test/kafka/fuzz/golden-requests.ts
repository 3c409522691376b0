import { servedApis } from '../../../src/kafka/apis.ts';
import { type GoldenFrame, goldenFrames } from '../../codec/golden-frames.ts';

/** Topics that the recorded requests name. */
export const goldenTopics = ['j1', 'l1', 'k1', 'p1', 't1', 'c1', 'j3', 'f1', 'e1', 'f2', 'p2', 'k2', 'l2', 't2', 'e2'];

/** A recorded request to an API that is served. */
export class GoldenRequest {
  readonly #frame: Buffer;
  readonly #topics: readonly { readonly at: number; readonly topic: string }[];

  constructor({ frame, decoded }: GoldenFrame) {
    this.#frame = frame;
    this.#topics = [...new Set(topicIdsIn(decoded.body))].flatMap((id) => {
      const topic = goldenTopics[goldenIds.indexOf(id) % goldenTopics.length]!;
      return placesOf(frame, Buffer.from(id, 'base64url')).map((at) => ({ at, topic }));
    });
  }

  /** Without its length; the topic ids of the recording are those that the topics have now. */
  frame(idOf: ReadonlyMap<string, string>): Buffer {
    const frame = Buffer.from(this.#frame);
    for (const { at, topic } of this.#topics) {
      const id = idOf.get(topic);
      if (id !== undefined) frame.write(id, at, 'base64url');
    }
    return frame;
  }
}

const zeroId = Buffer.alloc(16).toString('base64url');

function topicIdsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(topicIdsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    name.toLowerCase() === 'topicid' && typeof field === 'string' && field !== zeroId ? [field] : topicIdsIn(field),
  );
}

function placesOf(frame: Buffer, id: Buffer): number[] {
  const places: number[] = [];
  for (let at = frame.indexOf(id); at >= 0; at = frame.indexOf(id, at + 1)) places.push(at);
  return places;
}

const served = new Set(servedApis.map(({ api }) => api.key));
const requests = goldenFrames.filter(
  ({ direction, apiKey, decoded }) =>
    direction === 'request' && served.has(apiKey) && decoded.unknownBody === undefined,
);
const goldenIds = [...new Set(requests.flatMap(({ decoded }) => topicIdsIn(decoded.body)))];

/** In the order in which they were recorded, so that played one after another they are a client's session. */
export const goldenRequests: readonly GoldenRequest[] = requests.map((each) => new GoldenRequest(each));
