/** @throws Error that says how an address of Redis is written, without repeating this one: it may have a password in it */
export function parseRedisUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new Error(
      'store.redis.url is not an address of Redis: redis://[user[:password]@]host[:port][/database], or rediss:// for TLS ' +
        '(special characters of the password percent-encoded)',
    );
  }
  return parsed;
}
