import { errorCodes } from '../../codec/error-codes.ts';
import type { ApiVersionsRequest, ApiVersionsResponse } from '../../codec/messages/api-versions.ts';
import type { RequestContext, ServedApi } from '../served-api.ts';

/**
 * ApiVersions (key 18): what is served, in which versions. Versions 0–5. A version that is not known is answered in version 0
 * with UNSUPPORTED_VERSION and this API's own versions (the connection does that: there is no body to read). From version 3 the client names
 * its software, INVALID_REQUEST for a name that Kafka would refuse; in version 5 it says which cluster and node it means,
 * REBOOTSTRAP_REQUIRED where that is not this one (KIP-1242).
 *
 * Features as Kafka 4.4 finalises them, of those that sash has: no client that was tried needs any, people look at them.
 * `transaction.version` stays at 0: transactions are not served. `share.version` is 1: dead-letter queues (2) come later.
 */
export const answerApiVersions = (
  { node, version }: RequestContext,
  request: ApiVersionsRequest,
  served: readonly ServedApi[],
): ApiVersionsResponse => {
  const refused = (errorCode: number): ApiVersionsResponse => ({ errorCode, apiKeys: [], throttleTimeMs: 0 });
  if (version >= 3 && !(isSoftware(request.clientSoftwareName) && isSoftware(request.clientSoftwareVersion))) {
    return refused(errorCodes.INVALID_REQUEST);
  }
  const otherCluster = request.clusterId !== null && request.clusterId !== node.clusterId;
  const otherNode = request.nodeId >= 0 && request.nodeId !== node.nodeId;
  if (otherCluster || otherNode) return refused(errorCodes.REBOOTSTRAP_REQUIRED);
  return {
    errorCode: errorCodes.NONE,
    apiKeys: served.map(versionsOf),
    throttleTimeMs: 0,
    supportedFeatures: features.map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: 1,
    finalizedFeatures: features
      .filter(({ level }) => level > 0)
      .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  };
};

/** The answer to an ApiVersions request of a version that is not served, in version 0. */
export const refuseApiVersions = (served: ServedApi): ApiVersionsResponse => ({
  errorCode: errorCodes.UNSUPPORTED_VERSION,
  apiKeys: [versionsOf(served)],
  throttleTimeMs: 0,
});

const versionsOf = ({ api, firstVersion, lastVersion }: ServedApi) => ({
  apiKey: api.key,
  minVersion: firstVersion,
  maxVersion: lastVersion,
});

/** ApiVersionsRequest.isValid in Kafka. */
const isSoftware = (text: string): boolean => /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text);

const features = [
  { name: 'group.version', min: 0, max: 1, level: 1 },
  { name: 'metadata.version', min: 7, max: 33, level: 33 },
  { name: 'share.version', min: 0, max: 1, level: 1 },
  { name: 'transaction.version', min: 0, max: 0, level: 0 },
] as const;
