import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, startTestServer, type TestServer, until } from '../sync-server.testkit.ts';

/** The part of PouchDB 9 that these tests use; it ships no types. */
interface Pouch {
  get(id: string): Promise<Record<string, unknown>>;
  put(doc: object): Promise<{ rev: string }>;
  allDocs(): Promise<{ rows: { id: string }[] }>;
  info(): Promise<{ db_name: string }>;
  destroy(): Promise<void>;
  replicate: {
    from(
      remote: Pouch,
      options?: object,
    ): Promise<{ docs_written: number; errors: unknown[]; ok: boolean }> & { cancel(): void };
    to(
      remote: Pouch,
      options?: object,
    ): Promise<{ docs_written: number; errors: unknown[]; ok: boolean }> & { cancel(): void };
  };
}
const PouchDB = createRequire(import.meta.url)('pouchdb') as new (name: string, options?: object) => Pouch;

let kit: TestServer;
let ana: Device;
let folder: string;
beforeAll(async () => {
  kit = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'recado-pouch-'));
  await kit.addUser('ana', ['agent']);
  await kit.addUser('bruno', ['agent']);
  ana = await kit.login('ana');
});
afterAll(async () => {
  await kit.stop();
  await rm(folder, { recursive: true, force: true });
});

let opened = 0;
const local = () => new PouchDB(join(folder, `local-${(opened += 1)}`));
const remote = (collection: string) =>
  new PouchDB(`${kit.url}/sync/${collection}`, {
    skip_setup: true,
    fetch: (url: string, init: RequestInit) => {
      const headers = new Headers(init.headers);
      headers.set('cookie', ana.cookie);
      return fetch(url, { ...init, headers });
    },
  });
const idsIn = async (db: Pouch): Promise<string[]> => (await db.allDocs()).rows.map((row) => row.id);

describe("PouchDB's replicator against the gateway", () => {
  test('pulls one collection, resumes from its checkpoint, and follows removals', async () => {
    const conversation = await kit.assigned('p1', 'ana');
    await kit.settled();
    const db = local();
    const first = await db.replicate.from(remote('conv'));
    expect(first).toMatchObject({ ok: true, docs_written: 1 });
    expect(await idsIn(db)).toEqual([`conv.${conversation}`]);
    expect(await db.replicate.from(remote('conv'))).toMatchObject({ docs_written: 0 });
    await kit.happen(
      conversation,
      {
        type: 'ConversationTransferred',
        data: { fromAgentId: kit.userId('ana'), to: { agentId: kit.userId('bruno') } },
      },
      {
        type: 'ConversationAssigned',
        data: { agentId: kit.userId('bruno'), queueId: 'general', reason: 'transferred' },
      },
    );
    await kit.settled();
    await db.replicate.from(remote('conv'));
    expect(await idsIn(db)).toEqual([]);
    await db.destroy();
  });

  test('keeps the checkpoints of two collections apart', async () => {
    const put = { method: 'PUT', body: JSON.stringify({ last_seq: 7 }) };
    expect(await ana.json('/sync/conv/_local/same.id', put)).toMatchObject({
      ok: true,
      id: '_local/same.id',
    });
    expect(await ana.json('/sync/conv/_local/same.id')).toMatchObject({ _id: '_local/same.id', last_seq: 7 });
    expect((await ana.fetch('/sync/msg/_local/same.id')).status).toBe(404);
    expect((await ana.fetch('/sync/conv/_local/same.id', { ...put, body: '[' })).status).toBe(400);
  });

  test('pushes a command, which is decided, and pulls the verdict', async () => {
    const conversation = await kit.assigned('p3', 'ana');
    await kit.settled();
    const db = local();
    await db.put({
      _id: 'cmd.pouch-device.00000001',
      deviceId: 'pouch-device',
      n: 1,
      after: null,
      type: 'SendMessage',
      target: `conversation.${conversation}`,
      data: { messageId: 'pouch-1', content: { kind: 'text', body: 'desde PouchDB' } },
      createdAt: '2026-11-20T10:00:00.000Z',
      seen: 1,
      status: 'pending',
    });
    expect(await db.replicate.to(remote('cmd'))).toMatchObject({ ok: true, docs_written: 1, errors: [] });
    await db.replicate.from(remote('cmd'));
    expect(await db.get('cmd.pouch-device.00000001')).toMatchObject({ status: 'accepted' });
    // The verdict came from there: nothing is left to push.
    expect(await db.replicate.to(remote('cmd'))).toMatchObject({ docs_written: 0 });
    await db.destroy();
  });

  test('follows live', async () => {
    const db = local();
    const replication = db.replicate.from(remote('conv'), { live: true, retry: true });
    const conversation = await kit.assigned('p4', 'ana');
    await until(async () => (await idsIn(db)).includes(`conv.${conversation}`), 'the live change');
    replication.cancel();
    await db.destroy();
  });

  test('starts anew by itself after a rebuild', async () => {
    const db = local();
    await db.replicate.from(remote('conv'));
    const conversation = await kit.assigned('p5', 'ana');
    await kit.settled();
    await kit.tenant.worker.rotateMailbox(kit.userId('ana'));
    await db.replicate.from(remote('conv'));
    expect(await idsIn(db)).toContain(`conv.${conversation}`);
    await db.destroy();
  });
});
