import { eventsDatabase } from '@recado/domain/databases';
import type { CouchConnection } from './couch/connect.ts';

const designId = '_design/append-only';

/**
 * Runs inside CouchDB, in its own JavaScript: no change and no deletion of a commit, whoever asks. Only a server
 * admin can lift it, by changing the design document. The embedded store keeps it without running it.
 */
const validation = `function (newDoc, oldDoc) {
  if (newDoc._id.indexOf('_design/') === 0) return;
  if (newDoc._deleted) throw({ forbidden: 'commits are never deleted' });
  if (oldDoc && !oldDoc._deleted) throw({ forbidden: 'commits are never changed' });
}`;

/**
 * Creates a tenant's events database, or leaves it as it is. One shard (`q=1`), so that its feed of changes is
 * one sequence. Safe to call at every start and from several processes at once.
 */
export async function installEventsDatabase(couch: CouchConnection, tenant: string): Promise<void> {
  const name = eventsDatabase(tenant);
  await couch.ensureDatabase(name, { q: 1 });
  const database = couch.database(name);
  const stored = await database.getOrNull<{ validate_doc_update?: string }>(designId);
  if (stored?.validate_doc_update === validation) return;
  await database.overwrite(designId, { language: 'javascript', validate_doc_update: validation });
}
