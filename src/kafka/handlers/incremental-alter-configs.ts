import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../codec/messages/incremental-alter-configs.ts';
import type { ConfigChange, ConfigEntry } from '../../core/config-value.ts';
import { type Result, ok, reject } from '../../core/result.ts';
import { alterResources } from '../config-resources.ts';
import type { RequestContext } from '../served-api.ts';

type Asked = IncrementalAlterConfigsRequest['resources'][number];

/** AlterConfigOp.OpType. */
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/**
 * IncrementalAlterConfigs (key 44): changes what is named, in each resource all or nothing, durably. Versions 0–1.
 *
 * - Topics, and groups whether they exist or not: that makes none. For the broker INVALID_REQUEST: its configs are settings of the server.
 * - SET and DELETE; APPEND and SUBTRACT for lists, INVALID_CONFIG for others. Deleting what is not known does nothing. A value is missing: INVALID_REQUEST.
 * - INVALID_CONFIG for a config that is not known, or a value that is not possible, with what is.
 * - A resource that comes twice, or a config twice in one: INVALID_REQUEST. `validateOnly` changes nothing.
 */
export const answerIncrementalAlterConfigs = async (
  context: RequestContext,
  request: IncrementalAlterConfigsRequest,
): Promise<IncrementalAlterConfigsResponse> => ({
  throttleTimeMs: 0,
  responses: await alterResources(context, request.resources, request.validateOnly, ({ configs }, entries) => {
    const change: Record<string, string | null> = {};
    for (const config of configs) {
      const changed = changeOf(config, entries);
      if (!changed.ok) return changed;
      Object.assign(change, changed.value);
    }
    return ok(change);
  }),
});

const changeOf = (
  { name, configOperation, value }: Asked['configs'][number],
  entries: readonly ConfigEntry[],
): Result<ConfigChange> => {
  const entry = entries.find((each) => each.name === name);
  if (configOperation === operations.delete) return ok(entry === undefined ? {} : { [name]: null });
  if (value === null) return reject('INVALID_REQUEST', `Null value not supported for : ${name}`);
  switch (configOperation) {
    case operations.set:
      return ok({ [name]: value });
    case operations.append:
    case operations.subtract: {
      const isAppend = configOperation === operations.append;
      if (entry !== undefined && entry.type !== 'list') {
        const verb = isAppend ? 'APPEND to' : 'SUBTRACT from';
        return reject('INVALID_CONFIG', `Can't ${verb} key ${name} because its type is not LIST.`);
      }
      const given = itemsOf(value);
      const before = itemsOf(entry?.value ?? '');
      const after = isAppend ? new Set([...before, ...given]) : before.filter((each) => !given.includes(each));
      return ok({ [name]: [...after].join(',') });
    }
    default:
      return reject('INVALID_REQUEST', `Config operation ${configOperation}: 0 to 3 are known.`);
  }
};

const itemsOf = (list: string): string[] =>
  list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
