import { describe, expect, it } from 'vitest';
import {
  checkGroupConfigChange,
  describeGroupConfig,
  effectiveGroupConfig,
  parseGroupConfig,
} from '../../src/core/group-config.ts';
import type { GroupConfigDefaults } from '../../src/core/group-config.ts';

/** Kafka's own. */
const defaults: GroupConfigDefaults = {
  'group.share.record.lock.duration.ms': 30_000,
  'group.share.min.record.lock.duration.ms': 15_000,
  'group.share.max.record.lock.duration.ms': 60_000,
  'group.share.delivery.count.limit': 5,
  'group.share.min.delivery.count.limit': 2,
  'group.share.max.delivery.count.limit': 10,
  'group.share.partition.max.record.locks': 2000,
  'group.share.min.partition.max.record.locks': 100,
  'group.share.max.partition.max.record.locks': 1_000_000,
  'group.share.session.timeout.ms': 45_000,
  'group.share.min.session.timeout.ms': 45_000,
  'group.share.max.session.timeout.ms': 60_000,
  'group.share.heartbeat.interval.ms': 5000,
  'group.share.min.heartbeat.interval.ms': 5000,
  'group.share.max.heartbeat.interval.ms': 15_000,
};

const offsetReset = (text: string): unknown => {
  const result = parseGroupConfig({ 'share.auto.offset.reset': text }, defaults);
  return result.ok ? result.value.autoOffsetReset : result.error.code;
};

describe("a group's config", () => {
  it("has the server's settings and Kafka's defaults where nothing was set", () => {
    expect(parseGroupConfig({}, { ...defaults, 'group.share.delivery.count.limit': 7 })).toEqual({
      ok: true,
      value: {
        lockDurationMs: 30_000,
        minLockDurationMs: 15_000,
        maxLockDurationMs: 60_000,
        deliveryCountLimit: 7,
        partitionMaxRecordLocks: 2000,
        autoOffsetReset: { kind: 'latest' },
        isolationLevel: 'read_uncommitted',
        renewAcknowledgeEnable: true,
        sessionTimeoutMs: 45_000,
        heartbeatIntervalMs: 5000,
      },
    });
  });

  it('has what was set', () => {
    const overrides = {
      'share.auto.offset.reset': 'earliest',
      'share.record.lock.duration.ms': '15000',
      'share.delivery.count.limit': '10',
      'share.partition.max.record.locks': '1000000',
      'share.isolation.level': 'read_committed',
      'share.renew.acknowledge.enable': 'FALSE',
      'share.session.timeout.ms': '60000',
      'share.heartbeat.interval.ms': '15000',
    };
    expect(checkGroupConfigChange({}, overrides, defaults)).toEqual({ ok: true, value: overrides });
    expect(parseGroupConfig(overrides, defaults)).toMatchObject({
      ok: true,
      value: {
        lockDurationMs: 15_000,
        deliveryCountLimit: 10,
        partitionMaxRecordLocks: 1_000_000,
        autoOffsetReset: { kind: 'earliest' },
        isolationLevel: 'read_committed',
        renewAcknowledgeEnable: false,
        sessionTimeoutMs: 60_000,
        heartbeatIntervalMs: 15_000,
      },
    });
  });

  it('says of every config what is in force and where it comes from', () => {
    const effective = effectiveGroupConfig({ 'share.delivery.count.limit': '3' }, defaults);
    expect(effective['share.delivery.count.limit']).toEqual({ value: '3', source: 'group' });
    expect(effective['share.record.lock.duration.ms']).toEqual({ value: '30000', source: 'default' });
    expect(Object.keys(effective)).toEqual([
      'share.auto.offset.reset',
      'share.record.lock.duration.ms',
      'share.delivery.count.limit',
      'share.partition.max.record.locks',
      'share.isolation.level',
      'share.renew.acknowledge.enable',
      'share.session.timeout.ms',
      'share.heartbeat.interval.ms',
    ]);
  });

  it('takes a stored number outside the bounds as the nearest bound', () => {
    const overrides = { 'share.record.lock.duration.ms': '1000', 'share.partition.max.record.locks': '2000000' };
    expect(parseGroupConfig(overrides, defaults)).toMatchObject({
      ok: true,
      value: { lockDurationMs: 15_000, partitionMaxRecordLocks: 1_000_000 },
    });
    const effective = effectiveGroupConfig(overrides, defaults);
    expect(effective['share.record.lock.duration.ms']).toEqual({ value: '15000', source: 'group' });
    expect(effective['share.partition.max.record.locks']).toEqual({ value: '1000000', source: 'group' });
  });

  it('does not let such a number stand in the way of another change', () => {
    const current = { 'share.record.lock.duration.ms': '1000' };
    expect(checkGroupConfigChange(current, { 'share.delivery.count.limit': '3' }, defaults)).toEqual({
      ok: true,
      value: { 'share.record.lock.duration.ms': '1000', 'share.delivery.count.limit': '3' },
    });
    expect(checkGroupConfigChange(current, { 'share.record.lock.duration.ms': null }, defaults)).toEqual({
      ok: true,
      value: {},
    });
  });

  it.each([
    ['share.record.lock.duration.ms', '14999', '15000 to 60000'],
    ['share.record.lock.duration.ms', '60001', '15000 to 60000'],
    ['share.delivery.count.limit', '1', '2 to 10'],
    ['share.delivery.count.limit', '11', '2 to 10'],
    ['share.partition.max.record.locks', '99', '100 to 1000000'],
    ['share.partition.max.record.locks', '1000001', '100 to 1000000'],
    ['share.session.timeout.ms', '44999', '45000 to 60000'],
    ['share.heartbeat.interval.ms', '15001', '5000 to 15000'],
    ['share.delivery.count.limit', 'five', '2 to 10'],
    ['share.isolation.level', 'serializable', '"read_uncommitted" or "read_committed"'],
    ['share.renew.acknowledge.enable', 'yes', '"true" or "false"'],
    ['share.auto.offset.reset', 'none', '"latest", "earliest" or "by_duration:"'],
  ])('refuses %s = %s with what is possible', (name, text, possible) => {
    const result = checkGroupConfigChange({}, { [name]: text }, defaults);
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG', field: `config.${name}` } });
    const message = result.ok ? '' : result.error.message;
    expect(message).toContain(`${name} is "${text}": `);
    expect(message).toContain(possible);
  });

  it('names the settings that a number is bounded by', () => {
    const result = checkGroupConfigChange({}, { 'share.delivery.count.limit': '11' }, defaults);
    expect(result.ok ? '' : result.error.message).toBe(
      'share.delivery.count.limit is "11": a whole number from 2 to 10 is needed ' +
        "(the server's group.share.min.delivery.count.limit and group.share.max.delivery.count.limit).",
    );
  });

  it('refuses an unknown config and lists the known', () => {
    for (const name of ['consumer.session.timeout.ms', '__proto__', 'toString']) {
      const change = Object.fromEntries([[name, '1']]);
      const results = [checkGroupConfigChange({}, change, defaults), parseGroupConfig(change, defaults)];
      for (const result of results) {
        expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG' } });
        expect(result.ok ? '' : result.error.message).toMatch(
          `"${name}" is not a group config. Known are: share.auto.offset.reset, share.record.lock`,
        );
      }
    }
  });

  it("takes Kafka's configs that it does not obey at the value that says what sash does", () => {
    expect(checkGroupConfigChange({}, { 'share.assignment.interval.ms': '0' }, defaults).ok).toBe(true);
    const result = checkGroupConfigChange({}, { 'errors.deadletterqueue.topic.name': 'dlq.a' }, defaults);
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG' } });
    expect(result.ok ? '' : result.error.message).toContain('there are no dead-letter queues yet');
    const fixed = describeGroupConfig({}, defaults).filter((each) => each.isFixed);
    expect(fixed.map((each) => each.name)).toContain('share.assignment.interval.ms');
    expect(Object.keys(effectiveGroupConfig({}, defaults))).not.toContain('share.assignment.interval.ms');
  });

  it('shows a number that was set outside the bounds as the bound', () => {
    const entries = describeGroupConfig({ 'share.delivery.count.limit': '99' }, defaults);
    expect(entries.find((each) => each.name === 'share.delivery.count.limit')).toMatchObject({
      type: 'int',
      value: '10',
      defaultValue: '5',
      isSet: true,
    });
  });

  it('wants the session timeout greater than the heartbeat interval, with the other one as it is in force', () => {
    const close: GroupConfigDefaults = { ...defaults, 'group.share.min.session.timeout.ms': 1000 };
    const change = { 'share.session.timeout.ms': '5000' };
    expect(checkGroupConfigChange({}, change, close)).toMatchObject({
      ok: false,
      error: {
        field: 'config.share.session.timeout.ms',
        message: expect.stringContaining(
          'share.session.timeout.ms (5000) must be greater than share.heartbeat.interval.ms (5000)',
        ) as string,
      },
    });
    expect(checkGroupConfigChange({}, { 'share.session.timeout.ms': '5001' }, close).ok).toBe(true);
    const current = { 'share.session.timeout.ms': '6000' };
    expect(checkGroupConfigChange(current, { 'share.heartbeat.interval.ms': '6000' }, close).ok).toBe(false);
    expect(checkGroupConfigChange(current, { 'share.heartbeat.interval.ms': '5999' }, close).ok).toBe(true);
  });
});

