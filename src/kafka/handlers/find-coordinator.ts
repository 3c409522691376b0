import { errorCodes } from '../../codec/error-codes.ts';
import type { FindCoordinatorRequest, FindCoordinatorResponse } from '../../codec/messages/find-coordinator.ts';
import { coordinatorOf as coordinatorOfGroup } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';

const keyTypes = { group: 0, transaction: 1, share: 2 } as const;

/** Of a request that has a list of keys. */
const firstVersionOfLists = 4;
const firstVersionOfShareKeys = 6;

/** A share partition: group, topic id and partition. The group may have colons of its own (SharePartitionKey). */
const shareKey = /^(?<group>.+):[A-Za-z0-9_-]{22}:-?\d+$/s;

/**
 * FindCoordinator (key 10): which node coordinates a group. Versions 0–6: one key up to version 3, a list of them from 4 on. COORDINATOR_NOT_AVAILABLE
 * while it moves from one node to another.
 *
 * - Key type 0, a group, of any type: clients ask so for share groups too. Any key is answered, the empty one as well.
 * - Key type 2, a share partition as `group:topicId:partition`, from version 6 on; Kafka's brokers ask so, clients do not. INVALID_REQUEST for another form.
 * - Key type 1, a transactional id: INVALID_REQUEST, with the reason. COORDINATOR_NOT_AVAILABLE would be truer to Kafka, but
 *   producers ask again after it until they time out, and then cannot say why.
 * - Other key types: INVALID_REQUEST. Version 0 has none: it asks for groups.
 */
export const answerFindCoordinator = (
  context: RequestContext,
  request: FindCoordinatorRequest,
): FindCoordinatorResponse => {
  const { version } = context;
  const coordinatorOf = (key: string) => {
    const reason = whyNone(key, request.keyType, version);
    if (reason !== undefined) return { ...nobody, errorCode: errorCodes.INVALID_REQUEST, errorMessage: reason };
    const group = request.keyType === keyTypes.share ? shareKey.exec(key)?.groups?.['group'] : key;
    const coordinator = coordinatorOfGroup(context, group ?? key);
    if (coordinator !== undefined) return { ...coordinator, errorCode: errorCodes.NONE, errorMessage: '' };
    const moving = 'The coordinator is moving from one node to another.';
    return { ...nobody, errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE, errorMessage: moving };
  };
  if (version >= firstVersionOfLists) {
    return {
      throttleTimeMs: 0,
      coordinators: request.coordinatorKeys.map((key) => ({ key, ...coordinatorOf(key) })),
    };
  }
  const { errorMessage, ...coordinator } = coordinatorOf(request.key);
  // The word is Kafka's.
  return { throttleTimeMs: 0, ...coordinator, errorMessage: errorMessage === '' ? 'NONE' : errorMessage };
};

const nobody = { nodeId: -1, host: '', port: -1 } as const;

const whyNone = (key: string, keyType: number, version: number): string | undefined => {
  switch (keyType) {
    case keyTypes.group:
      return undefined;
    case keyTypes.transaction:
      return 'Transactions are not served: a producer without transactional.id is.';
    case keyTypes.share:
      if (version < firstVersionOfShareKeys) return `Key type 2 is known from version ${firstVersionOfShareKeys} on.`;
      return shareKey.test(key) ? undefined : 'The key of a share partition has the form group:topicId:partition.';
    default:
      return `Key type ${keyType}: 0 (group), 1 (transaction) and 2 (share) are known.`;
  }
};
