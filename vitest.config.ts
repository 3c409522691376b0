import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/reporters';

// In CI, where other work shares the machine, a test that ran out of time is tried once more, and `.ci/run` names it at its end. One whose answer
// was wrong is not: that a race shows once in ten runs must be seen.
const outOfTime = { count: 1, condition: /timed out|not within|waited ten seconds/i };
const retry = process.env['CI'] === undefined ? 0 : outOfTime;
const unsteady: Reporter = {
  onTestCaseResult(test) {
    const first = test.result().errors?.[0]?.message.split('\n', 1)[0];
    if (test.diagnostic()?.flaky === true)
      console.log(`failed once   ${test.fullName} (${test.module.relativeModuleId}): ${first}`);
  },
};

// What is waited for is looked at often, and given up late: how long it takes says nothing on a machine with other work. vitest's own second is short
// for a process that starts, or a page that asks once a second.
const poll = { interval: 20, timeout: 15_000 };

export default defineConfig({
  test: {
    // In CI the counts are read from the file.
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json', unsteady],
    outputFile: { json: 'reports/vitest.json' },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**'],
          globalSetup: ['test/dashboard/build-page.ts'],
          // Processes of their own: tests that start servers or fill disks never share one with others.
          pool: 'forks',
          retry,
          expect: { poll },
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        // Over a real Kafka and Redis: `npm run test:cluster`.
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/shared-kafka.ts'],
          pool: 'forks',
          // One file after the other: what is started here takes all cores.
          fileParallelism: false,
          retry,
          expect: { poll },
          testTimeout: 60_000,
          // The first start fetches Kafka's jars.
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
