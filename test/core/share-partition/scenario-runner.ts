import type { AcknowledgeType, EndChange, Lease } from '../../../src/core/share-partition/acknowledge.ts';
import { whyEmpty } from '../../../src/core/share-partition/acquire.ts';
import type { SettleType } from '../../../src/core/share-partition/settle.ts';
import { apply, checkWindow, lag, recordState } from '../../../src/core/share-partition/window.ts';
import { holderId } from '../../../src/core/ids.ts';
import { rangeText } from './printed-window.ts';
import { type LeaseOutcome, SimulatedPartition, member } from './simulated-partition.ts';

/**
 * Runs a scenario file. It is made of blocks: commands, one a line, then `----`, then what they print, up to an empty
 * line. Lines that begin with `#` are for the reader. The commands are in scenarios/README.md.
 */
export interface Block {
  /** Comments and empty lines in front. */
  readonly before: readonly string[];
  readonly commands: readonly string[];
  readonly expected: readonly string[];
}

export function parseScenario(text: string): { blocks: Block[]; after: string[] } {
  const blocks: Block[] = [];
  let before: string[] = [];
  let commands: string[] = [];
  let expected: string[] | undefined;
  const close = (): void => {
    if (expected !== undefined) blocks.push({ before, commands, expected });
    if (expected !== undefined) [before, commands, expected] = [[], [], undefined];
  };
  for (const line of text.split('\n')) {
    if (expected !== undefined && line !== '') expected.push(line);
    else if (expected !== undefined) {
      close();
      before.push(line);
    } else if (line === '----') expected = [];
    else if (line === '' || line.startsWith('#')) before.push(line);
    else commands.push(line);
  }
  close();
  return { blocks, after: before };
}

