import { type ErrorName, errorCodes } from '../codec/error-codes.ts';

const names = new Map<number, ErrorName>(Object.entries(errorCodes).map(([name, code]) => [code, name as ErrorName]));

/** Kafka's word for an error code; of one that is not known, its number. */
export const errorName = (code: number): ErrorName | `error ${number}` => names.get(code) ?? `error ${code}`;
