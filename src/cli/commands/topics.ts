import type { Command } from 'commander';
import type { Topic } from '../../client/api.ts';
import { collect, collectPair, configChangeOf, configsOf, integer, type ConfigOptions } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { bytes, count, counted } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine, styled } from '../terminal.ts';

const partitionCount = integer(1, 10_000);
const recordsOf = ({ partitions }: Topic): number =>
  partitions.reduce((sum, { logStartOffset, logEndOffset }) => sum + logEndOffset - logStartOffset, 0);
/** null: not known of all. */
const sizeOf = ({ partitions }: Topic): number | null =>
  partitions.reduce<number | null>(
    (sum, { sizeBytes }) => (sum === null || sizeBytes === null ? null : sum + sizeBytes),
    0,
  );

export function addTopics(program: Command): void {
  const topics = program.command('topics').description('Topics: the partitioned logs that records are in.');

  topics
    .command('list')
    .description('Lists the topics.')
    .addHelpText('after', wrapped('With --json: one document, {"topics":[…]} as GET /v1/topics gives it.'))
    .action(async (_options: object, command: Command) => {
      const { client, json } = openSession(command);
      const rows = await client.listTopics();
      if (json) return printJson({ topics: rows });
      if (rows.length === 0) return note('There are no topics. To make one: sash topics create NAME');
      await printLine(
        tableText(
          [
            { head: 'TOPIC', cell: ({ topic }) => topic },
            { head: 'PARTITIONS', right: true, cell: ({ partitions }) => count(partitions.length) },
            { head: 'RECORDS', right: true, cell: (topic) => count(recordsOf(topic)) },
            { head: 'SIZE', right: true, cell: (topic) => bytes(sizeOf(topic)) },
          ],
          rows,
        ),
      );
    });

  topics
    .command('describe')
    .description('Shows the partitions and the config of a topic.')
    .argument('<topic>')
    .addHelpText('after', wrapped('With --json: one document, as GET /v1/topics/{topic} gives it.'))
    .action(async (topic: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const described = await client.describeTopic(topic);
      await (json ? printJson(described) : printTopic(described));
    });

  topics
    .command('create')
    .description('Makes a topic.')
    .argument('<topic>', 'its name: letters, digits, ".", "_" and "-"')
    .option('-p, --partitions <number>', "how many; the server's num.partitions unless told", partitionCount)
    .option('-c, --config <name=value>', "one of Kafka's topic configs that sash obeys; repeatable", collectPair)
    .option('--if-not-exists', 'it is no failure when there is one of this name')
    .addHelpText('after', wrapped('With --json: one document, the topic as `topics describe` shows it.'))
    .action(async (topic: string, options: ConfigOptions & CreateOptions, command: Command) => {
      const { client, json } = openSession(command);
      const request = {
        topic,
        ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
        config: configsOf(options),
      };
      const made = await client.createTopic(request).catch((error: unknown) => {
        const exists = (error as { code?: string }).code === 'TOPIC_ALREADY_EXISTS';
        if (!exists || options.ifNotExists !== true) throw error;
        return undefined;
      });
      const described = made ?? (await client.describeTopic(topic));
      if (json) return printJson(described);
      const partitions = counted(described.partitions.length, 'partition');
      await printLine(
        made === undefined ? `${topic} exists, with ${partitions}` : `created ${topic} with ${partitions}`,
      );
    });

  topics
    .command('alter')
    .description('Adds partitions to a topic, or changes its config.')
    .argument('<topic>')
    .option('-p, --partitions <number>', 'how many it has from now on; they only grow', partitionCount)
    .option('-c, --config <name=value>', 'a config to set; repeatable', collectPair)
    .option('--unset <name>', 'a config that goes back to its default; repeatable', collect)
    .addHelpText('after', wrapped('With --json: one document, the topic as `topics describe` shows it.'))
    .action(async (topic: string, options: ConfigOptions & CreateOptions, command: Command) => {
      const { client, json } = openSession(command);
      const config = configChangeOf(options);
      if (options.partitions === undefined && Object.keys(config).length === 0)
        command.error('nothing to change: say --partitions, --config or --unset');
      const described = await client.alterTopic(topic, {
        ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
        ...(Object.keys(config).length === 0 ? {} : { config }),
      });
      await (json ? printJson(described) : printTopic(described));
    });

  topics
    .command('delete')
    .description('Deletes a topic with all its records, and what every group knows of it.')
    .argument('<topic>')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', wrapped('With --json: one document, {"deleted":"…"}.'))
    .action(async (topic: string, { yes }: { yes?: true }, command: Command) => {
      const { client, json } = openSession(command);
      const described = await client.describeTopic(topic);
      await confirm(`delete the topic ${safeLine(topic)} with ${counted(recordsOf(described), 'record')}`, yes);
      await client.deleteTopic(topic);
      await (json ? printJson({ deleted: topic }) : printLine(`deleted ${topic}`));
    });
}

interface CreateOptions {
  readonly partitions?: number;
  readonly ifNotExists?: true;
}

async function printTopic(topic: Topic): Promise<void> {
  await printLine(
    `${styled('bold', topic.topic)}  ${counted(recordsOf(topic), 'record')}, ${bytes(sizeOf(topic))}, id ${topic.topicId}\n`,
  );
  await printLine(
    tableText(
      [
        { head: 'PARTITION', right: true, cell: ({ partition }) => String(partition) },
        { head: 'START', right: true, cell: ({ logStartOffset }) => count(logStartOffset) },
        { head: 'END', right: true, cell: ({ logEndOffset }) => count(logEndOffset) },
        { head: 'SIZE', right: true, cell: ({ sizeBytes }) => bytes(sizeBytes) },
      ],
      topic.partitions,
    ),
  );
  await printLine(
    `\n${tableText(
      [
        { head: 'CONFIG', cell: ([name]) => name },
        { head: 'VALUE', cell: ([, value]) => value },
      ],
      Object.entries(topic.config),
    )}`,
  );
}
