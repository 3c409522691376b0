import { describe, expect, it } from 'vitest';
import { parseGroupId, parseTopicName, topicNamesCollide } from '../../src/core/names.ts';

describe("a topic's name", () => {
  it.each(['a', 'Emails-2.new_ones', '_schemas', '...', 'a'.repeat(249)])('%s is taken', (name) => {
    expect(parseTopicName(name)).toEqual({ ok: true, value: name });
  });

  it.each([
    ['', 'is empty'],
    ['.', 'is a path'],
    ['..', 'is a path'],
    ['a'.repeat(250), 'has 250 characters'],
    ['a b', 'has other characters'],
    ['a/b', 'has other characters'],
    ['é', 'has other characters'],
    ['a\n', 'has other characters'],
    ['__consumer_offsets', 'starts with "__"'],
  ])('%j is refused with the rule in words', (name, problem) => {
    const result = parseTopicName(name, 'topic');
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_TOPIC_EXCEPTION', field: 'topic' } });
    const message = result.ok ? '' : result.error.message;
    expect(message).toContain(problem);
    expect(message).toContain('has 1 to 249 characters, each an ASCII letter, a digit, ".", "_" or "-"');
    expect(message.length).toBeLessThan(400);
  });

  it('collides with one that differs in "." and "_" alone', () => {
    expect(topicNamesCollide('a.b_c', 'a_b.c')).toBe(true);
    expect(topicNamesCollide('a.b', 'a-b')).toBe(false);
  });
});

describe("a group's id", () => {
  it.each(['g', 'my group', 'Grüße/1', '日本', '👍', '...', '__x', 'g'.repeat(249)])('%s is taken', (id) => {
    expect(parseGroupId(id)).toEqual({ ok: true, value: id });
  });

  it.each([
    ['', 'is empty'],
    ['g'.repeat(250), 'has 250 characters'],
    ['a\u0000b', 'control character'],
    ['a\nb', 'control character'],
    ['a\u0085', 'control character'],
    ['a\ud800', 'surrogate'],
    ['.', 'is a path'],
    ['..', 'is a path'],
  ])('%j is refused with the rule in words', (id, problem) => {
    const result = parseGroupId(id, 'group');
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_GROUP_ID', field: 'group' } });
    const message = result.ok ? '' : result.error.message;
    expect(message).toContain(problem);
    expect(message).toContain("A group's id has 1 to 249 characters, with no control characters");
  });
});
