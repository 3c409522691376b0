import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from './problem.ts';
import type { DoorRejection } from './problem.ts';

/**
 * Keeps web pages of other origins, and names somebody else points at this machine (DNS rebinding), away from a server
 * that asks nobody who they are. Two rules, on every route:
 *
 *   Host    a loopback name or address, or one of the configured names
 *   Origin  absent, or this server's own: the same host and port as `Host`
 *
 * A page that sends no `Origin` (an image, a script tag) still says `Sec-Fetch-Site`; following a link to the
 * reference page is the one thing another site may do.
 */
export class OriginGuard {
  readonly #allowedHosts: ReadonlySet<string>;
  #lastGoodHost = '';

  constructor(allowedHosts: readonly string[]) {
    this.#allowedHosts = new Set(allowedHosts.map((host) => host.toLowerCase().replace(/^\[|\]$/g, '')));
  }

  /** Why the request is refused; undefined when it is not. */
  check(method: string, path: string, headers: IncomingHttpHeaders): DoorRejection | undefined {
    const host = headers.host ?? '';
    // Nearly every request carries the same Host.
    if (host !== this.#lastGoodHost || host === '') {
      if (!this.#isOwnHost(host)) {
        return refuse(
          'FORBIDDEN_HOST',
          `The Host ${JSON.stringify(host)} is neither loopback nor one of http.allowed.hosts; add the name there if it is this server's`,
        ).error;
      }
      this.#lastGoodHost = host;
    }
    const { origin } = headers;
    if (origin !== undefined) {
      const own = host.toLowerCase();
      if (origin !== `http://${own}` && origin !== `https://${own}`) {
        return refuse(
          'FORBIDDEN_ORIGIN',
          `The Origin ${JSON.stringify(origin)} is not this server's own (http://${own}): pages of other origins may not use it`,
        ).error;
      }
    }
    const site = headers['sec-fetch-site'];
    if ((site === 'cross-site' || site === 'same-site') && !isLinkToPage(method, path, headers)) {
      return refuse('FORBIDDEN_ORIGIN', `Sec-Fetch-Site is ${site}: pages of other origins may not use this server`)
        .error;
    }
    return undefined;
  }

  #isOwnHost(host: string): boolean {
    const name = hostName(host);
    return name !== undefined && (isLoopback(name) || this.#allowedHosts.has(name));
  }
}

/** `name`, `name:8080`, `[::1]:8080` → the name in lower case, IPv6 without brackets. */
const hostName = (host: string): string | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
};

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);

const isLinkToPage = (method: string, path: string, headers: IncomingHttpHeaders): boolean =>
  method === 'GET' &&
  (path === '/' || path === '/docs') &&
  headers.origin === undefined &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document';
