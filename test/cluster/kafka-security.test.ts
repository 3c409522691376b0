import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { KafkaClientSettings, SaslCredentials } from '../../src/kafka-client/kafka-client-settings.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';
import { clientOf, newTopic, openLog } from './kafka-fixture.ts';
import { type KafkaServer, startKafka } from './kafka-server.ts';
import { cannot } from './shared-kafka.ts';

/** A certificate of its own for 127.0.0.1, as the PEM file that Kafka takes and the text that clients take. */
const certificate = (folder: string, name: string) => {
  const [key, cert, store] = [join(folder, `${name}.key`), join(folder, `${name}.crt`), join(folder, `${name}.pem`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject];
  execFileSync('openssl', args, { stdio: 'ignore' });
  const text = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  writeFileSync(store, text.key + text.cert);
  return { ...text, store, certFile: cert };
};

const users: Record<SaslCredentials['mechanism'], string> = {
  PLAIN: 'paul',
  'SCRAM-SHA-256': 'sam256',
  'SCRAM-SHA-512': 'sam512',
};

describe.skipIf(cannot('kafka', 'openssl'))('a client of a Kafka that wants to know who it is', () => {
  const password = 'sesame, "öffne" dich';
  let folder: string;
  let server: ReturnType<typeof certificate>;
  let user: ReturnType<typeof certificate>;
  let kafka: KafkaServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sash-tls-'));
    server = certificate(folder, 'broker');
    user = certificate(folder, 'client');
    const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_paul="${password.replaceAll('"', String.raw`\\"`).replace('ö', String.raw`\u00f6`)}";`;
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    const mechanisms = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512';
    const of = (listener: string) => ({
      [`listener.name.${listener}.sasl.enabled.mechanisms`]: mechanisms,
      [`listener.name.${listener}.plain.sasl.jaas.config`]: plain,
      [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scram,
      [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scram,
    });
    kafka = await startKafka({
      listeners: { SASL: 'SASL_PLAINTEXT', SECURE: 'SASL_SSL', TLS: 'SSL', MUTUAL: 'SSL' },
      settings: {
        ...of('sasl'),
        ...of('secure'),
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': server.store,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': user.certFile,
        'listener.name.mutual.ssl.client.auth': 'required',
        'listener.name.sasl.connections.max.reauth.ms': '2000',
      },
      formatArguments: (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${users[mechanism]},password=sesame]`,
      ]),
    });
  });
  afterAll(async () => {
    await kafka.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (listener: string, settings: Partial<KafkaClientSettings>) => {
    const client = clientOf(kafka.addressOf(listener), settings);
    onTestFinished(() => client.close());
    return client;
  };
  const credentials = (mechanism: SaslCredentials['mechanism'], change: Partial<SaslCredentials> = {}) => ({
    mechanism,
    username: users[mechanism],
    password: mechanism === 'PLAIN' ? password : 'sesame',
    ...change,
  });

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    test(`says it with ${mechanism}`, async () => {
      const client = open('SASL', { securityProtocol: 'SASL_PLAINTEXT', sasl: credentials(mechanism) });
      expect((await client.refresh()).brokers.size).toBe(1);
    });

    test(`is told what is wrong when the password of ${mechanism} is`, async () => {
      const sasl = credentials(mechanism, { password: 'open' });
      const client = open('SASL', { securityProtocol: 'SASL_PLAINTEXT', sasl });
      const error = await client.refresh().then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ name: 'KafkaUnavailable', sent: false });
      expect(String(error)).toContain(`authentication with ${mechanism} failed`);
      expect((error as { hint: string }).hint).toContain('log.kafka.sasl.password');
      expect(String(error)).not.toContain('open');
    });
  }

  test('goes on when its session ends: another connection takes over before', async () => {
    const client = open('SASL', { securityProtocol: 'SASL_PLAINTEXT', sasl: credentials('SCRAM-SHA-512') });
    await client.refresh();
    const { id } = await newTopic(client, { partitions: 1 });
    const log = await openLog(client);
    onTestFinished(() => log.close());
    const partition = { topicId: id, partition: 0 };
    await log.createPartitions([partition]);
    await log.follow([partition]);
    const untilMs = Date.now() + 5000;
    let appended = 0;
    while (Date.now() < untilMs) {
      await log.append({ entries: [{ ...partition, batch: newBatchOfRecords() }] });
      appended++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(log.bounds(partition)?.endOffset).toBe(appended);
  });

  test('trusts the authority that it is given, and no other', async () => {
    const trusting = open('TLS', { securityProtocol: 'SSL', ssl: { ca: server.cert } });
    expect((await trusting.refresh()).brokers.size).toBe(1);
    const strict = open('TLS', { securityProtocol: 'SSL', ssl: {} });
    await expect(strict.refresh()).rejects.toThrow(/self-signed certificate/);
  });

  test('shows a certificate of its own where one is wanted', async () => {
    const { key, cert } = user;
    const known = open('MUTUAL', { securityProtocol: 'SSL', ssl: { ca: server.cert, key, cert } });
    expect((await known.refresh()).brokers.size).toBe(1);
    const unknown = open('MUTUAL', { securityProtocol: 'SSL', ssl: { ca: server.cert } });
    await expect(unknown.refresh()).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: false });
  });

  test('does both over SASL_SSL, and appends and reads', async () => {
    const client = open('SECURE', {
      securityProtocol: 'SASL_SSL',
      sasl: credentials('SCRAM-SHA-256'),
      ssl: { ca: server.cert },
    });
    const { id } = await newTopic(client);
    const log = await openLog(client);
    onTestFinished(() => log.close());
    const partition = { topicId: id, partition: 0 };
    await log.createPartitions([partition]);
    const batch = newBatchOfRecords({ offsets: 3, sizeBytes: 200_000 });
    await log.append({ entries: [{ ...partition, batch }] });
    const range = { startOffset: 0, endOffset: 3, maxBytes: 1 };
    expect((await log.read(partition, range)).map(({ bytes }) => bytes.length)).toEqual([200_000]);
  });

  test('hears quickly that it speaks plainly to a listener with TLS, or the wrong way round', async () => {
    const plainly = open('TLS', { connectTimeoutMs: 3000 });
    await expect(plainly.refresh()).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: false });
    const secretly = clientOf(kafka.bootstrap, {
      securityProtocol: 'SSL',
      ssl: { ca: server.cert },
      connectTimeoutMs: 3000,
    });
    onTestFinished(() => secretly.close());
    await expect(secretly.refresh()).rejects.toMatchObject({ name: 'KafkaUnavailable', sent: false });
  });

  test('is told which mechanisms there are when the one it has is not offered', async () => {
    const sasl = { ...credentials('PLAIN'), mechanism: 'GSSAPI' as 'PLAIN' };
    const client = open('SASL', { securityProtocol: 'SASL_PLAINTEXT', sasl });
    await expect(client.refresh()).rejects.toThrow(/GSSAPI is not offered.*SCRAM-SHA-256/);
  });
});
