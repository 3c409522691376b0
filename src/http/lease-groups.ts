import type { BrokerApi } from './broker-api.ts';
import type { Leases } from './lease.ts';

const maxRemembered = 10_000;

/** Which group a lease belongs to, where the path does not say it. A lease carries only a short digest of the name. */
export class LeaseGroups {
  readonly #leases: Leases;
  readonly #broker: Pick<BrokerApi, 'shareGroupNames'>;
  readonly #names = new Map<string, string>();

  constructor(leases: Leases, broker: Pick<BrokerApi, 'shareGroupNames'>) {
    this.#leases = leases;
    this.#broker = broker;
  }

  remember(group: string): void {
    const tag = this.#leases.groupTag(group);
    if (this.#names.has(tag)) return;
    if (this.#names.size >= maxRemembered) this.#names.clear();
    this.#names.set(tag, group);
  }

  /** undefined when there is no such group (any more). */
  nameOf(tag: string): string | undefined {
    const known = this.#names.get(tag);
    if (known !== undefined) return known;
    const group = this.#broker.shareGroupNames.find((name) => this.#leases.groupTag(name) === tag);
    if (group !== undefined) this.remember(group);
    return group;
  }
}
