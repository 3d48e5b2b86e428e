import { createRequire } from 'node:module';
import { Readable, Writable } from 'node:stream';
import nano from 'nano';
import { describe, expect, it } from 'vitest';
import { oddIds } from './documents.contract.ts';
import type { CouchAccess, Json } from './couch-access.testkit.ts';

type Done = (error: Error | null, result: { total: number }) => void;
const couchbackup = createRequire(import.meta.url)('@cloudant/couchbackup') as {
  backup(url: string, target: Writable, options: object, done: Done): void;
  restore(source: Readable, url: string, options: object, done: Done): void;
};

export function clientsContract(couch: CouchAccess): void {
  describe('nano', () => {
    it('creates, writes, reads, lists, finds and destroys', async () => {
      const server = nano(couch.url);
      const name = couch.newName();
      await server.db.create(name);
      expect((await server.db.get(name)).db_name).toBe(name);
      expect(await server.db.list()).toContain(name);

      const db = server.use<{ text: string }>(name);
      const inserted = await db.insert({ text: 'hola' }, 'conv:1');
      expect(inserted).toMatchObject({ ok: true, id: 'conv:1' });
      expect(await db.get('conv:1')).toMatchObject({ _id: 'conv:1', text: 'hola' });
      const head: Json = await db.head('conv:1');
      expect(head.etag).toBe(`"${inserted.rev}"`);
      await expect(db.insert({ text: 'again' }, 'conv:1')).rejects.toMatchObject({
        statusCode: 409,
        error: 'conflict',
      });
      await expect(db.get('nobody')).rejects.toMatchObject({ statusCode: 404, reason: 'missing' });

      const bulk = await db.bulk({
        docs: [
          { _id: 'conv:2', text: 'b' },
          { _id: 'conv:1', text: 'c' },
        ],
      });
      expect(bulk.map((row) => row.error)).toEqual([undefined, 'conflict']);
      const listed = await db.list({ startkey: 'conv:', endkey: 'conv:\ufff0', include_docs: true });
      expect(listed.rows.map((row) => row.doc?.text)).toEqual(['hola', 'b']);
      const fetched = await db.fetch({ keys: ['conv:2', 'conv:9'] });
      expect(fetched.rows.map((row) => ('error' in row ? row.error : row.id))).toEqual([
        'conv:2',
        'not_found',
      ]);
      expect((await db.find({ selector: { text: 'b' } })).docs).toHaveLength(1);
      expect(await db.destroy('conv:1', inserted.rev)).toMatchObject({ ok: true });
      await server.db.destroy(name);
      expect(await server.db.list()).not.toContain(name);
    });

    it('follows changes live', async () => {
      const database = await couch.newDatabase();
      const db = nano(couch.url).use(database.name);
      await database.put('/before', {});
      const seen: string[] = [];
      await new Promise<void>((resolve, reject) => {
        const reader = db.changesReader.start({ since: '0', includeDocs: true, timeout: 1000 });
        reader.on('change', (change: Json) => {
          seen.push(change.id);
          if (change.id === 'before') database.put('/after', {}).catch(reject);
          if (change.id === 'after') {
            db.changesReader.stop();
            resolve();
          }
        });
        reader.on('error', reject);
      });
      expect(seen).toEqual(['before', 'after']);
    });
  });

  describe('couchbackup', () => {
    it('backs a database up and restores it into another, document for document', async () => {
      const source = await couch.newDatabase();
      const target = await couch.newDatabase();
      const docs = oddIds.map((_id, n) => ({ _id, n, text: '¿qué tal? 🐧' }));
      const { body } = await source.post('/_bulk_docs', { docs });
      await source.put('/_design/query', { language: 'query', views: {} });
      await source.put(`/${encodeURIComponent(oddIds[0] ?? '')}`, { _rev: body[0].rev, n: 'edited' });
      await source.post('/_bulk_docs', { docs: [{ _id: 'gone', _deleted: true }] });

      const chunks: Buffer[] = [];
      const memory = new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      });
      const options = { parallelism: 2, bufferSize: 5 };
      await new Promise<void>((resolve, reject) =>
        couchbackup.backup(source.url, memory, options, (error) => (error ? reject(error) : resolve())),
      );
      await new Promise<void>((resolve, reject) =>
        couchbackup.restore(Readable.from([Buffer.concat(chunks)]), target.url, options, (error) =>
          error ? reject(error) : resolve(),
        ),
      );

      const whole = async (database: typeof source) =>
        (await database.get('/_all_docs?include_docs=true')).body.rows;
      expect(await whole(target)).toEqual(await whole(source));
      expect(await whole(target)).toHaveLength(oddIds.length + 1);
    });
  });
}
