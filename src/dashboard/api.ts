/** Calls of sash's own HTTP API, relative to where the page is. */

/** The server's answer was a problem (RFC 9457), or none came: then `code` is `NO_ANSWER` and `status` 0. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly status: number;
  /** The field of the request that is wrong. */
  readonly field: string | null;

  constructor(code: string, status: number, detail: string, field: string | null = null) {
    super(detail);
    this.code = code;
    this.status = status;
    this.field = field;
  }
}

const problemOf = async (response: Response): Promise<Problem> => {
  const text = await response.text().catch(() => '');
  try {
    const { code, detail, field } = JSON.parse(text) as { code?: string; detail?: string; field?: string };
    return new Problem(code ?? 'UNKNOWN', response.status, detail ?? text, field ?? null);
  } catch {
    return new Problem('UNKNOWN', response.status, `${response.status} ${response.statusText} ${text.slice(0, 200)}`);
  }
};

const ask = async <T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> => {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Problem('NO_ANSWER', 0, 'The server does not answer. Nothing is known of what became of the request.');
  }
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
};

export const api = {
  get: <T>(path: string, signal?: AbortSignal) => ask<T>('GET', path, undefined, signal),
  post: <T>(path: string, body: unknown = {}, signal?: AbortSignal) => ask<T>('POST', path, body, signal),
  patch: <T>(path: string, body: unknown) => ask<T>('PATCH', path, body),
  delete: <T = undefined>(path: string) => ask<T>('DELETE', path, undefined),
};

const segment = encodeURIComponent;

export const paths = {
  groups: 'v1/share-groups',
  group: (group: string) => `v1/share-groups/${segment(group)}`,
  ofGroup: (group: string, what: string) => `v1/share-groups/${segment(group)}/${what}`,
  window: (group: string, topic: string, partition: number) =>
    `v1/share-groups/${segment(group)}/topics/${segment(topic)}/partitions/${partition}/window`,
  peek: (group: string, topic: string, partition: number, offset: number) =>
    `v1/share-groups/${segment(group)}/topics/${segment(topic)}/partitions/${partition}/records/${offset}`,
  worker: (group: string, holder: string) => `v1/share-groups/${segment(group)}/workers/${segment(holder)}/release`,
  topics: 'v1/topics',
  topic: (topic: string) => `v1/topics/${segment(topic)}`,
  produce: (topic: string) => `v1/topics/${segment(topic)}/records`,
  records: (topic: string, partition: number) => `v1/topics/${segment(topic)}/partitions/${partition}/records`,
  nodes: 'v1/nodes',
  audit: 'v1/audit',
  operations: 'v1/operations',
  operation: (id: string) => `v1/operations/${segment(id)}`,
  operationResult: (id: string) => `v1/operations/${segment(id)}/result`,
} as const;
