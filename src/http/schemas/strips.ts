import { z } from 'zod';
import { stripStates } from '../../broker/window-strip.ts';
import * as field from './fields.ts';

/** Windows in one picture. */
const maxWindows = 64;

const window = z
  .string()
  .max(300)
  .regex(/^.+:\d{1,10}$/, 'a topic and a partition, such as emails:0')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { topic: text.slice(0, colon), partition: Number(text.slice(colon + 1)) };
  });

export const stripsQuery = z
  .strictObject({
    windows: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(window).min(1).max(maxWindows))
      .meta({
        type: 'string',
        description: `Topics and partitions, separated by commas, such as emails:0,emails:1. At most ${maxWindows}.`,
      }),
    columns: field
      .numberText(z.int().min(1).max(2000))
      .default(400)
      .describe('How many columns the picture has, 1 to 2,000; also the most runs.'),
    fromOffset: field
      .numberText(field.offset)
      .optional()
      .describe('Where the picture begins; only with one window. Default: the start of the window.'),
    endOffset: field
      .numberText(field.offset)
      .optional()
      .describe('One past its last offset; only with one window. Default: the end of the window.'),
  })
  .refine(
    ({ windows }) => new Set(windows.map(({ topic, partition }) => `${topic}:${partition}`)).size === windows.length,
    { path: ['windows'], error: 'each window is shown once' },
  )
  .refine(({ windows, fromOffset, endOffset }) => windows.length === 1 || (fromOffset ?? endOffset) === undefined, {
    path: ['fromOffset'],
    error: 'fromOffset and endOffset are for one window',
  });

const count = z.int().min(0);
const holder = z.int().min(-1).describe('Index in holders; −1: nobody.');
const state = z
  .int()
  .min(0)
  .max(stripStates.length - 1)
  .describe(stripStates.map((name, index) => `${index} ${name}`).join(', '));

export const stripsResponse = z.strictObject({
  windows: z.array(
    z
      .strictObject({
        topic: z.string(),
        partition: field.partition,
        startOffset: field.offset.describe('Of the window.'),
        endOffset: field.offset.describe('Of the window; exclusive.'),
        fromOffset: field.offset.describe('Of the picture: what was asked for, as far as the window reaches.'),
        toOffset: field.offset.describe('Of the picture; exclusive.'),
        version: count.describe("The window's, as in its row."),
        atMs: field.timestampMs.describe('When msLeft was measured.'),
        holders: z.array(z.string()),
        runs: z
          .array(
            z.tuple([
              field.offset,
              field.offset.describe('Inclusive.'),
              state,
              count.describe('Delivery count.'),
              holder,
              count.nullable().describe('ms until the lock or the delay is over.'),
            ]),
          )
          .nullable()
          .describe('When there are at most as many as columns were asked for.'),
        columns: z
          .array(
            z.tuple([
              z.int().min(1).describe('So many neighbouring columns are alike.'),
              count.describe('Records in one of them: available,'),
              count.describe('acquired,'),
              count.describe('delayed,'),
              count.describe('acknowledged,'),
              count.describe('archived.'),
              holder.describe('Who holds most in it.'),
            ]),
          )
          .nullable()
          .describe('Otherwise.'),
        columnOffsets: z
          .int()
          .min(1)
          .nullable()
          .describe('Offsets in one column; the last one may have fewer. null with runs.'),
      })
      .meta({ id: 'WindowStrip' }),
  ),
});
