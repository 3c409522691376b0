import type { Command } from 'commander';
import type { Operation } from '../../client/api.ts';
import { integer } from '../arguments.ts';
import { followOperation } from '../follow-operation.ts';
import { bytes, localTime } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { progressText, resultText, stateText, tookText, whatText } from '../operation-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine, styled } from '../terminal.ts';

export function addOperations(program: Command): void {
  const operations = program
    .command('operations')
    .description(
      'What goes on in the background on the server: whole windows settled, groups deleted, windows exported.',
    );

  operations
    .command('list')
    .description('Lists operations, newest first: those under way, and those that have ended.')
    .option('-g, --group <group>', 'only of this group')
    .option('-n, --max-records <number>', 'at most so many', integer(1, 1000), 50)
    .addHelpText('after', wrapped('With --json: one document, {"operations":[…]} as GET /v1/operations gives it.'))
    .action(async ({ group, maxRecords }: { group?: string; maxRecords: number }, command: Command) => {
      const { client, json } = openSession(command);
      const rows = await client.listOperations({ limit: maxRecords, ...(group === undefined ? {} : { group }) });
      if (json) return printJson({ operations: rows });
      if (rows.length === 0) return note('Nothing goes on in the background, and nothing has.');
      await printLine(
        tableText(
          [
            { head: 'OPERATION', cell: ({ id }) => id },
            { head: 'BEGUN', cell: ({ createdAt }) => localTime(createdAt) },
            { head: 'STATE', cell: stateText, style: styleOf },
            { head: 'WHAT', cell: whatText },
            { head: 'PROGRESS', right: true, cell: progressText },
            { head: 'TOOK', right: true, cell: tookText },
            { head: 'CAME OF IT', cell: (row) => row.error?.message ?? resultText(row) },
          ],
          rows,
        ),
      );
    });

  operations
    .command('show')
    .description('Shows one operation: how far it is, and what came of it.')
    .argument('<operation>')
    .addHelpText('after', wrapped('With --json: one document, as GET /v1/operations/{id} gives it.'))
    .action(async (id: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const operation = await client.readOperation(id);
      if (json) return printJson(operation);
      await printLine(`${styled('bold', safeLine(operation.id))}  ${whatText(operation)}`);
      await printLine(
        tableText<readonly [string, string]>(
          [
            { head: '', cell: ([name]) => name },
            { head: '', cell: ([, value]) => value },
          ],
          rowsOf(operation),
        ),
      );
    });

  operations
    .command('cancel')
    .description('Cancels an operation: it ends after the step under way, and what was done stays done.')
    .argument('<operation>')
    .addHelpText('after', wrapped('With --json: one document, as GET /v1/operations/{id} gives it.'))
    .action(async (id: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const operation = await client.cancelOperation(id);
      await (json
        ? printJson(operation)
        : printLine(
            `the ${whatText(operation)} ${operation.endedAt === null ? 'ends after its step' : 'is cancelled'}`,
          ));
    });

  operations
    .command('wait')
    .description('Waits until an operation has ended. Ctrl-C ends the waiting alone.')
    .argument('<operation>')
    .addHelpText(
      'after',
      wrapped(
        'Ends with 1 when the operation failed or was cancelled. With --json: one document, as GET /v1/operations/{id} gives it.',
      ),
    )
    .action(async (id: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const operation = await followOperation(client, id);
      await (json ? printJson(operation) : printLine(resultText(operation)));
    });
}

/** Tells of an operation that was begun, and what to do with it. */
export async function printBegun(operation: Operation, json: boolean): Promise<void> {
  if (json) return printJson(operation);
  await printLine(operation.id);
  note(
    `The ${whatText(operation)} goes on in the background. To see how far it is: sash operations wait ${operation.id}`,
  );
}

const styleOf = (operation: Operation) => {
  if (operation.state === 'failed') return 'red' as const;
  return operation.state === 'running' && operation.error !== null ? ('yellow' as const) : undefined;
};

const rowsOf = (operation: Operation): readonly (readonly [string, string])[] => {
  const { request, error, resultBytes, resultExpiresAt, door, from, createdAt, endedAt } = operation;
  const reason = request['reason'];
  return [
    ['state', stateText(operation)],
    ['progress', progressText(operation)],
    ['came of it', resultText(operation)],
    ...(error === null ? [] : ([['error', `${error.code}: ${error.message}`]] as const)),
    ...(typeof reason === 'string' ? ([['reason', reason]] as const) : []),
    ...(resultBytes === null || resultExpiresAt === null
      ? []
      : ([['to fetch', `${bytes(resultBytes)}, until ${localTime(resultExpiresAt)}`]] as const)),
    ['begun', `${localTime(createdAt)} by ${door} ${from}`],
    ...(endedAt === null ? [] : ([['ended', localTime(endedAt)]] as const)),
    ['took', tookText(operation)],
  ];
};
