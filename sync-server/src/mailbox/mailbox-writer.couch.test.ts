import type { CouchDatabase } from '@recado/event-store/couch/database';
import { startTestStore, type TestStore } from '@recado/event-store/store.testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mediaShown } from '../media/media-scope.ts';
import { createMailboxWriter, type MailboxBody, type Section } from './mailbox-writer.ts';

let server: TestStore;
beforeAll(async () => {
  server = await startTestStore();
});
afterAll(async () => {
  await server.stop();
});

let database: CouchDatabase;
beforeEach(async () => {
  const name = `recado-${server.newTenant()}-mb-ana-e1`;
  await server.couch.ensureDatabase(name, { q: 1 });
  database = server.couch.database(name);
});

const messages = (documents: Record<string, MailboxBody>): Section => ({
  name: 'messages',
  ranges: [{ from: 'msg.', to: 'msg/' }],
  documents: new Map(Object.entries(documents)),
});
const revisions = async () =>
  Object.fromEntries(
    (await database.allDocs({ startKey: 'msg.', endKey: 'msg/' })).map(({ _id, _rev }) => [
      _id,
      Number.parseInt(_rev),
    ]),
  );

describe('a section of a mailbox', () => {
  test('becomes what it should be, and only what differs is written', async () => {
    const writer = createMailboxWriter();
    const first = { 'msg.1': { version: 1, text: 'a' }, 'msg.2': { version: 1, text: 'b' } };
    expect(await writer.write(database, [messages(first)])).toBe(2);
    const second = { 'msg.2': { version: 2, text: 'b' }, 'msg.3': { version: 2, text: 'c' } };
    expect(await writer.write(database, [messages(second)])).toBe(2);
    expect(await revisions()).toEqual({ 'msg.2': 1, 'msg.3': 1 });
    expect(await createMailboxWriter().write(database, [messages(second)])).toBe(0);
  });

  test('written by two writers in turn is what the newer version says', async () => {
    const [one, two] = [createMailboxWriter(), createMailboxWriter()];
    await one.write(database, [messages({ 'msg.1': { version: 1, text: 'a' } })]);
    await two.write(database, [messages({ 'msg.1': { version: 3, text: 'c' } })]);
    expect(await one.write(database, [messages({ 'msg.1': { version: 2, text: 'b' } })])).toBe(0);
    expect(await database.getOrNull('msg.1')).toMatchObject({ version: 3, text: 'c' });
  });

  test('is not written before what must be done first is done', async () => {
    const seen: string[] = [];
    let fail = true;
    const writer = createMailboxWriter({
      before: (bodies) => {
        if (fail) return Promise.reject(new Error('not yet'));
        seen.push(...mediaShown(bodies));
        return Promise.resolve();
      },
    });
    const section = messages({
      'msg.1': { version: 1, media: null },
      'msg.2': { version: 1, media: { mediaHash: 'f00d', mime: 'image/png', bytes: 1, lost: false } },
      'msg.3': { version: 1, media: { mediaHash: null, mime: 'image/png', bytes: 0, lost: true } },
    });
    await expect(writer.write(database, [section])).rejects.toThrow('not yet');
    expect(await revisions()).toEqual({});
    fail = false;
    expect(await writer.write(database, [section])).toBe(3);
    expect(seen).toEqual(['f00d']);
  });
});
