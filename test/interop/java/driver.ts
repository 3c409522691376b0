import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built, run } from '../cache.ts';
import type { DriverCommand } from '../driver-process.ts';
import { allJars, jarsOf, jvmOptions } from '../maven.ts';
import { readdirSync } from 'node:fs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The Java client of a version; needs a JDK of 17 or newer, and Maven. */
export async function javaDriver(kafkaVersion: string): Promise<DriverCommand> {
  const jars = await jarsOf(`java-${kafkaVersion}-jars`, join(here, 'pom.xml'), [`kafka.version=${kafkaVersion}`]);
  const sources = join(here, 'src');
  const classes = await built(
    `java-${kafkaVersion}`,
    { paths: [sources, join(here, 'pom.xml')], options: [kafkaVersion] },
    async (folder) => {
      const files = readdirSync(join(sources, 'interop')).map((name) => join(sources, 'interop', name));
      await run('javac', ['--release', '17', '-d', folder, '-cp', allJars(jars), ...files]);
    },
  );
  const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  return {
    command: 'java',
    args: ['-Xmx512m', ...jvmOptions, ...logging, '-cp', [classes, allJars(jars)].join(delimiter), 'interop.Driver'],
  };
}
