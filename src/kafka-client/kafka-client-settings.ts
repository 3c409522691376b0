/** How the brokers are reached: the settings `log.kafka.…`. */
export interface KafkaClientSettings {
  /** `host:port`, at least one; `[::1]:9092` for IPv6. */
  readonly bootstrapServers: readonly string[];
  readonly clientId: string;
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** With SASL_PLAINTEXT and SASL_SSL. */
  readonly sasl?: SaslCredentials | undefined;
  /** With SSL and SASL_SSL; PEM text. Without `ca`, the authorities that Node knows. */
  readonly ssl?:
    | { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined }
    | undefined;
  /** How long an answer may take, where the request says nothing else (`request.timeout.ms` of Kafka's clients). */
  readonly requestTimeoutMs: number;
  /** For the connection, TLS and authentication together. */
  readonly connectTimeoutMs: number;
  /** The view of the cluster is asked for again when it is so old. */
  readonly metadataMaxAgeMs: number;
  /** A longer answer ends its connection. */
  readonly responseMaxBytes: number;
}

export interface SaslCredentials {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

/** What Kafka's own clients have as defaults, except that new topics are seen sooner. */
export const kafkaClientDefaults = {
  requestTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  metadataMaxAgeMs: 5_000,
  responseMaxBytes: 104_857_600,
};
