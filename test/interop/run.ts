/**
 * `npm run test:interop`: stock Kafka clients against sash or, to show that the scenarios are right, a real Kafka.
 *
 *     npm run test:interop -- --against kafka --client java-4.4,java-4.1 --only 'part of a name' [--parallel 6] [--keep]
 *     npm run test:interop -- --backend cluster [--smoke]
 *
 * A scenario that failed is played once more when all others are over, with the machine to itself: several JVMs and a broker that share two cores
 * run out of time now and then. What went wrong at first is told, and the last line counts such scenarios; one that fails twice has failed.
 *
 * `--backend cluster`: two nodes of sash over a Kafka without share groups and a Redis. `--smoke`: the few clients and scenarios of smoke.ts.
 *
 * Ends with 0 when nothing failed, 1 when something did, 2 when an argument is wrong.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunningBroker } from './broker-process.ts';
import { clients, refereeClient } from './clients.ts';
import { type DriverCommand, DriverProcess } from './driver-process.ts';
import { startCluster } from './cluster-broker.ts';
import { startKafka } from './kafka/kafka.ts';
import { startSash } from './sash-broker.ts';
import type { Scenario } from './scenario.ts';
import { smokeClients, smokeScenarios } from './smoke.ts';
import { Stage } from './stage.ts';

const { values } = parseArgs({
  options: {
    against: { type: 'string', default: 'sash' },
    client: { type: 'string', default: Object.keys(clients).join(',') },
    backend: { type: 'string', default: 'embedded' },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    parallel: { type: 'string', default: String(availableParallelism() * 3) },
    keep: { type: 'boolean', default: false },
  },
});
const asked = values.client.split(',').filter((name) => !values.smoke || smokeClients.has(name));
const unknown = asked.filter((name) => clients[name] === undefined);
const parallel = Number(values.parallel);
if (unknown.length > 0) refuse(`no client ${unknown.join(', ')}; there are ${Object.keys(clients).join(', ')}`);
if (values.against !== 'sash' && values.against !== 'kafka')
  refuse(`--against is sash or kafka, not ${values.against}`);
if (values.backend !== 'embedded' && values.backend !== 'cluster')
  refuse(`--backend is embedded or cluster, not ${values.backend}`);
if (values.against === 'kafka' && values.backend === 'cluster') refuse('--backend is one of sash');
if (!Number.isInteger(parallel) || parallel < 1) refuse('--parallel is a whole number from 1 on');

const scenariosOf = (name: string): readonly Scenario[] =>
  (clients[name]?.scenarios ?? []).filter(
    (scenario) =>
      scenario.name.includes(values.only) &&
      (!values.smoke || (smokeClients.has(name) && smokeScenarios.has(scenario.name))),
  );
if (asked.every((name) => scenariosOf(name).length === 0)) refuse(`no scenario has "${values.only}" in its name`);

if (values.smoke) {
  const names = new Set(Object.values(clients).flatMap(({ scenarios }) => scenarios.map(({ name }) => name)));
  const gone = [...smokeScenarios].filter((name) => !names.has(name));
  if (gone.length > 0) refuse(`smoke.ts names scenarios that there are not: ${gone.join('; ')}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** Some start a dozen JVMs, one after the other. */
