import { errorCodes } from '../codec/error-codes.ts';
import { initProducerIdApi } from '../codec/messages/init-producer-id.ts';
import type { KafkaClient } from './kafka-client.ts';
import { kafkaFault, refusedByKafka } from './kafka-fault.ts';

const operation = 'take a producer id';

/**
 * An id of the cluster that no producer ever had, for idempotent appends in epoch 0 from sequence 0 on. One attempt: an id that was given and
 * did not arrive is missing to nobody.
 *
 * @throws Fault
 */
export const takeProducerId = async (client: Pick<KafkaClient, 'request'>): Promise<number> => {
  const { response } = await client
    .request(initProducerIdApi, { transactionalId: null }, { lane: 'produce' })
    .catch((error: unknown) => {
      throw kafkaFault(operation, error);
    });
  if (response.errorCode === errorCodes.NONE) return response.producerId ?? -1;
  throw refusedByKafka(operation, 'a producer id', response.errorCode);
};
