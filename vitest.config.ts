import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{domain,event-store,media-store,embedded-couchdb,ingest,sync-server,etl,analytics,simulator,load,scripts,docs}/**/*.test.ts',
      'pwa/src/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
