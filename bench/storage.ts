import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { encodeBatch } from '../src/codec/record-batch.ts';
import { SqliteLog } from '../src/log/sqlite-log.ts';
import type { NewBatch } from '../src/ports/record-log.ts';
import { defaultLogRoomBytes, openDatabase } from '../src/sqlite/database.ts';
import { SqliteAudit } from '../src/store/sqlite-audit.ts';
import { SqliteMetadata } from '../src/store/sqlite-metadata.ts';
import { SqliteStore } from '../src/store/sqlite-store.ts';
import { newTopicId } from '../src/system/topic-ids.ts';
import { acceptsPerBlock, fill, openBroker, timeAccepts } from './accepts.ts';
import { newFolder } from './processes.ts';
import { median, number, quantile } from './row.ts';
import type { BenchOptions, Row } from './row.ts';

const mib = 2 ** 20;
const largeBytes = 16 * 1024;
const smallBytes = 300;
/** Large appends under way at once, as 20 producers have them with one each. */
const largeCallers = 20;
const smallPartitions = 500;

/** What the disk takes, and what the log and the broker make of it; in turn, so that a slow moment is one for all. */
export async function benchStorage(options: BenchOptions): Promise<readonly Row[]> {
  return [...(await benchLog(options)), ...(await benchAccept(options))];
}

// ───────────── the log ─────────────

