import type { MetadataStore } from '../ports/metadata-store.ts';
import { OneAtATime } from './one-at-a-time.ts';

/** Ids made durable at once (ProducerIdsBlock in Kafka). Those not given when the process ends are lost. */
const idsPerBlock = 1_000;

/** Ids of idempotent producers: none is ever given twice. */
export class ProducerIds {
  readonly #metadata: MetadataStore;
  readonly #turns = new OneAtATime();
  #nextId = 0;
  #endId = 0;

  constructor(metadata: MetadataStore) {
    this.#metadata = metadata;
  }

  /** @throws Fault when no block can be made durable */
  next(): Promise<number> {
    return this.#turns.run(async () => {
      if (this.#nextId === this.#endId) {
        const { first, count } = await this.#metadata.takeProducerIds(idsPerBlock);
        this.#nextId = first;
        this.#endId = first + count;
      }
      return this.#nextId++;
    });
  }
}
