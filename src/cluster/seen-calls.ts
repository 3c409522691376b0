/** So many later calls of a process may be quicker than one before it. */
const rememberedCalls = 10_000;

interface Sender {
  /** Calls up to here count as seen. */
  floor: number;
  readonly seen: Set<number>;
  lastMs: number;
}

/** The calls that came already: whoever sends one again that he has seen on its way changes nothing. */
export class SeenCalls {
  readonly #forgetAfterMs: number;
  readonly #senders = new Map<string, Sender>();

  /** @param forgetAfterMs so long after its last call a process may be forgotten: what is older is refused for its age */
  constructor(forgetAfterMs: number) {
    this.#forgetAfterMs = forgetAfterMs;
  }

  /** @param callId `<name of the calling process>.<count>`; true the first time */
  isNew(callId: string, nowMs: number): boolean {
    const dot = callId.lastIndexOf('.');
    const name = callId.slice(0, dot);
    const count = Number(callId.slice(dot + 1));
    const sender = this.#senders.get(name) ?? this.#added(name, nowMs);
    if (!(count > sender.floor) || sender.seen.has(count)) return false;
    sender.lastMs = nowMs;
    sender.seen.add(count);
    for (const oldest of sender.seen) {
      if (sender.seen.size <= rememberedCalls) break;
      sender.seen.delete(oldest);
      sender.floor = Math.max(sender.floor, oldest);
    }
    return true;
  }

  #added(name: string, nowMs: number): Sender {
    for (const [other, { lastMs }] of this.#senders) {
      if (nowMs - lastMs > this.#forgetAfterMs) this.#senders.delete(other);
    }
    const sender: Sender = { floor: -1, seen: new Set(), lastMs: nowMs };
    this.#senders.set(name, sender);
    return sender;
  }
}
