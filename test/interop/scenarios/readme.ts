import assert from 'node:assert/strict';
import type { Scenario } from '../scenario.ts';
import { assertLag, eventually, values } from '../stage.ts';

/** The README's share consumers, as they stand there. */
export const readme: readonly Scenario[] = ['java', 'go', 'python', 'js'].map((language) => ({
  name: `the README's share consumer in ${language} prints each record once and accepts it`,
  needs: ['examples'],
  async run(stage) {
    const [topic, group] = [await stage.topic(), await stage.group()];
    await stage.produce(topic, values(3));
    const { process } = stage.client;
    await process.call('start', { language, topic, group });
    await eventually(async () => assert.deepEqual(await process.call('lines', { language }), values(3)), 60_000);
    await assertLag(stage, group, 0);
  },
}));
