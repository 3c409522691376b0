import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

import { Fault } from '../ports/fault.ts';
import { AuditWriter } from './audit-operations.ts';
import { BackgroundOperationWriter } from './background-operation-rows.ts';
import { Background } from './background.ts';
import { BatchFiles } from './batch-files.ts';
import { Checkpoints } from './checkpoints.ts';
import { dataFileName, openDataFile } from './data-file.ts';
import { LogWriter } from './log-writer.ts';
import { Lane } from './lane.ts';
import { makeLogRoom } from './log-room.ts';
import { MessageReader, MessageWriter } from './message.ts';
import type { Place } from './message.ts';
import { MetadataWriter } from './metadata-writer.ts';
import { operationCode } from './operation.ts';
import type { OperationCode, OperationHandler } from './operation.ts';
import { isFull, toFault, writeFault } from './sqlite-fault.ts';
import { StateWriter } from './state-writer.ts';
import { failAtGate, waitAtGate } from './writer-gate.ts';
import { answerAsSlot, groupFromSlot } from './writer-messages.ts';
import type { FromWriter, Group, ToWriter, WriterOptions } from './writer-messages.ts';

const noBytes = new Uint8Array();
/** After a commit the thread sleeps so long for the next one before it goes back to its event loop, from where it is woken more slowly. */
const lingerMs = 5;
/** So long it stays away from its event loop, where background work and the checkpoint thread's answers wait. */
const maxAwayMs = 50;

/**
 * The writer: a thread with the only connection that writes. Each message is a group of operations, executed in one
 * transaction and answered by one message when its commit has been flushed to the disk.
 */
