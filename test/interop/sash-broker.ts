import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokerProcess, type BrokerStart, brokerSettings, type RunningBroker } from './broker-process.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Listening {
  readonly msg: 'listening';
  readonly kafka?: string;
}

const environmentName = (setting: string): string => `SASH_${setting.toUpperCase().replaceAll('.', '_')}`;

/** A sash of this repository, with a Kafka port of its own. */
export async function startSash({ folder, settings, defaults = false }: BrokerStart): Promise<RunningBroker> {
  const own = {
    'data.dir': join(folder, 'data'),
    'http.port': '0',
    'kafka.port': '0',
    'log.format': 'json',
    ...(defaults ? {} : brokerSettings),
    ...settings,
  };
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('SASH_'));
  let listens: (said: Listening) => void = () => {};
  const listening = new Promise<Listening>((resolve) => (listens = resolve));
  const sash = new BrokerProcess(process.execPath, [main], {
    cwd: folder,
    env: Object.fromEntries([...clean, ...Object.entries(own).map(([name, value]) => [environmentName(name), value])]),
    logFile: join(folder, 'sash.log'),
    onLine: (line) => {
      if (line.includes('"msg":"listening"')) listens(JSON.parse(line) as Listening);
    },
  });
  const { kafka } = await sash.started(listening);
  if (kafka === undefined) {
    sash.killNow();
    throw new Error('sash does not say the address of its Kafka port in the log line "listening"');
  }
  return {
    bootstrap: kafka,
    port: Number(kafka.split(':').at(-1)),
    pid: sash.pid,
    stop: () => sash.stop(),
    killNow: () => sash.killNow(),
  };
}
