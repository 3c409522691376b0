import { describe, expect, it } from 'vitest';
import {
  countDown,
  rangeText,
  segmentText,
  spokenSegment,
  windowSentence,
} from '../../../src/dashboard/strip/describe.ts';
import { holderColour } from '../../../src/dashboard/strip/holder-colour.ts';
import type { Segment } from '../../../src/dashboard/strip/strip-picture.ts';

const locked: Segment = {
  firstOffset: 120_045,
  endOffset: 120_046,
  state: 'acquired',
  counts: [0, 1, 0, 0, 0],
  holder: 'mailer-7f9c',
  deliveryCount: 3,
  msLeft: 12_400,
};

describe('What a strip says', () => {
  it('tells of a locked record who holds it, how often it was delivered and how long the lock still lasts', () => {
    expect(segmentText(locked, 400)).toEqual({
      title: '120,045',
      lines: [
        { label: 'state', value: 'acquired' },
        { label: 'held by', value: 'mailer-7f9c' },
        { label: 'deliveries', value: '3' },
        { label: 'lock ends in', value: '12 s' },
      ],
    });
    expect(segmentText(locked, 20_000).lines.at(-1)!.value).toBe('now');
    expect(spokenSegment(locked, 120_045, 400)).toBe(
      '120,045: acquired, held by mailer-7f9c, deliveries 3, lock ends in 12 s',
    );
  });

  it('tells of many records how many are in each state', () => {
    const many: Segment = { ...locked, endOffset: 130_045, state: null, counts: [9000, 900, 0, 100, 0], msLeft: null };
    expect(segmentText(many, 0).lines.map(({ label, value }) => `${label} ${value}`)).toEqual([
      'records 10,000',
      'available 9,000',
      'acquired 900',
      'acknowledged 100',
      'most held by mailer-7f9c',
    ]);
  });

  it('tells of the window as a whole', () => {
    const window = { topic: 'emails', partition: 3, startOffset: 100, endOffset: 300 };
    const counts = { available: 150, acquired: 50, delayed: 0, acknowledged: 0, archived: 0 };
    expect(windowSentence(window, counts)).toBe('Window of emails-3: 100 to 299; 150 available, 50 acquired');
    expect(windowSentence({ ...window, endOffset: 100 }, undefined)).toBe(
      'Window of emails-3: empty, it starts at 100',
    );
  });

  it('writes ranges and times', () => {
    expect(rangeText(5, 5)).toBe('5');
    expect(rangeText(1000, 2000)).toBe('1,000 – 2,000');
    expect([-5, 1, 59_000, 245_000, 11_520_000].map(countDown)).toEqual([
      '0 s',
      '1 s',
      '59 s',
      '4 min 05 s',
      '3 h 12 min',
    ]);
  });
});

describe('The colour of a worker', () => {
  it('is the same wherever it is shown, in its own tone of each theme', () => {
    const [light, dark] = [holderColour('mailer-1', false), holderColour('mailer-1', true)];
    holderColour('mailer-2', false);
    expect([holderColour('mailer-1', false), holderColour('mailer-1', true)]).toEqual([light, dark]);
    expect(light).not.toBe(dark);
  });

  it('keeps away from the colours of states, and from those of other workers while there are any left', () => {
    const colours = new Set<string>();
    for (let worker = 1; worker <= 16; worker += 1) {
      const colour = holderColour(`mailer-${worker}`, true);
      const hue = Number(/ ([\d.]+)\)$/.exec(colour)![1]);
      expect(hue).toBeGreaterThan(180);
      expect(hue).toBeLessThan(350);
      colours.add(colour);
    }
    expect(colours.size).toBe(16);
    expect(colours.has(holderColour('one too many', true))).toBe(true);
  });
});
