import type { ConfigChange, ConfigEntry } from '../core/config-value.ts';
import { type GroupConfigDefaults, describeGroupConfig } from '../core/group-config.ts';
import type { GroupId } from '../core/ids.ts';
import { parseGroupId } from '../core/names.ts';
import { type Result, ok } from '../core/result.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import type { ShareGroup } from './share-group.ts';

interface GroupConfigsSurroundings {
  readonly guard: Guard;
  readonly groups: Groups;
  readonly groupDefaults: GroupConfigDefaults;
  /** The group's config has changed. */
  readonly altered: (group: ShareGroup) => void;
}

/**
 * The configs of share groups as Kafka has them: they belong to a name. They can be set before there is a group, survive it, and setting them
 * makes none. HTTP's `alterShareGroup` makes the group, and changes the same.
 */
export class GroupConfigs {
  readonly #surroundings: GroupConfigsSurroundings;

  constructor(surroundings: GroupConfigsSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Every config with what is in force, also for a name that there is no group of. INVALID_GROUP_ID for what can be no name. */
  describe(name: string): Result<readonly ConfigEntry[]> {
    const { groups, groupDefaults } = this.#surroundings;
    const id = parseGroupId(name);
    if (!id.ok) return id;
    return ok(describeGroupConfig(groups.overridesOf(id.value), groupDefaults));
  }

  /** The names for which something was set. */
  get configured(): readonly GroupId[] {
    return this.#surroundings.groups.configured;
  }

  /** Checks a change and, unless it is only to validate, stores it. INVALID_GROUP_ID, INVALID_CONFIG. */
  alter(name: string, change: ConfigChange, validateOnly: boolean): Promise<Result<null>> {
    const { guard, groups, altered } = this.#surroundings;
    return guard.run(async () => {
      const id = parseGroupId(name);
      if (!id.ok) return id;
      if (validateOnly) {
        const checked = groups.checkConfig(id.value, change);
        return checked.ok ? ok(null) : checked;
      }
      const outcome = await groups.alterConfigOf(id.value, change);
      if (!outcome.ok) return outcome;
      if (outcome.value !== null) altered(outcome.value);
      return ok(null);
    });
  }
}
