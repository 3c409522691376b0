import { describe, expect, it } from 'vitest';
import { ok } from '../../src/core/result.ts';
import {
  changedTopicConfig,
  checkTopicConfigChange,
  describeTopicConfig,
  effectiveTopicConfig,
  parseTopicConfig,
  readTopicConfig,
} from '../../src/core/topic-config.ts';

describe("a topic's config", () => {
  it("has Kafka's defaults where nothing was set", () => {
    expect(parseTopicConfig({})).toEqual({
      ok: true,
      value: { retentionMs: 604_800_000, retentionBytes: undefined, maxMessageBytes: 1_048_588 },
    });
    expect(effectiveTopicConfig({})).toEqual({
      'retention.ms': '604800000',
      'retention.bytes': '-1',
      'max.message.bytes': '1048588',
    });
  });

  it('has what was set; -1 is no limit', () => {
    const overrides = { 'retention.ms': '-1', 'retention.bytes': '1000', 'max.message.bytes': '0' };
    expect(parseTopicConfig(overrides)).toEqual({
      ok: true,
      value: { retentionMs: undefined, retentionBytes: 1000, maxMessageBytes: 0 },
    });
    expect(effectiveTopicConfig(overrides)).toEqual(overrides);
  });

  it("takes Kafka's greatest long as no limit, and shows it as it was set", () => {
    const overrides = { 'retention.ms': '9223372036854775807', 'retention.bytes': '9007199254740992' };
    expect(checkTopicConfigChange({}, overrides)).toEqual({ ok: true, value: overrides });
    expect(parseTopicConfig(overrides)).toMatchObject({
      ok: true,
      value: { retentionMs: undefined, retentionBytes: undefined },
    });
    expect(effectiveTopicConfig(overrides)).toMatchObject(overrides);
  });

  it('changes what is named, and null brings the default back', () => {
    const current = { 'retention.ms': '1', 'retention.bytes': '2' };
    expect(checkTopicConfigChange(current, { 'retention.ms': null, 'max.message.bytes': ' 300 ' })).toEqual({
      ok: true,
      value: { 'retention.bytes': '2', 'max.message.bytes': '300' },
    });
    expect(current).toEqual({ 'retention.ms': '1', 'retention.bytes': '2' });
  });

  it.each([
    ['retention.ms', '-2', -1],
    ['retention.ms', '9223372036854775808', -1],
    ['retention.ms', '99999999999999999999999', -1],
    ['retention.ms', '1e3', -1],
    ['retention.ms', '', -1],
    ['retention.bytes', '1.5', -1],
    ['max.message.bytes', '-1', 0],
    ['max.message.bytes', '2147483648', 0],
    ['max.message.bytes', '0x10', 0],
  ])('refuses %s = %j with the limits', (name, text, min) => {
    const result = checkTopicConfigChange({}, { [name]: text });
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG', field: `config.${name}` } });
    const message = result.ok ? '' : result.error.message;
    expect(message).toContain(`${name} is ${JSON.stringify(text)}: a whole number from ${min} to `);
  });

  it.each([
    ['cleanup.policy', 'delete', 'compact', 'topics are not compacted'],
    ['flush.messages', '1', '9223372036854775807', 'every record is flushed to disk before it is confirmed'],
    ['message.timestamp.type', 'CreateTime', 'LogAppendTime', 'records keep the timestamp that their producer gave'],
    ['min.insync.replicas', '1', '2', 'a partition has one replica'],
    ['compression.type', 'producer', 'zstd', 'record batches are kept as producers compressed them'],
    ['preallocate', 'FALSE', 'true', 'there are no segments'],
  ])("takes Kafka's %s at %j alone, which says what sash does", (name, taken, refused, behaviour) => {
    expect(checkTopicConfigChange({}, { [name]: taken })).toEqual({ ok: true, value: {} });
    const result = checkTopicConfigChange({}, { [name]: refused });
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG', field: `config.${name}` } });
    expect(result.ok ? '' : result.error.message).toContain(behaviour);
  });

  it('shows all, and among them those that it takes at one value', () => {
    const entries = describeTopicConfig({ 'retention.ms': '+5' });
    expect(entries.find((each) => each.name === 'retention.ms')).toEqual({
      name: 'retention.ms',
      type: 'long',
      value: '5',
      defaultValue: '604800000',
      isSet: true,
      isFixed: false,
      description: 'Records older than this are dropped; -1 keeps them however old they are.',
    });
    expect(entries.find((each) => each.name === 'cleanup.policy')).toMatchObject({
      type: 'list',
      value: 'delete',
      isSet: false,
      isFixed: true,
    });
    expect(entries.filter((each) => !each.isFixed).map((each) => each.name)).toEqual(
      Object.keys(effectiveTopicConfig({})),
    );
  });

  it.each(['retention.hours', '__proto__', 'constructor', ''])(
    'refuses the unknown config %j and lists the known',
    (name) => {
      const change = Object.fromEntries([[name, '1']]);
      for (const result of [
        checkTopicConfigChange({}, change),
        checkTopicConfigChange({}, Object.fromEntries([[name, null]])),
        parseTopicConfig(change),
      ]) {
        expect(result).toEqual({
          ok: false,
          error: {
            code: 'INVALID_CONFIG',
            message: `"${name}" is not a topic config. Known are: retention.ms, retention.bytes, max.message.bytes.`,
            field: `config.${name}`,
          },
        });
      }
    },
  );
});

describe("the config of a cluster's topic", () => {
  const inherited = {
    'retention.ms': '3600000',
    'max.message.bytes': '2000',
    'cleanup.policy': 'delete',
    'new.one': 'x',
  };

  it('is what was set for it, and otherwise what the cluster has', () => {
    expect(readTopicConfig({ 'retention.ms': '5' }, inherited)).toEqual(
      ok({ retentionMs: 5, retentionBytes: undefined, maxMessageBytes: 2000 }),
    );
    expect(effectiveTopicConfig({}, inherited)).toMatchObject({ 'retention.ms': '3600000', 'retention.bytes': '-1' });
  });

  it('may be anything: what sash would not take, does not know or cannot read keeps no topic from being there', () => {
    const strange = { 'cleanup.policy': 'compact', 'some.vendors.own': 'yes', 'retention.bytes': 'all' };
    expect(readTopicConfig(strange, {})).toEqual(
      ok({ retentionMs: 604_800_000, retentionBytes: undefined, maxMessageBytes: 1_048_588 }),
    );
  });

  it('is shown as it is, all of it', () => {
    const shown = describeTopicConfig({ 'cleanup.policy': 'compact' }, inherited);
    expect(shown.map(({ name, value, isSet, isFixed }) => [name, value, isSet, isFixed])).toEqual([
      ['cleanup.policy', 'compact', true, false],
      ['max.message.bytes', '2000', false, false],
      ['new.one', 'x', false, false],
      ['retention.ms', '3600000', false, false],
    ]);
  });

  it('changes as asked: the cluster says whether it may', () => {
    expect(changedTopicConfig({ a: '1', b: '2' }, { a: null, c: '3' })).toEqual({ b: '2', c: '3' });
  });
});
