import { readFileSync } from 'node:fs';
import { composeOutside } from './compose-outside.ts';
import { readConfig } from './config.ts';
import { Fault } from './ports/fault.ts';
import type { Logger } from './ports/logger.ts';

/** What came of it. `nothing`: Redis has lost nothing. */
export type Acceptance =
  | { readonly kind: 'accepted' | 'nothing' }
  | { readonly kind: 'refused'; readonly why: 'settings' | 'fault'; readonly message: string };

/**
 * Goes on with what Redis has when it has lost state: all nodes of the cluster, running or not, take what is there for what there is. Done with the
 * settings of a node, at Redis and Kafka themselves: nodes do not start while state is lost.
 *
 * @param argv settings, as `sash serve` takes them
 * @param confirm is told what was lost before anything is changed; what it throws is thrown
 */
export async function acceptStateLoss(
  argv: readonly string[],
  confirm: (lost: string) => Promise<void>,
): Promise<Acceptance> {
  const read = readConfig({ argv, environment: process.env, readFile: readIfThere });
  if (read.kind === 'refused') return { kind: 'refused', why: 'settings', message: read.messages.join('\n') };
  if (read.kind !== 'config' || read.config['log.kafka.bootstrap.servers'].length === 0) {
    const message =
      'log.kafka.bootstrap.servers is not set: there is no cluster whose state could be lost. Give the settings of a node, by --config, SASH_… variables or flags';
    return { kind: 'refused', why: 'settings', message };
  }
  const outside = composeOutside(read.config, silent);
  try {
    await outside.start();
    return { kind: 'nothing' };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code !== 'STATE_LOST') {
      return { kind: 'refused', why: 'fault', message: `${error.message}. ${error.hint}` };
    }
    await confirm(error.message);
    await outside.loss.accept();
    return { kind: 'accepted' };
  } finally {
    await outside.close();
  }
}

/** What there is to say, the command says. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
