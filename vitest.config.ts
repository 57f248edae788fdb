import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'datasets/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/support/run-folder.ts'],
    // A developer's .env is for deploys: neither a test nor what it starts reads it.
    env: { SLUICE_ENV_FILE: '' },
    setupFiles: ['test/support/temporary-folder.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores, and tests that start servers: one file at a time where order matters is set by the runner.
    maxWorkers: 2,
  },
});
