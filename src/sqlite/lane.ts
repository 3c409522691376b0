import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable } from 'node:worker_threads';

import { MessageSlot } from './message-slot.ts';
import type { SlotMessage } from './message-slot.ts';

/**
 * What connects the main thread with the writer: a message port and, for each direction, a slot in shared memory. A thread that has
 * nothing else to do sleeps at its slot (`receiveOn`) and gets what is small enough right there: a few µs, where the way through a
 * port and an event loop takes fifty and more, which are a third of a small commit. To a thread that is awake everything goes through
 * the port. Nobody burns processor time while he waits.
 */
export interface LaneEnd {
  readonly port: MessagePort;
  /** What comes, and what goes. */
  readonly incoming: SharedArrayBuffer;
  readonly outgoing: SharedArrayBuffer;
}

/** One end stays here, the other crosses to the writer as `workerData`, its port among what is transferred. */
export function newLane(): readonly [LaneEnd, LaneEnd] {
  const { port1, port2 } = new MessageChannel();
  const [there, back] = [MessageSlot.newMemory(), MessageSlot.newMemory()];
  return [
    { port: port1, incoming: back, outgoing: there },
    { port: port2, incoming: there, outgoing: back },
  ];
}

/** A slot's state. Only the receiver goes from `awake` to `asleep`; from there either end may take it away, and only one of them does. */
const state = { awake: 0, asleep: 1, writing: 2, filled: 3, atPort: 4 } as const;

/** One end, in use. `Sent` and `Received` are what goes and comes, small or not. */
export class Lane<Sent, Received> {
  readonly port: MessagePort;
  readonly #incoming: MessageSlot;
  readonly #outgoing: MessageSlot;
  readonly #asSlot: (message: Sent) => SlotMessage | undefined;
  readonly #fromSlot: (message: SlotMessage) => Received;

  /**
   * @param asSlot what of a message is numbers and texts, where that is all of it
   * @param fromSlot the message again
   */
  constructor(
    end: LaneEnd,
    asSlot: (message: Sent) => SlotMessage | undefined,
    fromSlot: (message: SlotMessage) => Received,
  ) {
    this.port = end.port;
    this.#incoming = new MessageSlot(end.incoming);
    this.#outgoing = new MessageSlot(end.outgoing);
    this.#asSlot = asSlot;
    this.#fromSlot = fromSlot;
  }

  send(message: Sent, transfer: Transferable[] = []): void {
    const slot = this.#outgoing;
    const small = slot.state === state.asleep ? this.#asSlot(message) : undefined;
    if (small !== undefined && slot.holds(small) && slot.swap(state.asleep, state.writing)) {
      slot.write(small);
      slot.turnTo(state.filled);
      return;
    }
    this.port.postMessage(message, transfer);
    if (slot.swap(state.asleep, state.atPort)) slot.wake();
  }

  /** Sleeps until there is a message, `waitMs` at most, and takes it; the whole thread sleeps. */
  receive(waitMs: number): Received | undefined {
    const endMs = performance.now() + waitMs;
    const slot = this.#incoming;
    for (;;) {
      // Asleep first, then the look at the port: what is sent after this look finds it asleep.
      const wasFilled = !slot.swap(state.awake, state.asleep);
      const posted = wasFilled ? undefined : receiveMessageOnPort(this.port);
      if (posted !== undefined) {
        // Where the sender was quicker, the slot keeps what it has until the next call.
        if (!slot.swap(state.asleep, state.awake)) slot.swap(state.atPort, state.awake);
        return posted.message as Received;
      }
      const leftMs = endMs - performance.now();
      if (leftMs > 0) slot.wait(state.asleep, leftMs);
      if (slot.swap(state.asleep, state.awake)) return undefined;
      if (slot.swap(state.atPort, state.awake)) {
        const woken = receiveMessageOnPort(this.port);
        if (woken !== undefined) return woken.message as Received;
        continue; // its event loop has had it already
      }
      slot.wait(state.writing, Infinity);
      const message = this.#fromSlot(slot.read());
      slot.turnTo(state.awake);
      return message;
    }
  }
}
