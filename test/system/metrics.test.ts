import { describe, expect, it } from 'vitest';
import { RequestMeters, noteRequest } from '../../src/core/measure/request-meter.ts';
import { Histogram, secondsBounds, sizeBounds } from '../../src/core/measure/histogram.ts';
import type { BrokerMeasures, OperationMeasures } from '../../src/ports/measures.ts';
import { Metrics } from '../../src/system/metrics.ts';
import { must, startBroker, troubledBroker, leasesOf } from '../broker/broker-fixture.ts';

const doors = { connections: 2, requests: new RequestMeters().all } as const;
const storage = {
  commitSeconds: new Histogram(secondsBounds),
  commitWrites: new Histogram(sizeBounds),
  failedWrites: 0,
  waitingWrites: 0,
  files: new Map([['sash.db', 16_384]]),
  freeBytes: 1_000_000,
};

const none = { running: 0, waiting: 0, ended: { done: 0, failed: 0, cancelled: 0 } };
const idle: OperationMeasures = { settle: none, 'delete-group': none, 'export-window': none };

const scrape = async (
  broker: { measure(): Promise<BrokerMeasures> },
  maxSeries = 1_000,
  requests = doors.requests,
  operations = async () => idle,
) => {
  const metrics = new Metrics(
    {
      version: '1.2.3',
      broker: () => broker.measure(),
      operations,
      storage: async () => storage,
      http: async () => ({ ...doors, requests }),
      kafka: () => doors,
    },
    maxSeries,
  );
  return async () => (await metrics.text()).split('\n');
};

