import { describe, expect, it } from 'vitest';
import type { CouchAccess } from './couch-access.testkit.ts';

export function localDocumentsContract(couch: CouchAccess): void {
  describe('a local document', () => {
    it('is written, read, overwritten and deleted, and never told of', async () => {
      const database = await couch.newDatabase();
      expect((await database.get('/_local/checkpoint')).status).toBe(404);
      const first = await database.put('/_local/checkpoint', { seq: 1 });
      expect([first.status, first.body]).toEqual([201, { ok: true, id: '_local/checkpoint', rev: '0-1' }]);
      const second = await database.put('/_local/checkpoint', { _rev: '0-1', seq: 2 });
      expect(second.body.rev).toBe('0-2');
      expect((await database.get('/_local/checkpoint')).body).toEqual({
        _id: '_local/checkpoint',
        _rev: '0-2',
        seq: 2,
      });

      expect((await database.get('/_changes')).body.results).toEqual([]);
      expect((await database.get('/_all_docs')).body.rows).toEqual([]);
      expect((await database.get('')).body.doc_count).toBe(0);

      expect((await database.delete('/_local/checkpoint?rev=0-2')).status).toBe(200);
      expect((await database.get('/_local/checkpoint')).status).toBe(404);
    });

    it('may have an id with odd characters', async () => {
      const database = await couch.newDatabase();
      for (const id of ['a.b_c==', 'with space', 'ünï']) {
        const path = `/_local/${encodeURIComponent(id)}`;
        expect((await database.put(path, { id })).status).toBe(201);
        expect((await database.get(path)).body).toMatchObject({ _id: `_local/${id}`, id });
      }
    });

    it('may come in a bulk with others', async () => {
      const database = await couch.newDatabase();
      const { status } = await database.post('/_bulk_docs', {
        docs: [{ _id: '_local/x', v: 1 }, { _id: 'y' }],
      });
      expect(status).toBe(201);
      expect((await database.get('/_local/x')).body.v).toBe(1);
      expect((await database.get('/_all_docs')).body.rows).toHaveLength(1);
    });
  });
}
