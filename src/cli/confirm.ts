import { createInterface } from 'node:readline/promises';
import { Failure } from './exit-code.ts';

/**
 * What cannot be undone is asked for: on a terminal by a question, elsewhere by `--yes`.
 *
 * @param deed such as `delete the topic emails and its 1,203 records`
 * @throws Failure `notConfirmed`
 */
export async function confirm(deed: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  const unchanged = `not confirmed: nothing was changed`;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Failure('notConfirmed', unchanged, `This would ${deed}. Without a terminal to ask on, say --yes.`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  prompt.on('SIGINT', () => gone.abort());
  prompt.on('close', () => gone.abort());
  try {
    const answer = await prompt.question(`This will ${deed}. Go on? [y/N] `, { signal: gone.signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    process.stderr.write('\n');
  } finally {
    prompt.close();
  }
  throw new Failure('notConfirmed', unchanged);
}