describe('the metrics of a broker', () => {
  it('say how records go, by the names that Kafka has for it', async () => {
    const { broker, produce, acquire, acknowledge } = await startBroker();
    must(await broker.createTopic({ name: 't', partitions: 1, config: {} }));
    await produce('t', ['a', 'b', 'c', 'd']);
    const { ranges } = must(await acquire({ maxRecords: 3 }));
    const [first, second] = leasesOf(ranges);
    await acknowledge('accept', [first!]);
    await acknowledge('reject', [second!]);
    const lines = await (await scrape(broker))();
    const partition = '{group="g",topic="t",partition="0"}';
    expect(lines).toEqual(
      expect.arrayContaining([
        'sash_info{version="1.2.3"} 1',
        'sash_ready 1',
        'kafka_server_brokertopicmetrics_messagesin_total{topic="t"} 4',
        'kafka_log_log_logendoffset{topic="t",partition="0"} 4',
        'kafka_server_sharegroupmetrics_recordacknowledgements_total{ackType="Accept"} 1',
        'kafka_server_sharegroupmetrics_recordacknowledgements_total{ackType="Reject"} 1',
        'sash_share_group_delivered_total{group="g"} 3',
        'sash_share_group_deliveries_ended_total{group="g",outcome="rejected"} 1',
        'sash_share_group_archived_total{group="g"} 1',
        'sash_share_group_workers{group="g"} 1',
        `kafka_server_sharepartitionmetrics_inflightmessagecount${partition} 1`,
        `sash_share_partition_lag${partition} 2`,
        'sash_share_partition_records{group="g",topic="t",partition="0",state="acquired"} 1',
        'sash_turn_commands_count 2',
        'sash_turn_commands_bucket{le="1"} 2',
        'sash_data_bytes{file="sash.db"} 16384',
        'sash_metrics_others{of="share_partition"} 0',
      ]),
    );
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total '))).toBe(true);
  });

  it('say of operations in the background how many run, wait and ended, by kind; nothing of what the queue does not tell', async () => {
    const { broker } = await startBroker();
    const settles = { running: 2, waiting: 3, ended: { done: 4, failed: 5, cancelled: 6 } };
    const exports = { ...none, waiting: null };
    const operations = async () => ({ ...idle, settle: settles, 'export-window': exports });
    const lines = await (await scrape(broker, 1_000, doors.requests, operations))();
    expect(lines.filter((line) => /^sash_operations_.*kind="(settle|export-window)"/.test(line))).toEqual([
      'sash_operations_running{kind="settle"} 2',
      'sash_operations_running{kind="export-window"} 0',
      'sash_operations_waiting{kind="settle"} 3',
      'sash_operations_ended_total{kind="settle",outcome="done"} 4',
      'sash_operations_ended_total{kind="settle",outcome="failed"} 5',
      'sash_operations_ended_total{kind="settle",outcome="cancelled"} 6',
      'sash_operations_ended_total{kind="export-window",outcome="done"} 0',
      'sash_operations_ended_total{kind="export-window",outcome="failed"} 0',
      'sash_operations_ended_total{kind="export-window",outcome="cancelled"} 0',
    ]);
  });

  it('count acknowledgements of groups that were deleted', async () => {
    const { broker, produce, acquire, acknowledge } = await startBroker();
    must(await broker.createTopic({ name: 't', partitions: 1, config: {} }));
    await produce('t', ['a']);
    await acknowledge('accept', leasesOf(must(await acquire()).ranges));
    must(await broker.deleteShareGroup('g'));
    const lines = await (await scrape(broker))();
    expect(lines).toContain('kafka_server_sharegroupmetrics_recordacknowledgements_total{ackType="Accept"} 1');
    expect(lines.some((line) => line.includes('group="g"'))).toBe(false);
  });

  it('have at most so many series of a kind, sum the others, and say how many those are', async () => {
    const { broker, produce, acquire } = await startBroker();
    must(await broker.createTopic({ name: 't', partitions: 5, config: {} }));
    for (let partition = 0; partition < 5; partition++) await produce('t', ['a', 'b'], partition);
    must(await acquire());
    const lines = await (await scrape(broker, 2))();
    const lag = lines.filter((line) => line.startsWith('sash_share_partition_lag{'));
    expect(lag).toEqual([
      'sash_share_partition_lag{group="g",topic="t",partition="0"} 2',
      'sash_share_partition_lag{group="g",topic="t",partition="1"} 2',
      'sash_share_partition_lag{group="other",topic="other",partition="other"} 6',
    ]);
    expect(lines).toContain('sash_metrics_others{of="share_partition"} 3');
    expect(lines).toContain('sash_metrics_others{of="partition"} 3');
    expect(lines).toContain('sash_metrics_others{of="topic"} 0');
  });

  it('never have two series of the same labels, whatever things are called', async () => {
    const { broker, produce, acquire } = await startBroker();
    for (const name of ['other', 't', 'a"b'.replaceAll('"', '.')]) {
      must(await broker.createTopic({ name, partitions: 1, config: {} }));
      await produce(name, ['a']);
      for (const group of ['other', 'g\\"quoted"', 'ü']) must(await acquire({ group, topics: [name] }));
    }
    const lines = await (await scrape(broker, 3))();
    const series = lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/ \S+$/, ''));
    expect(new Set(series).size).toBe(series.length);
    expect(lines).toContain(String.raw`sash_share_group_members{group="g\\\"quoted\""} 0`);
  });

  it('load windows, and come within a second where that hangs', async () => {
    const { broker, store, metadata, log, clock, acquire, produce } = await troubledBroker();
    await produce('t', ['a', 'b']);
    must(await acquire());
    await broker.stop();
    const next = await startBroker({ store, metadata, log, clock });
    store.opens = 'hangs';
    const hanging = (await scrape(next.broker))();
    await clock.advance(1_000);
    expect(await hanging).toContain('sash_share_partitions{loaded="false"} 1');
    store.opens = 'works';
    store.trouble.letGo();
    const lines = await (await scrape(next.broker))();
    expect(lines).toContain('sash_share_partitions{loaded="true"} 1');
    expect(lines).toContain('sash_share_partition_lag{group="g",topic="t",partition="0"} 2');
  });

  it('have requests with how long they took and how they came out', async () => {
    const { broker } = await startBroker();
    const meters = new RequestMeters();
    const meter = meters.of('produce');
    noteRequest(meter, 3, 'OK');
    noteRequest(meter, 40, 'OK');
    noteRequest(meter, 60_000, 'STORAGE_FULL');
    const lines = await (await scrape(broker, 1, meters.all))();
    expect(lines).toEqual(
      expect.arrayContaining([
        'sash_http_request_seconds_bucket{operation="produce",le="0.002"} 0',
        'sash_http_request_seconds_bucket{operation="produce",le="0.005"} 1',
        'sash_http_request_seconds_bucket{operation="produce",le="30"} 2',
        'sash_http_request_seconds_bucket{operation="produce",le="+Inf"} 3',
        'sash_http_request_seconds_sum{operation="produce"} 60.043',
        'sash_http_request_seconds_count{operation="produce"} 3',
        'sash_http_requests_total{operation="produce",code="OK"} 2',
        'sash_http_requests_total{operation="produce",code="STORAGE_FULL"} 1',
      ]),
    );
  });
});
