import type { Clock } from '../ports/clock.ts';
import type { KafkaClientSettings } from './kafka-client-settings.ts';
import { type BrokerAddress, KafkaConnection } from './kafka-connection.ts';
import { KafkaUnavailable } from './kafka-unavailable.ts';

/** `reconnect.backoff.ms` and `reconnect.backoff.max.ms` of Kafka's clients. */
const firstBackoffMs = 50;
const maxBackoffMs = 1000;

/** A broker as one of its users reaches it: opens the connection when it is needed, and again when it broke, but not too often. */
export class BrokerLink {
  readonly #name: string;
  readonly #settings: KafkaClientSettings;
  readonly #clock: Clock;
  #address: BrokerAddress;
  #connection: KafkaConnection | undefined;
  #opening: Promise<KafkaConnection> | undefined;
  #failures = 0;
  #notBeforeMs = 0;
  #closed = new AbortController();

  constructor(name: string, address: BrokerAddress, settings: KafkaClientSettings, clock: Clock) {
    this.#name = name;
    this.#address = address;
    this.#settings = settings;
    this.#clock = clock;
  }

  get address(): BrokerAddress {
    return this.#address;
  }

  /** The connection, or the next attempt to open it, for which all wait together. Throws KafkaUnavailable, not sent. */
  async connect(): Promise<KafkaConnection> {
    if (this.#closed.signal.aborted) throw closed();
    if (this.#connection?.isUsable) return this.#connection;
    this.#connection?.retire();
    this.#connection = undefined;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  close(): void {
    this.#closed.abort();
    this.#connection?.close();
  }

  async #open(): Promise<KafkaConnection> {
    await this.#pause(this.#notBeforeMs - this.#clock.monotonicMs());
    try {
      const { host, port } = this.#address;
      const opened = await KafkaConnection.open(
        `${this.#name} (${host}:${port})`,
        this.#address,
        this.#settings,
        this.#clock,
      );
      if (this.#closed.signal.aborted) {
        opened.close();
        throw closed();
      }
      this.#failures = 0;
      this.#connection = opened;
      return opened;
    } catch (error) {
      const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** this.#failures++);
      this.#notBeforeMs = this.#clock.monotonicMs() + backoffMs * (0.8 + 0.4 * Math.random());
      throw error;
    }
  }

  async #pause(delayMs: number): Promise<void> {
    if (delayMs <= 0) return;
    const { signal } = this.#closed;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.schedule(delayMs, resolve);
      signal.addEventListener('abort', () => {
        timer.cancel();
        reject(closed());
      });
    });
  }
}

const closed = (): KafkaUnavailable =>
  new KafkaUnavailable('the Kafka client is closed', { sent: false, hint: 'none' });
