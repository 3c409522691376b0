import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokerProcess, freePorts } from '../interop/broker-process.ts';

const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));

export interface SashNodeOptions {
  /** By their names, such as `{ 'cluster.name': 'one' }`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Options of Node, before the program. */
  readonly nodeOptions?: readonly string[];
}

/** One node of sash as a process of its own, on ports that stay the same over its starts. Ends with this process. */
export interface SashNode {
  readonly id: number;
  /** Such as `http://127.0.0.1:8080`. */
  readonly http: string;
  readonly httpPort: number;
  readonly kafkaPort: number;
  readonly pid: number;
  readonly isRunning: boolean;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** After `kill` or `stop`. Resolves when it listens. */
  start(): Promise<void>;
  /** Starts it, and does not wait for anything. */
  startSoon(): void;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  resume(): void;
  /** A graceful end. @throws Error when it had ended by itself */
  stop(): Promise<void>;
  killNow(): void;
  /** All that it has logged in all its starts, a line of JSON each. */
  log(): string;
}

export async function sashNode(id: number, folder: string, options: SashNodeOptions): Promise<SashNode> {
  const [httpPort = 0, kafkaPort = 0] = await freePorts(2);
  const settings = {
    'data.dir': join(folder, `data-${id}`),
    'node.id': String(id),
    'http.port': String(httpPort),
    'kafka.port': String(kafkaPort),
    'log.format': 'json',
    ...options.settings,
  };
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('SASH_'));
  const env = Object.fromEntries([
    ...clean,
    ...Object.entries(settings).map(([name, value]) => [`SASH_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  ]);
  const logFile = join(folder, `sash-${id}.log`);
  let running: BrokerProcess | undefined;
  const launch = async (): Promise<void> => {
    if (running !== undefined && !running.over) throw new Error(`node ${id} runs already`);
    let listens: () => void = () => {};
    const listening = new Promise<void>((resolve) => (listens = resolve));
    const launched = new BrokerProcess(process.execPath, [...(options.nodeOptions ?? []), launcher, 'serve'], {
      cwd: folder,
      env,
      logFile,
      onLine: (line) => {
        if (line.includes('"msg":"listening"')) listens();
      },
    });
    running = launched;
    try {
      await launched.started(listening);
    } catch (error) {
      // Killed while it started, and another one started since: that one is still there to be ended.
      if (running === launched) running = undefined;
      throw error;
    }
  };
  const end = async (how: 'kill' | 'stop'): Promise<void> => {
    const ending = running;
    running = undefined;
    await ending?.[how]();
  };
  const pid = (): number => {
    if (running === undefined) throw new Error(`node ${id} does not run`);
    return running.pid;
  };
  return {
    id,
    http: `http://127.0.0.1:${httpPort}`,
    httpPort,
    kafkaPort,
    get pid() {
      return pid();
    },
    get isRunning() {
      return running !== undefined && !running.over;
    },
    kill: () => end('kill'),
    start: launch,
    // It may be killed before it listens.
    startSoon: () => void launch().catch(() => {}),
    pause: () => void process.kill(pid(), 'SIGSTOP'),
    resume: () => void process.kill(pid(), 'SIGCONT'),
    stop: () => end('stop'),
    killNow: () => running?.killNow(),
    log: () => readFileSync(logFile, 'utf8'),
  };
}

export interface SashClusterOptions {
  /** `127.0.0.1:PORT` of a Kafka. */
  readonly kafka: string;
  /** URL of a Redis. */
  readonly redis: string;
  /** `cluster.name`; what no other cluster on that Kafka or Redis has. */
  readonly name: string;
  /** How many nodes; 2 if not told. */
  readonly nodes?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** For data and logs; a new one, which goes with the cluster, if not told. */
  readonly folder?: string;
}

export interface SashCluster {
  readonly nodes: readonly SashNode[];
  /** The Kafka doors of all nodes, as a client is given them. */
  readonly bootstrap: string;
  node(index: number): SashNode;
  killNow(): void;
  /** Ends all nodes whatever they do. */
  remove(): Promise<void>;
}

/** Nodes that notice quickly what became of another. */
const quickCluster = { 'cluster.session.timeout.ms': '6000', 'cluster.heartbeat.interval.ms': '500' };

/** Resolves when every node listens. */
export async function startSashCluster(options: SashClusterOptions): Promise<SashCluster> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sash-nodes-'));
  const settings = {
    'log.kafka.bootstrap.servers': options.kafka,
    'store.redis.url': options.redis,
    'cluster.name': options.name,
    ...quickCluster,
    ...options.settings,
  };
  const ids = Array.from({ length: options.nodes ?? 2 }, (_, index) => index + 1);
  const nodes: SashNode[] = [];
  for (const id of ids) nodes.push(await sashNode(id, folder, { settings }));
  const clear = (): void => {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const killNow = (): void => {
    for (const node of nodes) node.killNow();
    clear();
  };
  process.once('exit', killNow);
  const remove = async (): Promise<void> => {
    process.off('exit', killNow);
    await Promise.all(nodes.map((node) => node.kill()));
    clear();
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    nodes,
    bootstrap: nodes.map(({ kafkaPort }) => `127.0.0.1:${kafkaPort}`).join(','),
    node(index) {
      const node = nodes[index];
      if (node === undefined) throw new Error(`there is no node ${index}`);
      return node;
    },
    killNow,
    remove,
  };
}
