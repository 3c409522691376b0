import type { IncomingHttpHeaders } from 'node:http';
import type { Span } from '@opentelemetry/api';
import type { FastifyReply } from 'fastify';
import { holderId, holderOf } from '../../core/ids.ts';
import type { AcquiredRange, AcquireOutcome, AcquireRequest, LeaseRef } from '../../broker/requests.ts';
import { resultsText, settleLeases, settlementOf } from '../acknowledging.ts';
import type { HttpLimits } from '../http-settings.ts';
import { refuse } from '../problem.ts';
import { deliveryMembersText, eachRecord, recordMembersText } from '../record-text.ts';
import type { UnreadableRecord } from '../record-text.ts';
import { defineRoute } from '../route.ts';
import type { Route, Services } from '../route.ts';
import { acquireBody, acquireResponse } from '../schemas/acquire.ts';
import { groupParams } from '../schemas/fields.ts';
import { RecordTraces, beginSpan, endSpan } from '../tracing.ts';
import type { WantedEncoding } from '../value-encoding.ts';

export const acquireRoute = (limits: HttpLimits): Route =>
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/acquire',
    operationId: 'acquire',
    tag: 'Leases',
    summary: 'Acquire records under a time-limited lock, and wait for them if there are none',
    description:
      'The first acquire creates the group. An answer without records is 200 and says why. Acknowledgements that ride along are settled first. A client that goes away while it waits leaves no lock behind.',
    params: groupParams,
    body: acquireBody(limits),
    status: 200,
    response: acquireResponse,
    problems: [
      'INVALID_GROUP_ID',
      'INVALID_TOPIC_EXCEPTION',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INCONSISTENT_GROUP_PROTOCOL',
      'TOO_MANY_WAITERS',
      'BUSY',
      'SHUTTING_DOWN',
      'STORAGE_FULL',
      'KAFKA_STORAGE_ERROR',
      'CORRUPT_MESSAGE',
    ],
    handle: async ({ params: { group }, body, reply, headers }, services) => {
      const request: AcquireRequest = {
        group,
        topics: body.topics,
        holder: holderOf('http', body.workerId),
        maxRecords: body.maxRecords,
        maxBytes: body.maxBytes,
        waitMs: body.waitMs,
        lockDurationMs: body.lockDurationMs ?? null,
        acquireMode: body.acquireMode,
        startFrom: body.startFrom ?? null,
      };
      const poll = body.waitMs > 0 ? services.polls.enter(reply.raw) : null;
      // Before anything is settled: what is refused must not have had an effect.
      if (poll === undefined) {
        return refuse(
          'TOO_MANY_WAITERS',
          `${services.limits.maxWaitingPolls} acquires wait already, the most of http.max.waiting.polls; try again later or with waitMs 0`,
        );
      }
      try {
        let resultsMember = '';
        if (body.acknowledgements !== undefined) {
          const settlements = body.acknowledgements.map(settlementOf);
          const results = await settleLeases(group, settlements, headers, services);
          if (!results.ok) return results;
          resultsMember = `,"results":${resultsText(settlements, results.value)}`;
        }
        const span = beginAcquire(request, headers);
        const acquired = await services.broker.acquire(request, poll?.signal ?? null);
        if (!acquired.ok) {
          endSpan(span, acquired);
          return acquired;
        }
        services.leaseGroups.remember(group);
        if (acquired.value.ranges.length > 0 && isGone(reply)) {
          // Nobody has seen them: they are available again, and no delivery is counted.
          services.broker.giveBack(group, acquired.value.ranges);
          return refuse('SHUTTING_DOWN', 'The client has gone');
        }
        try {
          const { recordsText, damaged } = writeRecords(group, acquired.value.ranges, body.encoding, span, services);
          if (damaged !== undefined) {
            const problem = await releaseDamaged(group, damaged, services);
            if (recordsText === '') return problem;
          }
          return { ok: true, value: answerText(recordsText, acquired.value, resultsMember) };
        } catch (error) {
          // A bug, or an answer too long for one text: it must not use up the attempts of records that nobody has seen.
          services.broker.giveBack(group, acquired.value.ranges);
          throw error;
        }
      } finally {
        poll?.leave();
      }
    },
  });

const beginAcquire = ({ group, topics, holder }: AcquireRequest, headers: IncomingHttpHeaders): Span => {
  const [topic, another] = topics;
  const one = topic !== undefined && another === undefined ? topic : undefined;
  return beginSpan('acquire', one ?? group, headers, () => ({
    'messaging.consumer.group.name': group,
    'messaging.client.id': holderId(holder),
    ...(one === undefined ? {} : { 'messaging.destination.name': one }),
  }));
};

