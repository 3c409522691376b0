import { setImmediate } from 'node:timers/promises';
import { Registry, collectDefaultMetrics } from 'prom-client';
import type {
  BrokerMeasures,
  DoorMeasures,
  ForwardedCalls,
  OperationMeasures,
  StorageMeasures,
} from '../ports/measures.ts';
import { BoundedSeries } from './bounded-series.ts';
import {
  type Labels,
  type Metric,
  type Row,
  type Sample,
  type Snapshot,
  type Split,
  groupCounts,
  metricTable,
  other,
} from './metric-table.ts';

/** Where the numbers come from; asked at each scrape. */
export interface MetricSources {
  readonly version: string;
  broker(): Promise<BrokerMeasures>;
  storage(): Promise<StorageMeasures>;
  operations(): Promise<OperationMeasures>;
  http(): Promise<DoorMeasures>;
  kafka(): DoorMeasures;
  /** Calls to other nodes, where there are some. */
  forwarded?(): ForwardedCalls;
}

/** Of the process and Node: once, however many servers run in it. */
let processRegistry: Registry | undefined;
const processMetrics = (): Registry => {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry, eventLoopMonitoringPrecision: 20 });
  }
  return processRegistry;
};

/**
 * What `GET /metrics` answers: Prometheus's text format. Nothing is kept here but which things have series of their own: all numbers are read
 * when somebody asks.
 */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #sources: MetricSources;
  readonly #registry = new Registry();
  readonly #series;
  #snapshot: Snapshot | undefined;
  #scrape: Promise<string> | undefined;

  /** @param maxSeries `metrics.max.series` */
  constructor(sources: MetricSources, maxSeries: number) {
    this.#sources = sources;
    processMetrics();
    this.#series = {
      groups: new BoundedSeries(maxSeries),
      sharePartitions: new BoundedSeries(maxSeries),
      topics: new BoundedSeries(maxSeries),
      partitions: new BoundedSeries(maxSeries),
    };
    for (const { name, help, type, read } of metricTable) {
      const get = () => ({
        name,
        help,
        type,
        values: samplesOf(this.#snapshot === undefined ? [] : read(this.#snapshot)),
      });
      // A metric of prom-client's that reads instead of keeping: the registry asks for nothing else.
      this.#registry.registerMetric({ name, get } as unknown as Parameters<Registry['registerMetric']>[0]);
    }
  }

  /** Who asks while a scrape is under way gets the same. */
  text(): Promise<string> {
    this.#scrape ??= this.#read().finally(() => (this.#scrape = undefined));
    return this.#scrape;
  }

  async #read(): Promise<string> {
    const { version } = this.#sources;
    const kafka = this.#sources.kafka();
    const forwarded = this.#sources.forwarded?.() ?? new Map();
    const [broker, storage, operations, http] = await Promise.all([
      this.#sources.broker(),
      this.#sources.storage(),
      this.#sources.operations(),
      this.#sources.http(),
    ]);
    this.#snapshot = { version, broker, storage, operations, http, kafka, forwarded, ...this.#split(broker) };
    const texts: string[] = [];
    for (const { name } of metricTable) {
      texts.push(await this.#registry.getSingleMetricAsString(name));
      // Thousands of series take a while to write: requests have their turn between two metrics.
      await setImmediate();
    }
    this.#snapshot = undefined;
    texts.push(await processMetrics().metrics());
    return texts.join('\n\n');
  }

  #split({ groups, topics }: BrokerMeasures) {
    const series = this.#series;
    return {
      groups: split(
        series.groups,
        groups.map((of) => ({ labels: { group: of.group }, counts: groupCounts(of), of })),
        otherLabels('group'),
      ),
      sharePartitions: split(
        series.sharePartitions,
        groups.flatMap(({ group, partitions }) =>
          partitions.map((of) => ({
            labels: { group, topic: of.topic, partition: String(of.partition) },
            counts: [of.tally.lockTimeouts],
            of,
          })),
        ),
        otherLabels('group', 'topic', 'partition'),
      ),
      topics: split(
        series.topics,
        topics.map((of) => ({
          labels: { topic: of.topic },
          counts: [of.tally.recordsIn, of.tally.bytesIn, of.tally.requests],
          of,
        })),
        otherLabels('topic'),
      ),
      partitions: split(
        series.partitions,
        topics.flatMap(({ topic, partitions }) =>
          partitions.map((of) => ({ labels: { topic, partition: String(of.partition) }, counts: [], of })),
        ),
        otherLabels('topic', 'partition'),
      ),
    };
  }
}

const otherLabels = (...names: readonly string[]): Labels => Object.fromEntries(names.map((name) => [name, other]));

function split<T>(series: BoundedSeries, rows: readonly Omit<Row<T>, 'key'>[], othersLabels: Labels): Split<T> {
  const keyed = rows.map((row) => ({ ...row, key: Object.values(row.labels).join('\n') }));
  // What is called `other` itself is one of the others: two series must not have the same labels.
  const isNameable = ({ labels }: Row<T>) => !Object.values(labels).includes(other);
  return { ...series.update(keyed, isNameable), othersLabels };
}

const samplesOf = (read: ReturnType<Metric['read']>): readonly Sample[] =>
  read.map((each) => ('labels' in each ? each : { value: each[0], labels: each[1] ?? {} }));
