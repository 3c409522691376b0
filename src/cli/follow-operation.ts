import type { Operation } from '../client/api.ts';
import type { SashClient } from '../client/sash-client.ts';
import { Failure } from './exit-code.ts';
import { progressText, resultText, stateText, whatText } from './operation-text.ts';
import { safeLine } from './terminal.ts';

/** One that is quick is not waited for long, and one that takes an hour is not asked after all the time. */
const firstWaitMs = 50;
const longestWaitMs = 1_000;

/**
 * Waits until an operation has ended; on a terminal its progress is drawn in one line. Who is interrupted leaves it going on.
 *
 * @throws Failure when it has failed or was cancelled
 */
export async function followOperation(client: SashClient, id: string): Promise<Operation> {
  const isShown = process.stderr.isTTY;
  let waitMs = firstWaitMs;
  let operation = await client.readOperation(id);
  while (operation.endedAt === null) {
    if (isShown) {
      const why = operation.error === null ? '' : ` (${safeLine(operation.error.message)})`;
      const text = `${whatText(operation)}: ${stateText(operation)}, ${progressText(operation)}${why}`;
      // Cut, never wrapped, by the terminal itself.
      process.stderr.write(`\x1b[?7l\r${text}\x1b[K\x1b[?7h`);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(longestWaitMs, waitMs * 2);
    operation = await client.readOperation(id);
  }
  if (isShown) process.stderr.write('\r\x1b[K');
  if (operation.state === 'failed')
    throw new Failure(
      'failed',
      `the ${whatText(operation)} failed: ${operation.error?.message ?? ''}`,
      `Until then: ${resultText(operation)}.`,
    );
  if (operation.state === 'cancelled')
    throw new Failure('failed', `the ${whatText(operation)} was cancelled`, `Until then: ${resultText(operation)}.`);
  return operation;
}
