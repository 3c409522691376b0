/** What the Kafka door is told by the settings; names, defaults and limits are in config.ts. */
export interface KafkaSettings {
  /** `socket.request.max.bytes`: a longer frame closes its connection. */
  readonly requestMaxBytes: number;
  /** `queued.max.request.bytes`: all requests together that are being received or answered. */
  readonly queuedMaxRequestBytes: number;
  /** `queued.max.response.bytes`: all answers together that clients have not taken yet; fetches bring less when there are many. */
  readonly queuedMaxResponseBytes: number;
  /** `max.connections`: one more is closed at once. */
  readonly maxConnections: number;
  /** `connections.max.idle.ms`: without a byte in either direction for so long, and nothing asked, it is closed. */
  readonly connectionsMaxIdleMs: number;
  /** `kafka.request.timeout.ms`: a request that has begun to come has to be there after so long. */
  readonly requestTimeoutMs: number;
  /** `max.incremental.fetch.session.cache.slots`. */
  readonly maxFetchSessions: number;
}

/** The node as clients see it. */
export interface NodeIdentity {
  readonly nodeId: number;
  /** A UUID as 22 characters of URL-safe base64, durable. */
  readonly clusterId: string;
  /** Where clients are told to connect: `kafka.advertised.host` and the port that is listened on. */
  readonly host: string;
  readonly port: number;
}
