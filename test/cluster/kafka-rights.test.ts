import { readFileSync } from 'node:fs';
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  ResourcePatternTypes,
  logLevel,
} from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';

import { startKafka } from './kafka-server.ts';
import { Work, allReady, ask } from './node-api.ts';
import { startRedis } from './redis-server.ts';
import { startSashCluster } from './sash-node.ts';
import { cannot } from './shared-kafka.ts';

const operations: Readonly<Record<string, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

/** What the commands of the document do. */
const documentedRights = (): AclEntry[] => {
  const text = readFileSync(new URL('../../docs/over-your-kafka.md', import.meta.url), 'utf8');
  const commands = text.split('\n').filter((line) => line.startsWith('kafka-acls.sh'));
  return commands.flatMap((command) => {
    const valuesOf = (option: string): string[] =>
      [...command.matchAll(new RegExp(`--${option} (\\S+)`, 'g'))].map(([, value = '']) => value.replaceAll("'", ''));
    const [topic, group] = [valuesOf('topic')[0], valuesOf('group')[0]];
    return valuesOf('operation').map((operation) => ({
      principal: valuesOf('allow-principal')[0] ?? '',
      host: '*',
      operation: operations[operation] ?? AclOperationTypes.UNKNOWN,
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: topic === undefined ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC,
      resourceName: topic ?? group ?? '',
      resourcePatternType: ResourcePatternTypes.LITERAL,
    }));
  });
};

describe.skipIf(cannot('kafka', 'redis'))('a Kafka with ACLs', () => {
  test('lets sash do its work with the rights of docs/over-your-kafka.md, and it says which ones it lacks for more', async () => {
    const kafka = await startKafka({
      listeners: { USERS: 'SASL_PLAINTEXT' },
      settings: {
        'listener.name.users.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
        'listener.name.users.scram-sha-512.sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
      formatArguments: ['--add-scram', 'SCRAM-SHA-512=[name=sash,password=sesame]'],
    });
    onTestFinished(() => kafka.remove());
    const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    const acl = documentedRights();
    expect(acl.length).toBeGreaterThan(5);
    await admin.createAcls({ acl });
    const work = new Work('rights');
    await admin.createTopics({ topics: [{ topic: work.topic, numPartitions: 2 }] });

    const redis = await startRedis();
    onTestFinished(() => redis.remove());
    const cluster = await startSashCluster({
      kafka: kafka.addressOf('USERS'),
      redis: redis.url,
      name: 'sash',
      nodes: 1,
      settings: {
        'log.kafka.security.protocol': 'SASL_PLAINTEXT',
        'log.kafka.sasl.mechanism': 'SCRAM-SHA-512',
        'log.kafka.sasl.username': 'sash',
        'log.kafka.sasl.password': 'sesame',
      },
    });
    onTestFinished(() => cluster.remove());
    await allReady(cluster);
    const node = cluster.node(0);
    expect((await work.produce(node, ['a', 'b', 'c'], { key: 'once' })).status).toBe(200);
    const taken = await work.take(node, 3);
    await work.acceptAll(
      node,
      taken.map(({ lease }) => lease),
    );

    const refused = await ask(node, '/v1/topics', { body: { topic: 'another', partitions: 1 } });
    expect(refused).toMatchObject({ status: 403, body: { code: 'TOPIC_AUTHORIZATION_FAILED' } });
    expect(node.log()).not.toContain('sesame');
  });
});
