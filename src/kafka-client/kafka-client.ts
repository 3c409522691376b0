import type { Api, Sparse } from '../codec/api.ts';
import { errorCodes } from '../codec/error-codes.ts';
import { findCoordinatorApi } from '../codec/messages/find-coordinator.ts';
import { metadataApi } from '../codec/messages/metadata.ts';
import type { TopicPartition } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { BrokerLink } from './broker-link.ts';
import { errorName } from './error-name.ts';
import { type KafkaClusterView, nothingKnown, viewOf } from './kafka-cluster-view.ts';
import type { KafkaClientSettings } from './kafka-client-settings.ts';
import type { BrokerAddress } from './kafka-connection.ts';
import { KafkaUnavailable, KafkaUnsupported } from './kafka-unavailable.ts';

export interface KafkaRequestOptions {
  /** Gives the request up; it may have been carried out. */
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take; default `requestTimeoutMs`. Beyond it the connection is closed. */
  readonly timeoutMs?: number;
  readonly maxVersion?: number;
  /** A broker's id; default any. */
  readonly broker?: number | 'any' | 'controller';
  /**
   * A broker answers the requests of one connection one after the other. Those with the same lane share one; what waits at
   * the broker (a long poll, JoinGroup) takes a lane of its own, so that it holds nobody up. Default `main`.
   */
  readonly lane?: string;
}

/** Between two attempts, as `retry.backoff.ms` of Kafka's clients. */
const retryBackoffMs = 100;

/**
 * A client of a Kafka cluster: requests to its brokers, and a view of its topics and leaders. One `request` is one attempt:
 * what an answer says is the caller's to look at. `refresh` once before anything else; from then on the view is renewed by itself.
 */
export class KafkaClient {
  readonly #settings: KafkaClientSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By broker (or bootstrap address) and lane. */
  readonly #links = new Map<string, BrokerLink>();
  readonly #listeners = new Set<(view: KafkaClusterView) => void>();
  #view = nothingKnown;
  /** A refresh that has not been sent yet. */
  #coming: Promise<KafkaClusterView> | undefined;
  #running: Promise<void> = Promise.resolve();
  #refreshedAtMs = -Infinity;
  #renewal: { cancel(): void } | undefined;
  #trouble: string | null = null;
  /** Whom 'any' asked last with success: staying with one keeps views from going back and forth. */
  #preferred = 0;
  #closed = false;

  constructor(settings: KafkaClientSettings, outside: { readonly clock: Clock; readonly logger: Logger }) {
    this.#settings = settings;
    this.#clock = outside.clock;
    this.#logger = outside.logger;
  }

