import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRxDatabase } from 'rxdb';
import type { RxCollection } from 'rxdb';
import { replicateCouchDB } from 'rxdb/plugins/replication-couchdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CouchAccess, Json, TestDatabase } from './couch-access.testkit.ts';

interface LocalPouch {
  put(doc: object): Promise<{ rev: string }>;
  get(id: string, options?: object): Promise<Json>;
  bulkDocs(docs: object[]): Promise<Json[]>;
  info(): Promise<{ doc_count: number }>;
  close(): Promise<void>;
  sync(remote: string, options: object): { cancel(): void } & Promise<unknown>;
  replicate: {
    to(remote: string): Promise<{ ok: boolean; docs_written: number }>;
    from(remote: string, options?: object): Promise<{ ok: boolean; docs_written: number }>;
  };
}

const PouchDB = createRequire(import.meta.url)('pouchdb') as new (name: string) => LocalPouch;

export function replicationContract(couch: CouchAccess): void {
  const atEnd: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const close of atEnd.splice(0).reverse()) await close();
  });

  async function newPouch(): Promise<LocalPouch> {
    const folder = await mkdtemp(join(tmpdir(), 'recado-pouch-'));
    const pouch = new PouchDB(join(folder, 'local'));
    atEnd.push(async () => {
      await pouch.close();
      await rm(folder, { recursive: true, force: true });
    });
    return pouch;
  }

  describe("PouchDB's replicator", () => {
    it('carries documents, edits, deletions and odd ids there and back', async () => {
      const database = await couch.newDatabase();
      const here = await newPouch();
      const there = await newPouch();
      const docs = Array.from({ length: 250 }, (_, n) => ({ _id: `msg:${n}`, n }));
      const rows = await here.bulkDocs([...docs, { _id: 'ünï/cödé +&?#%' }, { _id: '🐧' }]);
      await here.put({ _id: 'msg:0', _rev: rows[0].rev, n: 'edited' });
      await here.put({ _id: 'msg:1', _rev: rows[1].rev, _deleted: true });

      expect(await here.replicate.to(database.url)).toMatchObject({ ok: true });
      expect((await database.get('')).body).toMatchObject({ doc_count: 251, doc_del_count: 1 });
      expect((await database.get('/msg:0')).body.n).toBe('edited');
      expect((await database.get('/msg:1')).body.reason).toBe('deleted');

      expect(await there.replicate.from(database.url, { batch_size: 100 })).toMatchObject({ ok: true });
      expect((await there.info()).doc_count).toBe(251);
      expect(await there.get('ünï/cödé +&?#%')).toMatchObject({ _id: 'ünï/cödé +&?#%' });
      expect(await there.get('msg:0', { revs: true })).toMatchObject({
        n: 'edited',
        _revisions: { start: 2 },
      });
    });

    it('goes on from its checkpoint', async () => {
      const database = await couch.newDatabase();
      const here = await newPouch();
      await here.bulkDocs(Array.from({ length: 20 }, (_, n) => ({ _id: `a${n}` })));
      await here.replicate.to(database.url);
      expect((await here.replicate.to(database.url)).docs_written).toBe(0);
      await here.put({ _id: 'late' });
      expect((await here.replicate.to(database.url)).docs_written).toBe(1);
    });

    it('brings conflicts along, so that both sides choose the same winner', async () => {
      const database = await couch.newDatabase();
      const one = await newPouch();
      const two = await newPouch();
      await one.put({ _id: 'card', by: 'one' });
      await two.put({ _id: 'card', by: 'two' });
      await one.replicate.to(database.url);
      await two.replicate.to(database.url);
      await one.replicate.from(database.url);
      await two.replicate.from(database.url);
      const winner = await one.get('card', { conflicts: true });
      expect(winner._conflicts).toHaveLength(1);
      expect(await two.get('card', { conflicts: true })).toEqual(winner);
      expect((await database.get('/card?conflicts=true')).body).toEqual(winner);
    });

    it('keeps two sides alike live', async () => {
      const database = await couch.newDatabase();
      const here = await newPouch();
      const sync = here.sync(database.url, { live: true, retry: true });
      atEnd.push(async () => {
        sync.cancel();
        await sync;
      });
      await database.put('/from-server', { v: 1 });
      await here.put({ _id: 'from-device', v: 2 });
      await vi.waitFor(async () => expect((await here.get('from-server')).v).toBe(1), { timeout: 10_000 });
      await vi.waitFor(async () => expect((await database.get('/from-device')).body.v).toBe(2), {
        timeout: 10_000,
      });
    });
  });

  describe("RxDB's replication-couchdb", () => {
    const schema = {
      version: 0,
      primaryKey: 'id',
      type: 'object',
      properties: { id: { type: 'string', maxLength: 100 }, text: { type: 'string' } },
      required: ['id', 'text'],
    } as const;
    interface Message {
      id: string;
      text: string;
    }

    async function newCollection(database: TestDatabase): Promise<RxCollection<Message>> {
      const rx = await createRxDatabase({
        name: `contract${Math.random().toString(36).slice(2)}`,
        storage: getRxStorageMemory(),
        multiInstance: false,
      });
      const { messages } = await rx.addCollections<{ messages: RxCollection<Message> }>({
        messages: { schema },
      });
      const replication = replicateCouchDB({
        replicationIdentifier: `contract-${database.name}`,
        collection: messages,
        url: `${new URL(couch.url).origin}/${database.name}/`,
        fetch: couch.authorised,
        live: true,
        retryTime: 100,
        waitForLeadership: false,
        pull: { batchSize: 60, heartbeat: 60_000 },
        push: { batchSize: 60 },
      });
      const errors: unknown[] = [];
      replication.error$.subscribe((error) => errors.push(error));
      atEnd.push(async () => {
        await replication.cancel();
        await rx.close();
        expect(errors).toEqual([]);
      });
      await replication.awaitInitialReplication();
      return messages;
    }

    it('pulls what is there and what comes', async () => {
      const database = await couch.newDatabase();
      await database.post('/_bulk_docs', {
        docs: Array.from({ length: 150 }, (_, n) => ({ _id: `m${n}`, text: `text ${n}` })),
      });
      const messages = await newCollection(database);
      expect(await messages.count().exec()).toBe(150);
      // The first long poll asks from `now`: a write is only certain to be seen once that has begun.
      const live = await database.put('/live', { text: 'just now' });
      await vi.waitFor(
        async () => {
          if (!(await messages.findOne('live').exec())) {
            const { body } = await database.get('/live');
            await database.put('/live', { _rev: body._rev ?? live.body.rev, text: 'just now' });
          }
          expect((await messages.findOne('live').exec())?.text).toBe('just now');
        },
        { timeout: 10_000, interval: 100 },
      );
    });

    it('pushes inserts, edits and removals', async () => {
      const database = await couch.newDatabase();
      const messages = await newCollection(database);
      await messages.bulkInsert(Array.from({ length: 130 }, (_, n) => ({ id: `m${n}`, text: `text ${n}` })));
      await vi.waitFor(async () => expect((await database.get('')).body.doc_count).toBe(130), {
        timeout: 10_000,
      });
      await (await messages.findOne('m0').exec(true)).patch({ text: 'edited' });
      await (await messages.findOne('m1').exec(true)).remove();
      await vi.waitFor(
        async () => {
          expect((await database.get('/m0')).body.text).toBe('edited');
          expect((await database.get('/m1')).status).toBe(404);
        },
        { timeout: 10_000 },
      );
    });

    it('yields to what the server has when both changed', async () => {
      const database = await couch.newDatabase();
      const { body: first } = await database.put('/card', { text: 'first' });
      const messages = await newCollection(database);
      await database.put('/card', { _rev: first.rev, text: 'of the server' });
      await (await messages.findOne('card').exec(true)).patch({ text: 'of the device' });
      await vi.waitFor(
        async () => expect((await messages.findOne('card').exec(true)).text).toBe('of the server'),
        { timeout: 10_000 },
      );
      expect((await database.get('/card')).body.text).toBe('of the server');
    });
  });
}
