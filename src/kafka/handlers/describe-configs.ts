import { errorCodes } from '../../codec/error-codes.ts';
import type { DescribeConfigsRequest, DescribeConfigsResponse } from '../../codec/messages/describe-configs.ts';
import type { ConfigType } from '../../core/config-value.ts';
import { findConfigResource } from '../config-resources.ts';
import { coordinatorError } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';

type Result = DescribeConfigsResponse['results'][number];

/**
 * DescribeConfigs (key 32): topics, groups and the broker, each by itself. Versions 1–4; types and documentation from 3 on.
 *
 * - A topic has all of Kafka's configs; those that sash does not obey are read-only (core/topic-config.ts).
 * - A group has the configs of share groups, whether it exists or not. Their defaults come from the server's settings, which are their synonyms.
 * - The broker has the server's settings, read-only; the empty name means what all brokers have in common: nothing.
 * - No keys, or an empty list: all. Keys that are not known are left out, as in Kafka.
 */
export const answerDescribeConfigs = (
  context: RequestContext,
  request: DescribeConfigsRequest,
): DescribeConfigsResponse => ({
  throttleTimeMs: 0,
  results: request.resources.map(({ resourceType, resourceName, configurationKeys }): Result => {
    const resource = findConfigResource(context, resourceType, resourceName);
    if (!resource.ok) return { ...coordinatorError(resource.error), resourceType, resourceName, configs: [] };
    const { entries, layersOf } = resource.value;
    const keys = new Set(configurationKeys ?? []);
    const configs = entries
      .filter((entry) => keys.size === 0 || keys.has(entry.name))
      .map((entry) => {
        const isSensitive = entry.type === 'password';
        const layers = layersOf(entry).map((layer) => (isSensitive ? { ...layer, value: null } : layer));
        return {
          name: entry.name,
          value: isSensitive ? null : entry.value,
          readOnly: entry.isFixed,
          configSource: layers[0]?.source,
          isSensitive,
          synonyms: request.includeSynonyms ? layers : [],
          configType: configTypes[entry.type],
          documentation: request.includeDocumentation ? entry.description : null,
        };
      });
    return { errorCode: errorCodes.NONE, errorMessage: '', resourceType, resourceName, configs };
  }),
});

/** DescribeConfigsResponse.ConfigType. */
const configTypes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
  password: 9,
};
