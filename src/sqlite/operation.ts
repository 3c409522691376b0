import type { MessageReader, MessageWriter } from './message.ts';

/** Which handler of the writer executes an operation. */
export const operationCode = {
  createPartitions: 1,
  deletePartitions: 2,
  append: 3,
  trim: 4,
  applyRetention: 5,
  openSharePartition: 10,
  writeSharePartition: 11,
  resetSharePartition: 12,
  deleteGroupState: 13,
  deleteTopicState: 14,
  putTopic: 20,
  deleteTopic: 21,
  putGroup: 22,
  deleteGroup: 23,
  secret: 24,
  takeProducerIds: 25,
  appendAudit: 30,
  probe: 31,
  putBackgroundOperation: 40,
  deleteBackgroundOperation: 41,
} as const;

export type OperationCode = (typeof operationCode)[keyof typeof operationCode];

/** One durable change, as the main thread asks for it. */
export interface Operation<T> {
  readonly code: OperationCode;
  /** For faults, such as `append`. */
  readonly name: string;
  /** Copied into the message's block of bytes, one behind the other, when the operation is sent. */
  readonly payload: readonly Uint8Array[];
  /** Writes the request; the writer's handler reads the same values in the same order. */
  write(request: MessageWriter): void;
  /** Reads the answer once the change is durable. `payload` is this operation's part of the copied bytes. */
  read(reply: MessageReader, payload: Uint8Array): T;
}

/** What the writer's handlers get. */
export interface OperationCall {
  readonly request: MessageReader;
  readonly reply: MessageWriter;
  /** The next `length` bytes of this operation's payload. */
  readonly bytes: (length: number) => Uint8Array;
}

/**
 * Executes one operation inside the open transaction. It checks first and writes then: a `Fault` it throws means
 * that it has written nothing, and the others of its group go on. Any other error undoes the whole group.
 */
export type OperationHandler = (call: OperationCall) => void;

/**
 * Work that may wait, such as deleting history: a few milliseconds a step, between two groups. Each function it yields
 * is one transaction, tried again later when it fails. The work is found again after a restart, so it may be cut off.
 */
export type BackgroundWork = Generator<() => void, void, void>;
