import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { AnswerMemory } from './answer-memory.ts';
import { RequestMeters } from '../core/measure/request-meter.ts';
import type { DoorMeasures } from '../ports/measures.ts';
import { servedApis } from './apis.ts';
import { Connection, hostOf } from './connection.ts';
import { FetchSessions } from './fetch-sessions.ts';
import type { KafkaSettings, NodeIdentity } from './kafka-settings.ts';
import { logRefusal } from './log-refusal.ts';
import { RequestMemory } from './request-memory.ts';
import type { DoorContext, ServedApi } from './served-api.ts';

type DoorSurroundings = Omit<DoorContext, 'node' | 'fetchSessions' | 'answerMemory'>;

/** How often connections are looked at that may have to be closed. */
const sweepIntervalMs = 1_000;
/** How long a stop waits for clients to take their last answers. */
const finishTimeoutMs = 1_000;

/**
 * The Kafka door: listens for clients that speak Kafka's protocol. `stop` lets nobody in any more and closes all
 * connections; the broker answers those who wait before (`Broker.drain`).
 */
export class KafkaServer {
  readonly #context: DoorSurroundings;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #meters = new RequestMeters();
  readonly #memory: RequestMemory;
  #node: NodeIdentity | undefined;
  #nextConnection = 1;
  #sweep: { cancel(): void } | undefined;
  #allClosed: (() => void) | undefined;

  /** @param apis what is served; a test may serve something else */
  constructor(context: DoorSurroundings, settings: KafkaSettings, apis: readonly ServedApi[] = servedApis) {
    this.#context = context;
    this.#memory = new RequestMemory(Math.max(settings.queuedMaxRequestBytes, settings.requestMaxBytes));
    const answerMemory = new AnswerMemory(settings.queuedMaxResponseBytes);
    const fetchSessions = new FetchSessions(settings.maxFetchSessions, context.clock);
    const served = new Map(apis.map((each) => [each.api.key, each]));
    this.#server = createServer({ noDelay: true }, (socket) => {
      if (this.#node === undefined || this.#connections.size >= settings.maxConnections) {
        const reason = `there are ${this.#connections.size}, max.connections allows ${settings.maxConnections}`;
        logRefusal(context.logger, hostOf(socket), reason);
        socket.destroy();
        return;
      }
      const connection = new Connection(String(this.#nextConnection++), socket, {
        context: { ...context, node: this.#node, fetchSessions, answerMemory },
        settings,
        memory: this.#memory,
        answerMemory,
        served,
        meters: this.#meters,
        closed: (each) => this.#closed(each),
      });
      this.#connections.add(connection);
    });
  }

  /**
   * @param node who it says it is; a port of 0 becomes the one that was taken, and so is what clients are told
   * @returns the address that it listens on, as `127.0.0.1:9092`
   */
  async listen(
    at: { readonly host: string; readonly port: number },
    node: Omit<NodeIdentity, 'port'> & { readonly port: number | null },
  ): Promise<string> {
    // All clients come back at once when the server does; those beyond the backlog would believe that they are connected.
    this.#server.listen({ ...at, backlog: 4096 });
    await once(this.#server, 'listening');
    const { address, family, port } = this.#server.address() as AddressInfo;
    // A connection that could not be accepted, most often for want of file descriptors; the others go on.
    this.#server.on('error', (error) =>
      logRefusal(this.#context.logger, 'unknown', `it could not be accepted: ${error.message}`),
    );
    this.#node = { ...node, port: node.port ?? port };
    this.#armSweep();
    return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** All that there is to measure, now. Requests by the names of their APIs. */
  measure(): DoorMeasures {
    return { connections: this.#connections.size, requests: this.#meters.all };
  }

  #armSweep(): void {
    this.#sweep = this.#context.clock.schedule(sweepIntervalMs, () => {
      const nowMs = this.#context.clock.monotonicMs();
      for (const connection of this.#connections) connection.sweep(nowMs);
      this.#armSweep();
    });
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    // What came over it is done: its share sessions end now, and not before.
    this.#context.broker.sessions.connectionClosed(connection.id);
    if (this.#connections.size === 0) this.#allClosed?.();
  }

  /** Begins nothing more, lets clients take their answers, and closes their connections. */
  async stop(): Promise<void> {
    this.#sweep?.cancel();
    if (this.#server.listening) {
      this.#server.close();
      for (const connection of this.#connections) connection.finish();
    }
    if (this.#connections.size === 0) return;
    const late = this.#context.clock.schedule(finishTimeoutMs, () => {
      for (const connection of this.#connections) connection.close();
    });
    await new Promise<void>((resolve) => (this.#allClosed = resolve));
    late.cancel();
  }
}