async function benchLog({ short, log: tell }: BenchOptions): Promise<readonly Row[]> {
  const rounds = short ? 3 : 7;
  const durationMs = short ? 500 : 1500;
  const folder = newFolder();
  const database = await openDatabase({ dataDir: folder, logRoomBytes: defaultLogRoomBytes });
  const log = new SqliteLog(database);
  try {
    const topicId = newTopicId();
    await log.createPartitions(Array.from({ length: smallPartitions }, (_, partition) => ({ topicId, partition })));
    const appends = async (callers: number, sizeBytes: number, partitionOf: (caller: number) => number, ms: number) => {
      const batches = Array.from({ length: 16 }, () => batchOf(sizeBytes));
      let count = 0;
      const startMs = performance.now();
      const caller = async (index: number): Promise<void> => {
        while (performance.now() - startMs < ms) {
          const batch = batches[count++ % batches.length]!;
          await log.append({ entries: [{ topicId, partition: partitionOf(index), batch }] });
        }
      };
      await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
      return count / ((performance.now() - startMs) / 1000);
    };
    const large = (ms: number) => appends(largeCallers, largeBytes, () => 0, ms);
    const one = (ms: number) => appends(smallPartitions, smallBytes, () => 0, ms);
    const many = (ms: number) => appends(smallPartitions, smallBytes, (caller) => caller, ms);
    for (const warmUp of [large, one, many]) await warmUp(300);

    const results: { bare: number; large: number; one: number; many: number }[] = [];
    for (let round = 1; round <= rounds; round++) {
      const result = {
        bare: bareMbPerSecond(folder, durationMs / 2),
        large: ((await large(durationMs)) * largeBytes) / mib,
        one: await one(durationMs),
        many: await many(durationMs),
      };
      tell(
        `storage: round ${round} of ${rounds}: bare ${number(result.bare)} MB/s, 16 KiB ${number(result.large)} MB/s, small ${number(result.one)}/s in 1, ${number(result.many)}/s in ${smallPartitions} partitions`,
      );
      results.push(result);
    }
    const figure = (name: 'bare' | 'large' | 'one' | 'many'): number => median(results.map((each) => each[name]));
    const largeMb = figure('large');
    return [
      {
        section: 'storage',
        what: `bare file, ${largeCallers} × 16 KiB and fdatasync: the floor`,
        figure: `${number(figure('bare'))} MB/s`,
      },
      {
        section: 'storage',
        what: `durable appends of 16 KiB batches, ${largeCallers} callers`,
        figure: `${number(largeMb)} MB/s`,
        against: { what: 'bare file', ratio: median(results.map((each) => each.large / each.bare)) },
        target: { text: '≥ 150 MB/s', met: largeMb >= 150 },
      },
      {
        section: 'storage',
        what: `durable appends of ${smallBytes} B, ${smallPartitions} callers, 1 partition`,
        figure: `${number(figure('one'))}/s`,
      },
      {
        section: 'storage',
        what: `the same into ${smallPartitions} partitions`,
        figure: `${number(figure('many'))}/s`,
        against: { what: 'one partition', ratio: median(results.map((each) => each.many / each.one)), atLeast: 1 },
      },
    ];
  } finally {
    await log.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A batch of one record that makes it `sizeBytes` long; random, so that nothing on the way can shorten it. */
function batchOf(sizeBytes: number): NewBatch {
  const encode = (valueBytes: number) =>
    encodeBatch({
      records: [{ timestampMs: Date.now(), key: null, value: randomFillSync(new Uint8Array(valueBytes)), headers: [] }],
    });
  const overhead = encode(sizeBytes).bytes.length - sizeBytes;
  return encode(sizeBytes - overhead);
}

/** Appends of 20 × 16 KiB to a plain file, each flushed, on the calling thread. */
function bareMbPerSecond(folder: string, ms: number): number {
  const file = join(folder, 'bare');
  const handle = openSync(file, 'w');
  try {
    const block = randomFillSync(Buffer.alloc(largeCallers * largeBytes));
    let blocks = 0;
    const startMs = performance.now();
    while (performance.now() - startMs < ms) {
      writeSync(handle, block);
      fdatasyncSync(handle);
      blocks++;
    }
    return (blocks * block.length) / mib / ((performance.now() - startMs) / 1000);
  } finally {
    closeSync(handle);
    rmSync(file);
  }
}

// ───────────── one durable accept ─────────────

/** About what an accept has to store. */
const bareAppendBytes = 128;

async function benchAccept({ short, log: tell }: BenchOptions): Promise<readonly Row[]> {
  const blocks = short ? 20 : 100;
  const folder = newFolder();
  const database = await openDatabase({ dataDir: folder, logRoomBytes: defaultLogRoomBytes });
  const { broker, topicId } = await openBroker({
    log: new SqliteLog(database),
    store: new SqliteStore(database),
    metadata: new SqliteMetadata(database),
    audit: new SqliteAudit(database),
    health: database,
  });
  const handle = openSync(join(folder, 'bare'), 'w');
  try {
    await fill(broker, (blocks + 2) * acceptsPerBlock, () => batchOf(smallBytes));
    const accepts: number[] = [];
    const bare: number[] = [];
    const ratios: number[] = [];
    const bytes = Buffer.alloc(bareAppendBytes);
    for (let block = 0; block < blocks + 2; block++) {
      const here = { accepts: await timeAccepts(broker, topicId), bare: [] as number[] };
      for (let i = 0; i < acceptsPerBlock; i++) {
        const startMs = performance.now();
        writeSync(handle, bytes);
        fdatasyncSync(handle);
        here.bare.push(performance.now() - startMs);
      }
      if (block < 2) continue; // warming up
      accepts.push(...here.accepts);
      bare.push(...here.bare);
      ratios.push(median(here.accepts) / median(here.bare));
    }
    tell(`storage: ${accepts.length} accepts, one at a time`);
    const show = (values: readonly number[]): string =>
      `p50 ${quantile(values, 0.5).toFixed(2)} ms, p99 ${quantile(values, 0.99).toFixed(2)} ms`;
    return [
      { section: 'storage', what: `bare append of ${bareAppendBytes} B and fdatasync: the floor`, figure: show(bare) },
      {
        section: 'storage',
        what: 'one durable accept through the broker, one at a time',
        figure: show(accepts),
        against: { what: 'bare append, p50', ratio: median(ratios), atMost: 1.5 },
      },
    ];
  } finally {
    closeSync(handle);
    await broker.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
