import { beforeAll, describe, expect, it } from 'vitest';
import type { CouchAccess, Json, TestDatabase } from './couch-access.testkit.ts';

export function allDocsContract(couch: CouchAccess): void {
  describe('all documents', () => {
    let database: TestDatabase;
    const ids = ['A', 'a', 'conv:1', 'conv:2', 'conv:3', 'msg:1', 'z', 'é', '中', '🐧'];
    const revs = new Map<string, string>();

    beforeAll(async () => {
      database = await couch.newDatabase();
      const docs = [...ids, 'conv:deleted'].toReversed().map((_id) => ({ _id, of: _id }));
      const { body } = await database.post('/_bulk_docs', { docs });
      for (const row of body) revs.set(row.id, row.rev);
      const { body: gone } = await database.delete(`/conv:deleted?rev=${revs.get('conv:deleted')}`);
      revs.set('conv:deleted', gone.rev);
    });

    const idsOf = (body: Json): string[] => body.rows.map((row: Json) => row.id);
    const ask = async (options: Record<string, unknown>): Promise<Json> => {
      const query = Object.entries(options).map(
        ([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`,
      );
      const { status, body } = await database.get(`/_all_docs?${query.join('&')}`);
      expect(status).toBe(200);
      return body;
    };

    it('come in the order of their ids by bytes, without the deleted', async () => {
      const body = await ask({});
      expect(idsOf(body)).toEqual(ids);
      expect(body).toMatchObject({ total_rows: ids.length, offset: 0 });
      expect(body.rows[0]).toEqual({ id: 'A', key: 'A', value: { rev: revs.get('A') } });
    });

    it('come with their content when asked', async () => {
      const body = await ask({ include_docs: true });
      expect(body.rows.map((row: Json) => row.doc)).toEqual(
        ids.map((id) => ({ _id: id, _rev: revs.get(id), of: id })),
      );
    });

    it('come as a range', async () => {
      expect(idsOf(await ask({ startkey: 'conv:', endkey: 'conv:\ufff0' }))).toEqual([
        'conv:1',
        'conv:2',
        'conv:3',
      ]);
      expect(idsOf(await ask({ start_key: 'conv:2', end_key: 'conv:3' }))).toEqual(['conv:2', 'conv:3']);
      expect(idsOf(await ask({ startkey: 'conv:1', endkey: 'conv:3', inclusive_end: false }))).toEqual([
        'conv:1',
        'conv:2',
      ]);
      expect(idsOf(await ask({ key: 'conv:2' }))).toEqual(['conv:2']);
      expect(idsOf(await ask({ startkey: 'z' }))).toEqual(['z', 'é', '中', '🐧']);
      expect(idsOf(await ask({ startkey: 'conv:3', limit: 2 }))).toEqual(['conv:3', 'msg:1']);
      expect(idsOf(await ask({ startkey: 'conv:', limit: 1, skip: 2 }))).toEqual(['conv:3']);
      expect(idsOf(await ask({ startkey: '🐧🐧' }))).toEqual([]);
    });

    it('come backwards', async () => {
      expect(idsOf(await ask({ descending: true }))).toEqual(ids.toReversed());
      expect(idsOf(await ask({ descending: true, startkey: 'conv:2', endkey: 'A' }))).toEqual([
        'conv:2',
        'conv:1',
        'a',
        'A',
      ]);
      expect(
        idsOf(await ask({ descending: true, startkey: 'conv:\ufff0', endkey: 'conv:', limit: 1 })),
      ).toEqual(['conv:3']);
      expect(
        idsOf(await ask({ descending: true, startkey: 'conv:3', endkey: 'conv:1', inclusive_end: false })),
      ).toEqual(['conv:3', 'conv:2']);
    });

    it('come in pages that join without gap or repetition', async () => {
      const seen: string[] = [];
      for (let skip = 0; skip < ids.length; skip += 3) seen.push(...idsOf(await ask({ limit: 3, skip })));
      expect(seen).toEqual(ids);
      expect(idsOf(await ask({ limit: 0 }))).toEqual([]);
    });

    it('come by key, the deleted and the unknown among them, in the order of the keys', async () => {
      const keys = ['z', 'conv:deleted', 'nobody', 'a', 'z'];
      const expected = [
        { id: 'z', key: 'z', value: { rev: revs.get('z') }, doc: { _id: 'z', _rev: revs.get('z'), of: 'z' } },
        {
          id: 'conv:deleted',
          key: 'conv:deleted',
          value: { rev: revs.get('conv:deleted'), deleted: true },
          doc: null,
        },
        { key: 'nobody', error: 'not_found' },
        { id: 'a', key: 'a', value: { rev: revs.get('a') }, doc: { _id: 'a', _rev: revs.get('a'), of: 'a' } },
      ];
      const posted = await database.post('/_all_docs', { keys, include_docs: true, deleted: 'ok' });
      expect(posted.status).toBe(200);
      expect(posted.body.rows).toEqual([...expected, expected[0]]);
      const fromQuery = await database.post('/_all_docs?include_docs=true', { keys });
      expect(fromQuery.body.rows).toEqual(posted.body.rows);
    });

    it('come by key in an address whose JSON is not escaped, as RxDB asks', async () => {
      const response = await database.fetch('/_all_docs?include_docs=true&keys=["a","conv:1"]');
      const body = (await response.json()) as Json;
      expect(idsOf(body)).toEqual(['a', 'conv:1']);
      expect(body.rows[0].doc.of).toBe('a');
    });

    it('refuse options that mean nothing', async () => {
      for (const query of ['keys="a"', 'startkey=unquoted', 'limit=many', 'descending=perhaps', 'limit=-1']) {
        const { status } = await database.get(`/_all_docs?${query}`);
        expect([query, status]).toEqual([query, 400]);
      }
    });

    it('are all read when there are many', async () => {
      const many = await couch.newDatabase();
      const expected = Array.from({ length: 2600 }, (_, n) => `doc-${String(n).padStart(5, '0')}`);
      await many.post('/_bulk_docs', { docs: expected.map((_id) => ({ _id, filler: 'x'.repeat(200) })) });
      const { body } = await many.get('/_all_docs?include_docs=true');
      expect(idsOf(body)).toEqual(expected);
      const { body: middle } = await many.get('/_all_docs?skip=1200&limit=700');
      expect(idsOf(middle)).toEqual(expected.slice(1200, 1900));
    });
  });
}
