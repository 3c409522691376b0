import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { built, run } from '../../test/interop/cache.ts';
import { allJars, jarsOf } from '../../test/interop/maven.ts';

/** The Java client, warm for all brokers alike. */
export class JavaLoad {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static async start(): Promise<JavaLoad> {
    const source = fileURLToPath(new URL('KafkaLoad.java', import.meta.url));
    const pom = fileURLToPath(new URL('../../test/interop/java/pom.xml', import.meta.url));
    const jars = await jarsOf('java-4.4.0-jars', pom, ['kafka.version=4.4.0']);
    const classes = await built('bench-kafka', { paths: [source], options: [] }, async (folder) => {
      await run('javac', ['--release', '17', '-d', folder, '-cp', allJars(jars), source]);
    });
    const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
    const classPath = [classes, allJars(jars)].join(delimiter);
    return new JavaLoad(
      spawn('java', ['-Xmx1g', logging, '-cp', classPath, 'KafkaLoad'], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  /** Numbers, or nothing where the task has no result. */
  async task(...words: readonly (string | number)[]): Promise<readonly number[]> {
    this.#child.stdin!.write(`${words.join(' ')}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(`the client ended in: ${words.join(' ')}`);
    return answer.value === 'ok' ? [] : answer.value.split(' ').map(Number);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
