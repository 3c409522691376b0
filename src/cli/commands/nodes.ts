import type { Command } from 'commander';
import { count } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine, styled } from '../terminal.ts';

export function addNodes(program: Command): void {
  const nodes = program.command('nodes').description('The nodes of sash: one, or several over a Kafka and a Redis.');

  nodes
    .command('list')
    .description('Lists the nodes, how many partitions each owns, and whether it answers the one that is asked.')
    .addHelpText('after', wrapped('With --json: one document, {"nodes":[…],"unowned":n} as GET /v1/nodes gives it.'))
    .action(async (_options: object, command: Command) => {
      const { client, json } = openSession(command);
      const answer = await client.listNodes();
      if (json) return printJson(answer);
      await printLine(
        tableText(
          [
            { head: 'NODE', right: true, cell: ({ nodeId }) => String(nodeId) },
            { head: 'HTTP', cell: ({ httpUrl }) => httpUrl },
            { head: 'KAFKA', cell: ({ kafkaAddress }) => kafkaAddress ?? '–' },
            { head: 'PARTITIONS', right: true, cell: ({ partitions }) => count(partitions) },
            {
              head: 'ANSWERS',
              cell: ({ self, reachable }) => (self ? 'was asked' : reachable ? 'yes' : 'no'),
              style: ({ reachable }) => (reachable ? undefined : 'red'),
            },
          ],
          answer.nodes,
        ),
      );
      for (const { error } of answer.nodes) if (error !== null) note(styled('yellow', safeLine(error), process.stderr));
      if (answer.unowned > 0)
        note(
          answer.unowned === 1
            ? '1 partition is owned by no node now: it is moving.'
            : `${count(answer.unowned)} partitions are owned by no node now: they are moving.`,
        );
    });
}
