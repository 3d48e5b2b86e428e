import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CouchAccess, Json } from './couch-access.testkit.ts';

export function bulkContract(couch: CouchAccess): void {
  const rev = (generation: number, letter: string) => `${generation}-${letter.repeat(32)}`;

  describe('a bulk of documents', () => {
    it('is answered row by row in its order, refusals included', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/b', {});
      const { status, body } = await database.post('/_bulk_docs', {
        docs: [
          { _id: 'a' },
          { _id: 'b' },
          { v: 1 },
          { _id: 'b', _rev: first.rev, v: 2 },
          { _id: 'd', _deleted: true },
        ],
      });
      expect(status).toBe(201);
      expect(body).toEqual([
        { ok: true, id: 'a', rev: expect.stringMatching(/^1-/) },
        { id: 'b', error: 'conflict', reason: 'Document update conflict.' },
        { ok: true, id: expect.stringMatching(/^[0-9a-f]{32}$/), rev: expect.stringMatching(/^1-/) },
        { ok: true, id: 'b', rev: expect.stringMatching(/^2-/) },
        { ok: true, id: 'd', rev: expect.stringMatching(/^1-/) },
      ]);
    });

    it('may be empty', async () => {
      const database = await couch.newDatabase();
      const { status, body } = await database.post('/_bulk_docs', { docs: [] });
      expect([status, body]).toEqual([201, []]);
    });

    it('writes the first of two documents with one id and refuses the second', async () => {
      const database = await couch.newDatabase();
      const { body } = await database.post('/_bulk_docs', {
        docs: [
          { _id: 'a', n: 1 },
          { _id: 'a', n: 2 },
        ],
      });
      expect(body.map((row: Json) => row.ok ?? row.error)).toEqual([true, 'conflict']);
      expect((await database.get('/a')).body.n).toBe(1);
    });

    it('leaves no trace of a refused edit beside an accepted one of the same document', async () => {
      const database = await couch.newDatabase();
      const { body: one } = await database.put('/a', { v: 1 });
      const { body: two } = await database.put('/a', { _rev: one.rev, v: 2 });
      const edits = [
        { _id: 'a', _rev: one.rev, v: 'late' },
        { _id: 'a', _rev: two.rev, v: 3 },
      ];
      const { body } = await database.post('/_bulk_docs', { docs: edits });
      expect(body.map((row: Json) => row.ok ?? row.error)).toEqual(['conflict', true]);
      const json = { headers: { accept: 'application/json' } };
      const { body: leaves } = await database.request('GET', '/a?open_revs=all', undefined, json);
      expect(leaves).toEqual([{ ok: { _id: 'a', _rev: body[1].rev, v: 3 } }]);
    });

    it('with a malformed document writes nothing', async () => {
      const database = await couch.newDatabase();
      for (const docs of [
        [{ _id: 'good' }, 7],
        [{ _id: 'good' }, { _id: 'bad', _odd: 1 }],
      ]) {
        expect((await database.post('/_bulk_docs', { docs })).status).toBe(400);
      }
      expect((await database.get('/good')).status).toBe(404);
    });

    it('with a malformed document does not harm bulks written at the same time', async () => {
      const database = await couch.newDatabase();
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          database.post('/_bulk_docs', { docs: [{ _id: `n${n}`, ...(n % 3 === 0 ? { _odd: 1 } : {}) }] }),
        ),
      );
      answers.forEach(({ status }, n) => expect([n, status]).toEqual([n, n % 3 === 0 ? 400 : 201]));
      expect((await database.get('')).body.doc_count).toBe(20);
    });

    it('says what is wrong with the request', async () => {
      const database = await couch.newDatabase();
      for (const [sent, reason] of [
        [{}, 'POST body must include `docs` parameter.'],
        [{ docs: {} }, '`docs` parameter must be an array.'],
        [{ docs: [], new_edits: 'no' }, '`new_edits` parameter must be a boolean.'],
      ] as const) {
        const { status, body } = await database.post('/_bulk_docs', sent);
        expect([status, body]).toEqual([400, { error: 'bad_request', reason }]);
      }
      const malformed = await database.post('/_bulk_docs', '{"docs":[');
      expect([malformed.status, malformed.body.error]).toEqual([400, 'bad_request']);
      const typeless = await database.request('POST', '/_bulk_docs', '{"docs":[]}', {
        headers: { 'content-type': 'text/plain' },
      });
      expect([typeless.status, typeless.body.error]).toEqual([415, 'bad_content_type']);
    });

    it('may come compressed', async () => {
      const database = await couch.newDatabase();
      const { status } = await database.request('POST', '/_bulk_docs', undefined, {
        body: gzipSync(JSON.stringify({ docs: [{ _id: 'zipped' }] })),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      });
      expect(status).toBe(201);
      expect((await database.get('/zipped')).status).toBe(200);
    });

    it('of replicated revisions keeps their names and tells only of failures', async () => {
      const database = await couch.newDatabase();
      const docs = [
        {
          _id: 'a',
          _rev: rev(3, 'c'),
          _revisions: { start: 3, ids: ['c', 'b', 'a'].map((l) => l.repeat(32)) },
          v: 3,
        },
        { _id: 'b', _rev: rev(1, 'd'), v: 1 },
      ];
      for (let time = 0; time < 2; time += 1) {
        const { status, body } = await database.post('/_bulk_docs', { new_edits: false, docs });
        expect([status, body]).toEqual([201, []]);
      }
      expect((await database.get('/a?revs=true')).body).toMatchObject({
        v: 3,
        _rev: rev(3, 'c'),
        _revisions: { start: 3 },
      });
      expect((await database.get('')).body.doc_count).toBe(2);

      const edited = await database.put('/a', { _rev: rev(3, 'c'), v: 4 });
      expect(edited.status).toBe(201);
      const older = await database.post('/_bulk_docs', { new_edits: false, docs: [docs[0]] });
      expect([older.status, older.body]).toEqual([201, []]);
      expect((await database.get('/a')).body.v).toBe(4);
    });
  });

  describe('revisions', () => {
    it('that are not here are told apart from those that are', async () => {
      const database = await couch.newDatabase();
      const { body: one } = await database.put('/a', {});
      const { body: two } = await database.put('/a', { _rev: one.rev, v: 2 });
      const { status, body } = await database.post('/_revs_diff', {
        a: [one.rev, two.rev, rev(3, 'f')],
        b: [rev(1, 'e')],
        c: [],
      });
      expect(status).toBe(200);
      expect(body).toEqual({
        a: { missing: [rev(3, 'f')], possible_ancestors: [two.rev] },
        b: { missing: [rev(1, 'e')] },
      });
      const { body: missing } = await database.post('/_missing_revs', { a: [two.rev, rev(3, 'f')] });
      expect(missing).toEqual({ missing_revs: { a: [rev(3, 'f')] } });
    });

    it('that were compacted away still count as here', async () => {
      const database = await couch.newDatabase();
      const { body: one } = await database.put('/a', {});
      await database.put('/a', { _rev: one.rev, v: 2 });
      await database.post('/_compact', {});
      expect((await database.post('/_revs_diff', { a: [one.rev] })).body).toEqual({});
    });

    it('are fetched many at a time', async () => {
      const database = await couch.newDatabase();
      const { body: one } = await database.put('/a', { v: 1 });
      const { body: two } = await database.put('/a', { _rev: one.rev, v: 2 });
      const { status, body } = await database.post('/_bulk_get?revs=true', {
        docs: [
          { id: 'a' },
          { id: 'a', rev: one.rev },
          { id: 'a', rev: rev(9, 'f') },
          { id: 'none', rev: one.rev },
        ],
      });
      expect(status).toBe(200);
      const rows = body.results.map((row: Json) => [row.id, row.docs[0].ok?._rev ?? row.docs[0].error.error]);
      expect(rows).toEqual([
        ['a', two.rev],
        ['a', one.rev],
        ['a', 'not_found'],
        ['none', 'not_found'],
      ]);
      expect(body.results[0].docs[0].ok).toMatchObject({
        v: 2,
        _revisions: { start: 2, ids: [two.rev.slice(2), one.rev.slice(2)] },
      });
      expect((await database.post('/_bulk_get', {})).status).toBe(400);
    });

    it('of a deleted document are fetched as tombstones', async () => {
      const database = await couch.newDatabase();
      const { body: one } = await database.put('/a', { v: 1 });
      const { body: gone } = await database.delete(`/a?rev=${one.rev}`);
      const { body } = await database.post('/_bulk_get', { docs: [{ id: 'a', rev: gone.rev }] });
      expect(body.results[0].docs).toEqual([{ ok: { _id: 'a', _rev: gone.rev, _deleted: true } }]);
    });
  });
}
