import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { KafkaClient } from './kafka-client.ts';
import { kafkaFault } from './kafka-fault.ts';
import { KafkaUnavailable } from './kafka-unavailable.ts';

const lookAgainMs = 500;
/** One that takes the connection and does not answer would leave the start silent until the request times out. */
const saysAfterMs = 1_500;

interface Outside {
  /** `log.kafka.bootstrap.servers`. */
  readonly servers: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** As long is waited for Kafka before the start fails: it may be starting too. */
const withinMs = 30_000;

/** Resolves when there is a view of the cluster. @throws Fault when there is none in time */
export async function reachKafka(
  client: Pick<KafkaClient, 'refresh'>,
  { servers, clock, logger }: Outside,
): Promise<void> {
  const untilMs = clock.monotonicMs() + withinMs;
  const saying = clock.schedule(saysAfterMs, () =>
    logger.warn(
      { servers },
      `no answer yet from Kafka at ${servers.join(', ')} (log.kafka.bootstrap.servers): it is waited for up to ${withinMs / 1_000} s, and until it answers the HTTP port is closed`,
    ),
  );
  try {
    for (;;) {
      try {
        await client.refresh();
        return;
      } catch (error) {
        if (!(error instanceof KafkaUnavailable) || clock.monotonicMs() >= untilMs) throw kafkaFault('start', error);
      }
      await new Promise<void>((resolve) => clock.schedule(lookAgainMs, resolve));
    }
  } finally {
    saying.cancel();
  }
}
