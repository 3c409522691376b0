import type { Broker } from '../broker/broker.ts';
import type {
  ResetRequest,
  ResetRow,
  SettleOutcome,
  SettleRequest,
  ShareGroupDescription,
} from '../broker/requests.ts';
import type { ConfigChange } from '../core/config-value.ts';
import type { Rejection } from '../core/errors.ts';
import { type Result, ok } from '../core/result.ts';
import type { GroupChanges } from './group-changes.ts';
import type { OwnerCalls } from './owner-calls.ts';

/** What operators do with groups: at the group's coordinator, or at the owners of its partitions. */
export class GroupOperations {
  readonly #broker: Broker;
  readonly #calls: OwnerCalls;
  readonly #changes: GroupChanges;

  constructor(broker: Broker, calls: OwnerCalls, changes: GroupChanges) {
    this.#broker = broker;
    this.#calls = calls;
    this.#changes = changes;
  }

  // ───────────── at the coordinator: by any node, and `…Here` at it ─────────────

  alter(group: string, config: ConfigChange): Promise<Result<ShareGroupDescription>> {
    return this.#changes.atCoordinator(group, 'alterGroup', [group, config], () => this.alterHere(group, config));
  }

  alterHere(group: string, config: ConfigChange): Promise<Result<ShareGroupDescription>> {
    return this.#changes.change(group, () => this.#broker.alterShareGroup(group, config));
  }

  alterConfig(group: string, config: ConfigChange, validateOnly: boolean): Promise<Result<null>> {
    return this.#changes.atCoordinator(group, 'alterGroupConfig', [group, config, validateOnly], () =>
      this.alterConfigHere(group, config, validateOnly),
    );
  }

  alterConfigHere(group: string, config: ConfigChange, validateOnly: boolean): Promise<Result<null>> {
    return this.#changes.change(group, () => this.#broker.groupConfigs.alter(group, config, validateOnly));
  }

  pause(group: string, paused: boolean): Promise<Result<{ group: string; paused: boolean }>> {
    return this.#changes.atCoordinator(group, 'pause', [group, paused], () => this.pauseHere(group, paused));
  }

  pauseHere(group: string, paused: boolean): Promise<Result<{ group: string; paused: boolean }>> {
    return this.#changes.change(group, () => this.#broker.pause(group, paused));
  }

  delete(group: string): Promise<Result<null>> {
    return this.#changes.atCoordinator(group, 'deleteGroup', [group], () => this.deleteHere(group));
  }

  deleteHere(group: string): Promise<Result<null>> {
    return this.#changes.remove(group, null, () => this.#broker.deleteShareGroup(group));
  }

  // ───────────── at the owners ─────────────

  settle(request: SettleRequest): Promise<Result<SettleOutcome>> {
    return this.#calls.ofOwner(request, 'settle', [request], () => this.#broker.settle(request));
  }

  /** In the order of the partitions. @param done takes what was done, also when it fails for a part */
  async reset(request: ResetRequest, done: ResetRow[] = []): Promise<Result<readonly ResetRow[]>> {
    const topic = this.#broker.topics.find(request.topic);
    // Refused here in the usual words.
    if (!topic.ok || this.#broker.nodeCalls.storedShareGroup(request.group)?.exists !== true)
      return await this.#broker.reset(request);
    const { partitionCount } = topic.value.stored;
    const wanted = request.partitions ?? Array.from({ length: partitionCount }, (_, index) => index);
    const places = wanted.map((partition) => ({ topic: request.topic, partition }));
    const partOf = (part: readonly { readonly partition: number }[]): ResetRequest => ({
      ...request,
      partitions: part.map((each) => each.partition),
    });
    const answers = await this.#calls.ofOwners(
      places,
      'reset',
      (part) => [partOf(part)],
      (part) => this.#broker.reset(partOf(part)),
    );
    let error: Rejection | undefined;
    for (const { answer } of answers) {
      if (answer.ok) done.push(...answer.value);
      else error = answer.error;
    }
    done.sort((a, b) => wanted.indexOf(a.partition) - wanted.indexOf(b.partition));
    return error === undefined ? ok(done) : { ok: false, error };
  }

  /** @param done takes what was done, also when it fails for a part */
  async releaseWorker(
    group: string,
    holder: string,
    done: { released: number; archived: number } = { released: 0, archived: 0 },
  ): Promise<Result<{ released: number; archived: number }>> {
    const own = await this.#broker.releaseWorker(group, holder, done);
    if (!own.ok && own.error.code === 'GROUP_ID_NOT_FOUND') return own;
    let error = own.ok ? undefined : own.error;
    for (const { result } of await this.#calls.ofOthers('releaseWorker', [group, holder])) {
      if (result.ok) {
        done.released += result.value.released;
        done.archived += result.value.archived;
      } else if (result.error.code !== 'GROUP_ID_NOT_FOUND') {
        ({ error } = result);
      }
    }
    return error === undefined ? ok(done) : { ok: false, error };
  }
}
