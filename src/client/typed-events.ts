type Listener<E> = (event: E) => void;

/** Listeners by the name of an event. One that throws disturbs nobody: it is reported on the console. */
export class TypedEvents<EventMap extends object> {
  readonly #listeners = new Map<keyof EventMap, Set<Listener<never>>>();

  /** Calls `listener` at each event of this name, in the order they were added; the answer takes it away again. */
  on<Name extends keyof EventMap>(name: Name, listener: Listener<EventMap[Name]>): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()));
    const added = (event: EventMap[Name]): void => listener(event);
    listeners.add(added);
    return () => void listeners.delete(added);
  }

  /** Returns whether somebody listens. */
  emit<Name extends keyof EventMap>(name: Name, event: EventMap[Name]): boolean {
    const listeners = this.#listeners.get(name) as ReadonlySet<Listener<EventMap[Name]>> | undefined;
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        console.error(`a listener of "${String(name)}" has thrown:`, error);
      }
    }
    return true;
  }
}
