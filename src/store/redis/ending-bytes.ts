import type { Holder } from '../../core/ids.ts';
import { endingOutcomes } from '../../core/share-partition/ending.ts';
import type { Ending } from '../../core/share-partition/ending.ts';
import { type EndingClass, endingClass, endingClasses } from '../../core/share-partition/surplus-endings.ts';
import { Fault } from '../../ports/fault.ts';
import type { StoredEnding } from '../../ports/state-store.ts';

/**
 * An ending as a member of a sorted set. Numbers are big-endian; what may pass 2^32 is a float64, which is exact up to 2^53.
 *
 *     0  sequence, two uint32       so that members of one score lie in this order, and none is there twice
 *     8  format, uint8              1
 *     9  class, uint8               index in `endingClasses`
 *    10  offsets it covers, uint16  lastOffset − firstOffset + 1; the scripts read it too
 *    12  state epoch, uint32        the scripts read it too
 *    16  last offset
 *    24  acquisition
 *    32  acquired at, ms
 *    40  ended at, ms
 *    48  leader epoch, uint32
 *    52  delivery count, uint32
 *    56  outcome, uint8             index in `endingOutcomes`
 *    57  flags, uint8               1: there is an available-at, 2: a delay, 4: a reason
 *    58  length of the holder, uint16
 *    60  available-at, delay: only where there are such
 *        holder, reason: UTF-8
 */
const format = 1;
const headBytes = 60;

export interface EndingSummary {
  readonly member: Buffer;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly sequence: number;
  readonly stateEpoch: number;
  readonly class: EndingClass;
}

/** Whether it is among `StateStore.archived`. */
export const isListed = (ending: Ending): boolean => endingClass(ending) === 'archived';

export function encodeEnding(ending: Ending, sequence: number, stateEpoch: number): Buffer {
  const holder = Buffer.from(ending.holder);
  const reason = ending.reason === null ? undefined : Buffer.from(ending.reason);
  const { availableAtMs, delayMs } = ending;
  const times = [availableAtMs, delayMs].filter((time) => time !== null);
  const bytes = Buffer.allocUnsafe(headBytes + 8 * times.length + holder.length + (reason?.length ?? 0));
  bytes.writeUInt32BE(Math.floor(sequence / 2 ** 32), 0);
  bytes.writeUInt32BE(sequence % 2 ** 32, 4);
  bytes[8] = format;
  bytes[9] = endingClasses.indexOf(endingClass(ending));
  bytes.writeUInt16BE(ending.lastOffset - ending.firstOffset + 1, 10);
  bytes.writeUInt32BE(stateEpoch, 12);
  bytes.writeDoubleBE(ending.lastOffset, 16);
  bytes.writeDoubleBE(ending.acquisition, 24);
  bytes.writeDoubleBE(ending.acquiredAtMs, 32);
  bytes.writeDoubleBE(ending.endedAtMs, 40);
  bytes.writeUInt32BE(ending.leaderEpoch, 48);
  bytes.writeUInt32BE(ending.deliveryCount, 52);
  bytes[56] = endingOutcomes.indexOf(ending.outcome);
  bytes[57] = (availableAtMs === null ? 0 : 1) | (delayMs === null ? 0 : 2) | (reason === undefined ? 0 : 4);
  bytes.writeUInt16BE(holder.length, 58);
  let at = headBytes;
  for (const time of times) at = bytes.writeDoubleBE(time, at);
  at += holder.copy(bytes, at);
  reason?.copy(bytes, at);
  return bytes;
}

/** @throws Fault CORRUPT when it is not what `encodeEnding` writes */
export function summaryOf(member: Buffer): EndingSummary {
  const classNow = endingClasses[member[9] ?? -1];
  if (member.length < headBytes || member[8] !== format || classNow === undefined) throw corrupt(member);
  const lastOffset = member.readDoubleBE(16);
  return {
    member,
    firstOffset: lastOffset - member.readUInt16BE(10) + 1,
    lastOffset,
    sequence: member.readUInt32BE(0) * 2 ** 32 + member.readUInt32BE(4),
    stateEpoch: member.readUInt32BE(12),
    class: classNow,
  };
}

/** @throws Fault CORRUPT when it is not what `encodeEnding` writes */
export function decodeEnding(member: Buffer): StoredEnding {
  const { firstOffset, lastOffset, sequence, class: itsClass } = summaryOf(member);
  const outcome = endingOutcomes[member[56] ?? -1];
  const flags = member[57] ?? 0;
  const holderBytes = member.readUInt16BE(58);
  const holderAt = headBytes + (flags & 1 ? 8 : 0) + (flags & 2 ? 8 : 0);
  const reasonAt = holderAt + holderBytes;
  if (outcome === undefined || reasonAt > member.length) throw corrupt(member);
  return {
    firstOffset,
    lastOffset,
    acquisition: member.readDoubleBE(24),
    leaderEpoch: member.readUInt32BE(48),
    deliveryCount: member.readUInt32BE(52),
    holder: member.toString('utf8', holderAt, reasonAt) as Holder,
    acquiredAtMs: member.readDoubleBE(32),
    endedAtMs: member.readDoubleBE(40),
    outcome,
    state: itsClass === 'accepted' ? 'acknowledged' : itsClass === 'gap' ? 'archived' : itsClass,
    availableAtMs: flags & 1 ? member.readDoubleBE(headBytes) : null,
    delayMs: flags & 2 ? member.readDoubleBE(holderAt - 8) : null,
    reason: flags & 4 ? member.toString('utf8', reasonAt) : null,
    sequence,
  };
}

const corrupt = (member: Buffer): Fault =>
  new Fault({
    code: 'CORRUPT',
    operation: 'read share state',
    message: `Redis has share state that this version of sash did not write: ${member.toString('hex', 0, 64)}`,
    retriable: false,
    outcome: 'refused',
    hint: 'does another program write to the keys of cluster.name, or did a newer version of sash? Nothing has been dropped or repaired',
  });
