import { KafkaClient, type ShareConsumer, type ShareMessage, noopLogger } from '@kafkats/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serve } from './served.ts';

const served = serve();
let client: KafkaClient;

beforeAll(async () => {
  client = new KafkaClient({ clientId: 'kafkats', brokers: [served.kafka], logger: noopLogger });
  await client.connect();
});
afterAll(() => client.disconnect());

/** A topic, and a group that begins at its start; they share the name. */
const prepare = async (name: string, ...values: readonly string[]): Promise<void> => {
  await served.createTopic(name);
  await served.startEarliest(name);
  await served.produce(name, ...values);
};

/**
 * A share consumer that keeps its messages until the test takes them: `next` gives one, and `done` ends its handler. Without
 * an acknowledgement of its own, that accepts it.
 */
const consume = (group: string) => {
  const consumer: ShareConsumer = client.shareConsumer({ groupId: group, maxWaitMs: 100 });
  const come: { message: ShareMessage; done: () => void }[] = [];
  const wanted: ((each: (typeof come)[number]) => void)[] = [];
  const running = consumer.runEach(
    group,
    (message) =>
      new Promise<void>((done) => {
        const each = { message, done };
        const first = wanted.shift();
        if (first === undefined) come.push(each);
        else first(each);
      }),
    { concurrency: 100 },
  );
  running.catch(() => {});
  const stop = async (): Promise<void> => {
    for (const { done } of come.splice(0)) done();
    await consumer.stop();
    await running;
  };
  onTestFinished(stop);
  const next = async () => {
    const first = come.shift();
    return first ?? (await new Promise<(typeof come)[number]>((resolve) => wanted.push(resolve)));
  };
  return { next, stop };
};

const textOf = ({ offset, value, deliveryCount }: ShareMessage): string =>
  `${offset} ${value?.toString()} ×${deliveryCount}`;

/** The window when its start is where it should be; an acknowledgement is on its way until then. */
const startAt = async (group: string, startOffset: number): Promise<void> => {
  for (;;) if ((await served.window(group)).startOffset === startOffset) return;
};

describe("@kafkats/client's share consumer", () => {
  it('gets every record once, and accepts it', async () => {
    await prepare('all', 'a', 'b', 'c');
    const { next } = consume('all');
    const got: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { message, done } = await next();
      got.push(textOf(message));
      done();
    }
    expect(got.toSorted()).toEqual(['0 a ×1', '1 b ×1', '2 c ×1']);
    await startAt('all', 3);
  });

  it('gets what it releases again, with the next count, and no more what it rejects', async () => {
    await prepare('again', 'a', 'b');
    const { next } = consume('again');
    for (const count of [1, 2, 3]) {
      for (let left = count === 1 ? 2 : 1; left > 0; left--) {
        const { message, done } = await next();
        if (message.offset === 0n) {
          expect(textOf(message)).toBe(`0 a ×${count}`);
          await (count < 3 ? message.release() : message.ack());
        } else {
          expect(textOf(message)).toBe('1 b ×1');
          await message.reject();
        }
        done();
      }
    }
    await startAt('again', 2);
    expect((await served.window('again')).counts).toMatchObject({ acquired: 0, available: 0 });
  });

  it('keeps a record longer when it renews its lock', async () => {
    await prepare('renewed', 'a');
    const { next } = consume('renewed');
    const { message, done } = await next();
    await message.renew();
    await message.renew();
    await message.ack();
    done();
    await startAt('renewed', 1);
  });

  it('shares the records with another one, and each has its own', async () => {
    await prepare('shared');
    const [first, second] = [consume('shared'), consume('shared')];
    const got: string[] = [];
    const work = async (consumer: typeof first): Promise<void> => {
      while (got.length < 20) {
        const { message, done } = await consumer.next();
        got.push(textOf(message));
        done();
      }
    };
    const working = Promise.race([work(first), work(second)]);
    await served.produce('shared', ...Array.from({ length: 20 }, (_, index) => `r${index}`));
    await working;
    await startAt('shared', 20);
    expect(new Set(got).size).toBe(20);
    expect(got.every((text) => text.endsWith('×1'))).toBe(true);
  });

  it('shares with a worker over HTTP: never the same record', async () => {
    await prepare('doors', 'a');
    const { next } = consume('doors');
    const { message, done } = await next();
    const acquire = async () => {
      const response = await fetch(`${served.http}/v1/share-groups/doors/acquire`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ topics: ['doors'] }),
      });
      return (await response.json()) as { records: { value: unknown; deliveryCount: number }[] };
    };
    expect((await acquire()).records).toEqual([]);
    await message.release();
    done();
    // Whoever asks first has it now, once.
    const again = next();
    const { records } = await acquire();
    if (records.length > 0) expect(records).toMatchObject([{ value: 'a', deliveryCount: 2 }]);
    else {
      const { message: second, done: end } = await again;
      expect(textOf(second)).toBe('0 a ×2');
      end();
    }
  });
});
