import type { Broker } from '../broker/broker.ts';
import type { GroupConfigs } from '../broker/group-configs.ts';
import type { Operator } from '../broker/operator.ts';
import type { PartitionLogs } from '../broker/partition-logs.ts';
import type { ShareMembers } from '../broker/share-members.ts';
import type { ShareOffsets } from '../broker/share-offsets.ts';
import type { ShareSessionRuntime } from '../broker/share-session-runtime.ts';
import type { Api } from '../codec/api.ts';
import type { ConfigEntry } from '../core/config-value.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Logger } from '../ports/logger.ts';
import type { AnswerMemory } from './answer-memory.ts';
import type { FetchSessions } from './fetch-sessions.ts';
import type { NodeIdentity } from './kafka-settings.ts';

type Later<F> = F extends (...args: infer A) => infer R ? (...args: A) => R | Promise<Awaited<R>> : never;

/**
 * What this door asks of the broker, be it that of one node or of a cluster of them. What changes topics and groups goes through `operator`, and
 * leaves a line in the audit.
 */
export interface BrokerApi extends Pick<Broker, 'operator' | 'topicForProduce' | 'topics'> {
  readonly groupConfigs: Omit<GroupConfigs, 'alter'>;
  readonly logs: Omit<PartitionLogs, 'deleteRecords'>;
  readonly members: Pick<ShareMembers, 'heartbeat'> & { readonly describe: Later<ShareMembers['describe']> };
  readonly sessions: Pick<ShareSessionRuntime, 'acknowledge' | 'connectionClosed' | 'fetch'>;
  readonly shareGroupStates: Broker['shareGroupStates'] | Promise<Broker['shareGroupStates']>;
  readonly shareOffsets: Pick<ShareOffsets, 'describe'>;
}

/** What all handlers have. */
export interface DoorContext {
  readonly broker: BrokerApi;
  readonly node: NodeIdentity;
  /** Who owns partitions and coordinates groups. */
  readonly cluster: Cluster;
  readonly fetchSessions: FetchSessions;
  readonly answerMemory: AnswerMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The server's settings, as DescribeConfigs shows them. */
  readonly brokerConfig: readonly ConfigEntry[];
}

/** What a handler knows of its request beside the body. */
export interface RequestContext extends DoorContext {
  /** Of the request, one of those that the API is served in. */
  readonly version: number;
  /** '' where the client sends none. */
  readonly clientId: string;
  /** The peer's address as Kafka shows it: with a slash in front, as `/127.0.0.1`. */
  readonly clientHost: string;
  /** Share sessions end with their connection. */
  readonly connectionId: string;
  /** Aborted when the connection is gone: nobody reads the answer. */
  readonly signal: AbortSignal;
}

/** Who sent the request, as the one who changes something. */
export const operatorOf = ({ broker, clientHost }: RequestContext): Operator =>
  broker.operator({ door: 'kafka', from: clientHost.slice(1) });

/** Thrown by a handler that cannot tell its client: the connection is closed, with the reason in the log. */
export class CloseConnection extends Error {
  override readonly name = 'CloseConnection';
}

/**
 * Answers one request. `undefined`: the client waits for no answer (Produce with acks 0). A handler answers every bad request
 * with an error code of its API; what it throws, but for CloseConnection, is a bug. Both close the connection.
 */
export type Handler<Request, Response> = (
  context: RequestContext,
  request: Request,
) => Promise<Response | undefined> | Response | undefined;

export interface ServedApi {
  readonly api: Api<unknown, unknown>;
  /** What ApiVersions says; both inclusive. */
  readonly firstVersion: number;
  readonly lastVersion: number;
  /**
   * Begun before the request before it is answered, if that is of the same kind: a producer's requests share a flush.
   * The handler does what has to stay in order before it first waits. Answers keep the order of the requests all the same.
   */
  readonly isPipelined: boolean;
  readonly handle: Handler<unknown, unknown>;
}

/** One row of the table in apis.ts. Versions are those of the codec, which are Kafka 4.4's, unless given. */
export const serve = <Request, Response>(
  api: Api<Request, Response>,
  handle: Handler<Request, Response>,
  more: { readonly firstVersion?: number; readonly lastVersion?: number; readonly isPipelined?: boolean } = {},
): ServedApi => ({
  api,
  firstVersion: more.firstVersion ?? api.firstVersion,
  lastVersion: more.lastVersion ?? api.lastVersion,
  isPipelined: more.isPipelined ?? false,
  handle: handle as Handler<unknown, unknown>,
});
