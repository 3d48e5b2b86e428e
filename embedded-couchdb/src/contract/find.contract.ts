import { beforeAll, describe, expect, it } from 'vitest';
import type { CouchAccess, Json, TestDatabase } from './couch-access.testkit.ts';

export function findContract(couch: CouchAccess): void {
  describe('finding by selector', () => {
    let database: TestDatabase;
    const idsOf = (body: Json): string[] => body.docs.map((doc: Json) => doc._id);
    const find = async (question: object): Promise<Json> => {
      const { status, body } = await database.post('/_find', question);
      expect(status).toBe(200);
      return body;
    };

    beforeAll(async () => {
      database = await couch.newDatabase();
      const docs = Array.from({ length: 40 }, (_, n) => ({
        _id: `agent-${String(n).padStart(2, '0')}`,
        queue: n % 2 === 0 ? 'sales' : 'support',
        load: 39 - n,
      }));
      await database.post('/_bulk_docs', { docs: [...docs, { _id: '中', queue: 'other', load: 1 }] });
    });

    it('works without an index', async () => {
      expect(idsOf(await find({ selector: { load: { $gte: 38 } } }))).toEqual(['agent-00', 'agent-01']);
      expect(idsOf(await find({ selector: { queue: 'other' } }))).toEqual(['中']);
    });

    it('gives 25 documents unless told otherwise, and goes on from a bookmark', async () => {
      const first = await find({ selector: { load: { $gte: 0 } } });
      expect(first.docs).toHaveLength(25);
      const rest = await find({ selector: { load: { $gte: 0 } }, bookmark: first.bookmark });
      expect(rest.docs).toHaveLength(16);
      expect(new Set([...idsOf(first), ...idsOf(rest)]).size).toBe(41);
      expect((await find({ selector: { load: 5 }, limit: 1, skip: 1 })).docs).toEqual([]);
    });

    it('gives only the fields asked for', async () => {
      expect((await find({ selector: { _id: 'agent-05' }, fields: ['load'] })).docs).toEqual([{ load: 34 }]);
    });

    it('sorts by an index', async () => {
      const refused = await database.post('/_find', { selector: { load: { $gt: 0 } }, sort: ['load'] });
      expect([refused.status, refused.body.error]).toEqual([400, 'no_usable_index']);

      const created = await database.post('/_index', {
        index: { fields: ['load'] },
        ddoc: 'by-load',
        name: 'by-load',
      });
      expect([created.status, created.body]).toEqual([
        200,
        { result: 'created', id: '_design/by-load', name: 'by-load' },
      ]);
      const again = await database.post('/_index', {
        index: { fields: ['load'] },
        ddoc: 'by-load',
        name: 'by-load',
      });
      expect(again.body.result).toBe('exists');
      expect(idsOf(await find({ selector: { load: { $gt: 36 } }, sort: [{ load: 'desc' }] }))).toEqual([
        'agent-00',
        'agent-01',
        'agent-02',
      ]);

      // An index follows later writes.
      await database.put('/agent-99', { queue: 'sales', load: 100 });
      expect(idsOf(await find({ selector: { load: { $gt: 38 } }, sort: ['load'] }))).toEqual([
        'agent-00',
        'agent-99',
      ]);

      const { body: listed } = await database.get('/_index');
      expect(listed.indexes.map((index: Json) => index.name)).toEqual(['_all_docs', 'by-load']);
      expect((await database.delete('/_index/by-load/json/by-load')).body).toEqual({ ok: true });
      expect((await database.get('/_index')).body.indexes).toHaveLength(1);
      expect((await database.delete('/_index/by-load/json/by-load')).status).toBe(404);
    });

    it('needs a selector', async () => {
      const { status, body } = await database.post('/_find', {});
      expect([status, body.error]).toEqual([400, 'missing_required_key']);
      expect((await database.post('/_find', { selector: { load: { $odd: 1 } } })).status).toBe(400);
    });
  });
}