const scenarioWithinMs = 180_000;
const folder = mkdtempSync(join(tmpdir(), 'sash-interop-'));
const drivers = new Set<DriverProcess>();
const stages = new Set<Stage>();
let broker: RunningBroker | undefined;
process.once('exit', () => {
  for (const stage of stages) stage.killNow();
  for (const driver of drivers) driver.killNow();
  broker?.killNow();
  if (values.keep) console.log(`the broker's folder is ${folder}`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const count = { passed: 0, unsteady: 0, failed: 0, notPossible: 0 };
const startedMs = performance.now();

function failed(what: string, error: unknown): void {
  count.failed++;
  tell('FAILED', what, error);
}

function tell(outcome: string, what: string, error: unknown): void {
  const where = error instanceof Error ? /scenarios[^ ]*?\/([\w-]+\.ts:\d+)/.exec(error.stack ?? '')?.[1] : undefined;
  const reason = `${error instanceof Error ? error.message : String(error)}${where === undefined ? '' : `\n(${where})`}`;
  console.log(`${outcome.padEnd(14)}${what}\n${shortened(reason.trim()).replaceAll(/^/gm, '              ')}`);
}

/** A difference of long lists is not read to its end. */
function shortened(reason: string): string {
  const lines = reason.split('\n');
  return lines.length <= 24 ? reason : [...lines.slice(0, 20), '…', ...lines.slice(-2)].join('\n');
}

const startOne = values.against === 'kafka' ? startKafka : values.backend === 'cluster' ? startCluster : startSash;
let brokers = 0;
function startBroker(): Promise<RunningBroker> {
  const own = join(folder, `broker-${++brokers}`);
  mkdirSync(own);
  return startOne({ folder: own, settings: {} });
}

interface ReadyClient {
  readonly name: string;
  readonly command: DriverCommand;
  readonly driver: DriverProcess;
}

async function startClient(name: string, command: DriverCommand, bootstrap: string): Promise<ReadyClient> {
  const driver = await DriverProcess.start(command, bootstrap);
  drivers.add(driver);
  return { name, command, driver };
}

interface Attempt {
  readonly scenario: Scenario;
  readonly client: ReadyClient;
  /** Of its topics and groups. */
  readonly id: string;
}

/** Resolves to why it failed, or `undefined`. */
async function play(
  { scenario, client, id }: Attempt,
  referee: ReadyClient,
  at: RunningBroker,
): Promise<{ readonly error: unknown } | undefined> {
  const what = `${client.name}: ${scenario.name}`;
  const lacking = scenario.needs.filter((capability) => !client.driver.capabilities.has(capability));
  if (lacking.length > 0) {
    count.notPossible++;
    console.log(`not possible  ${what} (${client.driver.version} lacks ${lacking.join(', ')})`);
    return undefined;
  }
  const stage = new Stage({
    id,
    brokerPorts: at.ports,
    bootstrap: at.bootstrap,
    command: client.command,
    client: client.driver,
    referee: referee.driver,
    startBroker,
  });
  stages.add(stage);
  const beganMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  try {
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not over after ${scenarioWithinMs} ms`)), scenarioWithinMs);
    });
    await Promise.race([scenario.run(stage), tooLong]);
    count.passed++;
    console.log(`ok            ${what} (${((performance.now() - beganMs) / 1_000).toFixed(1)} s)`);
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
    await stage.end();
    stages.delete(stage);
  }
}

async function main(): Promise<void> {
  // First all that is built or fetched: it takes the time it takes, and nothing else runs beside.
  const commands = new Map<string, DriverCommand>();
  for (const name of new Set([refereeClient, ...asked])) {
    try {
      const command = await clients[name]?.build();
      if (command !== undefined) commands.set(name, command);
    } catch (error) {
      failed(`${name} could not be built`, error);
    }
  }
  const refereeCommand = commands.get(refereeClient);
  if (refereeCommand === undefined) return;

  const at = await startBroker();
  broker = at;
  console.log(
    `${values.against}${values.backend === 'cluster' ? ', a cluster,' : ''} on ${at.bootstrap}, clients ${asked.join(', ')}`,
  );

  const referee = await startClient(refereeClient, refereeCommand, at.bootstrap);
  const ready: ReadyClient[] = [];
  for (const name of asked) {
    const command = commands.get(name);
    if (command === undefined) continue;
    try {
      ready.push(await startClient(name, command, at.bootstrap));
    } catch (error) {
      failed(`${name} could not be started`, error);
    }
  }

  // Each has topics and groups of its own, so that several run at once.
  const work = ready.flatMap((client) =>
    scenariosOf(client.name).map((scenario, order) => ({ scenario, client, order })),
  );
  // The same scenario with all clients, then the next: a fault shows with its name together.
  work.sort((a, b) => a.order - b.order);
  const again: Attempt[] = [];
  let next = 0;
  const player = async (): Promise<void> => {
    for (let task = work[next++]; task !== undefined; task = work[next++]) {
      const attempt = { ...task, id: `s${next}` };
      const failure = await play(attempt, referee, at);
      if (failure === undefined) continue;
      again.push({ ...attempt, id: `${attempt.id}-again` });
      tell('failed once', `${task.client.name}: ${task.scenario.name}`, failure.error);
    }
  };
  await Promise.all(Array.from({ length: parallel }, player));
  for (const attempt of again) {
    const failure = await play(attempt, referee, at);
    if (failure === undefined) count.unsteady++;
    else failed(`${attempt.client.name}: ${attempt.scenario.name}`, failure.error);
  }

  await Promise.all([...drivers].map((driver) => driver.stop()));
  await at.stop();
}

try {
  await main();
} catch (error) {
  failed('the suite', error);
}
const { passed, unsteady, failed: failures, notPossible } = count;
console.log(
  `${passed} passed${unsteady === 0 ? '' : `, ${unsteady} of them at the second attempt`}, ${failures} failed, ${notPossible} not possible (${Math.round((performance.now() - startedMs) / 1_000)} s)`,
);
process.exit(failures === 0 && passed > 0 ? 0 : 1);
