/**
 * What a client may do, as a bit for each operation (AclOperation's codes in Kafka: READ 3, WRITE 4, CREATE 5, DELETE 6, ALTER 7,
 * DESCRIBE 8, CLUSTER_ACTION 9, DESCRIBE_CONFIGS 10, ALTER_CONFIGS 11, IDEMPOTENT_WRITE 12). There is no authorization yet: everything that the
 * resource has (AclEntry.supportedOperations).
 */
const bits = (...codes: readonly number[]): number => codes.reduce((sum, code) => sum | (1 << code), 0);

export const groupOperations = bits(3, 6, 8, 10, 11);
export const topicOperations = bits(3, 4, 5, 6, 7, 8, 10, 11);
export const clusterOperations = bits(5, 7, 8, 9, 10, 11, 12);

/** What Kafka says where nobody asked. */
const notAsked = -2_147_483_648;

export const operationsIfAsked = (operations: number, isAsked: boolean): number => (isAsked ? operations : notAsked);
