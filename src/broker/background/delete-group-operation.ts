import { type Result, ok } from '../../core/result.ts';
import type { BackgroundOperation } from '../../ports/operation-queue.ts';
import { counted } from '../counted.ts';
import type { Kind, Step } from './operation-kind.ts';
import type { OperationSite } from './operation-site.ts';

interface Cursor {
  /** Those whose state is still there. */
  readonly topics: readonly { readonly topic: string; readonly windows: number }[];
}

/** A group with all it has, a topic at a time; the group itself at last. Somebody who begins to work in it meanwhile ends the operation. */
export const deleteGroupOperation: Kind = {
  async check(site, { group }) {
    // Of no topic: it says whether there is such a group, and whether somebody works in it.
    const outcome = await site.shareOffsets.delete(group, []);
    return outcome.ok ? ok(null) : outcome;
  },

  async step(site, operation, mayBeDone) {
    const cursor = operation.cursor as Cursor | null;
    if (cursor === null) return await lookAtTopics(site, operation);
    const group = operation.group;
    const [next, ...topics] = cursor.topics;
    if (next === undefined) {
      const deleted = await site.deleteShareGroup(group);
      if (!deleted.ok && !(mayBeDone && deleted.error.code === 'GROUP_ID_NOT_FOUND')) return deleted;
      const { done, total, result } = operation;
      return ok({ cursor, done, total, result, isLast: true });
    }
    // What is not there any more is no error of the whole.
    const outcome = await site.shareOffsets.delete(group, [next.topic]);
    if (!outcome.ok) return outcome;
    const done = operation.done + next.windows;
    return ok({ cursor: { topics }, done, total: operation.total, result: { windows: done }, isLast: false });
  },

  audit: {
    action: 'delete-group',
    plan: ({ group }) => `delete the share group ${group} with its state`,
    deed: ({ group, done, state }) =>
      state === 'done'
        ? `deleted the share group ${group} with ${counted(done, 'window')}`
        : `deleted ${counted(done, 'window')} of the share group ${group}, which is still there`,
  },
};

async function lookAtTopics(site: OperationSite, operation: BackgroundOperation): Promise<Result<Step>> {
  const { group } = operation;
  const windows = await site.windows(group);
  if (!windows.ok) return windows;
  // Those whose node cannot be asked now are missing among the windows.
  const places = new Map(
    [...site.nodeCalls.partitionsRead(group), ...windows.value].map((each) => [
      `${each.topic}/${each.partition}`,
      each.topic,
    ]),
  );
  const byTopic = Map.groupBy(places.values(), (topic) => topic);
  const topics = [...byTopic].map(([topic, { length }]) => ({ topic, windows: length }));
  const cursor: Cursor = { topics };
  return ok({ cursor, done: 0, total: places.size, result: { windows: 0 }, isLast: false });
}
