import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerProcess, type BrokerStart, brokerSettings, freePorts, type RunningBroker } from '../broker-process.ts';
import { run } from '../cache.ts';
import { allJars, jarsOf, jvmOptions } from '../maven.ts';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));

/** Resolves Kafka's jars; done before anything is started, because the first time takes minutes. */
export const kafkaJars = (): Promise<string> => jarsOf('kafka-4.4.0-jars', pom);

/** A new member learns what it is assigned as soon as Kafka can tell. */
const quickAssignment = {
  ...brokerSettings,
  'group.share.assignment.interval.ms': '0',
  'group.share.min.assignment.interval.ms': '0',
  'log.initial.task.delay.ms': '500',
};

/** A real Kafka, one node that is broker and controller. */
export async function startKafka({ folder, settings, defaults = false }: BrokerStart): Promise<RunningBroker> {
  const classPath = allJars(await kafkaJars());
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    // One node cannot replicate its own topics, and needs no fifty partitions of them.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    ...(defaults ? {} : quickAssignment),
    ...settings,
  };
  const file = join(folder, 'server.properties');
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const java = [...(defaults ? [] : jvmOptions), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath];
  const format = ['kafka.tools.StorageTool', 'format', '--cluster-id', 'c2FzaC1pbnRlcm9wLTAwMQ', '--config', file];
  await run('java', [...java, ...format]);
  const launch = async (): Promise<BrokerProcess> => {
    const args = ['-Xmx1g', ...java, 'kafka.Kafka', file];
    const launched = new BrokerProcess('java', args, { cwd: folder, logFile: join(folder, 'kafka.log') });
    await launched.started(answering(port, () => launched.over));
    return launched;
  };
  let broker = await launch();
  return {
    bootstrap: `127.0.0.1:${port}`,
    ports: [port],
    get pid() {
      return broker.pid;
    },
    async killAndRestart() {
      await broker.kill();
      broker = await launch();
    },
    stop: () => broker.stop(),
    killNow: () => broker.killNow(),
  };
}

/** Metadata v1 for no topics; the answer lists the brokers that are alive. */
const probe = Buffer.from('000000130003000100000007000570726f626500000000', 'hex');

/** Resolves when the node lists itself as a live broker. */
export async function answering(port: number, over: () => boolean): Promise<void> {
  while (!over()) {
    const brokers = await new Promise<number>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(probe));
      let answer = Buffer.alloc(0);
      const finish = (count: number): void => {
        socket.destroy();
        resolve(count);
      };
      socket.setTimeout(2_000, () => finish(0));
      socket.on('error', () => finish(0));
      socket.on('close', () => finish(0));
      socket.on('data', (chunk: Buffer) => {
        answer = Buffer.concat([answer, chunk]);
        // Size, correlation id, number of brokers.
        if (answer.length >= 12) finish(answer.readInt32BE(8));
      });
    });
    if (brokers > 0) return;
    await sleep(100);
  }
}
