import { Worker } from 'node:worker_threads';

import { Histogram, secondsBounds, sizeBounds } from '../core/measure/histogram.ts';
import { Fault } from '../ports/fault.ts';
import { Lane, newLane } from './lane.ts';
import { MessageReader, MessageWriter } from './message.ts';
import type { Operation } from './operation.ts';
import { closedFault, readFault } from './sqlite-fault.ts';
import { answerFromSlot, groupAsSlot } from './writer-messages.ts';
import type { FromWriter, Group, ToWriter, WriterOptions } from './writer-messages.ts';

/** Bounds of one group, so that one commit stays short and the memory for it small. One operation may be larger. */
const maxGroupBytes = 4 * 1024 * 1024;
const maxGroupOperations = 2048;
/** Moving memory between threads costs more than copying a little. */
const maxCopiedBytes = 64 * 1024;
/** What is waited for on the spot: one operation of at most so much. */
const maxLoneNumbers = 256;
const maxLoneBytes = 4096;
/** So many groups of one small operation have to come one after the other first: several clients at once soon make a larger one. */
const loneGroupsNeeded = 8;
/** How long the main thread sleeps for a commit at most, a few times what one takes on a good disk. */
const maxSleepMs = 2;
/** After a commit that took longer, so many groups are not waited for. */
const groupsWithoutSleep = 16;
const noBytes = new Uint8Array();

interface Waiting {
  readonly operation: Operation<unknown>;
  readonly payloadBytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The main thread's side of the writer. While the writer is busy, operations gather; when it is free, all that have
 * gathered go to it as one message and are committed together (group commit). Each promise settles when its commit
 * has been flushed. The queue is not bounded: callers bound what they have under way.
 */
export class Writer {
  readonly #worker: Worker;
  readonly #lane: Lane<ToWriter, FromWriter>;
  readonly #report: (text: string) => void;
  readonly #died: (error: Error) => void;
  #queue: Waiting[] = [];
  /** What the writer has now. */
  #group: readonly Waiting[] | undefined;
  #payload: ArrayBuffer | null = null;
  #groupSentMs = 0;
  /** Groups of one small operation, one after the other; below 0 while none is waited for on the spot. */
  #loneGroups = 0;
  /** From when a group goes to the writer until it is durable, and how many operations it has. */
  readonly commitSeconds = new Histogram(secondsBounds);
  readonly commitWrites = new Histogram(sizeBounds);
  failedWrites = 0;
  #flushScheduled = false;
  #state: 'open' | 'closing' | 'closed' | 'dead' = 'open';
  readonly #idle: (() => void)[] = [];
  readonly #message = new MessageWriter();
  #settleOpening: { resolve(): void; reject(reason: unknown): void } | undefined;
  #settleClosing: (() => void) | undefined;

