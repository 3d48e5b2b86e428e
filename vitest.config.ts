import { defineConfig } from 'vitest/config';

const workspaces =
  'domain,event-store,media-store,embedded-couchdb,ingest,sync-server,etl,analytics,simulator,load,scripts,docs';

/**
 * Two projects: `parts` runs each workspace's own suites side by side; `whole` starts the product once and walks
 * through it in a real browser, one file after the other, because its people share one demo.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'parts',
          include: [`{${workspaces}}/**/*.test.ts`, 'pwa/src/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          environment: 'node',
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'whole',
          include: ['e2e/src/**/*.browser.test.ts'],
          globalSetup: ['e2e/src/stack.testkit.ts'],
          environment: 'node',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
