import { describe, expect, it } from 'vitest';
import { agedSentence, bytes, duration, rate } from '../../src/dashboard/format.ts';
import { eventParser } from '../../src/dashboard/live/event-parser.ts';
import type { StreamEvent } from '../../src/dashboard/live/event-parser.ts';
import { links, parseRoute } from '../../src/dashboard/router.ts';

describe('numbers', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [4200, '4.2 s'],
    [5000, '5 s'],
    [59_949, '60 s'],
    [252_000, '4 min 12 s'],
    [3_600_000, '1 h'],
    [12_000_000, '3 h 20 min'],
    [187_200_000, '2 d 4 h'],
    [null, '–'],
  ])('%s ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [0, '0'],
    [0.01, '<0.1'],
    [0.44, '0.4'],
    [99.94, '99.9'],
    [1204.4, '1,204'],
  ])('a rate of %s is %s', (perSecond, text) => expect(rate(perSecond)).toBe(text));

  it.each([
    [512, '512 B'],
    [1023, '1,023 B'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [962_560, '940 KiB'],
  ])('%s bytes are %s', (size, text) => expect(bytes(size)).toBe(text));
});

describe('what blocks a window, in words, some time later', () => {
  it('has a lock grow older by what has passed', () => {
    const sentence = 'offset 120,045 on emails-3 has been locked by mailer for 5 s, x for 4 min, 3rd delivery of 5';
    expect(agedSentence(sentence, 240_000, 500)).toBe(sentence);
    expect(agedSentence(sentence, 240_000, 32_000)).toBe(
      'offset 120,045 on emails-3 has been locked by mailer for 5 s, x for 4 min 32 s, 3rd delivery of 5',
    );
  });

  it('has a wait become shorter, down to nothing', () => {
    const sentence = 'offset 7 on emails-3 waits 9 s more before its 3rd delivery of 5 (“waits 8 s more before it”)';
    expect(agedSentence(sentence, 0, 2000)).toContain('waits 7 s more before its 3rd');
    expect(agedSentence(sentence, 0, 60_000)).toContain('waits 0 s more before its 3rd');
  });

  it('leaves alone what no time is in', () => {
    const sentence = 'offset 7 on emails-3 is available and waits for a worker';
    expect(agedSentence(sentence, 5000, 90_000)).toBe(sentence);
  });
});

describe('addresses', () => {
  const names = ['emails', 'a/b', 'record', 'ä #?%', '..', 'window'];

  it.each(names)('of every view go there and back, for a group or topic called %s', (name) => {
    const group = { view: 'group', group: name, tab: 'windows', window: null, record: null };
    const record = { topic: name, partition: 3, offset: 120_045 };
    expect(parseRoute(links.group(name))).toEqual(group);
    expect(parseRoute(links.group(name, 'archived'))).toEqual({ ...group, tab: 'archived' });
    expect(parseRoute(links.window(name, name, 3))).toEqual({ ...group, window: { topic: name, partition: 3 } });
    const drawer = `/record/${encodeURIComponent(name)}/3/120045`;
    expect(parseRoute(`${links.group(name)}${drawer}`)).toEqual({ ...group, record });
    expect(parseRoute(`${links.group(name, 'archived')}${drawer}`)).toEqual({ ...group, tab: 'archived', record });
    expect(parseRoute(`${links.window(name, name, 1)}${drawer}`)).toEqual({
      ...group,
      window: { topic: name, partition: 1 },
      record,
    });
    expect(parseRoute(links.topic(name))).toMatchObject({ view: 'topic', topic: name, partition: null });
    expect(parseRoute(links.partition(name, 2, 50))).toMatchObject({ topic: name, partition: 2, fromOffset: 50 });
    expect(parseRoute(links.stored(record))).toMatchObject({ topic: name, partition: 3, record });
  });

  it.each(['#/nothing', '#/groups/g/nothing', '#/groups/%E0%A4%A', '#/topics/t/x'])('%s is nowhere', (hash) =>
    expect(parseRoute(hash).view).toBe('unknown'),
  );

  it('without anything is the list of groups', () => {
    for (const hash of ['', '#', '#/', '#/groups']) expect(parseRoute(hash)).toEqual({ view: 'groups' });
  });
});

describe('a stream of events', () => {
  const read = (chunks: readonly string[]) => {
    const seen: (readonly [StreamEvent, string | null])[] = [];
    const feed = eventParser((event, id) => seen.push([event, id]));
    for (const chunk of chunks) feed(chunk);
    return seen;
  };

  it('is read however it was cut, heartbeats and line ends of both kinds included', () => {
    const text =
      'retry: 1000\n\n: alive\n\nid: 7-1\nevent: group\ndata: {"a":\ndata: 1}\n\r\nid: 7-2\r\ndata:2\r\n\r\n';
    const expected = [
      [{ event: 'group', data: { a: 1 } }, '7-1'],
      [{ event: 'message', data: 2 }, '7-2'],
    ];
    expect(read([text])).toEqual(expected);
    expect(read(Array.from(text))).toEqual(expected);
  });

  it('gives nothing of an event that has not come to its end', () => {
    expect(read(['id: 1\ndata: 1\n'])).toEqual([]);
  });
});