  /**
   * Sends a request and gives its answer. To any: each known broker is tried in turn until one can be connected to.
   * What depends on the version that both know is made by a function of it.
   *
   * @throws KafkaUnavailable, KafkaUnsupported, CodecError for a request that cannot be written, the signal's reason
   */
  async request<Request, Response>(
    api: Api<Request, Response>,
    request: Sparse<Request> | ((version: number) => Sparse<Request>),
    options: KafkaRequestOptions = {},
  ): Promise<{ readonly response: Response; readonly version: number; readonly broker: number }> {
    const { broker = 'any', lane = 'main', signal, timeoutMs = this.#settings.requestTimeoutMs } = options;
    const candidates = this.#candidates(broker);
    let unavailable: KafkaUnavailable | undefined;
    for (const [index, candidate] of candidates.entries()) {
      signal?.throwIfAborted();
      try {
        const connection = await unlessAborted(this.#link(candidate, lane).connect(), signal);
        const version = connection.versionOf(api, options.maxVersion);
        const body = typeof request === 'function' ? request(version) : request;
        const response = await connection.request(api, version, body, { timeoutMs, signal });
        if (broker === 'any' && index > 0) this.#preferred = candidate.nodeId;
        return { response, version, broker: candidate.nodeId };
      } catch (error) {
        if (!(error instanceof KafkaUnavailable) || error.sent) throw error;
        unavailable = error;
      }
    }
    if (candidates.length === 1 || unavailable === undefined) throw unavailable ?? this.#unknownBroker(broker);
    throw new KafkaUnavailable(`no broker can be reached; the last was ${unavailable.message}`, {
      sent: false,
      hint: unavailable.hint,
      cause: unavailable,
    });
  }

  /** The cluster as last known; without anything before the first refresh. */
  metadata(): KafkaClusterView {
    return this.#view;
  }

  /** A view that was asked for after the call; those who call meanwhile share it, and there are 100 ms between two. */
  refresh(): Promise<KafkaClusterView> {
    if (this.#coming === undefined) {
      this.#coming = this.#running.then(() => this.#refresh());
      this.#running = this.#coming.then(
        () => {},
        () => {},
      );
    }
    return this.#coming;
  }

  /** Told of each view that came, changed or not. @returns ends it */
  onView(listener: (view: KafkaClusterView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Why the last refresh failed; null when it did not. */
  trouble(): string | null {
    return this.#trouble;
  }

  /**
   * The leader's broker id as last known; asks again when there is none.
   *
   * @throws KafkaUnavailable, not sent: the topic or partition is not there, or has no leader at present
   */
  async leaderOf({ topicId, partition }: TopicPartition): Promise<number> {
    const known = this.#view.topics.get(topicId)?.partitions[partition]?.leader ?? -1;
    if (known >= 0) return known;
    const topic = (await this.refresh()).topics.get(topicId);
    const leader = topic?.partitions[partition]?.leader ?? -1;
    if (leader >= 0) return leader;
    const name = topic === undefined ? `topic ${topicId}` : `'${topic.name}'`;
    const isThere = topic?.partitions[partition] !== undefined;
    throw new KafkaUnavailable(
      isThere
        ? `partition ${partition} of ${name} has no leader`
        : `the cluster has no partition ${partition} of ${name}`,
      { sent: false, ...(isThere && { hint: 'start the brokers that have its replicas' }) },
    );
  }

  /** The broker that coordinates a group, asked for each time: callers keep it until they are told NOT_COORDINATOR. */
  async coordinatorOf(
    groupId: string,
    options: Pick<KafkaRequestOptions, 'signal' | 'timeoutMs'> = {},
  ): Promise<number> {
    const { timeoutMs = this.#settings.requestTimeoutMs, signal } = options;
    const untilMs = this.#clock.monotonicMs() + timeoutMs;
    for (;;) {
      // A single key; from version 4 on there are lists of them.
      const asked = { signal, maxVersion: 3, timeoutMs: Math.max(1, untilMs - this.#clock.monotonicMs()) };
      const { response: found } = await this.request(findCoordinatorApi, { key: groupId }, asked);
      if (found.errorCode === errorCodes.NONE) {
        if (!this.#view.brokers.has(found.nodeId ?? -1)) await this.refresh();
        return found.nodeId ?? -1;
      }
      const why = `the coordinator of group '${groupId}' is not known: ${errorName(found.errorCode ?? 0)}`;
      // The topic of the offsets is just being made, or its leader has gone.
      if (found.errorCode !== errorCodes.COORDINATOR_NOT_AVAILABLE || this.#clock.monotonicMs() > untilMs)
        throw new KafkaUnavailable(why, { sent: false });
      await this.#pause(retryBackoffMs, signal);
    }
  }

  /** Closes all connections; what waits fails as KafkaUnavailable. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#renewal?.cancel();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    await this.#running;
  }

  /** Whom to ask, in this order. A node id below 0 is an address to begin with. */
  #candidates(broker: number | 'any' | 'controller'): readonly Candidate[] {
    const { brokers, controllerId } = this.#view;
    const one = brokers.get(broker === 'controller' ? controllerId : broker === 'any' ? -1 : broker);
    if (one !== undefined) return [one];
    if (typeof broker === 'number') throw this.#unknownBroker(broker);
    const known: Candidate[] = [...brokers.values()].toSorted((a, b) => a.nodeId - b.nodeId);
    const from = known.findIndex(({ nodeId }) => nodeId === this.#preferred);
    if (from > 0) known.push(...known.splice(0, from));
    // The known ones may all have gone elsewhere.
    return [...known, ...this.#settings.bootstrapServers.map(bootstrapCandidate)];
  }

  #link({ nodeId, host, port }: Candidate, lane: string): BrokerLink {
    if (this.#closed) throw new KafkaUnavailable('the Kafka client is closed', { sent: false });
    const key = nodeId < 0 ? `${host}:${port}/${lane}` : `${nodeId}/${lane}`;
    const link = this.#links.get(key);
    if (link !== undefined && link.address.host === host && link.address.port === port) return link;
    link?.close();
    const name = nodeId < 0 ? 'bootstrap server' : `broker ${nodeId}`;
    const made = new BrokerLink(name, { host, port }, this.#settings, this.#clock);
    this.#links.set(key, made);
    return made;
  }

  #unknownBroker(broker: number | string): KafkaUnavailable {
    const known = [...this.#view.brokers.keys()].join(', ') || 'none';
    return new KafkaUnavailable(`broker ${broker} is not among those that are alive: ${known}`, { sent: false });
  }

  async #refresh(): Promise<KafkaClusterView> {
    this.#renewal?.cancel();
    const waitMs = this.#refreshedAtMs + retryBackoffMs - this.#clock.monotonicMs();
    if (waitMs > 0) await this.#pause(waitMs);
    this.#coming = undefined;
    try {
      const asked = { topics: null, allowAutoTopicCreation: false };
      const { response, version } = await this.request(metadataApi, asked);
      const view = this.#accept(viewOf(response, this.#view), version);
      if (this.#trouble !== null) this.#logger.info({}, 'Kafka answers again');
      this.#trouble = null;
      this.#view = view;
      // Links to brokers that are gone.
      for (const [key, link] of this.#links) {
        const id = Number(key.slice(0, key.indexOf('/')));
        if (Number.isNaN(id) || view.brokers.has(id)) continue;
        link.close();
        this.#links.delete(key);
      }
      for (const listener of this.#listeners) listener(view);
      return view;
    } catch (error) {
      const { message } = error as Error;
      if (!this.#closed && this.#trouble !== message) {
        // While it lasts each broker has its own; that it begins is told in any case.
        const repeats = this.#trouble === null ? undefined : 'reasons why Kafka cannot be asked';
        // Those that are expected say what to do; where they were thrown helps nobody.
        if (error instanceof KafkaUnavailable)
          this.#logger.warn(
            { repeats },
            `Kafka cannot be asked, and is asked again each second: ${message}. ${error.hint}`,
          );
        else this.#logger.warn({ err: error, repeats }, `Kafka cannot be asked: ${message}`);
      }
      this.#trouble = message;
      throw error;
    } finally {
      this.#refreshedAtMs = this.#clock.monotonicMs();
      this.#renewLater();
    }
  }

  #accept(view: KafkaClusterView, version: number): KafkaClusterView {
    if (version < firstVersionWithTopicIds) {
      throw new KafkaUnsupported('the brokers do not tell the ids of topics; Kafka 2.8 or later is needed');
    }
    const { clusterId } = this.#view;
    // All topics would seem to be deleted.
    if (clusterId !== null && view.clusterId !== clusterId) {
      throw new KafkaUnavailable(`the brokers belong to cluster ${view.clusterId} now, not ${clusterId} as before`, {
        sent: false,
        hint: 'log.kafka.bootstrap.servers must lead to the same cluster for ever; for another one start anew',
      });
    }
    return view;
  }

  #renewLater(): void {
    if (this.#closed) return;
    const delayMs =
      this.#trouble === null ? this.#settings.metadataMaxAgeMs : Math.min(1000, this.#settings.metadataMaxAgeMs);
    this.#renewal = this.#clock.schedule(delayMs, () => void this.refresh().catch(() => {}));
  }

  #pause(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(delayMs, () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      });
      const giveUp = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}

interface Candidate extends BrokerAddress {
  readonly nodeId: number;
}

const firstVersionWithTopicIds = 10;

const bootstrapCandidate = (server: string): Candidate => {
  const colon = server.lastIndexOf(':');
  return {
    nodeId: -1,
    host: server.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
    port: Number(server.slice(colon + 1)),
  };
};

/** A connection that is being opened for others too is left to them. */
const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
};
