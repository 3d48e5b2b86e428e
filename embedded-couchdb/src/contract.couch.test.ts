import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { allDocsContract } from './contract/all-docs.contract.ts';
import { bulkContract } from './contract/bulk.contract.ts';
import { changesContract } from './contract/changes.contract.ts';
import { clientsContract } from './contract/clients.contract.ts';
import { couchAccess } from './contract/couch-access.testkit.ts';
import { databasesContract } from './contract/databases.contract.ts';
import { documentsContract } from './contract/documents.contract.ts';
import { findContract } from './contract/find.contract.ts';
import { localDocumentsContract } from './contract/local-documents.contract.ts';
import { replicationContract } from './contract/replication.contract.ts';
import { startEmbeddedCouchdb } from './server.ts';

const contracts = [
  databasesContract,
  documentsContract,
  bulkContract,
  allDocsContract,
  changesContract,
  findContract,
  localDocumentsContract,
  replicationContract,
  clientsContract,
];

function contract(url: () => string): void {
  const couch = couchAccess(url);
  for (const part of contracts) part(couch);
}

describe('embedded-couchdb keeps the contract', () => {
  let url = '';
  let stop: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'recado-couchdb-'));
    const server = await startEmbeddedCouchdb({ directory });
    url = server.url;
    stop = async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    };
  });
  afterAll(() => stop());
  contract(() => url);
});

const couchdbUrl = process.env.COUCHDB_URL;
if (couchdbUrl !== undefined && couchdbUrl !== '') {
  describe('the CouchDB at COUCHDB_URL keeps the contract', () => contract(() => couchdbUrl));
}
