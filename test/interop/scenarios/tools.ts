import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from '../scenario.ts';
import { assertLag, eventually, receive, type Stage, values } from '../stage.ts';

interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A tool, with the arguments split at blanks; `--bootstrap-server` is added. */
async function outcomeOf(stage: Stage, command: string, input = ''): Promise<Outcome> {
  const [tool, ...args] = command.split(' ');
  return (await stage.client.process.call('run', { tool, args, input })) as Outcome;
}

/** What a tool writes that has to succeed. Some tools end with 0 whatever happens: look at the output. */
async function tool(stage: Stage, command: string, input = ''): Promise<string> {
  const { exitCode, output, errors } = await outcomeOf(stage, command, input);
  assert.equal(exitCode, 0, `${command}: ${output}${errors}`);
  return output;
}

/** The cells of each line that is not empty. */
const rows = (output: string): string[][] =>
  output
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([cell]) => cell !== '');

const lines = (output: string): string[] => output.split('\n').filter((line) => line !== '');

/** A topic of two partitions with 3 and 2 records, and a group without members that has finished them all. */
async function drainedGroup(stage: Stage): Promise<[topic: string, group: string]> {
  const [topic, group] = [await stage.topic(2), await stage.group()];
  await stage.produce(topic, values(3));
  await stage.produce(topic, values(2), 1);
  const consumer = await stage.referee.openShareConsumer({ group, topics: [topic], mode: 'implicit' });
  await eventually(async () => {
    await consumer.poll(500);
    const offsets = await stage.referee.admin.listShareGroupOffsets(group);
    assert.deepEqual(
      offsets.map(({ lag }) => lag),
      [0, 0],
    );
  });
  await consumer.close();
  return [topic, group];
}

