import type { GroupId, TopicId } from '../core/ids.ts';
import type { StoredGroup, StoredTopic } from '../ports/metadata-store.ts';
import { operationCode } from './operation.ts';
import type { Operation, OperationCall } from './operation.ts';

/** The metadata store's operations as they cross to the writer. */

export function putTopicOperation(topic: StoredTopic): Operation<void> {
  return {
    code: operationCode.putTopic,
    name: 'put topic',
    payload: [],
    write(request) {
      request.text(topic.topicId);
      request.text(topic.name);
      request.number(topic.partitionCount);
      request.text(JSON.stringify(topic.config));
      request.number(topic.createdAtMs);
    },
    read: () => {},
  };
}

export const readTopicRow = ({ request }: OperationCall): [string, string, number, string, number] => [
  request.text(),
  request.text(),
  request.number(),
  request.text(),
  request.number(),
];

export function putGroupOperation(group: StoredGroup): Operation<void> {
  return {
    code: operationCode.putGroup,
    name: 'put group',
    payload: [],
    write(request) {
      request.text(group.group);
      request.text(group.type);
      request.text(JSON.stringify(group.config));
      request.number(group.paused ? 1 : 0);
      request.number(group.exists ? 1 : 0);
      request.text(JSON.stringify(group.topics));
      request.number(group.createdAtMs);
    },
    read: () => {},
  };
}

export const readGroupRow = ({ request }: OperationCall): [string, string, string, number, number, string, number] => [
  request.text(),
  request.text(),
  request.text(),
  request.number(),
  request.number(),
  request.text(),
  request.number(),
];

export function deleteTopicOperation(topicId: TopicId): Operation<void> {
  return {
    code: operationCode.deleteTopic,
    name: 'delete topic',
    payload: [],
    write: (request) => request.text(topicId),
    read: () => {},
  };
}

export function deleteGroupOperation(group: GroupId): Operation<void> {
  return {
    code: operationCode.deleteGroup,
    name: 'delete group',
    payload: [],
    write: (request) => request.text(group),
    read: () => {},
  };
}

/** Keeps `candidate` under `name` unless there is a secret by that name; gives the one kept, as hex. */
export function secretOperation(name: string, candidate: Uint8Array): Operation<Uint8Array> {
  return {
    code: operationCode.secret,
    name: 'make secret',
    payload: [candidate],
    write(request) {
      request.text(name);
      request.number(candidate.length);
    },
    read: (reply) => new Uint8Array(Buffer.from(reply.text(), 'hex')),
  };
}

/** Replaces what the probe before wrote by so many bytes. */
export function probeOperation(sizeBytes: number): Operation<void> {
  return {
    code: operationCode.probe,
    name: 'try whether writes go well',
    payload: [],
    write: (request) => request.number(sizeBytes),
    read: () => {},
  };
}

export function takeProducerIdsOperation(count: number): Operation<number> {
  return {
    code: operationCode.takeProducerIds,
    name: 'take producer ids',
    payload: [],
    write: (request) => request.number(count),
    read: (reply) => reply.number(),
  };
}
