/**
 * Something outside the state store that remembers which store it is, so that one that came back empty, or from an older copy, is not taken
 * for the one that there was. One short text, for all nodes of a cluster.
 */
export interface Witness {
  /** What was written last; null: nothing was, ever. Faults when it cannot be told. */
  read(): Promise<string | null>;
  /** Durable when it resolves. Of two who write at the same time either may be the last. */
  write(text: string): Promise<void>;
}
