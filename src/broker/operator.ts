import type { ConfigChange } from '../core/config-value.ts';
import type { Rejection } from '../core/errors.ts';
import type { TopicId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type { NewAuditLine } from '../ports/audit-log.ts';
import type { Asker, Audit } from './audit.ts';
import { counted } from './counted.ts';
import type { GroupConfigs } from './group-configs.ts';
import type { Guard } from './guard.ts';
import type { PartitionLogs } from './partition-logs.ts';
import type {
  CreateTopicRequest,
  ResetRequest,
  ResetRow,
  SettleOutcome,
  SettleRequest,
  ShareGroupDescription,
  TopicDescription,
} from './requests.ts';
import type { AlteredOffsets, DeletedOffsets, ShareOffsets } from './share-offsets.ts';
import type { TopicCatalog } from './topics.ts';

/** What the broker does at an operator's word, without a line about it. */
export interface Operations {
  readonly topics: TopicCatalog;
  readonly groupConfigs: Pick<GroupConfigs, 'alter'>;
  readonly shareOffsets: Pick<ShareOffsets, 'alter' | 'delete'>;
  readonly logs: Pick<PartitionLogs, 'deleteRecords'>;
  createTopic(request: CreateTopicRequest): Promise<Result<TopicDescription>>;
  alterTopic(name: string, change: TopicChange, validateOnly?: boolean): Promise<Result<TopicDescription>>;
  deleteTopic(name: string, id?: TopicId): Promise<Result<null>>;
  alterShareGroup(name: string, config: ConfigChange): Promise<Result<ShareGroupDescription>>;
  deleteShareGroup(name: string): Promise<Result<null>>;
  pause(name: string, paused: boolean): Promise<Result<{ group: string; paused: boolean }>>;
  reset(request: ResetRequest, done?: ResetRow[]): Promise<Result<readonly ResetRow[]>>;
  settle(request: SettleRequest): Promise<Result<SettleOutcome>>;
  releaseWorker(name: string, holder: string, done?: Freed): Promise<Result<Freed>>;
}

interface Freed {
  released: number;
  archived: number;
}

interface TopicChange {
  readonly partitions?: number;
  readonly config?: ConfigChange;
}

type What = Omit<NewAuditLine, keyof Asker | 'atMs'>;
type Asked = Pick<What, 'action'> & Partial<Pick<What, 'group' | 'topic' | 'partition'>>;

/** So many partitions stand in a line's detail; it says how many there were. */
const maxListed = 100;

/**
 * Someone who changes things from outside, through one of the doors. What they do leaves a line in the audit, durably, before it is
 * answered; what is refused or only tried (`dryRun`, `validateOnly`) leaves none. It is done first and written then: a crash in between
 * takes the line with it, and nobody was answered. When it was done in part, and something failed, the line says how far it came; when
 * nobody knows whether it was done, it says that.
 */
export class Operator {
  readonly #operations: Operations;
  readonly #guard: Guard;
  readonly #audit: Audit;
  readonly #asker: Asker;

  constructor(parts: { operations: Operations; guard: Guard; audit: Audit }, asker: Asker) {
    this.#operations = parts.operations;
    this.#guard = parts.guard;
    this.#audit = parts.audit;
    this.#asker = asker;
  }

  /**
   * @param asked what the line says when nobody knows whether it was done
   * @param lineOf null: nothing was done
   * @param partOf the same when the work failed on the way
   */
  #audited<T>(
    asked: Asked,
    work: () => Promise<Result<T>>,
    lineOf: (outcome: T) => What | null,
    partOf: () => What | null = () => null,
  ): Promise<Result<T>> {
    // As one piece of work: a stop waits for the line too.
    return this.#guard.run(async () => {
      const outcome = await work();
      const what = outcome.ok ? lineOf(outcome.value) : failed(partOf(), asked, outcome.error);
      if (what === null) return outcome;
      const written = await this.#audit.write(this.#asker, what);
      return written.ok || !outcome.ok ? outcome : written;
    });
  }

  /** A line about what takes its time and is done elsewhere: that it has begun, what came of it. */
  note(what: What): Promise<Result<null>> {
    return this.#audit.write(this.#asker, what);
  }

  // ───────────── topics ─────────────

  createTopic(request: CreateTopicRequest): Promise<Result<TopicDescription>> {
    const work = () => this.#operations.createTopic(request);
    return this.#audited(
      { action: 'create-topic', topic: request.name },
      work,
      ({ name, topicId, partitions, overrides }) => {
        if (request.validateOnly === true) return null;
        const count = partitions.length;
        return {
          ...about({ topic: name }),
          action: 'create-topic',
          summary: `created the topic ${name} with ${counted(count, 'partition')}${configText(overrides, ', ')}`,
          detail: { topicId, partitions: count, config: overrides },
        };
      },
    );
  }

  alterTopic(name: string, change: TopicChange, validateOnly = false): Promise<Result<TopicDescription>> {
    const before = this.#operations.topics.find(name);
    const partitionsBefore = before.ok ? before.value.stored.partitionCount : 0;
    const work = () => this.#operations.alterTopic(name, change, validateOnly);
    return this.#audited({ action: 'alter-topic', topic: name }, work, ({ topicId }) => {
      const { partitions, config = {} } = change;
      if (validateOnly || (partitions === undefined && Object.keys(config).length === 0)) return null;
      const grown = partitions === undefined ? '' : `from ${partitionsBefore} to ${counted(partitions, 'partition')}`;
      return {
        ...about({ topic: name }),
        action: 'alter-topic',
        summary: `changed the topic ${name}: ${grown}${configText(config, grown === '' ? '' : ', ')}`,
        detail: { topicId, ...(partitions === undefined ? {} : { partitionsBefore, partitions }), config },
      };
    });
  }

  /** @param id where given, the topic has to have it */
  deleteTopic(name: string, id?: TopicId): Promise<Result<null>> {
    const before = this.#operations.topics.find(name);
    const work = () => this.#operations.deleteTopic(name, id);
    return this.#audited({ action: 'delete-topic', topic: name }, work, () => ({
      ...about({ topic: name }),
      action: 'delete-topic',
      summary: `deleted the topic ${name} with its records`,
      detail: { topicId: before.ok ? before.value.id : null },
    }));
  }

  /** Of one topic; one result for each partition, in order: where its log starts now. */
  async deleteRecords(
    topic: { readonly name: string; readonly id: TopicId },
    wanted: readonly { readonly partition: number; readonly beforeOffset: number }[],
  ): Promise<Result<readonly Result<number>[]>> {
    const work = async () => {
      const { logs } = this.#operations;
      const deleted = wanted.map(({ partition, beforeOffset }) =>
        logs.deleteRecords({ topicId: topic.id, partition }, beforeOffset),
      );
      return { ok: true, value: await Promise.all(deleted) } as const;
    };
    return this.#audited({ action: 'delete-records', topic: topic.name }, work, (outcomes) => {
      const done = wanted.flatMap(({ partition }, index) => {
        const outcome = outcomes[index];
        return outcome?.ok === true ? [{ partition, startOffset: outcome.value }] : [];
      });
      const [first, ...others] = done;
      if (first === undefined) return null;
      const { where, partition } = placeOf(topic.name, done);
      return {
        ...about({ topic: topic.name, partition }),
        action: 'delete-records',
        summary: `deleted the records of ${where}${others.length === 0 ? ` before offset ${first.startOffset}` : ''}`,
        detail: { topicId: topic.id, ...listed(done) },
      };
    });
  }

  // ───────────── share groups ─────────────

  alterShareGroup(name: string, config: ConfigChange): Promise<Result<ShareGroupDescription>> {
    const work = () => this.#operations.alterShareGroup(name, config);
    return this.#audited({ action: 'alter-group', group: name }, work, () => alteredGroup(name, config));
  }

  /** The same for a name, whether there is such a group or not. */
  alterGroupConfig(name: string, config: ConfigChange, validateOnly: boolean): Promise<Result<null>> {
    const work = () => this.#operations.groupConfigs.alter(name, config, validateOnly);
    return this.#audited({ action: 'alter-group', group: name }, work, () =>
      validateOnly ? null : alteredGroup(name, config),
    );
  }

  deleteShareGroup(name: string): Promise<Result<null>> {
    const work = () => this.#operations.deleteShareGroup(name);
    return this.#audited({ action: 'delete-group', group: name }, work, () => ({
      ...about({ group: name }),
      action: 'delete-group',
      summary: `deleted the share group ${name}`,
      detail: {},
    }));
  }

  pause(name: string, paused: boolean): Promise<Result<{ group: string; paused: boolean }>> {
    const work = () => this.#operations.pause(name, paused);
    return this.#audited({ action: paused ? 'pause' : 'resume', group: name }, work, () => ({
      ...about({ group: name }),
      action: paused ? 'pause' : 'resume',
      summary: paused ? `paused ${name}` : `resumed ${name}`,
      detail: {},
    }));
  }

  reset(request: ResetRequest): Promise<Result<readonly ResetRow[]>> {
    const { group, topic, to, dryRun } = request;
    const done: ResetRow[] = [];
    const lineOf = (rows: readonly ResetRow[]): What | null => {
      const [first, another] = rows;
      if (dryRun || first === undefined) return null;
      const { where, partition } = placeOf(topic, rows);
      const locksDropped = rows.reduce((sum, each) => sum + each.locksDropped, 0);
      const locks = locksDropped === 0 ? '' : `; ${counted(locksDropped, 'lock')} dropped`;
      const target =
        another === undefined
          ? `from ${first.startOffsetBefore ?? 'no start'} to ${first.startOffsetAfter}`
          : `to ${targetText(to)}`;
      return {
        ...about({ group, topic, partition }),
        action: 'reset',
        summary: `moved the start of ${where} ${target}${locks}`,
        detail: { to, locksDropped, ...listed(rows) },
      };
    };
    const work = () => this.#operations.reset(request, done);
    return this.#audited({ action: 'reset', group, topic }, work, lineOf, () => lineOf(done));
  }

  /** Start offsets as numbers; each topic and partition has its own outcome. */
  alterOffsets(
    group: string,
    wanted: Parameters<ShareOffsets['alter']>[1],
  ): Promise<Result<readonly AlteredOffsets[]>> {
    const altered: AlteredOffsets[] = [];
    const lineOf = (outcomes: readonly AlteredOffsets[]): What | null => {
      const done = outcomes.flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, startOffset }) =>
          startOffset === null ? [] : [{ topic, partition, startOffsetAfter: startOffset }],
        ),
      );
      const [first, another] = done;
      if (first === undefined) return null;
      const topics = new Set(done.map((each) => each.topic));
      const { where, partition } =
        topics.size === 1
          ? placeOf(first.topic, done)
          : { where: `${counted(done.length, 'partition')} of ${counted(topics.size, 'topic')}`, partition: null };
      return {
        ...about({ group, topic: topics.size === 1 ? first.topic : null, partition }),
        action: 'reset',
        summary: `moved the start of ${where}${another === undefined ? ` to ${first.startOffsetAfter}` : ''}`,
        detail: listed(done),
      };
    };
    const work = () => this.#operations.shareOffsets.alter(group, wanted, altered);
    return this.#audited({ action: 'reset', group }, work, lineOf, () => lineOf(altered));
  }

  deleteOffsets(group: string, topics: readonly string[]): Promise<Result<readonly DeletedOffsets[]>> {
    const deleted: DeletedOffsets[] = [];
    const lineOf = (outcomes: readonly DeletedOffsets[]): What | null => {
      const done = outcomes.filter((each) => each.error === null).map((each) => each.topic);
      const [first, ...others] = done;
      if (first === undefined) return null;
      return {
        ...about({ group, topic: others.length === 0 ? first : null }),
        action: 'delete-offsets',
        summary: `made ${group} forget where it was in ${others.length === 0 ? first : counted(done.length, 'topic')}`,
        detail: { topics: done.slice(0, maxListed), count: done.length },
      };
    };
    const work = () => this.#operations.shareOffsets.delete(group, topics, deleted);
    return this.#audited({ action: 'delete-offsets', group }, work, lineOf, () => lineOf(deleted));
  }

  settle(request: SettleRequest): Promise<Result<SettleOutcome>> {
    const { group, topic, partition, firstOffset, lastOffset, type, reason } = request;
    const work = () => this.#operations.settle(request);
    return this.#audited({ action: 'settle', group, topic, partition }, work, ({ dryRun, ...outcome }) => {
      if (dryRun) return null;
      const { accepted, rejected, released, archived, retried } = outcome;
      const count = counted(accepted + rejected + released + archived + retried, 'record');
      const offsets = firstOffset === lastOffset ? `offset ${firstOffset}` : `offsets ${firstOffset} to ${lastOffset}`;
      // A release on the last attempt archives.
      const last = type === 'release' && archived > 0 ? ` (${archived} of them archived: the last attempt)` : '';
      const verb = { accept: 'accepted', reject: 'rejected', release: 'released', retry: 'gave back' }[type];
      return {
        ...about({ group, topic, partition }),
        action: 'settle',
        summary: `${verb} ${count} of ${topic}-${partition}, ${offsets}${last}${reason === null ? '' : `: “${reason}”`}`,
        detail: { type, firstOffset, lastOffset, reason, ...outcome },
      };
    });
  }

  releaseWorker(group: string, holder: string): Promise<Result<Freed>> {
    const done = { released: 0, archived: 0 };
    const lineOf = ({ released, archived }: Freed): What => ({
      ...about({ group }),
      action: 'release-worker',
      summary:
        `released ${counted(released + archived, 'record')} that ${holder} had` +
        (archived === 0 ? '' : ` (${archived} of them archived: the last attempt)`),
      detail: { holder, released, archived },
    });
    const work = () => this.#operations.releaseWorker(group, holder, done);
    return this.#audited({ action: 'release-worker', group }, work, lineOf, () =>
      done.released + done.archived === 0 ? null : lineOf(done),
    );
  }
}

