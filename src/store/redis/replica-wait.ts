/** One command as it is sent. */
export type Command = readonly [name: string, ...args: (string | number | Buffer)[]];

export interface WaitSettings {
  /** So many replicas have a write before it counts (WAIT); 0: none is waited for. */
  readonly waitReplicas: number;
  /** Whether a write counts when it is in the append-only file of Redis and of those replicas (WAITAOF, from 7.2 on). */
  readonly waitAof: boolean;
  /** What they have not confirmed within this time has an unknown outcome, ms. */
  readonly waitTimeoutMs: number;
}

export const waitsForReplicas = ({ waitReplicas, waitAof }: WaitSettings): boolean => waitReplicas > 0 || waitAof;

export const waitCommand = ({ waitReplicas, waitAof, waitTimeoutMs }: WaitSettings): Command =>
  waitAof ? ['WAITAOF', 1, waitReplicas, waitTimeoutMs] : ['WAIT', waitReplicas, waitTimeoutMs];

/** An error when one of the answers to the wait command says that too few have the writes. */
export function unconfirmed(settings: WaitSettings, answers: readonly unknown[]): Error | undefined {
  const { waitReplicas, waitAof, waitTimeoutMs } = settings;
  for (const answer of answers) {
    if (answer instanceof Error)
      return new Error(`it was written, but whether replicas have it is not known: ${answer.message}`);
    const [local, replicas] = waitAof ? (answer as [number, number]) : [1, answer as number];
    if (local >= 1 && replicas >= waitReplicas) continue;
    const where = local < 1 ? 'its append-only file' : `${waitReplicas} replicas (${replicas} have it)`;
    return new Error(`it was written, but was not in ${where} within ${waitTimeoutMs} ms`);
  }
  return undefined;
}
