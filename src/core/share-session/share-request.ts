import { ok, reject } from '../result.ts';
import type { Result } from '../result.ts';
import { checkMemberId } from '../share-group/heartbeat.ts';
import type { AcknowledgeType } from '../share-partition/acknowledge.ts';

/**
 * What is wrong with a ShareFetch or ShareAcknowledge by itself, whatever there is in the broker (KIP-932; KafkaApis in Kafka 4.4).
 * The order of a request: `checkShareRequest`, then its session (share-session.ts), then its acknowledgements,
 * partition by partition.
 */

export interface ShareRequest {
  readonly groupId: string | null;
  readonly memberId: string | null;
  readonly isRenewAck: boolean;
}

/** The limits of a ShareFetch; a ShareAcknowledge has none. */
export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxRecords: number;
}

/**
 * INVALID_REQUEST for the whole request: no group id; a member id that is null, empty or longer than 36 characters; a renewing
 * ShareFetch (`IsRenewAck`) that also wants records. Kafka looks at permissions after the group id.
 */
export function checkShareRequest(request: ShareRequest, limits?: FetchLimits): Result<void> {
  if (request.groupId === null) return reject('INVALID_REQUEST', 'GroupId is null: a share request names its group.');
  const member = checkMemberId(request.memberId);
  if (!member.ok) return member;
  if (!request.isRenewAck || limits === undefined) return ok(undefined);
  const { maxWaitMs, minBytes, maxBytes, maxRecords } = limits;
  const above = Object.entries({
    MaxBytes: maxBytes,
    MinBytes: minBytes,
    MaxRecords: maxRecords,
    MaxWaitMs: maxWaitMs,
  });
  const wrong = above.find(([, value]) => value !== 0);
  if (wrong === undefined) return ok(undefined);
  return reject(
    'INVALID_REQUEST',
    `${wrong[0]} is ${wrong[1]}: a fetch with IsRenewAck fetches nothing, it has to be 0.`,
  );
}

/** AcknowledgementBatches of one partition, as sent. */
export interface AcknowledgementBatch {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** One for all offsets, or one for each. */
  readonly acknowledgeTypes: readonly number[];
}

/** The same, understood. */
export interface AcknowledgedRange {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** One for all offsets, or one for each. */
  readonly types: readonly AcknowledgeType[];
}

/** By number: gap is never the application's, it stands for offsets without a record; renew came with version 2. */
const typesByNumber: readonly AcknowledgeType[] = ['gap', 'accept', 'release', 'reject', 'renew'];

/**
 * Reads the acknowledgements of one partition. All of them count or none. INVALID_REQUEST, for the first that is wrong: first offset below 0
 * or above the last; a batch that starts before the end of the one before; not one type, nor one for each offset;
 * an unknown type; renew without `IsRenewAck`, or before version 2. INVALID_RECORD_STATE when a batch starts with the last offset of the one before: the second
 * acknowledgement of a record comes too late, as in Kafka.
 *
 * @param version of the request, 1 or 2
 */
export function readAcknowledgementBatches(
  batches: readonly AcknowledgementBatch[],
  request: { readonly version: number; readonly isRenewAck: boolean },
): Result<readonly AcknowledgedRange[]> {
  const ranges: AcknowledgedRange[] = [];
  const knownTypes = request.version >= 2 ? 5 : 4;
  let touching: number | undefined;
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    const text = `Offsets ${firstOffset}–${lastOffset}`;
    const invalid = (problem: string) => reject('INVALID_REQUEST', `${text}: ${problem}.`);
    if (firstOffset < 0 || firstOffset > lastOffset) return invalid('the first is below 0 or above the last');
    const before = ranges.at(-1)?.lastOffset;
    if (before !== undefined && firstOffset < before) return invalid(`the batch before ends at ${before}`);
    if (before === firstOffset) touching ??= firstOffset;
    const size = lastOffset - firstOffset + 1;
    if (acknowledgeTypes.length !== 1 && acknowledgeTypes.length !== size) {
      return invalid(`${acknowledgeTypes.length} types for ${size} offsets; send one, or one for each`);
    }
    const types: AcknowledgeType[] = [];
    for (const number of acknowledgeTypes) {
      const type = number < knownTypes ? typesByNumber[number] : undefined;
      if (type === undefined) return invalid(`acknowledge type ${number} is not known in version ${request.version}`);
      types.push(type);
    }
    if (types.includes('renew') && !request.isRenewAck) return invalid('renew (4) needs IsRenewAck');
    ranges.push({ firstOffset, lastOffset, types });
  }
  if (touching === undefined) return ok(ranges);
  return reject('INVALID_RECORD_STATE', `Offset ${touching} is in two batches: the first of them settles it.`);
}
