import type { RequestKey } from '../ports/record-log.ts';
import type { RequestKeys, TakenKey } from '../ports/request-keys.ts';

interface Kept {
  readonly key: RequestKey;
  readonly producerIds: readonly number[];
  /** Once they are known. */
  baseOffsets: readonly number[] | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Request keys in memory: for tests, and obviously right. */
export class MemoryRequestKeys implements RequestKeys {
  readonly #retentionMs: number;
  readonly #kept = new Map<string, Kept>();

  constructor(options: { readonly requestKeyRetentionMs?: number } = {}) {
    this.#retentionMs = options.requestKeyRetentionMs ?? dayMs;
  }

  async take(key: RequestKey, producerIds: () => Promise<readonly number[]>): Promise<TakenKey> {
    const before = this.#find(key);
    if (before !== undefined) return taken(before, key);
    const ids = await producerIds();
    const meanwhile = this.#find(key);
    if (meanwhile !== undefined) return taken(meanwhile, key);
    this.#kept.set(textOf(key), { key, producerIds: ids, baseOffsets: undefined });
    return { kind: 'new', producerIds: ids, layout: key.layout };
  }

  async complete(key: RequestKey, baseOffsets: readonly number[]): Promise<void> {
    const kept = this.#find(key);
    if (kept !== undefined) kept.baseOffsets = baseOffsets;
  }

  async close(): Promise<void> {}

  #find(key: RequestKey): Kept | undefined {
    const kept = this.#kept.get(textOf(key));
    return kept !== undefined && kept.key.nowMs >= key.nowMs - this.#retentionMs ? kept : undefined;
  }
}

const textOf = ({ topicId, key }: RequestKey): string => `${topicId}/${key}`;

const taken = ({ key: { fingerprint, layout }, producerIds, baseOffsets }: Kept, asked: RequestKey): TakenKey => {
  if (fingerprint !== asked.fingerprint) return { kind: 'reused' };
  return baseOffsets === undefined ? { kind: 'pending', producerIds, layout } : { kind: 'done', baseOffsets, layout };
};
