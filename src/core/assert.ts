/** A broken invariant: a bug of ours, never the caller's fault. The process stops rather than go on wrongly. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws when `condition` does not hold; `message` says which invariant and the values. */
export function invariant(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}
