import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokerProcess, freePorts } from '../interop/broker-process.ts';
import { run } from '../interop/cache.ts';
import { answering, kafkaJars } from '../interop/kafka/kafka.ts';
import { allJars, jarsOf, jvmOptions } from '../interop/maven.ts';

const newest = '4.4.0';
const pomOfOlder = fileURLToPath(new URL('kafka-3/pom.xml', import.meta.url));

const jars = (version: string): Promise<string> =>
  version === newest ? kafkaJars() : jarsOf(`kafka-${version}-jars`, pomOfOlder, [`kafka.version=${version}`]);

export interface KafkaServerOptions {
  /** A version of Maven Central with KRaft (from 3.0.0 on); 4.4.0 if not told. */
  readonly version?: string;
  /** With share groups of its own; otherwise they are switched off, as older and managed Kafkas have none. */
  readonly shareGroups?: boolean;
  /** Settings of the broker beside those that are here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Listeners beside the plain one, and their protocols, such as `{ SECURE: 'SASL_SSL' }`. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** The node whose cluster it joins, as broker 2; otherwise it is a cluster of its own, broker 1 and controller. */
  readonly joins?: KafkaServer;
  /** Of `kafka.tools.StorageTool format`. */
  readonly formatArguments?: readonly string[];
  /** Largest heap, MB. */
  readonly heapMb?: number;
  /** With the JVM as Kafka starts it, for measuring; otherwise one that starts quickly. */
  readonly isMeasured?: boolean;
}

/** A real Kafka, one node that is broker and controller, as a process of its own. Ends with this process. */
export interface KafkaServer {
  /** `127.0.0.1:PORT` */
  readonly bootstrap: string;
  readonly port: number;
  readonly controllerPort: number;
  /** `127.0.0.1:PORT` of one of the listeners asked for. */
  addressOf(listener: string): string;
  readonly pid: number;
  /** `kill -9`; its data stay. */
  kill(): Promise<void>;
  /** After `kill` or `stop`: the same data and port. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  resume(): void;
  /** A graceful end. */
  stop(): Promise<void>;
  /** Ends it whatever it does, and removes its data. */
  remove(): Promise<void>;
}

/** @throws Error with the end of its log when it does not start within 60 s */
export async function startKafka(options: KafkaServerOptions = {}): Promise<KafkaServer> {
  const {
    version = newest,
    listeners = {},
    formatArguments = [],
    joins,
    shareGroups = false,
    settings = {},
    heapMb = 512,
    isMeasured = false,
  } = options;
  const classPath = allJars(await jars(version));
  const folder = mkdtempSync(join(tmpdir(), 'sash-kafka-'));
  const names = Object.keys(listeners);
  const [port = 0, freePort = 0, ...ports] = await freePorts(2 + names.length);
  const controllerPort = joins?.controllerPort ?? freePort;
  const controller = joins === undefined ? `,CONTROLLER://127.0.0.1:${controllerPort}` : '';
  const addressOf = (name: string): string => `127.0.0.1:${ports[names.indexOf(name)]}`;
  const others = names.map((name) => `,${name}://${addressOf(name)}`).join('');
  const protocols = names.map((name) => `,${name}:${listeners[name]}`).join('');
  const properties = {
    'process.roles': joins === undefined ? 'broker,controller' : 'broker',
    'node.id': joins === undefined ? '1' : '2',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port}${controller}${others}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${others}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${protocols}`,
    'log.dirs': join(folder, 'data'),
    // One node cannot replicate its own topics, and needs no fifty partitions of them.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    ...(shareGroups
      ? {
          'share.coordinator.state.topic.replication.factor': '1',
          'share.coordinator.state.topic.min.isr': '1',
          'share.coordinator.state.topic.num.partitions': '1',
        }
      : {}),
    // As most that are run by somebody else are set up; and a group of nodes need not wait for more members.
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // Retention is looked at often.
    'log.initial.task.delay.ms': '500',
    'log.retention.check.interval.ms': '500',
    ...settings,
  };
  const file = join(folder, 'server.properties');
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const java = [...(isMeasured ? [] : jvmOptions), logging, '-cp', classPath];
  const features = version === newest && !shareGroups && joins === undefined ? ['--feature', 'share.version=0'] : [];
  const format = ['kafka.tools.StorageTool', 'format', '--cluster-id', 'c2FzaC1jbHVzdGVyLTAwMQ', '--config', file];
  await run('java', [...java, ...format, ...features, ...formatArguments]);
  const launch = async (): Promise<BrokerProcess> => {
    const args = [`-Xmx${heapMb}m`, ...java, 'kafka.Kafka', file];
    const launched = new BrokerProcess('java', args, { cwd: folder, logFile: join(folder, 'kafka.log') });
    await launched.started(answering(port, () => launched.over));
    return launched;
  };
  let broker: BrokerProcess | undefined;
  const killNow = (): void => {
    broker?.killNow();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', killNow);
  const pid = (): number => {
    if (broker === undefined) throw new Error('this Kafka does not run');
    return broker.pid;
  };
  const ended = async (how: 'kill' | 'stop'): Promise<void> => {
    const ending = broker;
    broker = undefined;
    await ending?.[how]();
  };
  broker = await launch();
  return {
    bootstrap: `127.0.0.1:${port}`,
    port,
    controllerPort,
    addressOf,
    get pid() {
      return pid();
    },
    kill: () => ended('kill'),
    async start() {
      if (broker !== undefined) throw new Error('this Kafka runs already');
      broker = await launch();
    },
    pause: () => void process.kill(pid(), 'SIGSTOP'),
    resume: () => void process.kill(pid(), 'SIGCONT'),
    stop: () => ended('stop'),
    async remove() {
      process.off('exit', killNow);
      await ended('kill');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
