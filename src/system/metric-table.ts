import type { Histogram } from '../core/measure/histogram.ts';
import type { RequestMeter } from '../core/measure/request-meter.ts';
import type {
  BrokerMeasures,
  DoorMeasures,
  ForwardedCalls,
  GroupMeasures,
  OperationMeasures,
  SharePartitionMeasures,
  StorageMeasures,
  TopicMeasures,
} from '../ports/measures.ts';

export type Labels = Readonly<Record<string, string>>;
export interface Sample {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}
export type SampleOf = readonly [value: number, labels?: Labels];

/** One metric: what docs/metrics.md lists. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly read: (now: Snapshot) => readonly SampleOf[] | readonly Sample[];
}

/** One group with what is counted of it, in this order. */
export const groupCounts = ({ tally }: GroupMeasures) => [
  tally.delivered,
  tally.accepted,
  tally.released,
  tally.rejected,
  tally.lockTimeouts,
  tally.archived,
];
const outcomes = ['accepted', 'released', 'rejected', 'lock_timeout'] as const;

export interface Row<T> {
  readonly key: string;
  readonly counts: readonly number[];
  readonly labels: Labels;
  readonly of: T;
}
export interface Split<T> {
  readonly own: readonly Row<T>[];
  readonly others: readonly Row<T>[];
  readonly countsOfOthers: readonly number[];
  readonly othersLabels: Labels;
}

type PartitionMeasures = TopicMeasures['partitions'][number];

/** All numbers of one scrape. */
export interface Snapshot {
  readonly version: string;
  readonly broker: BrokerMeasures;
  readonly storage: StorageMeasures;
  readonly operations: OperationMeasures;
  readonly http: DoorMeasures;
  readonly kafka: DoorMeasures;
  readonly forwarded: ForwardedCalls;
  readonly groups: Split<GroupMeasures>;
  readonly sharePartitions: Split<SharePartitionMeasures>;
  readonly topics: Split<TopicMeasures>;
  readonly partitions: Split<PartitionMeasures>;
}

/** What things without series of their own are called together. */
export const other = 'other';

/** Each on its own, and the others together: summed, or as `join` says; nothing where `value` has nothing to say. */
function gauge<T>(
  { own, others, othersLabels }: Split<T>,
  value: (of: T) => number | null | undefined,
  join: (values: readonly number[]) => number = (values) => values.reduce((sum, each) => sum + each, 0),
): SampleOf[] {
  const samples: SampleOf[] = [];
  for (const { of, labels } of own) {
    const number = value(of);
    if (number != null) samples.push([number, labels]);
  }
  const rest = others.map(({ of }) => value(of)).filter((number) => number != null);
  if (rest.length > 0) samples.push([join(rest), othersLabels]);
  return samples;
}

const largest = (values: readonly number[]): number => values.reduce((max, each) => Math.max(max, each), 0);

/** The count at `index` of each on its own, and of the others together. */
function counter<T>(
  { own, countsOfOthers, othersLabels }: Split<T>,
  index: number,
  more: Labels = {},
): readonly SampleOf[] {
  const samples: SampleOf[] = own.map(({ counts, labels }) => [counts[index] ?? 0, { ...labels, ...more }]);
  const rest = countsOfOthers[index];
  if (rest !== undefined) samples.push([rest, { ...othersLabels, ...more }]);
  return samples;
}

function histogram(name: string, { bounds, counts, sum }: Histogram, labels: Labels = {}): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  bounds.forEach((bound, index) => {
    count += counts[index] ?? 0;
    samples.push({ metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: count });
  });
  count += counts[bounds.length] ?? 0;
  samples.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count });
  samples.push({ metricName: `${name}_sum`, labels, value: sum });
  samples.push({ metricName: `${name}_count`, labels, value: count });
  return samples;
}

const histograms = (name: string, label: string, requests: ReadonlyMap<string, RequestMeter>): Sample[] =>
  [...requests].flatMap(([kind, { seconds }]) => histogram(name, seconds, { [label]: kind }));

const requestsOf = (door: DoorMeasures, api: string, outcome?: string): number => {
  const counts = door.requests.get(api)?.outcomes ?? new Map<string, number>();
  if (outcome !== undefined) return counts.get(outcome) ?? 0;
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
};

