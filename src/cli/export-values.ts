import type { StoredRecord, WindowPage } from '../client/api.ts';
import type { SashClient } from '../client/sash-client.ts';
import { SashError } from '../client/sash-error.ts';
import { recordLine } from './record-line.ts';
import { jsonLine, printLine } from './terminal.ts';

/** Neighbouring runs lie in one page: a window where every second record is done has as many runs as records. */
const pageRecords = 500;
const pageBytes = 4 * 1024 * 1024;

type ExportedRun = WindowPage['runs'][number] & { readonly topic: string; readonly partition: number };

/**
 * Writes each record of exported runs in a line of its own: as it is stored, and then what its run says of it. What retention has taken since has no
 * line.
 */
export async function printWithValues(client: SashClient, exported: AsyncIterable<Uint8Array>): Promise<void> {
  let page: Page = { fromOffset: 0, endOffset: 0, records: [] };
  for await (const line of linesOf(exported)) {
    const { topic, partition, firstOffset, lastOffset, ...state } = JSON.parse(line) as ExportedRun;
    for (let next = firstOffset; next <= lastOffset; next = page.endOffset) {
      if (next < page.fromOffset || next >= page.endOffset) page = await readPage(client, topic, partition, next);
      // The log ends here: nothing comes of asking again.
      if (page.endOffset <= next) break;
      for (const record of page.records) {
        if (record.offset < next || record.offset > lastOffset) continue;
        await printLine(jsonLine(`${recordLine(record).slice(0, -1)},${JSON.stringify(state).slice(1)}`));
      }
    }
  }
}

/** Not those of `node:readline`: to it U+2028 ends a line, too, which JSON has as it is in a reason or a worker's name. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

interface Page {
  readonly fromOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly records: readonly StoredRecord[];
}

async function readPage(client: SashClient, topic: string, partition: number, fromOffset: number): Promise<Page> {
  const read = (from: { readonly fromOffset?: number }, limit: number) =>
    client.readRecords(topic, partition, { ...from, limit, maxBytes: pageBytes, encoding: 'base64' });
  try {
    const { records, nextOffset, logEndOffset } = await read({ fromOffset }, pageRecords);
    return { fromOffset, endOffset: nextOffset ?? logEndOffset, records };
  } catch (error) {
    if (!(error instanceof SashError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error;
    const { logStartOffset } = await read({}, 1);
    return { fromOffset, endOffset: logStartOffset, records: [] };
  }
}
