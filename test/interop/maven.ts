import { join } from 'node:path';
import { built, run } from './cache.ts';

/** The folder with all jars that a pom asks for. @param properties as `-D` of Maven, such as `kafka.version=4.1.1` */
export function jarsOf(name: string, pom: string, properties: readonly string[] = []): Promise<string> {
  return built(name, { paths: [pom], options: properties }, async (folder) => {
    const asked = properties.map((property) => `-D${property}`);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    await run('mvn', ['-B', '-q', '-f', pom, ...asked, ...goal]);
  });
}

/** Options of every JVM of the suite: short lives, little memory. */
export const jvmOptions = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData'];

/** A class path of all jars of a folder. */
export const allJars = (folder: string): string => join(folder, '*');
