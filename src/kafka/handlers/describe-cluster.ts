import { errorCodes } from '../../codec/error-codes.ts';
import type { DescribeClusterRequest, DescribeClusterResponse } from '../../codec/messages/describe-cluster.ts';
import { clusterOperations, operationsIfAsked } from '../authorized-operations.ts';
import { controllerOf, endpointsOf } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';

const brokers = 1;
const controllers = 2;

/**
 * DescribeCluster (key 60): the nodes. Versions 0–2. From version 1 on the client says whom it thinks it is asking:
 * MISMATCHED_ENDPOINT_TYPE for a controller, UNSUPPORTED_ENDPOINT_TYPE for what is neither. Fenced brokers (version 2): there are none.
 */
export const answerDescribeCluster = (
  context: RequestContext,
  request: DescribeClusterRequest,
): DescribeClusterResponse => {
  if (request.endpointType !== brokers) {
    const isController = request.endpointType === controllers;
    return {
      throttleTimeMs: 0,
      errorCode: isController ? errorCodes.MISMATCHED_ENDPOINT_TYPE : errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: isController
        ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
        : `Unsupported endpoint type ${request.endpointType}`,
      clusterId: '',
      brokers: [],
    };
  }
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    clusterId: context.node.clusterId,
    controllerId: controllerOf(context),
    brokers: endpointsOf(context).map(({ nodeId, host, port }) => ({ brokerId: nodeId, host, port })),
    clusterAuthorizedOperations: operationsIfAsked(clusterOperations, request.includeClusterAuthorizedOperations),
  };
};
