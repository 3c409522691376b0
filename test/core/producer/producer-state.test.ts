import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ProducerState,
  checkSequence,
  rememberedBatches,
  sequenceAfter,
  stateAfter,
} from '../../../src/core/producer/producer-state.ts';

const last = 2 ** 31 - 1;

/** A partition that one producer writes to. */
class Partition {
  state: ProducerState | undefined;
  endOffset = 0;

  /** The base offset, with `again` for one that was there; or the code of the rejection. */
  send(baseSequence: number, offsetCount: number, producerEpoch = 0): string {
    const batch = { producerId: 7, producerEpoch, baseSequence };
    const checked = checkSequence(this.state, batch, offsetCount);
    if (!checked.ok) return checked.error.code;
    if (checked.value !== undefined) return `${checked.value} again`;
    const baseOffset = this.endOffset;
    this.state = stateAfter(this.state, batch, { baseOffset, offsetCount });
    this.endOffset += offsetCount;
    return `${baseOffset}`;
  }
}

describe('the sequences of a producer', () => {
  it('follow each other, each record taking one', () => {
    const partition = new Partition();
    expect([partition.send(0, 3), partition.send(3, 1), partition.send(4, 2)]).toEqual(['0', '3', '4']);
    expect(partition.send(7, 1)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(partition.send(5, 2)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(partition.send(6, 1)).toBe('6');
  });

  it('are remembered for the last five batches', () => {
    const partition = new Partition();
    for (let sequence = 0; sequence < 6; sequence++) partition.send(sequence, 1);
    expect([5, 4, 3, 2, 1].map((sequence) => partition.send(sequence, 1))).toEqual(
      [5, 4, 3, 2, 1].map((offset) => `${offset} again`),
    );
    expect(partition.send(0, 1)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  });

  it('make a duplicate only where both ends are the same', () => {
    const partition = new Partition();
    partition.send(0, 3);
    expect([partition.send(0, 2), partition.send(1, 2), partition.send(0, 4)]).toEqual(
      Array.from({ length: 3 }, () => 'OUT_OF_ORDER_SEQUENCE_NUMBER'),
    );
    expect(partition.send(0, 3)).toBe('0 again');
  });

  it('begin anywhere where nothing is remembered', () => {
    const partition = new Partition();
    expect([partition.send(17, 2), partition.send(17, 2), partition.send(19, 1)]).toEqual(['0', '0 again', '2']);
  });

  it('begin at 0 in a new epoch, and an old epoch is refused', () => {
    const partition = new Partition();
    partition.send(0, 3, 4);
    expect(partition.send(3, 1, 5)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(partition.send(0, 3, 5)).toBe('3');
    expect(partition.send(3, 1, 4)).toBe('INVALID_PRODUCER_EPOCH');
    expect(partition.send(0, 3, 4)).toBe('INVALID_PRODUCER_EPOCH');
    expect(partition.send(0, 3, 5)).toBe('3 again');
  });

  it('go on with 0 after 2^31-1, also in the middle of a batch', () => {
    const partition = new Partition();
    expect([partition.send(last - 1, 2), partition.send(0, 1)]).toEqual(['0', '2']);
    const other = new Partition();
    expect([other.send(last, 3), other.send(last, 3), other.send(2, 1)]).toEqual(['0', '0 again', '3']);
    expect(sequenceAfter(last, 1)).toBe(0);
  });

  it('come out as with a producer whose every record is remembered', () => {
    const sends = fc.array(fc.record({ base: fc.nat(12), count: fc.integer({ min: 1, max: 3 }), epoch: fc.nat(2) }), {
      maxLength: 40,
    });
    let duplicates = 0;
    fc.assert(
      fc.property(sends, (all) => {
        const partition = new Partition();
        // The twin: all batches ever, by epoch.
        const appended: { base: number; count: number; epoch: number; offset: number }[] = [];
        let endOffset = 0;
        for (const { base, count, epoch } of all) {
          const latest = appended.at(-1);
          const recent = appended.filter((each) => each.epoch === latest?.epoch).slice(-rememberedBatches);
          const same = recent.find((each) => each.base === base && each.count === count && each.epoch === epoch);
          const next = latest === undefined ? base : epoch > latest.epoch ? 0 : latest.base + latest.count;
          let expected: string;
          if (latest !== undefined && epoch < latest.epoch) expected = 'INVALID_PRODUCER_EPOCH';
          else if (same !== undefined) expected = `${same.offset} again`;
          else if (base !== next) expected = 'OUT_OF_ORDER_SEQUENCE_NUMBER';
          else {
            expected = `${endOffset}`;
            appended.push({ base, count, epoch, offset: endOffset });
            endOffset += count;
          }
          if (same !== undefined) duplicates++;
          expect(partition.send(base, count, epoch)).toBe(expected);
        }
      }),
      { seed: 4, numRuns: 2_000 },
    );
    expect(duplicates).toBeGreaterThan(50);
  });
});
