import type { BackgroundOperations } from '../broker/background/background-operations.ts';
import type { Broker } from '../broker/broker.ts';
import type { Operations } from '../broker/operator.ts';

/** What this door asks of the broker: its public methods. What changes topics and groups goes through `operator`, and leaves a line. */
export type BrokerApi = Omit<Broker, 'start' | 'stop' | 'applyRetention' | Exclude<keyof Operations, 'topics'>>;

/** The same of what runs in the background. */
export type OperationsApi = Omit<BackgroundOperations, 'start' | 'stop'>;
