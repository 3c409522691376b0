import type { TopicPartition } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Append, AppendOutcome, RecordLog } from '../ports/record-log.ts';
import type { ProduceOutcome, ProduceRequest, ReadOutcome, ReadRequest } from './requests.ts';
import type { Topic, Topics } from './topics.ts';

interface RecordsContext {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly topics: Topics;
  /** Records may have been appended to a partition. */
  appended(partition: TopicPartition, sizeBytes: number): void;
  /** How the last write went: what `readyz` tells. */
  written(fault: Fault | undefined): void;
}

/** `max.message.bytes` counts a batch as it is stored. */
export const checkBatchSize = ({ name, config }: Topic, sizeBytes: number): Result<null> =>
  sizeBytes <= config.maxMessageBytes
    ? ok(null)
    : reject(
        'MESSAGE_TOO_LARGE',
        `A record batch of ${sizeBytes} bytes is larger than max.message.bytes of topic "${name}", ${config.maxMessageBytes}.`,
      );

/** An append whose outcome is unknown may come to be when it has been answered: whoever waits is woken again after so long. */
const lookAgainAfterMs = [100, 1_000] as const;

/** Records into the log and out of it, without any group. */
export class Records {
  #context: RecordsContext;
  readonly #looks = new Set<{ cancel(): void }>();

  constructor(context: RecordsContext) {
    this.#context = context;
  }

  /** @throws Fault when the log fails */
  async produce(topic: Topic, request: ProduceRequest): Promise<Result<ProduceOutcome>> {
    const { topics, clock } = this.#context;
    const { id: topicId, name } = topic;
    for (const { partition, batch } of request.batches) {
      const found = topics.findPartition(name, partition);
      if (!found.ok) return found;
      const size = checkBatchSize(topic, batch.bytes.length);
      if (!size.ok) return size;
    }
    const entries = request.batches.map(({ partition, batch }) => ({ topicId, partition, batch }));
    const outcome = await this.append(
      request.requestKey === undefined
        ? { entries }
        : { entries, requestKey: { topicId, nowMs: clock.wallMs(), ...request.requestKey } },
    );
    if (outcome.kind === 'refused') return { ok: false, error: outcome.error };
    if (outcome.kind !== 'key_reused') return ok(outcome);
    return reject(
      'IDEMPOTENCY_KEY_REUSED',
      `The idempotency key "${request.requestKey?.key}" was used before with another body. Use a new key for a new request.`,
    );
  }

  /**
   * Every append goes through here. It is asked for before this returns: appends to a partition keep their order.
   *
   * @throws Fault when the log fails
   */
  async append(append: Append): Promise<AppendOutcome> {
    const { topics, clock } = this.#context;
    for (const id of new Set(append.entries.map((entry) => entry.topicId))) {
      const activity = topics.byId(id)?.activity;
      if (activity !== undefined) activity.counts.requests++;
    }
    try {
      const outcome = await this.#context.log.append(append);
      this.#context.written(undefined);
      if (outcome.kind === 'appended') {
        for (const { topicId, batch } of append.entries) {
          topics.byId(topicId)?.activity.appended(batch.offsetCount, batch.bytes.length, clock.monotonicMs());
        }
      }
      return outcome;
    } catch (error) {
      if (error instanceof Fault) this.#context.written(error);
      if (error instanceof Fault && error.outcome === 'unknown') this.#lookAgain(append);
      throw error;
    } finally {
      // Also after a fault: its outcome may be unknown, and the records there.
      this.#tell(append);
    }
  }

  #tell(append: Append): void {
    for (const { topicId, partition, batch } of append.entries) {
      this.#context.appended({ topicId, partition }, batch.bytes.length);
    }
  }

  #lookAgain(append: Append): void {
    for (const afterMs of lookAgainAfterMs) {
      const look = this.#context.clock.schedule(afterMs, () => {
        this.#looks.delete(look);
        this.#tell(append);
      });
      this.#looks.add(look);
    }
  }

  /** Looks at nothing again. */
  stop(): void {
    for (const look of this.#looks) look.cancel();
    this.#looks.clear();
  }

  /** @throws Fault when the log fails or holds damaged bytes */
  async read(request: ReadRequest): Promise<Result<ReadOutcome>> {
    const { log, topics } = this.#context;
    const topic = topics.findPartition(request.topic, request.partition);
    if (!topic.ok) return topic;
    const key = { topicId: topic.value.id, partition: request.partition };
    const bounds = log.bounds(key) ?? { startOffset: 0, endOffset: 0 };
    const { startOffset } = request;
    if (startOffset < bounds.startOffset || startOffset > bounds.endOffset) {
      return reject(
        'OFFSET_OUT_OF_RANGE',
        `Offset ${startOffset} is not in ${request.topic}-${request.partition}, which has ${bounds.startOffset} up to ${bounds.endOffset} (exclusive).`,
        'fromOffset',
      );
    }
    const endOffset = Math.min(bounds.endOffset, startOffset + request.maxRecords);
    const batches =
      startOffset === endOffset ? [] : await log.read(key, { startOffset, endOffset, maxBytes: request.maxBytes });
    return ok({ batches, topicId: key.topicId, logStartOffset: bounds.startOffset, logEndOffset: bounds.endOffset });
  }
}
