import type { DriverCommand } from './driver-process.ts';
import { goDriver } from './go/driver.ts';
import { javaDriver } from './java/driver.ts';
import { pythonDriver } from './python/driver.ts';
import { readmeDriver } from './readme/driver.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';
import { readme } from './scenarios/readme.ts';
import { tools } from './scenarios/tools.ts';
import { toolsDriver } from './tools/driver.ts';

interface Client {
  /** Builds its driver, or finds it as it was built before. @throws Error when it cannot be built */
  build(): Promise<DriverCommand>;
  /** What it is run with. */
  readonly scenarios: readonly Scenario[];
}

/** Every client of the suite. */
export const clients: Readonly<Record<string, Client>> = {
  'java-4.4': { build: () => javaDriver('4.4.0'), scenarios },
  'java-4.1': { build: () => javaDriver('4.1.1'), scenarios },
  'franz-go': { build: goDriver, scenarios },
  python: { build: pythonDriver, scenarios },
  tools: { build: toolsDriver, scenarios: tools },
  readme: { build: readmeDriver, scenarios: readme },
};

/** The client that prepares and checks, whatever client a scenario runs with. */
export const refereeClient = 'java-4.4';