/** The connection was lost before the answer. The response hears of it a little later than its socket. */
const isGone = ({ raw }: FastifyReply): boolean =>
  (raw.destroyed || raw.socket?.destroyed === true) && !raw.writableEnded;

/**
 * Releases records that cannot be read, with the reason, so that it is seen in the window; the stored bytes stay as they
 * are. It counts as an attempt: a record that stays unreadable is archived at the limit, like any that nobody can do.
 */
const releaseUnreadable = async (
  group: string,
  range: AcquiredRange,
  offsets: readonly number[],
  reason: string,
  { broker, logger }: Services,
): Promise<void> => {
  const answer = await broker.acknowledge(
    group,
    offsets.map((offset) => ({ lease: refOf(range, offset), type: 'release', reason })),
  );
  if (!answer.ok)
    logger.warn({ group, code: answer.error.code }, 'could not release what cannot be read; the locks will run out');
};

const refOf = (range: AcquiredRange, offset: number): LeaseRef => ({
  topicId: range.topicId,
  partition: range.partition,
  offset,
  acquisition: range.acquisition,
  leaderEpoch: range.leaderEpoch,
  stateEpoch: range.stateEpoch,
});

interface DamagedRange {
  readonly range: AcquiredRange;
  readonly records: UnreadableRecord[];
}

/** The records as JSON text, with commas between them; and what cannot be read. */
const writeRecords = (
  group: string,
  ranges: readonly AcquiredRange[],
  encoding: WantedEncoding,
  span: Span,
  services: Services,
): { readonly recordsText: string; readonly damaged: readonly DamagedRange[] | undefined } => {
  let recordsText = '';
  let count = 0;
  const traces = span.isRecording() ? new RecordTraces() : undefined;
  let damaged: DamagedRange[] | undefined;
  for (const range of ranges) {
    const topicText = JSON.stringify(range.topic);
    const delivery = deliveryMembersText(range);
    const leaseOf = services.leases.signer(group, range);
    eachRecord(
      services.batches,
      range,
      range.batches,
      range,
      (record) => {
        const members = recordMembersText(topicText, range.partition, record, encoding);
        traces?.add(record.headers);
        recordsText += `${count++ === 0 ? '{' : ',{'}${members},${delivery},"lease":"${leaseOf(record.offset)}"}`;
      },
      (unreadable) => {
        damaged ??= [];
        if (damaged.at(-1)?.range !== range) damaged.push({ range, records: [] });
        damaged.at(-1)!.records.push(unreadable);
      },
    );
  }
  // One that is not ended is never exported: a wait that brought nothing is nothing to look at.
  if (traces !== undefined && count > 0) {
    span.addLinks(traces.links);
    span.setAttribute('messaging.batch.message_count', count);
    span.end();
  }
  return { recordsText, damaged };
};

/** Answers the first of them as a problem. */
const releaseDamaged = async (
  group: string,
  damaged: readonly DamagedRange[],
  services: Services,
): Promise<ReturnType<typeof refuse>> => {
  const whats: string[] = [];
  for (const { range, records } of damaged) {
    const first = records[0]!;
    const what = `offset ${first.offset} of ${range.topic}-${range.partition} cannot be read: ${first.message}`;
    services.logger.error({ group, topic: range.topic, partition: range.partition, offsets: records.length }, what);
    const offsets = records.map(({ offset }) => offset);
    await releaseUnreadable(group, range, offsets, what.slice(0, 300), services);
    whats.push(what);
  }
  return refuse('CORRUPT_MESSAGE', whats[0]!);
};

const answerText = (recordsText: string, outcome: AcquireOutcome, resultsMember: string): string => {
  const { emptyReason, nextAvailableMs, problem, lag, oldestAgeMs, started } = outcome;
  return (
    `{"records":[${recordsText}],"emptyReason":${emptyReason === null ? 'null' : `"${emptyReason}"`},` +
    (nextAvailableMs === null ? '' : `"nextAvailableMs":${nextAvailableMs},`) +
    (problem === null ? '' : `"problem":${JSON.stringify(problem)},`) +
    `"lag":${lag},"oldestAgeMs":${oldestAgeMs}` +
    (started === null ? '' : `,"started":${JSON.stringify(started)}`) +
    `${resultsMember}}`
  );
};
