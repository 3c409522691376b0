import { errorCodes } from '../../codec/error-codes.ts';
import type { InitProducerIdRequest, InitProducerIdResponse } from '../../codec/messages/init-producer-id.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * InitProducerId (key 22): gives an idempotent producer its id, always a new one, in epoch 0. Versions 0–5.
 *
 * - An id and an epoch that the producer had before (version 3 on) are not looked at, as in Kafka; one of them without the other is an
 *   INVALID_REQUEST.
 * - A transactional id: UNSUPPORTED_VERSION, because transactions are not served. All clients stop with this error and show it; with those that
 *   Kafka's coordinator gives, they would try again for ever or speak of missing rights. An empty one: INVALID_REQUEST, as in Kafka.
 * - While no id can be made durable: COORDINATOR_LOAD_IN_PROGRESS, as in Kafka. It is the only error after which the Java client just asks again.
 */
export const answerInitProducerId = async (
  { broker }: RequestContext,
  request: InitProducerIdRequest,
): Promise<InitProducerIdResponse> => {
  const { transactionalId, producerId, producerEpoch } = request;
  const hasHalf = (producerId === -1) !== (producerEpoch === -1);
  if (transactionalId === '' || hasHalf) return refused(errorCodes.INVALID_REQUEST);
  if (transactionalId !== null) return refused(errorCodes.UNSUPPORTED_VERSION);
  const id = await broker.logs.newProducerId();
  if (!id.ok) return refused(errorCodes.COORDINATOR_LOAD_IN_PROGRESS);
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId: id.value, producerEpoch: 0 };
};

const refused = (errorCode: number): InitProducerIdResponse => ({
  throttleTimeMs: 0,
  errorCode,
  producerId: -1,
  producerEpoch: -1,
});
