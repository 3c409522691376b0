import type { FastifyReply } from 'fastify';
import type { Operator } from '../broker/operator.ts';
import type { BrokerApi } from './broker-api.ts';

/** Who sent the request, as the one who changes something. An IPv4 address stands as such, however the socket has it. */
export const operatorOf = (broker: BrokerApi, { request }: FastifyReply): Operator =>
  broker.operator({ door: 'http', from: request.ip.replace(/^::ffff:/, '') });
