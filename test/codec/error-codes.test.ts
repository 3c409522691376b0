import { describe, expect, it } from 'vitest';
import { errorCodes, retriableErrors } from '../../src/codec/error-codes.ts';

describe("Kafka's error codes", () => {
  it('have the numbers that clients know', () => {
    expect(errorCodes).toMatchObject({
      UNKNOWN_SERVER_ERROR: -1,
      NONE: 0,
      UNSUPPORTED_VERSION: 35,
      INVALID_RECORD_STATE: 121,
      SHARE_SESSION_NOT_FOUND: 122,
    });
    expect(new Set(Object.values(errorCodes)).size).toBe(138);
  });

  it('know after which a client may try again', () => {
    expect(retriableErrors.has('COORDINATOR_NOT_AVAILABLE')).toBe(true);
    expect(retriableErrors.has('INVALID_RECORD_STATE')).toBe(false);
  });
});
