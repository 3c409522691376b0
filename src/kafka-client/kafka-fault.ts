import { type ErrorName, retriableErrors } from '../codec/error-codes.ts';
import { CodecError } from '../codec/codec-error.ts';
import { Fault } from '../ports/fault.ts';
import { errorName } from './error-name.ts';
import { KafkaUnavailable, KafkaUnsupported } from './kafka-unavailable.ts';

/** What an operator can do about what the cluster refuses. */
const hints: Partial<Record<ErrorName, string>> = {
  TOPIC_AUTHORIZATION_FAILED:
    'give the user of log.kafka.sasl.username the rights on the topic: docs/over-your-kafka.md',
  GROUP_AUTHORIZATION_FAILED:
    'give the user of log.kafka.sasl.username the rights on the group: docs/over-your-kafka.md',
  CLUSTER_AUTHORIZATION_FAILED:
    'give the user of log.kafka.sasl.username the rights on the cluster: docs/over-your-kafka.md',
  NOT_ENOUGH_REPLICAS: 'start the brokers that are away: fewer replicas are in sync than min.insync.replicas asks for',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    'start the brokers that are away: fewer replicas are in sync than min.insync.replicas asks for',
  KAFKA_STORAGE_ERROR: "look at the disks of the partition's leader",
  UNKNOWN_TOPIC_OR_PARTITION: 'the topic was deleted; if it was created again, it is another topic',
  UNKNOWN_TOPIC_ID: 'the topic was deleted; if it was created again, it is another topic',
  INCONSISTENT_TOPIC_ID: 'the topic was deleted and created again: it is another topic',
};

/**
 * What went wrong with a request to the cluster, as the ports have it: STORAGE_FAILED. A request that was sent and not answered has an
 * unknown outcome. Other errors come back as they are.
 */
export const kafkaFault = (operation: string, error: unknown): unknown => {
  if (error instanceof KafkaUnavailable) {
    return new Fault({
      code: 'STORAGE_FAILED',
      operation,
      message: `Kafka: ${error.message}`,
      retriable: true,
      outcome: error.sent ? 'unknown' : 'refused',
      hint: error.hint,
      cause: error,
    });
  }
  if (error instanceof KafkaUnsupported || error instanceof CodecError) {
    return new Fault({
      code: 'STORAGE_FAILED',
      operation,
      message: `Kafka: ${error.message}`,
      retriable: false,
      outcome: 'refused',
      hint: 'docs/over-your-kafka.md says what the brokers have to be able to do',
      cause: error,
    });
  }
  return error;
};

/** An error code in an answer, as a fault that was refused. `what` was asked about, such as `partition 3 of 'orders'`. */
export const refusedByKafka = (
  operation: string,
  what: string,
  errorCode: number,
  errorMessage?: string | null,
): Fault => {
  const name = errorName(errorCode);
  const isRetriable = (retriableErrors as ReadonlySet<string>).has(name);
  return new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: `Kafka refused ${what}: ${name}${errorMessage ? ` (${errorMessage})` : ''}`,
    retriable: isRetriable,
    outcome: 'refused',
    hint:
      hints[name as ErrorName] ??
      (isRetriable ? 'this passes when the cluster has a leader again' : "look at the brokers' logs"),
  });
};
