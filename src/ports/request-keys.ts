import type { RequestKey } from './record-log.ts';

/** What a key stands for when it has been taken. */
export type TakenKey =
  /**
   * `new`: nobody used it before. `pending`: somebody did and did not come to `complete`; its batches may be in the log or not. Either way the
   * batches are to be appended under these producer ids, in epoch 0 from sequence 0 on, so that those that are there are not appended again.
   * `layout` is that of the first use.
   */
  | { readonly kind: 'new' | 'pending'; readonly producerIds: readonly number[]; readonly layout: string }
  | { readonly kind: 'done'; readonly baseOffsets: readonly number[]; readonly layout: string }
  /** It was used with another fingerprint. */
  | { readonly kind: 'reused' };

/**
 * The idempotency keys of produce requests where the log cannot store them together with the batches: a key leads to producer ids first, and
 * to offsets when the batches are there. Keys are forgotten `requestKeyRetentionMs` after their `nowMs`, which is no later than the log forgets
 * the producers (`producer.id.expiration.ms`).
 */
export interface RequestKeys {
  /**
   * What the key stands for, durably. `producerIds` is called where it is new, for ids that nobody has; of two who take it at the
   * same time one gets the other's, as `pending`.
   */
  take(key: RequestKey, producerIds: () => Promise<readonly number[]>): Promise<TakenKey>;
  /** The batches of a taken key are in the log. */
  complete(key: RequestKey, baseOffsets: readonly number[]): Promise<void>;
  close(): Promise<void>;
}