describe('share.auto.offset.reset', () => {
  it.each([
    ['latest', { kind: 'latest' }],
    [' earliest ', { kind: 'earliest' }],
    ['by_duration:PT1H', { kind: 'by_duration', durationMs: 3_600_000 }],
    ['by_duration:P2DT3H4M5.678S', { kind: 'by_duration', durationMs: 183_845_678 }],
    ['by_duration:pt0.5s', { kind: 'by_duration', durationMs: 500 }],
    ['by_duration:P1D', { kind: 'by_duration', durationMs: 86_400_000 }],
    ['by_duration:PT90M', { kind: 'by_duration', durationMs: 5_400_000 }],
    ['by_duration:PT0S', { kind: 'by_duration', durationMs: 0 }],
    ['by_duration:PT0.000999S', { kind: 'by_duration', durationMs: 0 }],
  ])('%s is read', (text, expected) => {
    expect(offsetReset(text)).toEqual(expected);
  });

  it.each([
    'by_duration',
    'by_duration:',
    'by_duration:P',
    'by_duration:PT',
    'by_duration:P1DT',
    'by_duration:-PT1H',
    'by_duration:PT-1H',
    'by_duration:P1W',
    'by_duration:P1H',
    'by_duration:PT1.5H',
    'by_duration:1h',
    'by_duration:PT1H ago',
    `by_duration:PT${'9'.repeat(20)}S`,
    'LATEST',
    '',
  ])('%s is refused', (text) => {
    expect(offsetReset(text)).toBe('INVALID_CONFIG');
  });
});
