import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/dashboard/build-page.ts'],
    // Processes of their own: tests that start servers or fill disks never share one with others.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // In CI the counts are read from the file.
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
  },
});
