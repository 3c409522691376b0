import type { BackgroundOperations } from '../broker/background/background-operations.ts';
import type { Broker } from '../broker/broker.ts';
import type { ChangeFeed } from '../broker/change-feed.ts';
import type { Live } from '../broker/live.ts';
import type { ShareMembers } from '../broker/share-members.ts';

type Later<F> = F extends (...args: infer A) => infer R ? (...args: A) => R | Promise<Awaited<R>> : never;

/**
 * What this door asks of the broker, be it that of one node or of a cluster of them. What changes topics and groups goes through `operator`,
 * and leaves a line.
 */
export interface BrokerApi extends Pick<
  Broker,
  | 'acknowledge'
  | 'acquire'
  | 'archived'
  | 'auditPage'
  | 'describeShareGroup'
  | 'drain'
  | 'giveBack'
  | 'leaseSecret'
  | 'listShareGroups'
  | 'nodes'
  | 'operator'
  | 'peek'
  | 'produce'
  | 'read'
  | 'ready'
  | 'shareGroupNames'
  | 'topicForProduce'
  | 'windowPage'
> {
  readonly live: Pick<Live, 'history' | 'strips'> & { readonly feed: Pick<ChangeFeed, 'watch'> };
  readonly members: { readonly describe: Later<ShareMembers['describe']> };
  readonly listTopics: Later<Broker['listTopics']>;
  readonly describeTopic: Later<Broker['describeTopic']>;
}

/** The same of what runs in the background. */
export type OperationsApi = Omit<BackgroundOperations, 'start' | 'stop'>;
