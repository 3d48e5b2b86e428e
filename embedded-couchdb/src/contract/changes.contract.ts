import { describe, expect, it } from 'vitest';
import { linesOf } from './couch-access.testkit.ts';
import type { CouchAccess, Json, TestDatabase } from './couch-access.testkit.ts';

export function changesContract(couch: CouchAccess): void {
  const idsOf = (body: Json): string[] => body.results.map((row: Json) => row.id);
  const changes = async (database: TestDatabase, query = ''): Promise<Json> => {
    const { status, body } = await database.get(`/_changes${query}`);
    expect(status).toBe(200);
    return body;
  };
  const since = (seq: unknown) => `since=${encodeURIComponent(String(seq))}`;
  const writeThree = async (): Promise<{ database: TestDatabase; revs: string[] }> => {
    const database = await couch.newDatabase();
    const revs: string[] = [];
    for (const id of ['a', 'b', 'c']) revs.push((await database.put(`/${id}`, { of: id })).body.rev);
    return { database, revs };
  };

  describe('changes', () => {
    it('tell of each document once, in the order of its latest write', async () => {
      const { database, revs } = await writeThree();
      const { body: again } = await database.put('/a', { _rev: revs[0], of: 'a again' });
      const { body: gone } = await database.delete(`/b?rev=${revs[1]}`);
      const body = await changes(database, '?include_docs=true');
      expect(idsOf(body)).toEqual(['c', 'a', 'b']);
      expect(body.results.map((row: Json) => row.changes)).toEqual([
        [{ rev: revs[2] }],
        [{ rev: again.rev }],
        [{ rev: gone.rev }],
      ]);
      expect(body.results.map((row: Json) => row.deleted)).toEqual([undefined, undefined, true]);
      expect(body.results[1].doc).toEqual({ _id: 'a', _rev: again.rev, of: 'a again' });
      expect(body.results[2].doc).toEqual({ _id: 'b', _rev: gone.rev, _deleted: true });
      expect(body.pending).toBe(0);
    });

    it('of one bulk come in the order of their ids, whatever their order in the bulk', async () => {
      const database = await couch.newDatabase();
      await database.post('/_bulk_docs', { docs: ['c', 'B', 'a', 'é', 'b'].map((_id) => ({ _id })) });
      await database.put('/A', {});
      expect(idsOf(await changes(database))).toEqual(['B', 'a', 'b', 'c', 'é', 'A']);
    });

    it('go on after any sequence they gave', async () => {
      const { database } = await writeThree();
      const body = await changes(database);
      expect(idsOf(await changes(database, `?${since(body.results[0].seq)}`))).toEqual(['b', 'c']);
      expect(idsOf(await changes(database, `?${since(body.last_seq)}`))).toEqual([]);
      expect(idsOf(await changes(database, '?since=0'))).toEqual(['a', 'b', 'c']);
      expect(idsOf(await changes(database, '?since=now'))).toEqual([]);
      const { body: info } = await database.get('');
      expect(idsOf(await changes(database, `?${since(info.update_seq)}`))).toEqual([]);
    });

    it('come in pages that join without gap or repetition', async () => {
      const database = await couch.newDatabase();
      const ids = Array.from({ length: 1300 }, (_, n) => `doc-${n}`);
      await database.post('/_bulk_docs', { docs: ids.map((_id) => ({ _id })) });
      const seen: string[] = [];
      let position: unknown = 0;
      for (;;) {
        const page = await changes(database, `?limit=170&${since(position)}`);
        if (page.results.length === 0) break;
        seen.push(...idsOf(page));
        position = page.last_seq;
      }
      expect(seen.sort()).toEqual(ids.sort());
      expect(idsOf(await changes(database))).toHaveLength(1300);
    });

    it('say how many are still to come', async () => {
      const { database } = await writeThree();
      const page = await changes(database, '?limit=1');
      expect([idsOf(page), page.pending]).toEqual([['a'], 2]);
      expect(page.last_seq).toEqual(page.results[0].seq);
    });

    it('come backwards', async () => {
      const { database } = await writeThree();
      expect(idsOf(await changes(database, '?descending=true'))).toEqual(['c', 'b', 'a']);
      expect(idsOf(await changes(database, '?descending=true&limit=1'))).toEqual(['c']);
    });

    it('are filtered by id', async () => {
      const { database } = await writeThree();
      const posted = await database.post('/_changes?filter=_doc_ids', { doc_ids: ['c', 'a', 'nobody'] });
      expect(idsOf(posted.body)).toEqual(['a', 'c']);
      const inQuery = await changes(database, `?filter=_doc_ids&doc_ids=${encodeURIComponent('["b"]')}`);
      expect(idsOf(inQuery)).toEqual(['b']);
    });

    it('are filtered by selector, also when those that pass are few', async () => {
      const database = await couch.newDatabase();
      const docs = Array.from({ length: 1200 }, (_, n) => ({
        _id: `doc-${String(n).padStart(4, '0')}`,
        kind: n % 400 === 7 ? 'rare' : 'common',
      }));
      await database.post('/_bulk_docs', { docs });
      const { body } = await database.post('/_changes?filter=_selector&include_docs=true', {
        selector: { kind: 'rare' },
      });
      expect(idsOf(body)).toEqual(['doc-0007', 'doc-0407', 'doc-0807']);
      const first = await database.post('/_changes?filter=_selector&limit=1', { selector: { kind: 'rare' } });
      expect(idsOf(first.body)).toEqual(['doc-0007']);
      const rest = await database.post(`/_changes?filter=_selector&${since(first.body.last_seq)}`, {
        selector: { kind: 'rare' },
      });
      expect(idsOf(rest.body)).toEqual(['doc-0407', 'doc-0807']);
    });

    it('do not know a filter that nobody defined', async () => {
      const { database } = await writeThree();
      expect((await database.get('/_changes?filter=nothing/here')).status).toBe(404);
    });

    it('tell conflicts when asked', async () => {
      const database = await couch.newDatabase();
      const [low, high] = ['a'.repeat(32), 'b'.repeat(32)];
      await database.post('/_bulk_docs', {
        new_edits: false,
        docs: [low, high].map((hash) => ({ _id: 'a', _rev: `1-${hash}` })),
      });
      const { results } = await changes(database, '?include_docs=true&conflicts=true');
      expect(results[0].doc).toEqual({ _id: 'a', _rev: `1-${high}`, _conflicts: [`1-${low}`] });
    });

    it('refuse a malformed question', async () => {
      const { database } = await writeThree();
      for (const query of ['feed=smoke-signals', 'limit=all']) {
        const { status } = await database.get(`/_changes?${query}`);
        // CouchDB answers some of these with 500.
        expect([query, status >= 400]).toEqual([query, true]);
      }
    });
  });

  describe('a long poll', () => {
    it('answers at once when there is something', async () => {
      const { database } = await writeThree();
      expect(idsOf(await changes(database, '?feed=longpoll&since=0&heartbeat=60000'))).toEqual([
        'a',
        'b',
        'c',
      ]);
    });

    it('waits for the next change and answers with it', async () => {
      const { database } = await writeThree();
      const { last_seq } = await changes(database);
      const poll = changes(database, `?feed=longpoll&include_docs=true&heartbeat=60000&${since(last_seq)}`);
      await database.put('/d', { late: true });
      const body = await poll;
      expect(idsOf(body)).toEqual(['d']);
      expect(body.results[0].doc.late).toBe(true);
      expect(idsOf(await changes(database, `?${since(body.last_seq)}`))).toEqual([]);
    });

    it('sends its head before anything has changed, and heartbeats while it waits', async () => {
      const { database } = await writeThree();
      const leave = new AbortController();
      const response = await database.fetch('/_changes?feed=longpoll&since=now&heartbeat=50', {
        signal: leave.signal,
      });
      expect(response.status).toBe(200);
      const reader = response.body?.getReader();
      let text = '';
      while (!/\n\n\n/.test(text)) text += new TextDecoder().decode((await reader?.read())?.value);
      leave.abort();
    });

    it('ends empty when its time is up', async () => {
      const { database } = await writeThree();
      const body = await changes(database, '?feed=longpoll&since=now&timeout=50');
      expect(body.results).toEqual([]);
      expect(idsOf(await changes(database, `?${since(body.last_seq)}`))).toEqual([]);
    });

    it('is not ended by a change that its filter holds back', async () => {
      const { database } = await writeThree();
      const { last_seq } = await changes(database);
      const poll = database.post(
        `/_changes?feed=longpoll&filter=_selector&heartbeat=60000&${since(last_seq)}`,
        {
          selector: { wanted: true },
        },
      );
      await database.put('/no', { wanted: false });
      await database.put('/yes', { wanted: true });
      expect(idsOf((await poll).body)).toEqual(['yes']);
    });
  });

  describe('a continuous feed', () => {
    it('tells what was, then each change as it comes, and its last sequence at the end', async () => {
      const { database, revs } = await writeThree();
      const response = await database.fetch(
        '/_changes?feed=continuous&include_docs=true&timeout=1500&since=0',
      );
      const seen: Json[] = [];
      for await (const line of linesOf(response)) {
        if (line === '') continue;
        seen.push(JSON.parse(line));
        if (seen.length === 3) await database.put('/d', { live: 1 });
        if (seen.length === 4) await database.delete(`/a?rev=${revs[0]}`);
      }
      expect(seen.slice(0, 5).map((row) => row.id)).toEqual(['a', 'b', 'c', 'd', 'a']);
      expect(seen[3].doc.live).toBe(1);
      expect(seen[4].deleted).toBe(true);
      expect(seen[5]).toHaveProperty('last_seq');
      expect(idsOf(await changes(database, `?${since(seen[5].last_seq)}`))).toEqual([]);
    });

    it('sends an empty line as heartbeat', async () => {
      const { database } = await writeThree();
      const leave = new AbortController();
      const response = await database.fetch('/_changes?feed=continuous&since=now&heartbeat=30', {
        signal: leave.signal,
      });
      let beats = 0;
      for await (const line of linesOf(response)) {
        expect(line).toBe('');
        beats += 1;
        if (beats === 3) break;
      }
      leave.abort();
      expect(beats).toBe(3);
    });

    it('ends after as many rows as were asked for', async () => {
      const { database } = await writeThree();
      const response = await database.fetch('/_changes?feed=continuous&limit=2&since=0&timeout=30000');
      const rows: Json[] = [];
      for await (const line of linesOf(response)) if (line !== '') rows.push(JSON.parse(line));
      expect(rows.slice(0, 2).map((row) => row.id)).toEqual(['a', 'b']);
    });
  });
}
