import { errorCodes } from '../../codec/error-codes.ts';
import type {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../../codec/messages/list-config-resources.ts';
import { resourceTypes } from '../config-resources.ts';
import { endpointsOf } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';

/** Kafka has them, and here there are none of them. */
const brokerLogger = 8;
const clientMetrics = 16;
const knownTypes: ReadonlySet<number> = new Set([...Object.values(resourceTypes), brokerLogger, clientMetrics]);

/**
 * ListConfigResources (key 74): topics, the broker, and the groups for which something was set, existing or not. Versions 0–1: version 0 asks
 * for client metrics, of which there are none; version 1 for types of resources, all where the list is empty. UNSUPPORTED_VERSION for another type, as in Kafka.
 */
export const answerListConfigResources = (
  context: RequestContext,
  request: ListConfigResourcesRequest,
): ListConfigResourcesResponse => {
  const { broker, version } = context;
  if (request.resourceTypes.some((type) => !knownTypes.has(type))) {
    return { throttleTimeMs: 0, errorCode: errorCodes.UNSUPPORTED_VERSION, configResources: [] };
  }
  const asked = new Set(version === 0 ? [clientMetrics] : request.resourceTypes);
  const list = (resourceType: number, names: readonly string[]) =>
    asked.size === 0 || asked.has(resourceType) ? names.map((resourceName) => ({ resourceName, resourceType })) : [];
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    configResources: [
      ...list(resourceTypes.group, broker.groupConfigs.configured),
      ...list(
        resourceTypes.broker,
        endpointsOf(context).map((each) => String(each.nodeId)),
      ),
      ...list(
        resourceTypes.topic,
        broker.topics.all.map((each) => each.name),
      ),
    ],
  };
};