const failed = (part: What | null, asked: Asked, { code, message }: Rejection): What | null => {
  const error = { code, message };
  if (part !== null) return { ...part, summary: `${part.summary}; then it failed`, detail: { ...part.detail, error } };
  if (code !== 'OUTCOME_UNKNOWN') return null;
  const { action, group, topic, partition } = asked;
  const place = [group, partition == null ? topic : `${topic}-${partition}`].filter((each) => each != null).join(', ');
  const summary = `asked for ${action} (${place}); whether it was done is not known`;
  return { ...about(asked), action, summary, detail: { error } };
};

const about = ({ group = null, topic = null, partition = null }: Partial<Omit<Asked, 'action'>>) => ({
  group,
  topic,
  partition,
});

const alteredGroup = (group: string, config: ConfigChange): What | null =>
  Object.keys(config).length === 0
    ? null
    : {
        ...about({ group }),
        action: 'alter-group',
        summary: `changed ${group}: ${configText(config, '')}`,
        detail: { config },
      };

const configText = (config: ConfigChange, before: string): string => {
  const texts = Object.entries(config).map(([name, value]) =>
    value === null ? `${name} back to its default` : `${name}=${value}`,
  );
  return texts.length === 0 ? '' : before + texts.join(', ');
};

/** `emails-3` for one partition. */
const placeOf = (topic: string, partitions: readonly { readonly partition: number }[]) => {
  const [first, another] = partitions;
  return first !== undefined && another === undefined
    ? { where: `${topic}-${first.partition}`, partition: first.partition }
    : { where: `${counted(partitions.length, 'partition')} of ${topic}`, partition: null };
};

const listed = (partitions: readonly object[]) => ({
  partitions: partitions.slice(0, maxListed),
  count: partitions.length,
});

const targetText = (to: ResetRequest['to']): string => {
  if (to === 'earliest') return 'the earliest record';
  if (to === 'latest') return 'the end';
  return 'offset' in to ? String(to.offset) : new Date(to.timestampMs).toISOString();
};
