import { type Command, Option } from 'commander';
import { partitionNumber } from '../arguments.ts';
import { printWithValues } from '../export-values.ts';
import { followOperation } from '../follow-operation.ts';
import { wrapped } from '../help-text.ts';
import { resultText } from '../operation-text.ts';
import { openSession } from '../session.ts';
import { note, write } from '../terminal.ts';
import { printBegun } from './operations.ts';

interface ExportOptions {
  readonly topic: string;
  readonly partition: number;
  readonly values?: true;
  readonly background?: true;
}

export function addGroupExport(groups: Command): void {
  groups
    .command('export')
    .description('Writes the runs of one window, however large, as lines of JSON: neighbouring records that are alike.')
    .argument('<group>')
    .requiredOption('-t, --topic <topic>')
    .requiredOption('-p, --partition <number>', 'its partition', partitionNumber)
    .addOption(
      new Option('--values', 'a line for each record, with its key and value as they are stored').conflicts(
        'background',
      ),
    )
    .option('--background', 'only begin it, and print the id of the operation')
    .addHelpText(
      'after',
      wrapped(`
With --values the records of the runs are read from the log and written one by one, each with what its run says of it: state, deliveries, holder, last failure. What retention has taken since has no line.

The server prepares it in the background, and keeps it for a day: GET /v1/operations/{id}/result.

With --json: the same lines; with --background one document, as POST /v1/operations gives it.

Example:
  sash groups export mailers --topic emails -p 3 > window.ndjson`),
    )
    .action(async (group: string, { topic, partition, values, background }: ExportOptions, command: Command) => {
      const { client, json } = openSession(command);
      const begun = await client.beginOperation({ kind: 'export-window', group, topic, partition });
      if (background === true) return printBegun(begun, json);
      const operation = await followOperation(client, begun.id);
      const exported = client.readOperationResult(begun.id);
      if (values === true) await printWithValues(client, exported);
      else for await (const chunk of exported) await write(chunk);
      note(resultText(operation));
    });
}
