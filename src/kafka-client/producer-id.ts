import { errorCodes } from '../codec/error-codes.ts';
import { initProducerIdApi } from '../codec/messages/init-producer-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { KafkaClient } from './kafka-client.ts';
import { kafkaFault, refusedByKafka } from './kafka-fault.ts';

const operation = 'take a producer id';

/** A broker has its ids from the controller, and the first time, or when they are used up, it has to ask for them. */
const notYet: ReadonlySet<number> = new Set([
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.REQUEST_TIMED_OUT,
]);
const withinMs = 5_000;
const retryMs = 50;

/**
 * An id of the cluster that no producer ever had, for idempotent appends in epoch 0 from sequence 0 on. One that was given and
 * did not arrive is missing to nobody.
 *
 * @throws Fault
 */
export const takeProducerId = async (client: Pick<KafkaClient, 'request'>, clock: Clock): Promise<number> => {
  const untilMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const { response } = await client
      .request(initProducerIdApi, { transactionalId: null }, { lane: 'produce' })
      .catch((error: unknown) => {
        throw kafkaFault(operation, error);
      });
    const { errorCode, producerId = -1 } = response;
    if (errorCode === errorCodes.NONE) return producerId;
    if (!notYet.has(errorCode) || clock.monotonicMs() >= untilMs) {
      throw refusedByKafka(operation, 'a producer id', errorCode);
    }
    await new Promise<void>((resolve) => clock.schedule(retryMs, resolve));
  }
};
