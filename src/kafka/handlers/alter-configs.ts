import type { AlterConfigsRequest, AlterConfigsResponse } from '../../codec/messages/alter-configs.ts';
import { ok, reject } from '../../core/result.ts';
import { alterResources } from '../config-resources.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * AlterConfigs (key 33): the older form, which replaces all that was set for a resource. Versions 0–2. A config that is not named goes back to its
 * default; one without a value is INVALID_REQUEST. Topics and groups; for the broker INVALID_REQUEST, unless nothing is named.
 * What IncrementalAlterConfigs says about errors holds here too.
 */
export const answerAlterConfigs = async (
  context: RequestContext,
  request: AlterConfigsRequest,
): Promise<AlterConfigsResponse> => ({
  throttleTimeMs: 0,
  responses: await alterResources(context, request.resources, request.validateOnly, ({ configs }, entries) => {
    const unset = configs.find((each) => each.value === null);
    if (unset !== undefined) return reject('INVALID_REQUEST', `Null value not supported for : ${unset.name}`);
    const before = entries.filter((each) => each.isSet && !each.isFixed).map(({ name }) => [name, null] as const);
    return ok(Object.fromEntries([...before, ...configs.map(({ name, value }) => [name, value] as const)]));
  }),
});
