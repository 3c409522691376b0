import type { Fetch } from '../../src/client/http.ts';
import { Worker } from '../../src/client/worker.ts';
import type { WorkerEvents, WorkerSettings } from '../../src/client/worker-settings.ts';
import { FakeClock } from '../broker/fake-clock.ts';
import { openDoor } from '../http/door.ts';
import type { Json } from '../http/door.ts';
import { doorFetch } from './door-fetch.ts';

const url = 'http://localhost:8080';

/** What a request meets on its way; undefined: nothing. `answer lost` has an effect, `no connection` has none. */
type Fault = 'no connection' | 'answer lost' | Response | undefined;

export interface SeenRequest {
  readonly path: string;
  readonly body: Json;
}

/** A server in memory with a topic `t` of one partition, its clock, which is the workers' too, and the way between them. */
export const startNetwork = async () => {
  const clock = new FakeClock();
  let door = await openDoor({ broker: { clock } });
  const { log, store, metadata } = door.started;
  await door.ok('POST', '/v1/topics', { topic: 't', partitions: 1 });
  let cut = Promise.withResolvers<never>();
  cut.promise.catch(() => {});
  let isUp = true;
  const requests: SeenRequest[] = [];
  let timers = 0;
  const way: { fault: (request: SeenRequest) => Fault } = { fault: () => undefined };
  return {
    clock,
    time: {
      nowMs: () => clock.monotonicMs(),
      after: (delayMs: number, then: () => void) => {
        let isDue = true;
        const over = (): void => {
          if (isDue) timers--;
          isDue = false;
        };
        timers++;
        const task = clock.schedule(delayMs, () => {
          over();
          then();
        });
        return () => {
          over();
          task.cancel();
        };
      },
    },
    /** How many timers of clients wait. */
    get timers() {
      return timers;
    },
    /** Every request that reached the server, in order. */
    requests,
    way,
    fetch: (async (address, init) => {
      const path = new URL(address).pathname;
      const request = { path, body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined };
      const fault = way.fault(request);
      if (!isUp || fault === 'no connection') throw new TypeError('fetch failed');
      if (fault instanceof Response) return fault;
      requests.push(request);
      const answer = await Promise.race([doorFetch(door)(address, init), cut.promise]);
      if (fault === 'answer lost') throw new TypeError('fetch failed');
      return answer;
    }) as Fetch,
    get door() {
      return door;
    },
    /** The server is gone, and every connection with it. */
    kill: () => {
      isUp = false;
      cut.reject(new TypeError('fetch failed'));
    },
    restart: async () => {
      door = await openDoor({ broker: { clock, log, store, metadata } });
      cut = Promise.withResolvers<never>();
      cut.promise.catch(() => {});
      isUp = true;
    },
    produce: (values: readonly unknown[], topic = 't') =>
      door.ok('POST', `/v1/topics/${topic}/records`, { records: values.map((value) => ({ value })) }),
    /** What became of the records, as the group's attempts and window have it. */
    window: async () => (await door.ok('GET', '/v1/share-groups/g/windows')).windows[0],
    peek: (offset: number) => door.ok('GET', `/v1/share-groups/g/topics/t/partitions/0/records/${offset}`),
    archived: async () => (await door.ok('GET', '/v1/share-groups/g/archived')).records,
    advance: (byMs: number) => clock.advance(byMs),
  };
};

/** Stops a worker, and lets the time pass that it needs for that. */
export const stop = async ({ advance }: Pick<Network, 'advance'>, worker: Pick<Worker, 'stop'>): Promise<void> => {
  await Promise.all([worker.stop({ drainTimeoutMs: 0 }), advance(10_000)]);
};

type Network = Awaited<ReturnType<typeof startNetwork>>;
type Told = { [Name in keyof WorkerEvents]: WorkerEvents[Name][] };

/** A worker of group `g` on topic `t`, and all that it has told. */
export const newWorker = <V = unknown>(
  network: Network,
  settings: Partial<WorkerSettings<V>> & Pick<WorkerSettings<V>, 'handler'>,
) => {
  const worker = new Worker<V>({
    url,
    group: 'g',
    topics: ['t'],
    workerId: 'w',
    startFrom: 'earliest',
    fetch: network.fetch,
    time: network.time,
    random: () => 0,
    ...settings,
  });
  const told: Told = {
    accepted: [],
    released: [],
    rejected: [],
    archived: [],
    lockLost: [],
    idle: [],
    error: [],
    stopped: [],
  };
  for (const name of Object.keys(told) as (keyof WorkerEvents)[])
    worker.on(name, (event) => void told[name].push(event as never));
  return {
    worker,
    told,
    offsets: (name: 'accepted' | 'released' | 'rejected' | 'archived' | 'lockLost') =>
      told[name].map(({ record }) => record.offset),
  };
};

/** A handler whose ends are the test's: for each record it has begun, by offset. */
export const heldHandler = () => {
  const begun = new Map<
    number,
    { end(value?: unknown): void; fail(error: Error): void; readonly signal: AbortSignal }
  >();
  const calls: number[] = [];
  const handler: WorkerSettings<unknown>['handler'] = (record, { signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    calls.push(record.offset);
    begun.set(record.offset, { end: (value) => resolve(value), fail: (error) => reject(error), signal });
    return promise;
  };
  return { handler, begun, calls, of: (offset: number) => begun.get(offset)! };
};
