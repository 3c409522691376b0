import {
  type BackgroundOperation,
  type NewOperation,
  type OperationEnd,
  type OperationProgress,
  operationLimits,
} from '../ports/operation-queue.ts';

/** How an operation changes, the same in every queue. Plain data in, plain data out. */

/** @param token tells it from others of the same millisecond */
export const newOperation = (wanted: NewOperation, nowMs: number, token: string): BackgroundOperation => ({
  ...wanted,
  id: `${nowMs.toString(36)}-${token}`,
  state: 'queued',
  isCancelling: false,
  cursor: null,
  done: 0,
  total: null,
  result: null,
  error: null,
  output: null,
  createdAtMs: nowMs,
  startedAtMs: null,
  updatedAtMs: nowMs,
  endedAtMs: null,
});

export const savedOperation = (
  operation: BackgroundOperation,
  { text, ...progress }: OperationProgress,
  nowMs: number,
): BackgroundOperation => {
  const { parts, sizeBytes } = operation.output ?? { parts: 0, sizeBytes: 0 };
  return {
    ...operation,
    ...progress,
    state: 'running',
    output:
      text === undefined
        ? operation.output
        : { parts: parts + 1, sizeBytes: sizeBytes + Buffer.byteLength(text), expiresAtMs: null },
    startedAtMs: operation.startedAtMs ?? nowMs,
    updatedAtMs: nowMs,
  };
};

/** Its cursor is of no use any more. */
export const endedOperation = (
  operation: BackgroundOperation,
  { state, result, error }: OperationEnd,
  nowMs: number,
): BackgroundOperation => ({
  ...operation,
  state,
  result,
  error,
  isCancelling: false,
  cursor: null,
  output: operation.output === null ? null : { ...operation.output, expiresAtMs: nowMs + operationLimits.outputMs },
  updatedAtMs: nowMs,
  endedAtMs: nowMs,
});
