import { emptyHead, seal } from '@recado/domain/commit/chain';
import { eventsDatabase } from '@recado/domain/databases';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CouchDatabase, Stored } from './couch/database.ts';
import { installEventsDatabase } from './install-events-database.ts';
import { startTestStore, type TestStore } from './store.testkit.ts';

const designId = '_design/append-only';
interface Design {
  validate_doc_update: string;
}

let server: TestStore;
let tenant: string;
let database: CouchDatabase;
beforeAll(async () => {
  server = await startTestStore();
  tenant = server.newTenant();
  database = server.couch.database(eventsDatabase(tenant));
  await Promise.all([1, 2, 3].map(() => installEventsDatabase(server.couch, tenant)));
});
afterAll(() => server.stop());

test('installing again changes nothing, and mends a rule that was changed', async () => {
  const before = await database.getOrNull<Design>(designId);
  await installEventsDatabase(server.couch, tenant);
  expect(await database.getOrNull(designId)).toEqual(before);
  await database.overwrite(designId, { validate_doc_update: 'function () {}' });
  await installEventsDatabase(server.couch, tenant);
  expect((await database.getOrNull<Design>(designId))?.validate_doc_update).toBe(before?.validate_doc_update);
});

test('the rule lets a commit in, and lets nobody change or delete it', async () => {
  const { validate_doc_update: source } = (await database.getOrNull<Design>(designId)) as Stored<Design>;
  const validate = runInNewContext(`(${source})`) as (newDoc: object, oldDoc: object | null) => void;
  const refusal = (newDoc: object, oldDoc: object | null): unknown => {
    try {
      validate(newDoc, oldDoc);
      return null;
    } catch (error) {
      return error;
    }
  };
  const commit = { _id: 'contact.a:00000001' };
  expect(refusal(commit, null)).toBeNull();
  expect(refusal({ _id: designId }, { _id: designId })).toBeNull();
  expect(refusal(commit, commit)).toEqual({ forbidden: 'commits are never changed' });
  expect(refusal({ ...commit, _deleted: true }, commit)).toEqual({ forbidden: 'commits are never deleted' });
});

test('a real CouchDB keeps to the rule; the embedded store keeps it without running it', async () => {
  const { vendor } = await server.couch.call<{ vendor: { name: string } }>({ path: '' });
  const actor = { kind: 'system' as const, id: 'x' };
  const events = [{ type: 'NoteTaken', data: {} }];
  const at = '2026-11-20T14:03:00.000Z';
  const commit = seal({ stream: 'contact.rule', head: emptyHead, at, actor, cause: { event: 'x' }, events });
  const rev = await database.put(commit);
  const change = database.put({ ...commit, _rev: rev, at: 'never' });
  if (vendor.name === 'Recado embedded-couchdb') {
    await expect(change).resolves.toMatch(/^2-/);
    return;
  }
  await expect(change).rejects.toMatchObject({ code: 'forbidden' });
  await expect(database.remove({ id: commit._id, rev })).rejects.toMatchObject({ code: 'forbidden' });
});
