import { z } from 'zod';
import * as field from './fields.ts';

const count = z.int().min(0).nullable();
const rate = z.number().min(0);

export const historyQuery = z.strictObject({
  minutes: field.numberText(z.int().min(1).max(15)).default(15).describe('How far back, 1 to 15.'),
});

export const historySample = z
  .strictObject({
    atMs: field.timestampMs,
    lag: count.describe('null, like what follows: it could not be told, because a window was not loaded.'),
    inFlight: count,
    oldestAgeMs: count.describe('null also when nothing is unfinished.'),
    deliveredPerSecond: rate.describe('Since the sample before.'),
    acknowledgedPerSecond: rate.describe('Accepted.'),
    archivedPerSecond: rate,
  })
  .meta({ id: 'HistorySample' });

export const historyResponse = z.strictObject({
  intervalMs: z.int().min(1).describe('Between two samples, about.'),
  samples: z.array(historySample).describe('Oldest first. Kept in memory: none from before the start of the server.'),
});
