import { connectCouch } from './couch/connect.ts';
import { createCouchEventStore } from './couch-event-store.ts';
import { verifyStreams } from './verify-stream.ts';

/**
 * Checks the chains of a tenant's history: `COUCHDB_URL=… node event-store/src/verify-cli.ts <tenant> [prefix]`.
 * Prints each broken stream and a summary; exits with 1 when any is broken.
 */
const [tenant, prefix = ''] = process.argv.slice(2);
const url = process.env['COUCHDB_URL'] ?? 'http://127.0.0.1:3004';
if (!tenant) {
  console.error('usage: verify-cli.ts <tenant> [stream prefix]');
  process.exit(2);
}

const store = createCouchEventStore({ couch: connectCouch({ url }), tenant });
let streams = 0;
let commits = 0;
let broken = 0;
for await (const proof of verifyStreams(store, prefix)) {
  streams++;
  commits += proof.commits;
  if (!proof.fault) continue;
  broken++;
  console.log(`${proof.stream}: ${proof.fault.fault} at version ${proof.fault.version}`);
}
console.log(`${commits} commits in ${streams} streams, ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
