import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { StoredRecord } from '../../client/api.ts';
import type { SashClient } from '../../client/sash-client.ts';
import { integer, offsetNumber, partitionNumber } from '../arguments.ts';
import { Failure } from '../exit-code.ts';
import { bytesOf, recordLine } from '../record-line.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { jsonLine, safe, safeLine } from '../terminal.ts';

interface ConsumeOptions {
  readonly fromBeginning?: true;
  readonly partition?: number;
  readonly offset?: number;
  readonly follow?: true;
  readonly maxRecords?: number;
  readonly withKey?: true;
  readonly withPlace?: true;
}

const pageRecords = 5000;
const pageBytes = 4 * 1024 * 1024;
const followIntervalMs = 200;

export function addConsume(program: Command): void {
  program
    .command('consume')
    .summary('Prints the records of a topic, without any group.')
    .description(
      'Prints the records of a topic without any group: nobody loses one by it. It ends at the end of the log as it is now; with --follow it goes on.',
    )
    .argument('<topic>')
    .option('-p, --partition <number>', 'only this partition', partitionNumber)
    .option('-o, --offset <offset>', 'from this offset on; needs --partition', offsetNumber)
    .option('-b, --from-beginning', 'with --follow: also what is there already')
    .option('-f, --follow', 'go on with what comes, from the end of the log unless told otherwise; Ctrl-C ends')
    .option('-n, --max-records <number>', 'end after so many', integer(1))
    .option('-k, --with-key', 'the key and a tab before each value')
    .option('-l, --with-place', 'partition, offset and a tab before each value')
    .addHelpText(
      'after',
      wrapped(`
Each value is printed as it is, byte for byte, and a newline; on a terminal control characters are shown as escapes. Records of a
partition come in their order.

With --json: a line for each record, {"topic","partition","offset","timestamp","key","keyEncoding","value",…} as
GET /v1/topics/{topic}/partitions/{partition}/records gives it; \`sash produce --records\` reads it.`),
    )
    .action(async (topic: string, options: ConsumeOptions, command: Command) => {
      const { client, json } = openSession(command);
      if (options.offset !== undefined && options.partition === undefined)
        command.error('--offset needs --partition: every partition counts its own');
      const print = json ? printRecordLine : printValue(options);
      let left = options.maxRecords ?? Infinity;
      const positions = await startsOf(client, topic, options);
      while (left > 0) {
        let isAnyRead = false;
        for (const position of positions) {
          if (left === 0 || position.nextOffset >= position.endOffset) continue;
          isAnyRead = true;
          left -= await readPage(client, topic, position, Math.min(left, pageRecords), print);
        }
        if (isAnyRead) continue;
        if (options.follow !== true) return;
        await sleep(followIntervalMs);
        await moveEnds(client, topic, positions);
      }
    });
}

interface Position {
  readonly partition: number;
  nextOffset: number;
  /** Exclusive: as far as is known. */
  endOffset: number;
}

async function startsOf(client: SashClient, topic: string, options: ConsumeOptions): Promise<Position[]> {
  const { partition: only, offset, follow, fromBeginning } = options;
  const { partitions } = await client.describeTopic(topic);
  const wanted = partitions.filter(({ partition }) => partition === (only ?? partition));
  if (wanted.length === 0)
    throw new Failure(
      'notFound',
      `${topic} has no partition ${only}`,
      `It has the partitions 0 to ${partitions.length - 1}.`,
    );
  const behind = wanted.find(({ logEndOffset }) => offset !== undefined && offset > logEndOffset);
  if (behind !== undefined)
    throw new Failure(
      'notFound',
      `${topic}-${behind.partition} ends before offset ${offset}`,
      `The next record there gets offset ${behind.logEndOffset}.`,
    );
  return wanted.map(({ partition, logStartOffset, logEndOffset }) => ({
    partition,
    nextOffset: offset ?? (follow === true && fromBeginning !== true ? logEndOffset : logStartOffset),
    endOffset: logEndOffset,
  }));
}

async function moveEnds(client: SashClient, topic: string, positions: readonly Position[]): Promise<void> {
  const { partitions } = await client.describeTopic(topic);
  for (const position of positions)
    position.endOffset = partitions[position.partition]?.logEndOffset ?? position.endOffset;
}

/** @returns how many records were printed */
async function readPage(
  client: SashClient,
  topic: string,
  position: Position,
  limit: number,
  print: (record: StoredRecord) => Uint8Array | string,
): Promise<number> {
  const { partition, nextOffset, endOffset } = position;
  const answer = await client.readRecords(topic, partition, {
    fromOffset: nextOffset,
    limit,
    maxBytes: pageBytes,
    encoding: 'base64',
  });
  const records = answer.records.filter(({ offset }) => offset < endOffset);
  // What has come behind that end meanwhile is for the next round.
  position.nextOffset = Math.min(answer.nextOffset ?? answer.logEndOffset, endOffset);
  for (const record of records) if (!process.stdout.write(print(record))) await once(process.stdout, 'drain');
  return records.length;
}

const printRecordLine = (record: StoredRecord): string => `${jsonLine(recordLine(record))}\n`;

const newline = Buffer.from('\n');

/** Bytes as they are; on a terminal, text that cannot harm it. */
const printValue =
  ({ withKey, withPlace }: ConsumeOptions) =>
  ({ partition, offset, key, value }: StoredRecord): Uint8Array | string => {
    const place = withPlace === true ? `${partition}\t${offset}\t` : '';
    const [keyBytes, valueBytes] = [withKey === true ? bytesOf(key) : undefined, bytesOf(value)];
    if (process.stdout.isTTY)
      return `${place}${keyBytes === undefined ? '' : `${safeLine(keyBytes.toString())}\t`}${safe(valueBytes.toString())}\n`;
    const before = keyBytes === undefined ? [] : [keyBytes, Buffer.from('\t')];
    return Buffer.concat([Buffer.from(place), ...before, valueBytes, newline]);
  };
