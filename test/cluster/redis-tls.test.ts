import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { freePorts } from '../interop/broker-process.ts';
import { connectionTo, startWithinMs } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot } from './shared-kafka.ts';

describe.skipIf(cannot('redis'))('Redis over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sash-redis-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  let server: RedisServer;
  let tlsPort = 0;

  beforeAll(async () => {
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', key, '-out', certificate];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, ...files], {
      stdio: 'ignore',
    });
    [tlsPort = 0] = await freePorts(1);
    server = await startRedis({
      settings: {
        'tls-port': String(tlsPort),
        'tls-cert-file': certificate,
        'tls-key-file': key,
        'tls-ca-cert-file': certificate,
        'tls-auth-clients': 'no',
      },
    });
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  test('is used where its certificate is vouched for by an authority that is trusted', async () => {
    const tlsAuthorities = readFileSync(certificate, 'utf8');
    const redis = connectionTo(`rediss://localhost:${tlsPort}`, { tlsAuthorities });
    onTestFinished(() => redis.close());
    await redis.start(startWithinMs);
    await redis.probe(100_000);
  });

  test('is refused where nobody that is trusted vouches for it', async () => {
    const redis = connectionTo(`rediss://localhost:${tlsPort}`);
    onTestFinished(() => redis.close());
    await expect(redis.start(500)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('self-signed certificate'),
    });
  });
});
