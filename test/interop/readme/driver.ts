import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DriverCommand } from '../driver-process.ts';
import { jarsOf } from '../maven.ts';
import { pythonDriver } from '../python/driver.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The share consumers that the README shows; needs what the drivers of these clients need. */
export async function readmeDriver(): Promise<DriverCommand> {
  const jars = await jarsOf('java-4.4.0-jars', join(here, '..', 'java', 'pom.xml'), ['kafka.version=4.4.0']);
  const { command: python } = await pythonDriver();
  return { command: process.execPath, args: [join(here, 'run-examples.ts'), jars, python] };
}