  private constructor(
    options: Omit<WriterOptions, 'lane'>,
    report: (text: string) => void,
    died: (error: Error) => void,
  ) {
    this.#report = report;
    this.#died = died;
    const [ours, theirs] = newLane();
    this.#lane = new Lane(ours, groupAsSlot, answerFromSlot);
    // `.ts` while Node strips the types itself, `.js` after `tsc`.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./writer-worker.${extension}`, import.meta.url), {
      workerData: { ...options, lane: theirs },
      transferList: [theirs.port],
      name: 'sash-writer',
    });
    this.#lane.port.on('message', (message: FromWriter) => this.#receive(message));
    this.#worker.on('error', (error: unknown) => this.#die(error));
    this.#worker.on('exit', () => this.#die(undefined));
  }

  /** Starts the thread, which opens the data file. Rejects with the `Fault` that kept it from doing so. */
  static async open(
    options: Omit<WriterOptions, 'lane'>,
    report: (text: string) => void,
    died: (error: Error) => void,
  ): Promise<Writer> {
    const writer = new Writer(options, report, died);
    await new Promise<void>((resolve, reject) => {
      writer.#settleOpening = { resolve, reject };
    });
    return writer;
  }

  /** Resolves when the operation is durable. Faults as the ports say; `CLOSED` after `close`. */
  submit<T>(operation: Operation<T>): Promise<T> {
    if (this.#state !== 'open') {
      return Promise.reject(
        this.#state === 'dead' ? deadFault(operation.name, 'refused') : closedFault(operation.name),
      );
    }
    return new Promise<T>((resolve, reject) => {
      let payloadBytes = 0;
      for (const bytes of operation.payload) payloadBytes += bytes.length;
      this.#queue.push({ operation, payloadBytes, resolve: resolve as (value: unknown) => void, reject });
      this.#scheduleFlush();
    });
  }

  /** Asked for, and not durable yet. */
  get waitingWrites(): number {
    return this.#queue.length + (this.#group?.length ?? 0);
  }

  /** How long the writer has had what it has; 0 when it has nothing. */
  get busyMs(): number {
    return this.#group === undefined ? 0 : performance.now() - this.#groupSentMs;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    if (this.#group === undefined && this.#queue.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Executes what has gathered, then ends the thread. `beforeEnd` runs when no operation is under way any more. */
  async close(beforeEnd: () => void): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    await this.settled();
    beforeEnd();
    if (this.#state !== 'closing') return;
    await new Promise<void>((resolve) => {
      this.#settleClosing = resolve;
      this.#lane.send({ kind: 'close' });
    });
  }

  #isEnded(): boolean {
    return this.#state === 'closed' || this.#state === 'dead';
  }

  #isDead(): boolean {
    return this.#state === 'dead';
  }

  /** After all requests that have arrived by now, so that what they ask for is committed in one go. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#group !== undefined) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#group !== undefined || this.#queue.length === 0 || this.#isDead()) return;
    let count = 0;
    let sizeBytes = 0;
    for (const waiting of this.#queue) {
      if (count > 0 && (count === maxGroupOperations || sizeBytes + waiting.payloadBytes > maxGroupBytes)) break;
      sizeBytes += waiting.payloadBytes;
      count++;
    }
    const group = count === this.#queue.length ? this.#queue : this.#queue.slice(0, count);
    this.#queue = count === this.#queue.length ? [] : this.#queue.slice(count);
    this.#group = group;
    this.#groupSentMs = performance.now();
    const message = this.#encode(group, sizeBytes);
    this.#payload = message.payload;
    this.#lane.send(message, message.payload !== null && message.payloadMoves ? [message.payload] : []);
    const isLone = group.length === 1 && sizeBytes <= maxLoneBytes && message.request.numbers.length <= maxLoneNumbers;
    this.#loneGroups = isLone ? this.#loneGroups + 1 : Math.min(this.#loneGroups, 0);
    if (this.#loneGroups > loneGroupsNeeded) this.#sleepUntilDone();
  }

  /**
   * One client does one thing at a time, and everybody waits for this commit: then this thread does so, too, which spares the way
   * through its event loop. Never for long: whatever the disk does, others are served.
   */
  #sleepUntilDone(): void {
    const endMs = this.#groupSentMs + maxSleepMs;
    while (this.#group !== undefined) {
      const message = this.#lane.receive(endMs - performance.now());
      if (message === undefined) {
        this.#loneGroups = -groupsWithoutSleep;
        return;
      }
      this.#receive(message);
    }
  }

  #encode(group: readonly Waiting[], sizeBytes: number): Group {
    // Not zeroed: every byte of it is set below.
    const payload = Buffer.allocUnsafeSlow(sizeBytes);
    let payloadAt = 0;
    for (const { operation, payloadBytes } of group) {
      const header = this.#message.place.number;
      this.#message.number(operation.code);
      this.#message.number(payloadBytes);
      this.#message.number(0);
      this.#message.number(0);
      operation.write(this.#message);
      this.#message.replace(header + 2, this.#message.place.number);
      this.#message.replace(header + 3, this.#message.place.text);
      for (const bytes of operation.payload) {
        payload.set(bytes, payloadAt);
        payloadAt += bytes.length;
      }
    }
    return {
      kind: 'group',
      count: group.length,
      request: this.#message.take(),
      payload: sizeBytes === 0 ? null : payload.buffer,
      payloadMoves: sizeBytes > maxCopiedBytes,
    };
  }

  #receive(message: FromWriter): void {
    switch (message.kind) {
      case 'opened':
        this.#settleOpening?.resolve();
        this.#settleOpening = undefined;
        return;
      case 'refused':
        this.#state = 'closed';
        this.#settleOpening?.reject(readFault(new MessageReader(message.fault)));
        this.#settleOpening = undefined;
        this.#lane.port.close();
        return;
      case 'report':
        this.#report(message.text);
        return;
      case 'closed':
        this.#state = 'closed';
        this.#lane.port.close();
        this.#settleClosing?.();
        return;
      case 'done': {
        const group = this.#group ?? [];
        const memory = message.payload ?? this.#payload;
        const payload = memory === null ? noBytes : new Uint8Array(memory);
        this.commitSeconds.observe((performance.now() - this.#groupSentMs) / 1000);
        this.commitWrites.observe(group.length);
        this.#group = undefined;
        this.#flush(); // first, so that the writer works while the answers are handed out
        this.#settle(group, new MessageReader(message.reply), payload);
        if (this.#group === undefined && this.#queue.length === 0) this.#settleIdle();
      }
    }
  }

  #settle(group: readonly Waiting[], reply: MessageReader, payload: Uint8Array): void {
    let payloadAt = 0;
    for (const { operation, payloadBytes, resolve, reject } of group) {
      const payloadEnd = payloadAt + payloadBytes;
      if (reply.number() === 1) {
        resolve(operation.read(reply, payload.subarray(payloadAt, payloadEnd)));
      } else {
        this.failedWrites++;
        reject(readFault(reply, operation.name));
      }
      payloadAt = payloadEnd;
    }
  }

  #settleIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** The thread has ended without being asked: what it had may be durable, the rest is not. */
  #die(error: unknown): void {
    if (this.#isEnded()) return;
    // Its last words may still be on their way.
    for (let message = this.#lane.receive(0); message !== undefined; message = this.#lane.receive(0))
      this.#receive(message);
    if (this.#isEnded()) return;
    this.#state = 'dead';
    this.#lane.port.close();
    const text = error instanceof Error ? (error.stack ?? error.message) : 'the thread has ended';
    this.#settleOpening?.reject(deadFault('open the data folder', 'refused', error));
    this.#report(`the writer thread has stopped: ${text}`);
    for (const { operation, reject } of this.#group ?? []) reject(deadFault(operation.name, 'unknown', error));
    for (const { operation, reject } of this.#queue) reject(deadFault(operation.name, 'refused', error));
    this.#group = undefined;
    this.#queue = [];
    this.#settleIdle();
    this.#settleClosing?.();
    this.#died(new Error(`the writer thread has stopped: ${text}`));
  }
}

function deadFault(operation: string, outcome: 'refused' | 'unknown', cause?: unknown): Fault {
  return new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: 'the thread that writes to the data folder has stopped',
    retriable: false,
    outcome,
    hint: 'start sash again and look for the reason in its log',
    ...(cause === undefined ? {} : { cause }),
  });
}
