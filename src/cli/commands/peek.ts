import type { Command } from 'commander';
import type { PeekAnswer } from '../../client/api.ts';
import { offsetNumber, partitionNumber } from '../arguments.ts';
import { duration, localTime } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { printJson, printLine, safe, safeLine, styled } from '../terminal.ts';

interface PeekOptions {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export function addPeek(program: Command): void {
  program
    .command('peek')
    .summary('Shows one record as a group sees it, without locking it.')
    .description(
      'Shows one record as a group sees it, without locking it: its state, its value, and what became of each delivery.',
    )
    .usage('--group GROUP --topic TOPIC --partition N --offset OFFSET')
    .requiredOption('-g, --group <group>')
    .requiredOption('-t, --topic <topic>')
    .requiredOption('-p, --partition <number>', 'its partition', partitionNumber)
    .requiredOption('-o, --offset <offset>', 'its offset', offsetNumber)
    .addHelpText(
      'after',
      wrapped(
        'With --json: one document, as GET /v1/share-groups/{group}/topics/{topic}/partitions/{partition}/records/{offset}?encoding=text\ngives it: keys and values are strings.',
      ),
    )
    .action(async ({ group, topic, partition, offset }: PeekOptions, command: Command) => {
      const { client, json } = openSession(command);
      // As text: JSON that is read and written again has other numbers.
      const answer = await client.peekRecord(group, topic, partition, offset, { encoding: 'text' });
      await (json ? printJson(answer) : printPeek(answer));
    });
}

async function printPeek({ record, state, holder, attempts }: PeekAnswer): Promise<void> {
  const { topic, partition, offset, deliveryCount, deliveryCountLimit, timestamp, key, value, headers } = record;
  const by = holder === null ? '' : ` by ${safeLine(holder)}`;
  await printLine(
    `${styled('bold', `${topic}-${partition} offset ${offset}`)}  ${state}${by}, delivery ${deliveryCount} of ${deliveryCountLimit}, made ${localTime(timestamp)}`,
  );
  await printLine(`${styled('bold', 'KEY')}    ${shown(key, record.keyEncoding)}`);
  for (const header of headers)
    await printLine(`${styled('bold', 'HEADER')} ${safeLine(header.key)}: ${shown(header.value, header.encoding)}`);
  await printLine(`${styled('bold', 'VALUE')}  ${shown(value, record.valueEncoding)}`);
  if (attempts.length === 0) return;
  await printLine(
    `\n${tableText(
      [
        { head: 'DELIVERY', right: true, cell: (attempt) => String(attempt.deliveryCount) },
        { head: 'WORKER', cell: (attempt) => attempt.holder },
        { head: 'FROM', cell: (attempt) => localTime(attempt.acquiredAt) },
        {
          head: 'TOOK',
          right: true,
          cell: ({ acquiredAt, endedAt }) =>
            endedAt === null ? 'going on' : duration(Date.parse(endedAt) - Date.parse(acquiredAt)),
        },
        { head: 'OUTCOME', cell: ({ outcome }) => outcome ?? '' },
        { head: 'REASON', cell: ({ reason }) => reason ?? '' },
      ],
      attempts,
    )}`,
  );
}

const shown = (value: unknown, encoding: string | null): string => {
  if (encoding === null) return styled('dim', 'null');
  return encoding === 'base64' ? `${styled('dim', 'base64')} ${String(value)}` : safe(String(value));
};
