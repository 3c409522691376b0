/**
 * Kafka's command-line tools behind the protocol of test/interop/README.md, with one op, `run`: each is a JVM of its own, as
 * its script starts it.
 *
 *     node run-tools.ts JARS 127.0.0.1:PORT
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { allJars, jvmOptions } from '../maven.ts';

const classOf: Readonly<Record<string, string>> = {
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-share-consumer': 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-share-consumer-perf-test': 'org.apache.kafka.tools.ShareConsumerPerformance',
  'kafka-share-groups': 'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
};

interface Run {
  readonly id: number;
  readonly op: string;
  readonly tool: string;
  readonly args: readonly string[];
  readonly input: string;
}

const [jars = '', bootstrap = ''] = process.argv.slice(2);
const children = new Set<ChildProcess>();
const say = (line: object): void => console.log(JSON.stringify(line));

function run({ id, op, tool, args, input }: Run): void {
  const main = classOf[tool];
  if (op !== 'run' || main === undefined) {
    say({ id, ok: false, error: { code: 'UNKNOWN_OP', message: `there is no ${op} ${tool}` } });
    return;
  }
  const server = ['--bootstrap-server', bootstrap];
  const java = [
    '-Xmx256m',
    ...jvmOptions,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    allJars(jars),
    main,
  ];
  const child = spawn('java', [...java, ...(tool === 'kafka-cluster' ? [...args, ...server] : [...server, ...args])], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 45_000,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  child.once('error', (error) => say({ id, ok: false, error: { code: 'CLIENT_ERROR', message: error.message } }));
  child.once('close', (exitCode) => {
    children.delete(child);
    say({ id, ok: true, value: { exitCode, output, errors } });
  });
}

say({ ready: true, version: 'kafka-tools 4.3.1', capabilities: ['tools'] });
createInterface({ input: process.stdin })
  .on('line', (line) => run(JSON.parse(line) as Run))
  .on('close', () => {
    for (const child of children) child.kill('SIGKILL');
    process.exit(0);
  });
