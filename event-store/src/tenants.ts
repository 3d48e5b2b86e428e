import { directoryDatabase, isTenantId } from '@recado/domain/databases';
import type { CouchConnection } from './couch/connect.ts';
import { CouchRefused } from './couch/faults.ts';

/** Documents of the directory are `tenant.<id>`: the id is the tenant's, whatever else the document says. */
const prefix = 'tenant.';
/** The first id after all that start with the prefix. */
const end = 'tenant/';

/** Ids of the installation's tenants; none while there is no directory yet. */
export async function readTenants(couch: Pick<CouchConnection, 'database'>): Promise<string[]> {
  try {
    const rows = await couch.database(directoryDatabase).allIds({ startKey: prefix, endKey: end });
    return rows.map(({ id }) => id.slice(prefix.length)).filter(isTenantId);
  } catch (error) {
    if (error instanceof CouchRefused && error.status === 404) return [];
    throw error;
  }
}
