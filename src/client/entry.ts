/** What `import … from 'sash/client'` gives. */
export { Worker } from './worker.ts';
export type { Handler, HandlerContext, StopOptions, WorkerEvents, WorkerSettings } from './worker-settings.ts';
export type { WorkerRecord } from './held-record.ts';
export { RejectError, ReleaseError } from './handler-outcome.ts';
export type { ReleaseDelay } from './handler-outcome.ts';
export type { Backoff } from './backoff.ts';
export type { StandardSchema } from './standard-schema.ts';
export { Producer } from './producer.ts';
export type { ProducerEvents, ProducerSettings } from './producer.ts';
export type { ProducerRecord } from './record-json.ts';
export { SashClient } from './sash-client.ts';
export type { CallOptions } from './sash-client.ts';
export { SashError } from './sash-error.ts';
export type { ConnectionSettings, Fetch } from './http.ts';
export type { TimeSource } from './time-source.ts';
export type * from './api.ts';
