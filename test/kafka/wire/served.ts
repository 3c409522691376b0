import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startServer } from '../../process/started-server.ts';

/** A sash in a process of its own, for all tests of a file. `http` and `kafka` are there when the tests run. */
export interface Served {
  /** As `http://127.0.0.1:8080`. */
  http: string;
  /** As `127.0.0.1:9092`. */
  kafka: string;
  createTopic(name: string, partitions?: number): Promise<void>;
  /** Values, as text, each with a batch of its own. */
  produce(topic: string, ...values: readonly string[]): Promise<void>;
  startEarliest(group: string): Promise<void>;
  /** The only window of a group. */
  window(group: string): Promise<{ readonly startOffset: number; readonly counts: Readonly<Record<string, number>> }>;
}

export const serve = (...settings: readonly string[]): Served => {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${served.http}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  const served: Served = {
    http: '',
    kafka: '',
    createTopic: async (topic, partitions = 1) => void (await call('POST', '/v1/topics', { topic, partitions })),
    produce: async (topic, ...values) => {
      for (const value of values) await call('POST', `/v1/topics/${topic}/records`, { records: [{ value }] });
    },
    startEarliest: async (group) => {
      const config = { 'share.auto.offset.reset': 'earliest' };
      await call('PATCH', `/v1/share-groups/${group}`, { config });
    },
    window: async (group) => {
      const { windows } = (await call('GET', `/v1/share-groups/${group}/windows`)) as {
        windows: Awaited<ReturnType<Served['window']>>[];
      };
      return windows[0]!;
    },
  };
  let folder: string;
  let server: ReturnType<typeof startServer>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sash-wire-'));
    const data = join(folder, 'data');
    server = startServer(['--data.dir', data, '--http.port', '0', '--kafka.port', '0', ...settings], folder);
    served.http = await server.listening;
    served.kafka = (JSON.parse(readFileSync(join(data, 'sash.json'), 'utf8')) as { kafka: string }).kafka;
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    rmSync(folder, { recursive: true });
    const wrong = stdout.split('\n').filter((line) => /"level":(?:40|50|60)/.test(line));
    if (code !== 0 || wrong.length > 0)
      throw new Error(`the server ended with ${code}; its log has\n${wrong.join('\n')}`);
  });
  return served;
};