const flag = (value: boolean): number => (value ? 1 : 0);

const metric = (type: Metric['type'], name: string, help: string, read: Metric['read']): Metric => ({
  type,
  name,
  help,
  read,
});

/**
 * Every metric but those of the process. Where Kafka has one it has the name that Kafka's gets by the rules which come with the JMX exporter
 * (and which Strimzi uses): domain, type and name in lower case, `PerSec` left out and `_total` behind, keys of the MBean as labels.
 */
export const metricTable: readonly Metric[] = [
  metric('gauge', 'sash_info', 'The version that runs', ({ version }) => [[1, { version }]]),
  metric('gauge', 'sash_ready', '1: requests can be served, as /readyz says', ({ broker }) => [[flag(broker.isReady)]]),

  // ───────────── topics ─────────────
  metric('counter', 'kafka_server_brokertopicmetrics_messagesin_total', 'Records appended', ({ topics }) =>
    counter(topics, 0),
  ),
  metric('counter', 'kafka_server_brokertopicmetrics_bytesin_total', 'Bytes of record batches appended', ({ topics }) =>
    counter(topics, 1),
  ),
  metric('counter', 'kafka_server_brokertopicmetrics_totalproducerequests_total', 'Appends asked for', ({ topics }) =>
    counter(topics, 2),
  ),
  metric(
    'gauge',
    'kafka_log_log_size',
    'Bytes of the record batches kept; not over a Kafka, which is not asked for it',
    ({ partitions }) => gauge(partitions, (each) => each.sizeBytes),
  ),
  metric('gauge', 'kafka_log_log_logstartoffset', 'First offset kept', ({ partitions }) =>
    gauge({ ...partitions, others: [] }, (each) => each.logStartOffset),
  ),
  metric('gauge', 'kafka_log_log_logendoffset', 'One past the last offset', ({ partitions }) =>
    gauge({ ...partitions, others: [] }, (each) => each.logEndOffset),
  ),

  // ───────────── share groups ─────────────
  metric('gauge', 'kafka_server_group_coordinator_metrics_group_count', 'Groups, by protocol', ({ broker }) => [
    [broker.groups.length, { protocol: 'share' }],
  ]),
  metric('gauge', 'kafka_server_group_coordinator_metrics_share_group_count', 'Share groups, by state', ({ broker }) =>
    (['empty', 'stable'] as const).map((state): SampleOf => [
      broker.groups.filter((each) => each.state.toLowerCase() === state).length,
      { state },
    ]),
  ),
  metric(
    'counter',
    'kafka_server_sharegroupmetrics_recordacknowledgements_total',
    'Records acknowledged, in all groups',
    ({ broker: { tally } }) => [
      [tally.accepted, { ackType: 'Accept' }],
      [tally.released, { ackType: 'Release' }],
      [tally.rejected, { ackType: 'Reject' }],
      [tally.renewed, { ackType: 'Renew' }],
    ],
  ),
  metric('gauge', 'sash_share_group_members', 'Kafka clients in the group', ({ groups }) =>
    gauge(groups, (each) => each.members),
  ),
  metric('gauge', 'sash_share_group_workers', 'HTTP workers that hold records or wait for some', ({ groups }) =>
    gauge(groups, (each) => each.workers),
  ),
  metric('gauge', 'sash_share_group_waiting', 'Acquires and fetches that wait for records', ({ groups }) =>
    gauge(groups, (each) => each.waiting),
  ),
  metric('gauge', 'sash_share_group_paused', '1: hands out nothing, because an operator paused it', ({ groups }) =>
    gauge(groups, (each) => flag(each.isPaused)),
  ),
  metric('counter', 'sash_share_group_delivered_total', 'Records handed out, each delivery for itself', ({ groups }) =>
    counter(groups, 0),
  ),
  metric('counter', 'sash_share_group_deliveries_ended_total', 'Deliveries that ended, by how', ({ groups }) =>
    outcomes.flatMap((outcome, index) => counter(groups, index + 1, { outcome })),
  ),
  metric('counter', 'sash_share_group_archived_total', 'Records given up', ({ groups }) => counter(groups, 5)),

  // ───────────── share partitions ─────────────
  metric(
    'counter',
    'kafka_server_sharepartitionmetrics_acquisitionlocktimeout_total',
    'Locks of records that ran out',
    ({ sharePartitions }) => counter(sharePartitions, 0),
  ),
  metric(
    'gauge',
    'kafka_server_sharepartitionmetrics_inflightmessagecount',
    "Records in the window: from the group's start to the last one handed out",
    ({ sharePartitions }) => gauge(sharePartitions, ({ window }) => window?.inFlight),
  ),
  metric(
    'gauge',
    'kafka_server_sharepartitionmetrics_inflightbatchcount',
    'Runs of records in the window that are alike',
    ({ sharePartitions }) => gauge(sharePartitions, ({ window }) => window?.runs),
  ),
  metric(
    'gauge',
    'sash_share_partition_in_flight_limit',
    'The most records that its window may have',
    ({ sharePartitions }) => gauge(sharePartitions, ({ window }) => window?.inFlightLimit),
  ),
  metric('gauge', 'sash_share_partition_records', 'Records in the window, by state', ({ sharePartitions }) =>
    (['available', 'acquired', 'delayed', 'acknowledged', 'archived'] as const).flatMap((state) =>
      gauge(sharePartitions, ({ window }) => window?.counts[state]).map(([value, labels]): SampleOf => [
        value,
        { ...labels, state },
      ]),
    ),
  ),
  metric('gauge', 'sash_share_partition_lag', 'Records not finished yet, exactly', ({ sharePartitions }) =>
    gauge(sharePartitions, ({ window }) => window?.lag),
  ),
  metric(
    'gauge',
    'sash_share_partition_oldest_age_seconds',
    'Age of the oldest record not finished',
    ({ sharePartitions }) =>
      gauge(
        sharePartitions,
        ({ window }) => (window === undefined ? undefined : (window.oldestAgeMs ?? 0) / 1000),
        largest,
      ),
  ),
  metric(
    'gauge',
    'sash_share_partition_start_stands_seconds',
    'How long the start of the window has stood still with records in flight',
    ({ sharePartitions }) =>
      gauge(sharePartitions, ({ window }) => (window === undefined ? undefined : window.startStandsMs / 1000), largest),
  ),
  metric('gauge', 'sash_share_partitions', 'Share partitions, by whether their window is loaded', ({ broker }) => {
    const all = broker.groups.flatMap((each) => each.partitions);
    const loaded = all.filter((each) => each.window !== undefined).length;
    return [
      [loaded, { loaded: 'true' }],
      [all.length - loaded, { loaded: 'false' }],
    ];
  }),
  metric(
    'gauge',
    'kafka_server_sharesessioncache_sharesessionscount',
    'Share sessions of Kafka clients',
    ({ broker }) => [[broker.shareSessions]],
  ),
  metric(
    'gauge',
    'kafka_server_sharesessioncache_sharepartitionscount',
    'Partitions in all share sessions together',
    ({ broker }) => [[broker.shareSessionPartitions]],
  ),
  metric(
    'histogram',
    'sash_turn_seconds',
    'From when a share partition begins to decide on commands until they are durable and answered',
    ({ broker }) => histogram('sash_turn_seconds', broker.turnSeconds),
  ),
  metric(
    'histogram',
    'sash_turn_commands',
    'Commands that one turn of a share partition writes together',
    ({ broker }) => histogram('sash_turn_commands', broker.turnCommands),
  ),

  // ───────────── requests ─────────────
  metric(
    'histogram',
    'sash_http_request_seconds',
    'HTTP requests, from when their body has come to the answer; an acquire may wait on purpose',
    ({ http }) => histograms('sash_http_request_seconds', 'operation', http.requests),
  ),
  metric('counter', 'sash_http_requests_total', 'HTTP requests, by what was answered', ({ http }) =>
    [...http.requests].flatMap(([operation, { outcomes: codes }]) =>
      [...codes].map(([code, count]): SampleOf => [count, { operation, code }]),
    ),
  ),
  metric(
    'histogram',
    'sash_kafka_request_seconds',
    'Requests of Kafka clients, from when they are begun to the answer; fetches may wait on purpose',
    ({ kafka }) => histograms('sash_kafka_request_seconds', 'api', kafka.requests),
  ),
  metric(
    'counter',
    'sash_kafka_requests_failed_total',
    'Requests of Kafka clients that were answered with an error as a whole',
    ({ kafka }) => [...kafka.requests.keys()].map((api): SampleOf => [requestsOf(kafka, api, 'failed'), { api }]),
  ),
  ...(['ShareFetch', 'ShareAcknowledge'] as const).flatMap((api) => {
    const name = api === 'ShareFetch' ? 'sharefetch' : 'shareacknowledgement';
    return [
      metric(
        'counter',
        `kafka_server_brokertopicmetrics_total${name}requests_total`,
        `${api} requests`,
        ({ kafka }) => [[requestsOf(kafka, api)]],
      ),
      metric(
        'counter',
        `kafka_server_brokertopicmetrics_failed${name}requests_total`,
        `${api} requests that failed as a whole`,
        ({ kafka }) => [[requestsOf(kafka, api, 'failed')]],
      ),
    ];
  }),
  metric('gauge', 'sash_connections', 'Connections, by door', ({ http, kafka }) => [
    [http.connections, { door: 'http' }],
    [kafka.connections, { door: 'kafka' }],
  ]),

  // ───────────── other nodes ─────────────
  metric(
    'counter',
    'sash_forwarded_calls_total',
    'Calls to other nodes of the cluster: granted (answered), refused (rejected), or without an answer (failed)',
    ({ forwarded }) =>
      [...forwarded].flatMap(([method, counts]) =>
        (['answered', 'rejected', 'failed'] as const).map((outcome): SampleOf => [
          counts[outcome],
          { method, outcome },
        ]),
      ),
  ),

  // ───────────── in the background ─────────────
  metric('gauge', 'sash_operations_running', 'Operations in the background that this node works at', ({ operations }) =>
    Object.entries(operations).map(([kind, { running }]): SampleOf => [running, { kind }]),
  ),
  metric(
    'gauge',
    'sash_operations_waiting',
    'Operations in the background that nobody works at yet; each node says how many there are in all',
    ({ operations }) =>
      Object.entries(operations).flatMap(([kind, { waiting }]): SampleOf[] =>
        waiting === null ? [] : [[waiting, { kind }]],
      ),
  ),
  metric(
    'counter',
    'sash_operations_ended_total',
    'Operations in the background that ended at this node, by how',
    ({ operations }) =>
      Object.entries(operations).flatMap(([kind, { ended }]) =>
        Object.entries(ended).map(([outcome, count]): SampleOf => [count, { kind, outcome }]),
      ),
  ),

  // ───────────── storage ─────────────
  metric(
    'histogram',
    'sash_commit_seconds',
    'From when writes go to the writer until they are durable',
    ({ storage }) => histogram('sash_commit_seconds', storage.commitSeconds),
  ),
  metric('histogram', 'sash_commit_writes', 'Writes that are made durable together', ({ storage }) =>
    histogram('sash_commit_writes', storage.commitWrites),
  ),
  metric('counter', 'sash_writes_failed_total', 'Writes that failed', ({ storage }) => [[storage.failedWrites]]),
  metric('gauge', 'sash_writes_waiting', 'Writes that were asked for and are not durable yet', ({ storage }) => [
    [storage.waitingWrites],
  ]),
  metric('gauge', 'sash_data_bytes', 'Size of the files in the data folder', ({ storage }) =>
    [...storage.files].map(([file, bytes]): SampleOf => [bytes, { file }]),
  ),
  metric('gauge', 'sash_data_free_bytes', 'Room left on the disk of the data folder', ({ storage }) =>
    storage.freeBytes === undefined ? [] : [[storage.freeBytes]],
  ),

  metric(
    'gauge',
    'sash_metrics_others',
    'Things without series of their own, because there are more than metrics.max.series: summed under "other"',
    ({ groups, sharePartitions, topics, partitions }) => [
      [groups.others.length, { of: 'group' }],
      [sharePartitions.others.length, { of: 'share_partition' }],
      [topics.others.length, { of: 'topic' }],
      [partitions.others.length, { of: 'partition' }],
    ],
  ),
];
