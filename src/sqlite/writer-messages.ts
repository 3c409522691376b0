import type { LaneEnd } from './lane.ts';
import type { Message } from './message.ts';
import type { SlotMessage } from './message-slot.ts';

/** What the writer thread is started with. */
export interface WriterOptions {
  readonly lane: LaneEnd;
  readonly dataDir: string;
  /** See `DatabaseOptions`. */
  readonly offsetsBetweenCleanups: number;
  readonly logRoomBytes: number;
  readonly fileCommitBytes: number;
  readonly batchFileBytes: number;
  readonly maxPageCount: number | undefined;
  readonly gate: Int32Array | undefined;
}

/**
 * Operations that are committed together. In `request` each starts with four numbers: its code, the bytes of its
 * payload, and where it ends (index of the next number, of the next text).
 */
export interface Group {
  readonly kind: 'group';
  readonly count: number;
  readonly request: Message;
  /** The payloads, one behind the other; `null` when there are none. Copied when small, otherwise moved there and back. */
  readonly payload: ArrayBuffer | null;
  readonly payloadMoves: boolean;
}

export type ToWriter = Group | { readonly kind: 'close' };

export type FromWriter =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly fault: Message }
  /** For each operation a 1 and its answer, or a 0 and its fault; those with an answer are durable. `payload` is one that moved. */
  | { readonly kind: 'done'; readonly reply: Message; readonly payload: ArrayBuffer | null }
  /** Something went wrong that no operation waits for. */
  | { readonly kind: 'report'; readonly text: string }
  | { readonly kind: 'closed' };

/** A group without a payload is numbers and texts alone, as is its answer. */
export const groupAsSlot = (message: ToWriter): SlotMessage | undefined =>
  message.kind === 'group' && message.payload === null ? { count: message.count, message: message.request } : undefined;

export const groupFromSlot = ({ count, message }: SlotMessage): ToWriter => ({
  kind: 'group',
  count,
  request: message,
  payload: null,
  payloadMoves: false,
});

export const answerAsSlot = (message: FromWriter): SlotMessage | undefined =>
  message.kind === 'done' && message.payload === null ? { count: 0, message: message.reply } : undefined;

export const answerFromSlot = ({ message }: SlotMessage): FromWriter => ({
  kind: 'done',
  reply: message,
  payload: null,
});
