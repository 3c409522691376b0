import { Fault } from '../ports/fault.ts';
import type { AppendOutcome } from '../ports/record-log.ts';
import type { BatchOutcome } from './producer-lane.ts';

/**
 * What an append of several batches came to, each of which was appended or not by itself.
 *
 * @throws Fault: `refused` where none is there, `unknown` where one may be or some are
 */
export const outcomeOf = (batches: readonly BatchOutcome[]): AppendOutcome => {
  const baseOffsets = batches.flatMap((each) => (each.kind === 'appended' ? each.baseOffset : []));
  if (baseOffsets.length === batches.length) return { kind: 'appended', baseOffsets };
  const refused = batches.find((each) => each.kind === 'refused');
  const failed = batches.find((each) => each.kind === 'failed');
  const mayBeThere = batches.some((each) => each.kind === 'failed' && each.mayBeThere);
  if (baseOffsets.length === 0 && !mayBeThere && refused !== undefined)
    return { kind: 'refused', error: refused.error };
  const why = refused?.error.message ?? failed?.why ?? '';
  if (baseOffsets.length === 0) {
    throw new Fault({
      code: 'STORAGE_FAILED',
      operation: 'append',
      message: mayBeThere ? `it is not known whether the records are in Kafka: ${why}` : `nothing was appended: ${why}`,
      retriable: true,
      outcome: mayBeThere ? 'unknown' : 'refused',
      hint: mayBeThere
        ? 'records that are sent again may be there twice, unless the request has an Idempotency-Key or its producer is idempotent'
        : 'look at the brokers of log.kafka.bootstrap.servers: are enough replicas in sync?',
    });
  }
  throw new Fault({
    code: 'STORAGE_FAILED',
    operation: 'append',
    message: `of ${batches.length} record batches ${baseOffsets.length} were appended; of the others: ${why}`,
    retriable: failed !== undefined,
    outcome: 'unknown',
    hint: 'an append to several partitions is not atomic over Kafka: with an Idempotency-Key it can be repeated until all are there, each once',
  });
};
