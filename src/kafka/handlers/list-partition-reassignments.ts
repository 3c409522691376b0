import { errorCodes } from '../../codec/error-codes.ts';
import type { ListPartitionReassignmentsResponse } from '../../codec/messages/list-partition-reassignments.ts';

/** ListPartitionReassignments (key 46): there are none, as there is one node; kafka-topics asks. Version 0. */
export const answerListPartitionReassignments = (): ListPartitionReassignmentsResponse => ({
  throttleTimeMs: 0,
  errorCode: errorCodes.NONE,
  errorMessage: null,
  topics: [],
});
