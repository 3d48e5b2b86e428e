import { describe, expect, it } from 'vitest';
import type { CouchAccess } from './couch-access.testkit.ts';

export function databasesContract(couch: CouchAccess): void {
  describe('the server', () => {
    it('says who it is', async () => {
      const { status, body } = await couch.request('GET', '/');
      expect(status).toBe(200);
      expect(body).toMatchObject({ couchdb: 'Welcome', version: expect.stringMatching(/^3\./) });
    });

    it('says that it is up', async () => {
      const { status, body } = await couch.request('GET', '/_up');
      expect([status, body.status]).toEqual([200, 'ok']);
    });

    it('hands out uuids', async () => {
      const { body } = await couch.request('GET', '/_uuids?count=3');
      expect(new Set(body.uuids).size).toBe(3);
      for (const uuid of body.uuids) expect(uuid).toMatch(/^[0-9a-f]{32}$/);
    });

    it('refuses a method that an endpoint does not have', async () => {
      const { status, body } = await couch.request('POST', '/_all_dbs', {});
      expect([status, body.error]).toEqual([405, 'method_not_allowed']);
    });
  });

  describe('a database', () => {
    it('is created once, listed, described and deleted', async () => {
      const name = couch.newName();
      const created = await couch.request('PUT', `/${name}?q=1&n=1`);
      expect([created.status, created.body]).toEqual([201, { ok: true }]);

      const again = await couch.request('PUT', `/${name}`);
      expect([again.status, again.body.error]).toEqual([412, 'file_exists']);
      expect((await couch.request('GET', '/_all_dbs')).body).toContain(name);

      const info = await couch.request('GET', `/${name}`);
      expect(info.status).toBe(200);
      expect(info.body).toMatchObject({ db_name: name, doc_count: 0, doc_del_count: 0 });
      expect(info.body).toHaveProperty('update_seq');
      expect(info.body).toHaveProperty('instance_start_time');
      expect(info.body.sizes).toHaveProperty('file');

      const deleted = await couch.request('DELETE', `/${name}`);
      expect([deleted.status, deleted.body]).toEqual([200, { ok: true }]);
      expect((await couch.request('GET', '/_all_dbs')).body).not.toContain(name);
    });

    it('answers HEAD with 200 where it exists and 404 where not', async () => {
      const database = await couch.newDatabase();
      expect((await database.request('HEAD', '')).status).toBe(200);
      expect((await couch.request('HEAD', `/${couch.newName()}`)).status).toBe(404);
    });

    it('that does not exist is not found, whatever is asked of it', async () => {
      const missing = couch.database(couch.newName());
      const reason = { error: 'not_found', reason: 'Database does not exist.' };
      for (const answer of [
        await missing.get(''),
        await missing.get('/some-document'),
        await missing.put('/some-document', {}),
        await missing.get('/_all_docs'),
        await missing.get('/_changes'),
        await missing.post('/_bulk_docs', { docs: [] }),
        await missing.delete(''),
      ]) {
        expect([answer.status, answer.body]).toEqual([404, reason]);
      }
    });

    it('has a name of lower-case letters, digits and _$()+-/, beginning with a letter', async () => {
      for (const name of ['Capital', '1digit', '_underscore', 'spa%20ce', 'dot.ted', 'ümlaut']) {
        const { status, body } = await couch.request('PUT', `/${name}`);
        expect([name, status, body.error]).toEqual([name, 400, 'illegal_database_name']);
      }
      const name = `${couch.newName()}_$()+/x`;
      expect((await couch.request('PUT', `/${encodeURIComponent(name)}`)).status).toBe(201);
      expect((await couch.request('GET', `/${encodeURIComponent(name)}`)).body.db_name).toBe(name);
      expect((await couch.request('GET', '/_all_dbs')).body).toContain(name);
      expect((await couch.request('DELETE', `/${encodeURIComponent(name)}`)).status).toBe(200);
    });

    it('starts empty when created again under a name that was deleted', async () => {
      const database = await couch.newDatabase();
      await database.put('/a', { old: true });
      const { body: before } = await database.get('/_changes');
      await database.delete('');
      await couch.request('PUT', `/${database.name}?q=1`);
      expect((await database.get('')).body.doc_count).toBe(0);
      expect((await database.get('/a')).status).toBe(404);

      // A reader who kept its position in the old database must see the new one whole.
      await database.put('/b', { new: true });
      const since = encodeURIComponent(String(before.last_seq));
      const { body } = await database.get(`/_changes?since=${since}`);
      expect(body.results.map((row: { id: string }) => row.id)).toEqual(['b']);
    });

    it('counts living and deleted documents apart', async () => {
      const database = await couch.newDatabase();
      const { body } = await database.post('/_bulk_docs', {
        docs: [{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }],
      });
      await database.delete(`/a?rev=${body[0].rev}`);
      await database.put(`/b`, { _rev: body[1].rev, edited: true });
      expect((await database.get('')).body).toMatchObject({ doc_count: 2, doc_del_count: 1 });
    });

    it('keeps a security object and a revision limit', async () => {
      const database = await couch.newDatabase();
      const security = { admins: { names: ['root'], roles: [] }, members: { names: [], roles: ['reader'] } };
      expect((await database.put('/_security', security)).body).toEqual({ ok: true });
      expect((await database.get('/_security')).body).toMatchObject(security);

      expect((await database.get('/_revs_limit')).body).toBe(1000);
      expect((await database.put('/_revs_limit', 7)).body).toEqual({ ok: true });
      expect((await database.get('/_revs_limit')).body).toBe(7);
      expect((await database.put('/_revs_limit', 'many')).status).toBe(400);
    });

    it('takes settings from several at once', async () => {
      const database = await couch.newDatabase();
      const limits = await Promise.all(
        [7, 7, 8, 8, 9, 9].map((limit) => database.put('/_revs_limit', limit)),
      );
      expect(limits.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      expect([7, 8, 9]).toContain((await database.get('/_revs_limit')).body);
    });

    it('takes requests to compact and to commit', async () => {
      const database = await couch.newDatabase();
      const compacted = await database.post('/_compact', {});
      expect([compacted.status, compacted.body]).toEqual([202, { ok: true }]);
      const committed = await database.post('/_ensure_full_commit', {});
      expect([committed.status, committed.body.ok]).toEqual([201, true]);
    });

    it('is not deleted by a request that meant a document', async () => {
      const database = await couch.newDatabase();
      expect((await database.delete('?rev=1-abc')).status).toBe(400);
      expect((await database.get('')).status).toBe(200);
    });
  });
}
