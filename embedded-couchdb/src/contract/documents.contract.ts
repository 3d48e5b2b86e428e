import { describe, expect, it } from 'vitest';
import type { CouchAccess } from './couch-access.testkit.ts';

/** Ids that clients must be able to use: reserved characters of URLs, other scripts, long ones. */
export const oddIds = [
  'conversation.5511.9876.000001:00000001',
  'with space',
  'slash/in/it',
  'percent%41',
  'plus+and&amp=?#hash',
  'quote"and\'apostrophe',
  'comma,semicolon;',
  'ünïcödé',
  '中文標識',
  '🐧 emoji',
  'ÿ at the end of latin',
  'مرحبا',
  'dots..',
  'x'.repeat(500),
];

export function documentsContract(couch: CouchAccess): void {
  const path = (id: string) => `/${encodeURIComponent(id)}`;

  describe('a document', () => {
    it('is written, read, edited and deleted under its revision', async () => {
      const database = await couch.newDatabase();
      const written = await database.put('/a', { text: 'hola', nested: { list: [1, null, 'x'] } });
      expect(written.status).toBe(201);
      expect(written.body).toEqual({ ok: true, id: 'a', rev: expect.stringMatching(/^1-[0-9a-f]{32}$/) });

      const read = await database.get('/a');
      expect(read.status).toBe(200);
      expect(read.body).toEqual({
        _id: 'a',
        _rev: written.body.rev,
        text: 'hola',
        nested: { list: [1, null, 'x'] },
      });
      expect(read.headers.get('etag')).toBe(`"${written.body.rev}"`);

      const edited = await database.put('/a', { _rev: written.body.rev, text: 'adiós' });
      expect([edited.status, edited.body.rev]).toEqual([201, expect.stringMatching(/^2-/)]);

      const deleted = await database.delete(`/a?rev=${edited.body.rev}`);
      expect([deleted.status, deleted.body]).toEqual([
        200,
        { ok: true, id: 'a', rev: expect.stringMatching(/^3-/) },
      ]);
      const gone = await database.get('/a');
      expect([gone.status, gone.body]).toEqual([404, { error: 'not_found', reason: 'deleted' }]);
    });

    it('that was never written is missing', async () => {
      const database = await couch.newDatabase();
      const { status, body } = await database.get('/nothing');
      expect([status, body]).toEqual([404, { error: 'not_found', reason: 'missing' }]);
      expect((await database.request('HEAD', '/nothing')).status).toBe(404);
      const deleted = await database.delete('/nothing?rev=1-abc');
      expect([deleted.status, deleted.body.error]).toEqual([404, 'not_found']);
    });

    it('is not overwritten without its latest revision', async () => {
      const database = await couch.newDatabase();
      const conflict = { error: 'conflict', reason: 'Document update conflict.' };
      const { body: first } = await database.put('/a', { v: 1 });
      const { body: second } = await database.put('/a', { _rev: first.rev, v: 2 });

      for (const answer of [
        await database.put('/a', { v: 3 }),
        await database.put('/a', { _rev: first.rev, v: 3 }),
        await database.put('/a', { _rev: '5-0123456789abcdef0123456789abcdef', v: 3 }),
        await database.delete('/a'),
        await database.delete(`/a?rev=${first.rev}`),
      ]) {
        expect([answer.status, answer.body]).toEqual([409, conflict]);
      }
      expect((await database.get('/a')).body).toEqual({ _id: 'a', _rev: second.rev, v: 2 });
    });

    it('is written by only one of many who try at once', async () => {
      const database = await couch.newDatabase();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, writer) => database.put('/stream:00000001', { writer })),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
      const winner = answers.findIndex((answer) => answer.status === 201);
      expect((await database.get('/stream:00000001')).body.writer).toBe(winner);
    });

    it('is written by only one of many who try the very same content at once', async () => {
      const database = await couch.newDatabase();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => database.put('/same', { equal: true })),
      );
      expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
      expect(answers.filter((answer) => answer.status === 409)).toHaveLength(7);
    });

    it('takes its revision from the query or If-Match too', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/a', {});
      const second = await database.put(`/a?rev=${first.rev}`, { v: 2 });
      expect(second.status).toBe(201);
      const third = await database.request(
        'PUT',
        '/a',
        { v: 3 },
        { headers: { 'if-match': second.body.rev } },
      );
      expect(third.status).toBe(201);
      const deleted = await database.request('DELETE', '/a', undefined, {
        headers: { 'if-match': third.body.rev },
      });
      expect(deleted.status).toBe(200);
    });

    it('is not found when it is deleted twice, whatever revision is named', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/a', {});
      const { body: gone } = await database.delete(`/a?rev=${first.rev}`);
      for (const rev of [first.rev, gone.rev]) {
        const again = await database.delete(`/a?rev=${rev}`);
        expect([again.status, again.body]).toEqual([404, { error: 'not_found', reason: 'deleted' }]);
      }
    });

    it('can be made again after its deletion, and its history goes on', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/a', { life: 1 });
      await database.delete(`/a?rev=${first.rev}`);
      const again = await database.put('/a', { life: 2 });
      expect([again.status, again.body.rev]).toEqual([201, expect.stringMatching(/^3-/)]);
      expect((await database.get('/a')).body.life).toBe(2);
    });

    it('is read at an older revision until compaction, and with its history', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/a', { v: 1 });
      const { body: second } = await database.put('/a', { _rev: first.rev, v: 2 });
      expect((await database.get(`/a?rev=${first.rev}`)).body).toEqual({ _id: 'a', _rev: first.rev, v: 1 });
      expect((await database.get('/a?revs=true')).body._revisions).toEqual({
        start: 2,
        ids: [second.rev.slice(2), first.rev.slice(2)],
      });
      expect((await database.get('/a?revs_info=true')).body._revs_info).toEqual([
        { rev: second.rev, status: 'available' },
        { rev: first.rev, status: 'available' },
      ]);
      const unknown = await database.get('/a?rev=9-0123456789abcdef0123456789abcdef');
      expect([unknown.status, unknown.body.error]).toEqual([404, 'not_found']);
    });

    it('is read as a tombstone when its deleted revision is named', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/a', { v: 1 });
      const { body: tombstone } = await database.put('/a', { _rev: first.rev, _deleted: true, why: 'moved' });
      expect((await database.get(`/a?rev=${tombstone.rev}`)).body).toEqual({
        _id: 'a',
        _rev: tombstone.rev,
        _deleted: true,
        why: 'moved',
      });
    });

    it('is given an id when posted without one', async () => {
      const database = await couch.newDatabase();
      const made = await database.post('', { v: 1 });
      expect([made.status, made.body.id]).toEqual([201, expect.stringMatching(/^[0-9a-f]{32}$/)]);
      expect((await database.get(`/${made.body.id}`)).body.v).toBe(1);
      const named = await database.post('', { _id: 'named', v: 2 });
      expect([named.status, named.body.id]).toEqual([201, 'named']);
      expect((await database.post('', { _id: 'named' })).status).toBe(409);
    });

    it('may have any id', async () => {
      const database = await couch.newDatabase();
      for (const id of oddIds) {
        const written = await database.put(path(id), { id });
        expect([id, written.status, written.body.id]).toEqual([id, 201, id]);
        expect((await database.get(path(id))).body).toMatchObject({ _id: id, id });
      }
      const { body } = await database.get('/_all_docs');
      expect(body.rows.map((row: { id: string }) => row.id).sort()).toEqual([...oddIds].sort());
      expect((await database.get('')).body.doc_count).toBe(oddIds.length);
    });

    it('may not have an empty or reserved id', async () => {
      const database = await couch.newDatabase();
      for (const docs of [[{ _id: '' }], [{ _id: '_reserved' }], [{ _id: 7 }]]) {
        const { status, body } = await database.post('/_bulk_docs', { docs });
        expect([docs, status, body.error]).toEqual([docs, 400, 'illegal_docid']);
      }
      expect((await database.put('/_reserved', {})).status).toBeGreaterThanOrEqual(400);
    });

    it('may not have special members that do not exist, nor a malformed revision', async () => {
      const database = await couch.newDatabase();
      const special = await database.put('/a', { _made_up: true });
      expect([special.status, special.body]).toEqual([
        400,
        { error: 'doc_validation', reason: 'Bad special document member: _made_up' },
      ]);
      const rev = await database.put('/a', { _rev: 'not a revision' });
      expect([rev.status, rev.body.error]).toEqual([400, 'bad_request']);
      expect((await database.get('/a')).status).toBe(404);
    });

    it('must be a JSON object', async () => {
      const database = await couch.newDatabase();
      const malformed = await database.put('/a', '{"half":');
      expect([malformed.status, malformed.body.error]).toEqual([400, 'bad_request']);
      for (const value of [[], 7, 'text', null]) {
        const { status, body } = await database.put('/a', JSON.stringify(value));
        expect([value, status, body.error]).toEqual([value, 400, 'bad_request']);
      }
    });

    it('keeps text of every script unchanged', async () => {
      const database = await couch.newDatabase();
      const texts = ['¿Qué tal?', 'שלום', '👩‍👩‍👧‍👦', '\u0000\u001f', '\u2028', 'a'.repeat(5000), ''];
      await database.put('/texts', { texts });
      expect((await database.get('/texts')).body.texts).toEqual(texts);
    });

    it('of design is stored and found under its own path', async () => {
      const database = await couch.newDatabase();
      const written = await database.put('/_design/audit', { language: 'query', views: {} });
      expect([written.status, written.body.id]).toEqual([201, '_design/audit']);
      expect((await database.get('/_design/audit')).body._id).toBe('_design/audit');
      expect((await database.get('/_design%2Faudit')).body._id).toBe('_design/audit');
      const { body } = await database.get('/_design_docs');
      expect(body.rows.map((row: { id: string }) => row.id)).toEqual(['_design/audit']);
      expect((await database.delete(`/_design/audit?rev=${written.body.rev}`)).status).toBe(200);
    });
  });

  describe('a document in conflict', () => {
    const branch = (hash: string, more: object = {}) => ({
      _id: 'a',
      _rev: `2-${hash}`,
      _revisions: { start: 2, ids: [hash, '1'.repeat(32)] },
      from: hash[0],
      ...more,
    });
    const low = 'a'.repeat(32);
    const high = 'b'.repeat(32);

    it('shows the same winner everywhere and names the losers', async () => {
      const database = await couch.newDatabase();
      await database.post('/_bulk_docs', { new_edits: false, docs: [branch(high)] });
      await database.post('/_bulk_docs', { new_edits: false, docs: [branch(low)] });
      const { body } = await database.get('/a?conflicts=true');
      expect(body).toEqual({ _id: 'a', _rev: `2-${high}`, from: 'b', _conflicts: [`2-${low}`] });

      const { body: changes } = await database.get('/_changes?style=all_docs&include_docs=true');
      expect(changes.results).toHaveLength(1);
      expect(changes.results[0].changes).toEqual([{ rev: `2-${high}` }, { rev: `2-${low}` }]);
      expect(changes.results[0].doc.from).toBe('b');
      const { body: main } = await database.get('/_changes');
      expect(main.results[0].changes).toEqual([{ rev: `2-${high}` }]);
    });

    it('is settled by deleting the losers', async () => {
      const database = await couch.newDatabase();
      await database.post('/_bulk_docs', { new_edits: false, docs: [branch(low), branch(high)] });
      expect((await database.delete(`/a?rev=2-${high}`)).status).toBe(200);
      expect((await database.get('/a?conflicts=true')).body).toEqual({
        _id: 'a',
        _rev: `2-${low}`,
        from: 'a',
      });
      expect((await database.get('')).body).toMatchObject({ doc_count: 1, doc_del_count: 0 });
    });

    it('shows a living revision before a deleted one of a later generation', async () => {
      const database = await couch.newDatabase();
      const tombstone = {
        ...branch(high),
        _rev: `3-${high}`,
        _revisions: { start: 3, ids: [high, '2'.repeat(32), '1'.repeat(32)] },
        _deleted: true,
      };
      await database.post('/_bulk_docs', { new_edits: false, docs: [branch(low), tombstone] });
      expect((await database.get('/a?meta=true')).body).toMatchObject({
        _rev: `2-${low}`,
        _deleted_conflicts: [`3-${high}`],
      });
    });

    it('gives all its open revisions, or those that are named', async () => {
      const database = await couch.newDatabase();
      await database.post('/_bulk_docs', { new_edits: false, docs: [branch(low), branch(high)] });
      const json = { headers: { accept: 'application/json' } };
      const all = await database.request('GET', '/a?open_revs=all&revs=true', undefined, json);
      expect(all.body.map((row: { ok: { _rev: string } }) => row.ok._rev).sort()).toEqual([
        `2-${low}`,
        `2-${high}`,
      ]);
      expect(all.body[0].ok._revisions.start).toBe(2);

      const unknown = `7-${low}`;
      const named = encodeURIComponent(JSON.stringify([`2-${low}`, unknown]));
      const some = await database.request('GET', `/a?open_revs=${named}`, undefined, json);
      expect(some.body).toEqual([{ ok: { _id: 'a', _rev: `2-${low}`, from: 'a' } }, { missing: unknown }]);
    });
  });
}
