import type { Broker } from '../broker/broker.ts';

/** What this door asks of the broker: its public methods. */
export type BrokerApi = Omit<Broker, 'start' | 'stop' | 'applyRetention'>;
