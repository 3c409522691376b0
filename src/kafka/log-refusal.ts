import type { Logger } from '../ports/logger.ts';

/** Says why a connection was closed: what a peer did, or what there was not enough of. A client that is wrong comes again and again. */
export function logRefusal(logger: Logger, peer: string, reason: string): void {
  logger.warn({ peer, repeats: 'closed connections', firstLines: 10 }, `closed a connection: ${reason}`);
}
