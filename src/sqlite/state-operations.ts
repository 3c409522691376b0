import type { GroupId, SharePartitionKey, TopicId } from '../core/ids.ts';
import type { Ending } from '../core/share-partition/ending.ts';
import type { SharePartitionWrite } from '../ports/state-store.ts';
import type { MessageReader, MessageWriter } from './message.ts';
import { operationCode } from './operation.ts';
import type { Operation } from './operation.ts';

/** The state store's operations as they cross to the writer. For each: how the main thread writes it, and how the writer reads it. */

export interface OpenedSharePartition {
  readonly sharePartitionKey: number;
  readonly stateEpoch: number;
  readonly leaderEpoch: number;
  readonly startOffset: number;
}

export function openSharePartitionOperation(
  key: SharePartitionKey,
  startOffsetIfNew: number | null,
): Operation<OpenedSharePartition | undefined> {
  return {
    code: operationCode.openSharePartition,
    name: 'open share partition',
    payload: [],
    write(request) {
      request.text(key.group);
      request.text(key.topicId);
      request.number(key.partition);
      request.optionalNumber(startOffsetIfNew);
    },
    read: (reply) =>
      reply.number() === 0
        ? undefined
        : {
            sharePartitionKey: reply.number(),
            stateEpoch: reply.number(),
            leaderEpoch: reply.number(),
            startOffset: reply.number(),
          },
  };
}

export interface OpenRequest {
  readonly group: string;
  readonly topicId: string;
  readonly partition: number;
  readonly startOffsetIfNew: number | null;
}

export const readOpenSharePartition = (request: MessageReader): OpenRequest => ({
  group: request.text(),
  topicId: request.text(),
  partition: request.number(),
  startOffsetIfNew: request.optionalNumber(),
});

type Guard = Omit<SharePartitionWrite, 'key' | 'endings'>;

function writeGuard(request: MessageWriter, sharePartitionKey: number, guard: Guard): void {
  request.number(sharePartitionKey);
  request.number(guard.leaderEpoch);
  request.number(guard.stateEpoch);
  request.number(guard.startOffset);
}

export interface GuardedRequest {
  readonly sharePartitionKey: number;
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
  readonly startOffset: number;
}

export const readGuard = (request: MessageReader): GuardedRequest => ({
  sharePartitionKey: request.number(),
  leaderEpoch: request.number(),
  stateEpoch: request.number(),
  startOffset: request.number(),
});

export function writeSharePartitionOperation(sharePartitionKey: number, write: SharePartitionWrite): Operation<void> {
  return {
    code: operationCode.writeSharePartition,
    name: 'write share state',
    payload: [],
    write(request) {
      writeGuard(request, sharePartitionKey, write);
      request.number(write.endings.length);
      for (const ending of write.endings) writeEnding(request, ending);
    },
    read: () => {},
  };
}

function writeEnding(request: MessageWriter, ending: Ending): void {
  request.number(ending.firstOffset);
  request.number(ending.lastOffset);
  request.number(ending.acquisition);
  request.number(ending.leaderEpoch);
  request.number(ending.deliveryCount);
  request.text(ending.holder);
  request.number(ending.acquiredAtMs);
  request.number(ending.endedAtMs);
  request.text(ending.outcome);
  request.text(ending.state);
  request.optionalNumber(ending.availableAtMs);
  request.optionalNumber(ending.delayMs);
  request.optionalText(ending.reason);
}

/** An ending as the writer reads it: the types of the domain are the main thread's business. */
export interface ReceivedEnding extends Omit<Ending, 'holder' | 'outcome' | 'state'> {
  readonly holder: string;
  readonly outcome: string;
  readonly state: string;
}

export const readEndings = (request: MessageReader): readonly ReceivedEnding[] =>
  Array.from({ length: request.number() }, () => ({
    firstOffset: request.number(),
    lastOffset: request.number(),
    acquisition: request.number(),
    leaderEpoch: request.number(),
    deliveryCount: request.number(),
    holder: request.text(),
    acquiredAtMs: request.number(),
    endedAtMs: request.number(),
    outcome: request.text(),
    state: request.text(),
    availableAtMs: request.optionalNumber(),
    delayMs: request.optionalNumber(),
    reason: request.optionalText(),
  }));

export function resetSharePartitionOperation(sharePartitionKey: number, guard: Guard): Operation<number> {
  return {
    code: operationCode.resetSharePartition,
    name: 'reset share state',
    payload: [],
    write: (request) => writeGuard(request, sharePartitionKey, guard),
    read: (reply) => reply.number(),
  };
}

/** @param onTopic null: on all */
export function deleteGroupStateOperation(group: GroupId, onTopic: TopicId | null): Operation<void> {
  return {
    code: operationCode.deleteGroupState,
    name: 'delete the state of a group',
    payload: [],
    write: (request) => {
      request.text(group);
      request.optionalText(onTopic);
    },
    read: () => {},
  };
}

export function deleteTopicStateOperation(topicId: TopicId): Operation<void> {
  return {
    code: operationCode.deleteTopicState,
    name: 'delete the state of a topic',
    payload: [],
    write: (request) => request.text(topicId),
    read: () => {},
  };
}
