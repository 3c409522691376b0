import { operatorOf } from '../operator-of.ts';
import { refuse } from '../problem.ts';
import { eachRecord, recordMembersText } from '../record-text.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { groupParams, sharePartitionParams } from '../schemas/fields.ts';
import * as schema from '../schemas/share-groups.ts';

const groups = 'Share groups';
const windows = 'Windows';

const iso = (wallMs: number): string => new Date(wallMs).toISOString();

export const shareGroupRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups',
    operationId: 'listShareGroups',
    tag: groups,
    summary: 'List the share groups',
    status: 200,
    response: schema.groupsResponse,
    problems: [],
    handle: async (_call, { broker }) => {
      const rows = await broker.listShareGroups();
      return rows.ok ? { ok: true, value: { groups: rows.value } } : rows;
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups/{group}',
    operationId: 'describeShareGroup',
    tag: groups,
    summary: 'Describe a share group: state, workers, lag, config',
    params: groupParams,
    status: 200,
    response: schema.groupResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND'],
    handle: ({ params }, { broker }) => broker.describeShareGroup(params.group),
  }),
  defineRoute({
    method: 'PATCH',
    path: '/v1/share-groups/{group}',
    operationId: 'alterShareGroup',
    tag: groups,
    summary: "Change a share group's configs; creates the group",
    params: groupParams,
    body: schema.alterGroupBody,
    status: 200,
    response: schema.groupResponse,
    problems: ['INVALID_GROUP_ID', 'INVALID_CONFIG', 'INCONSISTENT_GROUP_PROTOCOL', 'STORAGE_FULL'],
    handle: ({ params, body, reply }, { broker }) =>
      operatorOf(broker, reply).alterShareGroup(params.group, body.config),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/share-groups/{group}',
    operationId: 'deleteShareGroup',
    tag: groups,
    summary: 'Delete a share group that nobody uses',
    description: 'Refused while it has members, live leases or waiting acquires.',
    params: groupParams,
    status: 204,
    response: null,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'NON_EMPTY_GROUP', 'STORAGE_FULL'],
    handle: ({ params, reply }, { broker }) => operatorOf(broker, reply).deleteShareGroup(params.group),
  }),
  ...(['pause', 'resume'] as const).map((verb) =>
    defineRoute({
      method: 'POST',
      path: `/v1/share-groups/{group}/${verb}`,
      operationId: `${verb}ShareGroup`,
      tag: groups,
      summary: verb === 'pause' ? 'Hand out nothing; acknowledgements still count' : 'Hand out records again',
      params: groupParams,
      status: 200,
      response: schema.pauseResponse,
      problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'STORAGE_FULL'],
      handle: ({ params, reply }, { broker }) => operatorOf(broker, reply).pause(params.group, verb === 'pause'),
    }),
  ),
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/reset',
    operationId: 'resetShareGroup',
    tag: groups,
    summary: 'Move the start of windows to earliest, latest, a time or an offset',
    description:
      'Locks are dropped: a lease still out becomes RECORD_GONE or LEASE_SUPERSEDED. Refused while Kafka members are in the group. With dryRun nothing changes.',
    params: groupParams,
    body: schema.resetBody,
    status: 200,
    response: schema.resetResponse,
    problems: [
      'INVALID_GROUP_ID',
      'GROUP_ID_NOT_FOUND',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NON_EMPTY_GROUP',
      'OFFSET_OUT_OF_RANGE',
      'STORAGE_FULL',
    ],
    handle: async ({ params: { group }, body: { topic, partitions, to, dryRun }, reply }, { broker }) => {
      const rows = await operatorOf(broker, reply).reset({ group, topic, partitions: partitions ?? null, to, dryRun });
      return rows.ok ? { ok: true, value: { dryRun, partitions: rows.value } } : rows;
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/settle',
    operationId: 'settleRange',
    tag: groups,
    summary: "An operator's accept, reject, release or retry of a range",
    description:
      'Takes the records over without counting a delivery and ends them; a lease still out becomes LEASE_SUPERSEDED. With dryRun nothing changes. What is too much to wait for, whole windows and groups: POST /v1/operations.',
    params: groupParams,
    body: schema.settleBody,
    status: 200,
    response: schema.settleResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'UNKNOWN_TOPIC_OR_PARTITION', 'STORAGE_FULL'],
    handle: ({ params: { group }, body, reply }, { broker }) =>
      operatorOf(broker, reply).settle({ ...body, group, reason: body.reason ?? null }),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups/{group}/workers',
    operationId: 'listWorkers',
    tag: groups,
    summary: 'Who holds what',
    params: groupParams,
    status: 200,
    response: schema.workersResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND'],
    handle: async ({ params }, { broker }) => {
      const workers = await broker.nodes.workers(params.group);
      if (!workers.ok) return workers;
      const { rows, unreachable } = workers.value;
      return { ok: true, value: { workers: rows, unreachable } };
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/share-groups/{group}/workers/{holder}/release',
    operationId: 'releaseWorker',
    tag: groups,
    summary: 'Free all that one worker holds',
    params: schema.workerParams,
    status: 200,
    response: schema.releaseWorkerResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ params, reply }, { broker }) => operatorOf(broker, reply).releaseWorker(params.group, params.holder),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups/{group}/archived',
    operationId: 'listArchived',
    tag: groups,
    summary: 'Archived records, newest first',
    params: groupParams,
    query: schema.archivedQuery,
    status: 200,
    response: schema.archivedResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'UNKNOWN_TOPIC_OR_PARTITION'],
    handle: async ({ params: { group }, query }, { broker }) => {
      const { topic, partition, after, limit } = query;
      if (partition !== undefined && topic === undefined) {
        return refuse('INVALID_REQUEST', `partition is ${partition}; it needs a topic`, 'topic');
      }
      const page = await broker.archived({
        group,
        topic: topic ?? null,
        partition: partition ?? null,
        after: after ?? null,
        limit,
      });
      if (!page.ok) return page;
      const records = page.value.records.map(({ archivedAtMs, ...record }) => ({
        ...record,
        archivedAt: iso(archivedAtMs),
      }));
      return { ok: true, value: { records, next: page.value.next } };
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups/{group}/windows',
    operationId: 'listWindows',
    tag: windows,
    summary: 'One row per share partition: where its window is, and what blocks it',
    params: groupParams,
    status: 200,
    response: schema.windowsResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND'],
    handle: async ({ params }, { broker }) => {
      const windows = await broker.nodes.windows(params.group);
      if (!windows.ok) return windows;
      const { rows, unreachable } = windows.value;
      return { ok: true, value: { windows: rows, unreachable } };
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups/{group}/topics/{topic}/partitions/{partition}/window',
    operationId: 'readWindow',
    tag: windows,
    summary: 'The runs of one window',
    params: sharePartitionParams,
    query: schema.windowQuery,
    status: 200,
    response: schema.windowResponse,
    problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'UNKNOWN_TOPIC_OR_PARTITION'],
    handle: ({ params, query }, { broker }) =>
      broker.windowPage({ ...params, fromOffset: query.fromOffset ?? null, limit: query.limit }),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/share-groups/{group}/topics/{topic}/partitions/{partition}/records/{offset}',
    operationId: 'peekRecord',
    tag: windows,
    summary: 'One record without locking it, with its state and attempts',
    params: schema.peekParams,
    query: schema.peekQuery,
    status: 200,
    response: schema.peekResponse,
    problems: [
      'INVALID_GROUP_ID',
      'GROUP_ID_NOT_FOUND',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'OFFSET_OUT_OF_RANGE',
      'CORRUPT_MESSAGE',
    ],
    handle: async ({ params, query }, { broker, batches }) => {
      const peeked = await broker.peek(params);
      if (!peeked.ok) return peeked;
      const {
        topic,
        topicId,
        partition,
        offset,
        batch,
        state,
        deliveryCount,
        deliveryCountLimit,
        holder,
        lastFailure,
      } = peeked.value;
      let members: string | undefined;
      let trouble = '';
      eachRecord(
        batches,
        { topicId, partition },
        [batch],
        { firstOffset: offset, lastOffset: offset },
        (record) => (members = recordMembersText(JSON.stringify(topic), partition, record, query.encoding)),
        ({ message }) => (trouble = message),
      );
      if (members === undefined) {
        return refuse('CORRUPT_MESSAGE', `offset ${offset} of ${topic}-${partition} cannot be read: ${trouble}`);
      }
      const attempts = peeked.value.attempts.map(({ acquiredAtMs, endedAtMs, ...attempt }) => ({
        deliveryCount: attempt.deliveryCount,
        holder: attempt.holder,
        acquiredAt: iso(acquiredAtMs),
        endedAt: endedAtMs === null ? null : iso(endedAtMs),
        outcome: attempt.outcome,
        reason: attempt.reason,
      }));
      const delivery = JSON.stringify({ deliveryCount, deliveryCountLimit, lastFailure }).slice(1);
      const rest = JSON.stringify({ state, deliveryCount, holder, attempts }).slice(1);
      return { ok: true, value: `{"record":{${members},${delivery},${rest}` };
    },
  }),
];
