import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokerProcess, type BrokerStart, brokerSettings, freePorts, type RunningBroker } from './broker-process.ts';

const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));

interface Listening {
  readonly msg: 'listening';
  readonly kafka?: string;
}

const environmentName = (setting: string): string => `SASH_${setting.toUpperCase().replaceAll('.', '_')}`;

/** A sash of this repository, with a Kafka port of its own. */
export async function startSash({ folder, settings, defaults = false }: BrokerStart): Promise<RunningBroker> {
  const [port = 0] = await freePorts(1);
  const own = {
    'data.dir': join(folder, 'data'),
    'http.port': '0',
    'kafka.port': String(port),
    'log.format': 'json',
    ...(defaults ? {} : brokerSettings),
    ...settings,
  };
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('SASH_'));
  const env = Object.fromEntries([
    ...clean,
    ...Object.entries(own).map(([name, value]) => [environmentName(name), value]),
  ]);
  let sash = await launch(folder, env);
  return {
    bootstrap: `127.0.0.1:${port}`,
    ports: [port],
    get pid() {
      return sash.pid;
    },
    async killAndRestart() {
      await sash.kill();
      sash = await launch(folder, env);
    },
    stop: () => sash.stop(),
    killNow: () => sash.killNow(),
  };
}

async function launch(folder: string, env: NodeJS.ProcessEnv): Promise<BrokerProcess> {
  let listens: (said: Listening) => void = () => {};
  const listening = new Promise<Listening>((resolve) => (listens = resolve));
  const sash = new BrokerProcess(process.execPath, [launcher, 'serve'], {
    cwd: folder,
    env,
    logFile: join(folder, 'sash.log'),
    onLine: (line) => {
      if (line.includes('"msg":"listening"')) listens(JSON.parse(line) as Listening);
    },
  });
  const { kafka } = await sash.started(listening);
  if (kafka !== `127.0.0.1:${env[environmentName('kafka.port')]}`) {
    sash.killNow();
    throw new Error(`sash was told another Kafka port than the log line "listening" says: ${kafka}`);
  }
  return sash;
}
