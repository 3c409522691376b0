/** The shapes of the HTTP API that are about nodes. */

/** A node of sash, as the one that answers sees it. */
export interface Node {
  /** Its `node.id`. */
  readonly nodeId: number;
  readonly httpUrl: string;
  /** host:port; null: Kafka clients do not reach it. */
  readonly kafkaAddress: string | null;
  /** It is the one that answers. */
  readonly self: boolean;
  /** How many it owns, of all topics together. */
  readonly partitions: number;
  readonly reachable: boolean;
  /** For people: why it could not be reached. */
  readonly error: string | null;
}

/** A node that could not be asked: what it has is left out of an answer. */
export interface UnreachableNode {
  readonly nodeId: number;
  readonly httpUrl: string;
  /** Why, for people. */
  readonly error: string;
}

export interface NodesAnswer {
  /** In the order of their ids. */
  readonly nodes: readonly Node[];
  /** Partitions that no node owns at this moment: they are moving. */
  readonly unowned: number;
}
