import type { FastifyReply } from 'fastify';
import type { Operator } from '../broker/operator.ts';
import type { BrokerApi } from './broker-api.ts';

/** Where a request came from. An IPv4 address stands as such, however the socket has it. */
export const askerOf = ({ request }: FastifyReply): { door: 'http'; from: string } => ({
  door: 'http',
  from: request.ip.replace(/^::ffff:/, ''),
});

/** Who sent the request, as the one who changes something. */
export const operatorOf = (broker: BrokerApi, reply: FastifyReply): Operator => broker.operator(askerOf(reply));
