import type { Broker } from '../broker.ts';

/** Where background operations do their work: what both the broker of one process and that of several nodes have. */
export type OperationSite = Pick<Broker, 'windows' | 'windowPage' | 'settle' | 'deleteShareGroup'> & {
  readonly nodeCalls: Pick<Broker['nodeCalls'], 'partitionsRead'>;
  readonly shareOffsets: Pick<Broker['shareOffsets'], 'delete'>;
  readonly live: { readonly feed: Pick<Broker['live']['feed'], 'operation'> };
  operator(...asker: Parameters<Broker['operator']>): Pick<ReturnType<Broker['operator']>, 'note'>;
};
