import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { type KafkaServer, startKafka } from './kafka-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's Kafka is asked for, a port; null where it cannot be started. */
    kafkaAsked: number | null;
    /** What is not on this machine of `java`, `mvn`, `redis-server` and `openssl`. */
    missing: readonly string[];
  }
}

/** Before all files: one Kafka for the whole run, started when the first test asks for it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const missing: string[] = [];
  for (const [command, option] of [
    ['java', '-version'],
    ['mvn', '-version'],
    ['redis-server', '--version'],
    ['openssl', 'version'],
  ] as const) {
    if (!(await runs(command, option))) missing.push(command);
  }
  if (missing.length > 0) {
    const message = `test/cluster: ${missing.join(', ')} is not on this machine: the tests that need it are skipped`;
    // What lands must not land untested.
    if (process.env['CI'] !== undefined) throw new Error(message);
    console.warn(message);
  }
  project.provide('missing', missing);
  let starting: Promise<KafkaServer> | undefined;
  const asked = createServer((socket) => {
    socket.on('error', () => {});
    starting ??= startKafka();
    starting.then(
      ({ bootstrap }) => socket.end(`ok ${bootstrap}`),
      (error: unknown) => socket.end(String(error)),
    );
  });
  asked.listen(0, '127.0.0.1');
  await once(asked, 'listening');
  project.provide('kafkaAsked', (asked.address() as AddressInfo).port);
  return async () => {
    asked.close();
    const kafka = await starting?.catch(() => undefined);
    await kafka?.remove();
  };
}

const runs = (command: string, option: string): Promise<boolean> =>
  new Promise((resolve) => execFile(command, [option], (error) => resolve(error === null)));

const commandsOf = { kafka: ['java', 'mvn'], redis: ['redis-server'], openssl: ['openssl'] };

/** For `describe.skipIf(cannot('kafka', 'redis'))`. */
export function cannot(...needed: readonly ('kafka' | 'redis' | 'openssl')[]): boolean {
  const missing = inject('missing');
  const commands = needed.flatMap((each) => commandsOf[each]);
  return commands.some((command) => missing.includes(command));
}

/**
 * The Kafka 4.4 of the whole run, without share groups: `127.0.0.1:PORT`. Use names that no other test has, and leave it running: who
 * kills or pauses a Kafka starts one with `startKafka`.
 */
export async function sharedKafka(): Promise<string> {
  const socket = connect(inject('kafkaAsked') ?? 0, '127.0.0.1');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  if (!answer.startsWith('ok ')) throw new Error(`Kafka could not be started: ${answer}`);
  return answer.slice(3);
}

let names = 0;
/** A name that no other test of the run has, for a topic, a group or a cluster. */
export const uniqueName = (kind: string): string => `${kind}-${process.pid}-${++names}`;