class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #handlers: Readonly<Record<OperationCode, OperationHandler>>;
  readonly #log: LogWriter;
  readonly #files: BatchFiles;
  readonly #state: StateWriter;
  readonly #background: Background;
  readonly #gate: Int32Array | undefined;
  readonly #begin;
  readonly #commit;
  readonly #reply = new MessageWriter();

  constructor(database: DatabaseSync, options: WriterOptions, report: (error: unknown) => void) {
    this.#database = database;
    this.#file = path.join(options.dataDir, dataFileName);
    this.#gate = options.gate;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#background = new Background(database, report);
    this.#files = new BatchFiles(database, options, this.#background.start);
    const log = new LogWriter(database, this.#background.start, this.#files);
    const state = new StateWriter(database, this.#background.start, options.offsetsBetweenCleanups);
    const metadata = new MetadataWriter(database);
    const audit = new AuditWriter(database);
    const operations = new BackgroundOperationWriter(database);
    this.#log = log;
    this.#state = state;
    this.#handlers = {
      [operationCode.createPartitions]: (call) => log.createPartitions(call),
      [operationCode.deletePartitions]: (call) => log.deletePartitions(call),
      [operationCode.append]: (call) => log.append(call),
      [operationCode.trim]: (call) => log.trim(call),
      [operationCode.applyRetention]: (call) => log.applyRetention(call),
      [operationCode.openSharePartition]: (call) => state.open(call),
      [operationCode.writeSharePartition]: (call) => state.write(call),
      [operationCode.resetSharePartition]: (call) => state.reset(call),
      [operationCode.deleteGroupState]: (call) => state.deleteGroup(call),
      [operationCode.deleteTopicState]: ({ request }) => state.deleteTopic(request.text()),
      // A topic comes and goes with its partitions and with what groups keep of it: never a part of it alone.
      [operationCode.putTopic]: (call) => {
        const { topicId, partitionCount } = metadata.putTopic(call);
        log.createPartitionsOf(topicId, partitionCount);
      },
      [operationCode.deleteTopic]: ({ request }) => {
        const topicId = request.text();
        metadata.deleteTopic(topicId);
        log.deletePartitionsOf(topicId);
        state.deleteTopic(topicId);
      },
      [operationCode.putGroup]: (call) => metadata.putGroup(call),
      [operationCode.deleteGroup]: (call) => metadata.deleteGroup(call),
      [operationCode.secret]: (call) => metadata.secret(call),
      [operationCode.takeProducerIds]: (call) => metadata.takeProducerIds(call),
      [operationCode.probe]: (call) => metadata.probe(call),
      [operationCode.appendAudit]: (call) => audit.append(call),
      [operationCode.putBackgroundOperation]: (call) => operations.put(call),
      [operationCode.deleteBackgroundOperation]: (call) => operations.delete(call),
    };
    log.start();
    state.start();
  }

  execute({ request, count, payload, payloadMoves }: Group): Extract<FromWriter, { kind: 'done' }> {
    const reader = new MessageReader(request);
    const operations = readHeaders(reader, count);
    const bytes = payload === null ? noBytes : new Uint8Array(payload);
    try {
      this.#transaction(operations, reader, bytes);
    } catch (error) {
      const fault = toFault(error, 'write', 'refused', this.#file);
      if (operations.length === 1 || fault.outcome === 'unknown') {
        for (const _ of operations) this.#refuse(fault);
      } else {
        // One of them spoilt it for the others, or there is no room for all of them: each by itself.
        for (const operation of operations) {
          try {
            this.#transaction([operation], reader, bytes);
          } catch (own) {
            this.#refuse(toFault(own, 'write', 'refused', this.#file));
          }
        }
      }
    }
    return { kind: 'done', reply: this.#reply.take(), payload: payloadMoves ? payload : null };
  }

  /** Work of its own waits for the event loop. */
  get hasBackgroundWork(): boolean {
    return this.#background.isWaiting;
  }

  /** Bytes of payload that went past SQLite since this was last asked. */
  takeFileBytes(): number {
    return this.#files.takeCommittedBytes();
  }

  close(): void {
    this.#background.stop();
    this.#files.close();
    this.#database.close();
  }

  /** All or nothing; what is refused by a check alone does not hurt the others. Throws when nothing was written, or perhaps. */
  #transaction(operations: readonly Received[], request: MessageReader, payload: Uint8Array): void {
    const replyStart = this.#reply.place;
    let committing = false;
    try {
      this.#begin.run();
      this.#log.begin(operations.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0));
      for (const operation of operations) this.#executeOne(operation, request, payload);
      this.#log.beforeCommit();
      this.#state.beforeCommit();
      if (this.#gate !== undefined) waitAtGate(this.#gate);
      committing = true;
      if (this.#gate !== undefined) failAtGate(this.#gate, 'commit');
      this.#commit.run();
      this.#log.committed();
      if (this.#gate !== undefined) failAtGate(this.#gate, 'after commit');
    } catch (error) {
      // After some errors SQLite has rolled back already; a ROLLBACK would then complain.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const outcome = committing && !isFull(error) ? 'unknown' : 'refused';
      this.#log.forget(outcome);
      this.#state.forget();
      this.#reply.rewind(replyStart);
      throw toFault(error, 'write', outcome, this.#file);
    }
  }

  #executeOne(operation: Received, request: MessageReader, payload: Uint8Array): void {
    let payloadAt = operation.payloadStart;
    const replyStart = this.#reply.place;
    request.seek(operation.start);
    this.#reply.number(1);
    try {
      this.#handlers[operation.code]({
        request,
        reply: this.#reply,
        bytes: (length) => payload.subarray(payloadAt, (payloadAt += length)),
      });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#reply.rewind(replyStart);
      this.#refuse(error);
    }
  }

  #refuse(fault: Fault): void {
    this.#reply.number(0);
    writeFault(this.#reply, fault);
  }
}

/** An operation of a group, and where its values and bytes lie in the message. */
interface Received {
  readonly code: OperationCode;
  readonly start: Place;
  readonly payloadStart: number;
  readonly payloadBytes: number;
}

function readHeaders(request: MessageReader, count: number): readonly Received[] {
  const operations: Received[] = [];
  let payloadStart = 0;
  for (let i = 0; i < count; i++) {
    const code = request.number() as OperationCode;
    const payloadBytes = request.number();
    const end = { number: request.number(), text: request.number() };
    operations.push({ code, start: request.place, payloadStart, payloadBytes });
    payloadStart += payloadBytes;
    request.seek(end);
  }
  return operations;
}

function main(): void {
  const options = workerData as WriterOptions;
  const lane = new Lane(options.lane, answerAsSlot, groupFromSlot);
  const file = path.join(options.dataDir, dataFileName);
  const send = (message: FromWriter, transfer: ArrayBuffer[] = []): void => lane.send(message, transfer);

  const report = (problem: unknown): void => send({ kind: 'report', text: String(problem) });
  let commits: GroupCommit;
  let checkpoints: Checkpoints;
  try {
    const database = openDataFile(options.dataDir);
    configure(database, options);
    if (options.logRoomBytes > 0) makeLogRoom(`${file}-wal`, options.logRoomBytes);
    commits = new GroupCommit(database, options, report);
    checkpoints = new Checkpoints(database, file, report);
  } catch (error) {
    const fault = new MessageWriter();
    writeFault(fault, toFault(error, 'open the data folder', 'refused', file));
    send({ kind: 'refused', fault: fault.take() });
    lane.port.close();
    return;
  }
  const commit = (group: Group): void => {
    const payloadBytes = group.payload?.byteLength ?? 0;
    const done = commits.execute(group);
    send(done, done.payload === null ? [] : [done.payload]);
    checkpoints.committed(group.count, payloadBytes - commits.takeFileBytes());
  };
  lane.port.on('message', (first: ToWriter) => {
    const untilMs = performance.now() + maxAwayMs;
    let message: ToWriter | undefined = first;
    while (message?.kind === 'group') {
      commit(message);
      if (commits.hasBackgroundWork || performance.now() > untilMs) return;
      message = lane.receive(lingerMs);
    }
    if (message === undefined) return;
    void checkpoints.close().then(() => {
      commits.close();
      send({ kind: 'closed' });
      lane.port.close();
    });
  });
  send({ kind: 'opened' });
}

function configure(database: DatabaseSync, options: WriterOptions): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF');
  // What a commit comes back to are few pages; what it appends it does not read again.
  database.exec('PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY');
  if (options.maxPageCount !== undefined) database.exec(`PRAGMA max_page_count = ${options.maxPageCount}`);
}

main();
