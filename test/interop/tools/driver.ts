import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DriverCommand } from '../driver-process.ts';
import { jarsOf } from '../maven.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Kafka's command-line tools; needs Java 17 or newer, and Maven. */
export async function toolsDriver(): Promise<DriverCommand> {
  const jars = await jarsOf('kafka-tools-4.3.1-jars', join(here, 'pom.xml'));
  return { command: process.execPath, args: [join(here, 'run-tools.ts'), jars] };
}