export function printScenario(scenario: { blocks: readonly Block[]; after: readonly string[] }): string {
  const lines = scenario.blocks.flatMap((block) => [...block.before, ...block.commands, '----', ...block.expected]);
  return [...lines, ...scenario.after].join('\n');
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

function durationMs(text: string): number {
  const match = /^([+-]?\d+)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new Error(`${text} is not a duration: write 30s, 500ms, 2m or 1h`);
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

const duration = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);

function offsetRange(text: string): { firstOffset: number; lastOffset: number } {
  const [first, last = first] = text.split('-').map(Number);
  if (!Number.isInteger(first) || !Number.isInteger(last))
    throw new Error(`${text} is not an offset or a range: 4 or 4-9`);
  return { firstOffset: first!, lastOffset: last! };
}

/** Splits at spaces, but not inside "…". */
function wordsOf(line: string): { words: string[]; options: Record<string, string> } {
  const words: string[] = [];
  const options: Record<string, string> = {};
  for (const [word] of line.matchAll(/(?:[^\s"]+|"[^"]*")+/g)) {
    const equals = word.indexOf('=');
    if (equals < 0) words.push(word);
    else options[word.slice(0, equals)] = word.slice(equals + 1).replaceAll('"', '');
  }
  return { words, options };
}

export class Scenario {
  #partition = new SimulatedPartition();
  /** What each member got of each offset, oldest first. */
  #leases = new Map<string, Lease[]>();

  run(commands: readonly string[]): string[] {
    const lines = commands.flatMap((command) => {
      const { words, options } = wordsOf(command);
      return this.#command(words, options);
    });
    checkWindow(this.#partition.window);
    return [...lines, ...this.#window()];
  }

  #command(words: readonly string[], options: Record<string, string>): string[] {
    const p = this.#partition;
    const [verb, one = '', two = '', three = ''] = words;
    switch (verb) {
      case 'config':
        if (options['limit'] !== undefined) p.settings.deliveryCountLimit = Number(options['limit']);
        if (options['window'] !== undefined) p.settings.inFlightLimit = Number(options['window']);
        if (options['lock'] !== undefined) p.settings.lockDurationMs = durationMs(options['lock']);
        if (options['renew'] !== undefined) p.settings.renewEnabled = options['renew'] === 'on';
        return [];
      case 'produce':
        for (const records of words.slice(1)) p.produce(Number(records));
        return [];
      case 'acquire':
        return this.#acquire(one, Number(two), options);
      case 'accept':
      case 'release':
      case 'reject':
      case 'renew':
        return this.#acknowledge(verb, one, two, options);
      case 'acknowledge':
        return this.#acknowledgeRange(one, two, three.split(',') as AcknowledgeType[]);
      case 'wait':
        return this.#wait(durationMs(one));
      case 'clock':
        p.wallMs += durationMs(one);
        return [];
      case 'close':
        return endingsText(p.releaseHolder(member(one), options['reason'] ?? null));
      case 'settle':
        return this.#settle(one as SettleType, two, options['reason'] ?? null);
      case 'log-start':
        p.moveLogStart(Number(one));
        return [];
      case 'hole':
        p.hole(offsetRange(one).firstOffset, offsetRange(one).lastOffset);
        return [];
      case 'reset':
        p.reset(Number(one));
        return [];
      case 'crash':
        p.crash(options['clock'] === undefined ? 0 : durationMs(options['clock']));
        return [];
      case 'window':
        return [];
      default:
        throw new Error(`unknown command ${verb ?? ''}`);
    }
  }

  #acquire(name: string, maxRecords: number, options: Record<string, string>): string[] {
    const p = this.#partition;
    const acquired = p.acquire(member(name), maxRecords, {
      mode: options['mode'] === 'batch' ? 'batch_optimized' : 'record_limit',
      ...(options['size'] === undefined ? {} : { batchSize: Number(options['size']) }),
      ...(options['lock'] === undefined ? {} : { lockDurationMs: durationMs(options['lock']) }),
    });
    if (acquired.length === 0) return [`nothing: ${whyEmpty(p.window, p.settings.inFlightLimit, p.logEndOffset)}`];
    return acquired.map((range) => {
      for (let offset = range.firstOffset; offset <= range.lastOffset; offset++) {
        const key = `${name} ${offset}`;
        this.#leases.set(key, [...(this.#leases.get(key) ?? []), p.leaseOf(range, offset)]);
      }
      const failure = range.lastFailure === null ? '' : `, last failure: ${range.lastFailure}`;
      return `${name} gets ${rangeText(range)}, delivery ${range.deliveryCount}${failure}`;
    });
  }

  #acknowledge(type: AcknowledgeType, name: string, range: string, options: Record<string, string>): string[] {
    const { firstOffset, lastOffset } = offsetRange(range);
    const lines: { firstOffset: number; lastOffset: number; text: string }[] = [];
    for (let offset = firstOffset; offset <= lastOffset; offset++) {
      const leases = this.#leases.get(`${name} ${offset}`) ?? [];
      const lease = options['lease'] === undefined ? leases.at(-1) : leases[Number(options['lease']) - 1];
      if (lease === undefined) throw new Error(`${name} never had that lease of offset ${offset}`);
      const outcome = this.#partition.acknowledge(lease, type, {
        ...(options['delay'] === undefined ? {} : { delayMs: durationMs(options['delay']) }),
        ...(options['reason'] === undefined ? {} : { reason: options['reason'] }),
        ...(options['lock'] === undefined ? {} : { lockDurationMs: durationMs(options['lock']) }),
      });
      const text = outcomeText(outcome);
      const before = lines.at(-1);
      if (before?.text === text) before.lastOffset = offset;
      else lines.push({ firstOffset: offset, lastOffset: offset, text });
    }
    return lines.map((line) => `${rangeText(line)}: ${line.text}`);
  }

  #acknowledgeRange(name: string, range: string, types: readonly AcknowledgeType[]): string[] {
    const { firstOffset, lastOffset } = offsetRange(range);
    const result = this.#partition.acknowledgeRange(member(name), firstOffset, lastOffset, types);
    return [result.ok ? 'ok' : result.error.code];
  }

  /** Time passes as a broker lives it: delays and locks end at their instant. */
  #wait(ms: number): string[] {
    const p = this.#partition;
    const untilMs = p.nowMs + ms;
    const lines: string[] = [];
    for (;;) {
      const nextMs = Math.min(p.window.runs.nextDeadlineMs, p.window.runs.nextDelayMs);
      if (nextMs > untilMs) break;
      p.advance(Math.max(0, nextMs - p.nowMs));
      apply(p.window, { kind: 'delays_over', nowMs: p.nowMs });
      lines.push(...endingsText(p.expireLocks()));
      const { nextDeadlineMs, nextDelayMs } = p.window.runs;
      if (Math.min(nextDeadlineMs, nextDelayMs) <= p.nowMs)
        throw new Error('a lock or a delay that is over did not end');
    }
    p.advance(untilMs - p.nowMs);
    return lines;
  }

  #settle(type: SettleType, range: string, reason: string | null): string[] {
    const { firstOffset, lastOffset } = offsetRange(range);
    const { counts, locksTaken, skipped } = this.#partition.settle(firstOffset, lastOffset, type, reason);
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    const text = parts.map(([name, count]) => `${count} ${name}`).join(', ');
    return [`${text === '' ? 'nothing' : text}; ${locksTaken} locks taken, ${skipped} skipped`];
  }

  #window(): string[] {
    const { window, logStartOffset, logEndOffset, nowMs } = this.#partition;
    const head = `window ${window.startOffset} to ${window.endOffset}, log ${logStartOffset} to ${logEndOffset}, lag ${lag(window, logEndOffset)}`;
    const runs = [...window.runs.from(window.startOffset)].map((run) => {
      const words = [`  ${rangeText(run).padEnd(7)} ${recordState(run)}`];
      if (run.lock !== null) words.push(`by ${holderId(run.lock.holder)} for ${duration(run.lock.deadlineMs - nowMs)}`);
      if (run.availableAtMs !== 0) words.push(`for ${duration(run.availableAtMs - nowMs)}`);
      words.push(`delivered ${run.deliveryCount}`);
      if (run.reason !== null) words.push(`(${run.reason})`);
      return words.join(' ');
    });
    return [head, ...runs];
  }
}

const outcomeText = (outcome: LeaseOutcome): string =>
  outcome.code ?? (outcome.replayed === true ? `${outcome.status}, as before` : outcome.status);

const endingsText = (changes: readonly EndChange[]): string[] =>
  changes.map(({ ending }) => {
    const archived = ending.state === 'archived' ? ', archived' : '';
    return `${rangeText(ending)} of ${holderId(ending.holder)} ${ending.outcome}${archived}`;
  });
