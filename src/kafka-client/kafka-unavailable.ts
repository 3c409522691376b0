/**
 * A broker of the cluster could not be asked, or did not answer. `sent` says whether it may have done what it was asked to:
 * the adapters turn it into a fault whose outcome is unknown when it is true, and refused when not.
 */
export class KafkaUnavailable extends Error {
  override readonly name = 'KafkaUnavailable';
  readonly sent: boolean;
  /** What an operator can do about it. */
  readonly hint: string;

  constructor(message: string, options: { readonly sent: boolean; readonly hint?: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.sent = options.sent;
    this.hint = options.hint ?? 'check that the brokers run and can be reached from here: log.kafka.bootstrap.servers';
  }
}

/** The broker does not have an API, or no version of it that is known here: trying again does not help. */
export class KafkaUnsupported extends Error {
  override readonly name = 'KafkaUnsupported';
}
