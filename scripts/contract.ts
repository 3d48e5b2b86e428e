import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './stack/child.ts';

/**
 * `COUCHDB_URL=http://user:password@host:port npm run contract`: the store's contract, the event store's and the
 * gateway's suites against that server. Each makes databases of its own and deletes them.
 */
if (!process.env.COUCHDB_URL) {
  console.error('Set COUCHDB_URL to the server to check, with credentials that may create databases.');
  process.exit(1);
}
const suites = ['embedded-couchdb/src/contract', 'event-store/src', 'sync-server/src/gateway'];
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...suites, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