/** What stock command-line tools do, and write. The words of an error are the broker's own, its name is Kafka's. */
export const tools: readonly Scenario[] = [
  {
    name: 'kafka-topics makes, lists, describes, grows and deletes a topic, and says what is wrong',
    needs: ['tools'],
    async run(stage) {
      const topic = stage.name('topic');
      const make = `kafka-topics --create --topic ${topic} --partitions 2 --config retention.ms=3600000`;
      assert.equal(await tool(stage, make), `Created topic ${topic}.\n`);
      const again = await outcomeOf(stage, make);
      assert.equal(again.exitCode, 1);
      assert.match(again.errors, /TopicExistsException/);
      assert.ok(lines(await tool(stage, 'kafka-topics --list')).includes(topic));
      await tool(stage, `kafka-topics --alter --topic ${topic} --partitions 3`);
      const [head = '', ...partitions] = lines(await tool(stage, `kafka-topics --describe --topic ${topic}`));
      const described = new RegExp(
        `^Topic: ${topic}\tTopicId: [\\w-]{22}\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: .*retention.ms=3600000`,
      );
      assert.match(head, described);
      assert.equal(partitions.length, 3);
      for (const [index, line] of partitions.entries())
        assert.match(
          line,
          new RegExp(`^\tTopic: ${topic}\tPartition: ${index}\tLeader: (\\d+)\tReplicas: \\1\tIsr: \\1\t`),
        );
      await tool(stage, `kafka-topics --delete --topic ${topic}`);
      const gone = await outcomeOf(stage, `kafka-topics --describe --topic ${topic}`);
      assert.equal(gone.exitCode, 1);
      assert.match(gone.output, new RegExp(`Topic '${topic}' does not exist`));
    },
  },
  {
    name: 'kafka-configs sets, describes and removes configs of topics, and refuses unknown ones',
    needs: ['tools'],
    async run(stage) {
      const topic = await stage.topic();
      const of = `--entity-type topics --entity-name ${topic}`;
      const altered = await tool(
        stage,
        `kafka-configs --alter ${of} --add-config max.message.bytes=20000,retention.ms=3600000`,
      );
      assert.equal(altered, `Completed updating config for topic ${topic}.\n`);
      await tool(stage, `kafka-configs --alter ${of} --delete-config retention.ms`);
      const described = await tool(stage, `kafka-configs --describe ${of}`);
      assert.match(
        described,
        /^ {2}max\.message\.bytes=20000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:max\.message\.bytes=20000, /m,
      );
      assert.doesNotMatch(described, /^ {2}retention\.ms=/m);
      assert.match(
        await tool(stage, `kafka-configs --describe ${of} --all`),
        /^ {2}retention\.ms=\d+ sensitive=false synonyms=\{/m,
      );
      const wrong = await outcomeOf(stage, `kafka-configs --alter ${of} --add-config nonsense=1`);
      assert.equal(wrong.exitCode, 1);
      assert.match(wrong.output + wrong.errors, /InvalidConfigurationException: .*nonsense/);
    },
  },
  {
    name: 'kafka-configs sets and describes configs of groups, and refuses what is out of limits',
    needs: ['tools'],
    async run(stage) {
      const group = stage.name('group');
      const of = `--entity-type groups --entity-name ${group}`;
      const set = 'share.auto.offset.reset=earliest,share.record.lock.duration.ms=20000';
      assert.equal(
        await tool(stage, `kafka-configs --alter ${of} --add-config ${set}`),
        `Completed updating config for group ${group}.\n`,
      );
      const described = await tool(stage, `kafka-configs --describe ${of}`);
      assert.match(described, new RegExp(`^Dynamic configs for group ${group} are:`));
      assert.match(
        described,
        /^ {2}share\.auto\.offset\.reset=earliest sensitive=false synonyms=\{DYNAMIC_GROUP_CONFIG:share\.auto\.offset\.reset=earliest, DEFAULT_CONFIG:share\.auto\.offset\.reset=latest\}/m,
      );
      assert.match(
        described,
        /^ {2}share\.record\.lock\.duration\.ms=20000 sensitive=false synonyms=\{DYNAMIC_GROUP_CONFIG:share\.record\.lock\.duration\.ms=20000, DEFAULT_CONFIG:group\.share\.record\.lock\.duration\.ms=30000\}/m,
      );
      assert.match(
        await tool(stage, 'kafka-configs --describe --entity-type groups'),
        new RegExp(`^Dynamic configs for group ${group} are:$`, 'm'),
      );
      const wrong = await outcomeOf(stage, `kafka-configs --alter ${of} --add-config share.record.lock.duration.ms=1`);
      assert.equal(wrong.exitCode, 1);
      assert.match(wrong.output + wrong.errors, /InvalidConfigurationException/);
    },
  },
  {
    name: 'kafka-configs describes the configs of the broker, with where they come from',
    needs: ['tools'],
    async run(stage) {
      const [node] = (await stage.referee.admin.describeCluster()).nodes;
      const broker = await tool(
        stage,
        `kafka-configs --describe --entity-type brokers --entity-name ${node?.nodeId} --all`,
      );
      assert.match(
        broker,
        /^ {2}group\.share\.heartbeat\.interval\.ms=300 sensitive=false synonyms=\{STATIC_BROKER_CONFIG:group\.share\.heartbeat\.interval\.ms=300, /m,
      );
    },
  },
  {
    name: 'what kafka-console-producer writes kafka-console-share-consumer reads: released comes again, rejected and accepted never',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const keys = '--reader-property parse.key=true --reader-property key.separator=:';
      await tool(stage, `kafka-console-producer --topic ${topic} ${keys}`, 'k1:v1\nk2:v2\nk3:v3\n');
      const print = ['delivery', 'key', 'partition', 'offset']
        .map((what) => `--formatter-property print.${what}=true`)
        .join(' ');
      const consume = `kafka-console-share-consumer --topic ${topic} --group ${group} --max-messages 3 --timeout-ms 30000 ${print}`;
      const expected = (delivery: number): string[] =>
        [1, 2, 3].map((n) => `Partition:0\tOffset:${n - 1}\tDelivery:${delivery}\tk${n}\tv${n}`);
      assert.deepEqual(lines(await tool(stage, `${consume} --release`)), expected(1));
      assert.deepEqual(lines(await tool(stage, `${consume} --reject`)), expected(2));
      await tool(stage, `kafka-console-producer --topic ${topic}`, 'v4\n');
      const next = await tool(
        stage,
        `kafka-console-share-consumer --topic ${topic} --group ${group} --max-messages 1 --timeout-ms 30000`,
      );
      assert.deepEqual(lines(next), ['v4']);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'kafka-share-groups and kafka-groups list a group with its state and type',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(4));
      const consumer = await stage.referee.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        clientId: 'me',
      });
      await receive(consumer, [0, 1, 2, 3]);
      const states = rows(await tool(stage, 'kafka-share-groups --list --state'));
      assert.deepEqual(states[0], ['GROUP', 'STATE']);
      assert.deepEqual(
        states.find(([name]) => name === group),
        [group, 'Stable'],
      );
      const listed = rows(await tool(stage, 'kafka-groups --list --share'));
      assert.deepEqual(listed[0], ['GROUP', 'TYPE', 'PROTOCOL']);
      assert.deepEqual(
        listed.find(([name]) => name === group),
        [group, 'Share', 'share'],
      );
    },
  },
  {
    name: 'kafka-share-groups describes a group that has a member: its state and the member',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(4));
      const consumer = await stage.referee.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        clientId: 'me',
      });
      await receive(consumer, [0, 1, 2, 3]);
      const of = `--describe --group ${group}`;
      const state = rows(await tool(stage, `kafka-share-groups ${of} --state --verbose`));
      assert.deepEqual(state[0], [
        'GROUP',
        'COORDINATOR',
        '(ID)',
        'STATE',
        'GROUP-EPOCH',
        'ASSIGNMENT-EPOCH',
        '#MEMBERS',
      ]);
      assert.match(
        state[1]?.join(' ') ?? '',
        new RegExp(`^${group} 127\\.0\\.0\\.1:\\d+ \\(\\d+\\) Stable (\\d+) \\1 1$`),
      );
      const members = rows(await tool(stage, `kafka-share-groups ${of} --members --verbose`));
      assert.deepEqual(members[0], [
        'GROUP',
        'CONSUMER-ID',
        'HOST',
        'CLIENT-ID',
        '#PARTITIONS',
        'MEMBER-EPOCH',
        'ASSIGNMENT',
      ]);
      assert.match(
        members[1]?.join(' ') ?? '',
        new RegExp(`^${group} [\\w-]{22} /127\\.0\\.0\\.1 me 1 \\d+ ${topic}:0$`),
      );
    },
  },
  {
    name: 'kafka-share-groups describes a group that nobody is in: its offsets, and that it has no members',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = await drainedGroup(stage);
      const of = `--describe --group ${group}`;
      const [header, ...offsets] = rows(await tool(stage, `kafka-share-groups ${of} --offsets`));
      assert.deepEqual(header, ['GROUP', 'TOPIC', 'PARTITION', 'START-OFFSET', 'LAG']);
      // Kafka stores the start with the next acknowledgement, so that it may stay behind.
      const ends = offsets.map((cells) => cells.join(' ')).sort();
      assert.match(ends[0] ?? '', new RegExp(`^${group} ${topic} 0 [0-3] 0$`));
      assert.match(ends[1] ?? '', new RegExp(`^${group} ${topic} 1 [0-2] 0$`));
      const { output, errors } = await outcomeOf(stage, `kafka-share-groups ${of} --members`);
      assert.match(output + errors, new RegExp(`Share group '${group}' has no active members.`));
    },
  },
  {
    name: 'kafka-share-groups resets no offsets and deletes no group while there are members',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(3));
      const consumer = await stage.referee.openShareConsumer({ group, topics: [topic], mode: 'implicit' });
      await receive(consumer, [0, 1, 2]);
      const reset = `kafka-share-groups --reset-offsets --group ${group} --topic ${topic} --to-earliest --execute`;
      const refused = await outcomeOf(stage, reset);
      assert.match(refused.output + refused.errors, /not empty|not inactive|current state is Stable/i);
      const kept = await outcomeOf(stage, `kafka-share-groups --delete --group ${group}`);
      assert.match(kept.output + kept.errors, /not EMPTY|GroupNotEmptyException/);
      const [described] = await stage.referee.admin.describeShareGroups([group]);
      assert.equal(described?.state, 'stable');
    },
  },
  {
    name: 'kafka-share-groups resets offsets: a dry run changes nothing, an execution does',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = await drainedGroup(stage);
      const reset = `kafka-share-groups --reset-offsets --group ${group} --topic ${topic}`;
      const told = (output: string): string[] =>
        rows(output)
          .map((cells) => cells.join(' '))
          .sort();
      const header = 'GROUP TOPIC PARTITION NEW-OFFSET';
      const earliest = [header, `${group} ${topic} 0 0`, `${group} ${topic} 1 0`];
      assert.deepEqual(told(await tool(stage, `${reset} --to-earliest --dry-run`)), earliest);
      for (const { lag } of await stage.referee.admin.listShareGroupOffsets(group)) assert.equal(lag, 0);
      assert.deepEqual(told(await tool(stage, `${reset} --to-earliest --execute`)), earliest);
      const offsets = await tool(stage, `kafka-share-groups --describe --group ${group} --offsets`);
      assert.deepEqual(told(offsets), [
        'GROUP TOPIC PARTITION START-OFFSET LAG',
        `${group} ${topic} 0 0 3`,
        `${group} ${topic} 1 0 2`,
      ]);
      const latest = [header, `${group} ${topic} 0 3`, `${group} ${topic} 1 2`];
      assert.deepEqual(told(await tool(stage, `${reset} --to-latest --execute`)), latest);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'kafka-share-groups deletes the offsets of a topic, and the group',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = await drainedGroup(stage);
      const deleted = await tool(stage, `kafka-share-groups --delete-offsets --group ${group} --topic ${topic}`);
      assert.deepEqual(rows(deleted), [
        ['TOPIC', 'STATUS'],
        [topic, 'Successful'],
      ]);
      assert.deepEqual(await stage.referee.admin.listShareGroupOffsets(group), []);
      assert.equal(
        await tool(stage, `kafka-share-groups --delete --group ${group}`),
        `Deletion of requested share groups ('${group}') was successful.\n`,
      );
      const { output, errors } = await outcomeOf(stage, `kafka-share-groups --describe --group ${group}`);
      assert.match(output + errors, /GroupIdNotFoundException/);
    },
  },
  {
    name: 'kafka-producer-perf-test fills a topic and kafka-share-consumer-perf-test drains it',
    needs: ['tools'],
    async run(stage) {
      const [topic, group] = [await stage.topic(3), await stage.group()];
      const produced = await tool(
        stage,
        `kafka-producer-perf-test --topic ${topic} --num-records 20000 --record-size 100 --throughput -1`,
      );
      assert.match(produced, /^20000 records sent, .* records\/sec .* avg latency/m);
      assert.deepEqual(
        rows(await tool(stage, `kafka-get-offsets --topic ${topic}`))
          .map(([line = '']) => Number(line.split(':').at(-1)))
          .reduce((sum, end) => sum + end, 0),
        20_000,
      );
      const consumed = await tool(
        stage,
        `kafka-share-consumer-perf-test --topic ${topic} --group ${group} --num-records 20000 --timeout 30000`,
      );
      const [, figures = ''] = lines(consumed);
      assert.equal(Number(figures.split(', ')[5]), 20_000, consumed);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'kafka-get-offsets and kafka-delete-records agree on where a partition starts and ends',
    needs: ['tools'],
    async run(stage) {
      const topic = await stage.topic(2);
      await stage.produce(topic, values(5));
      assert.deepEqual(lines(await tool(stage, `kafka-get-offsets --topic ${topic}`)), [
        `${topic}:0:5`,
        `${topic}:1:0`,
      ]);
      const folder = mkdtempSync(join(tmpdir(), 'sash-interop-tools-'));
      try {
        const file = join(folder, 'offsets.json');
        writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 3 }] }));
        const deleted = await tool(stage, `kafka-delete-records --offset-json-file ${file}`);
        assert.match(deleted, new RegExp(`^partition: ${topic}-0\tlow_watermark: 3$`, 'm'));
      } finally {
        rmSync(folder, { recursive: true });
      }
      const starts = await tool(stage, `kafka-get-offsets --topic ${topic} --time earliest`);
      assert.deepEqual(lines(starts), [`${topic}:0:3`, `${topic}:1:0`]);
    },
  },
  {
    name: 'kafka-cluster, kafka-features and kafka-broker-api-versions tell what the broker is and can',
    needs: ['tools'],
    async run(stage) {
      const { clusterId, nodes } = await stage.referee.admin.describeCluster();
      const [node] = nodes;
      assert.equal(await tool(stage, 'kafka-cluster cluster-id'), `Cluster ID: ${clusterId}\n`);
      const endpoints = rows(await tool(stage, 'kafka-cluster list-endpoints'));
      assert.deepEqual(endpoints[1]?.slice(0, 3), [String(node?.nodeId), '127.0.0.1', String(node?.port)]);
      const features = await tool(stage, 'kafka-features describe');
      assert.match(
        features,
        /^Feature: share\.version\s+SupportedMinVersion: 0\s+SupportedMaxVersion: \d\s+FinalizedVersionLevel: [12]\s/m,
      );
      const versions = await tool(stage, 'kafka-broker-api-versions');
      for (const line of [
        'ShareGroupHeartbeat(76): 1 [usable: 1]',
        'ShareGroupDescribe(77): 1 [usable: 1]',
        'ShareFetch(78): 1 to 2 [usable: 2]',
        'ShareAcknowledge(79): 1 to 2 [usable: 2]',
      ])
        assert.ok(versions.includes(`\t${line},\n`), `${line} in ${versions}`);
    },
  },
];
