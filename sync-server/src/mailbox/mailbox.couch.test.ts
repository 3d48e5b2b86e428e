import { hour } from '@recado/domain/time';
import { workDatabase } from '@recado/domain/databases';
import { convSchema, msgSchema, refSchema, type MsgDoc } from '@recado/domain/wire/documents';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customerText, startTestServer, testNumber, type TestServer, until } from '../sync-server.testkit.ts';

let kit: TestServer;
beforeAll(async () => {
  kit = await startTestServer({ rotation: { tombstones: 40, atLeast: 10 }, graceMs: 50 });
  for (const name of ['ana', 'bruno', 'carla']) await kit.addUser(name, ['agent']);
  await kit.tenant.worker.upkeep();
});
afterAll(() => kit.stop());

const mailboxOf = async (name: string) => {
  const mailbox = await kit.tenant.mailboxes.ensure(kit.userId(name));
  if (!mailbox) throw new Error(`${name} has no mailbox`);
  return mailbox;
};
type Doc = Record<string, unknown> & { _id: string; _rev: string };
const docsOf = async (name: string, prefix = ''): Promise<Doc[]> =>
  (await (
    await mailboxOf(name)
  ).database.allDocs<Record<string, unknown>>({ startKey: prefix, endKey: `${prefix}\uffff` })) as Doc[];
const idsOf = async (name: string, prefix = '') => (await docsOf(name, prefix)).map((doc) => doc._id);
const transfer = (id: string, from: string, to: string) =>
  kit.happen(
    id,
    {
      type: 'ConversationTransferred',
      data: { fromAgentId: kit.userId(from), to: { agentId: kit.userId(to) } },
    },
    {
      type: 'ConversationAssigned',
      data: { agentId: kit.userId(to), queueId: 'general', reason: 'transferred' },
    },
  );
/** What a mailbox shows, whatever its revisions and the versions of untouched documents. */
const contentOf = async (name: string) =>
  (await docsOf(name))
    .filter(({ _id }) => !_id.startsWith('board.'))
    .map(({ _rev, version: _version, ...doc }) => doc);

describe('a mailbox', () => {
  test("holds what is assigned, as the wire's schemas say, and the reference data", async () => {
    const id = await kit.assigned('m1', 'ana');
    await kit.settled();
    const docs = await docsOf('ana');
    for (const { _id, _rev, ...body } of docs) {
      const schema = { conv: convSchema, msg: msgSchema, ref: refSchema }[
        _id.split('.')[0] as 'conv' | 'msg' | 'ref'
      ];
      expect(schema.strict().parse({ id: _id, ...body })).toBeTruthy();
    }
    expect(docs.map((doc) => doc._id)).toEqual(
      expect.arrayContaining([
        `conv.${id}`,
        `msg.${id}.in-m1`,
        'ref.me.me',
        'ref.queue.general',
        'ref.routing.routing',
        `ref.colleague.${kit.userId('bruno')}`,
      ]),
    );
  });

  test('does not write again what has not changed', async () => {
    const id = await kit.assigned('m2', 'ana');
    await kit.happen(id, customerText('second', 'otra'));
    await kit.settled();
    const [first] = await docsOf('ana', `msg.${id}.in-m2`);
    expect(first?._rev).toMatch(/^1-/);
    await kit.happen(id, {
      type: 'ConversationSeen',
      data: { agentId: kit.userId('ana'), upToMessageId: 'second' },
    });
    await kit.settled();
    expect((await docsOf('ana', `msg.${id}.`)).every((doc) => doc._rev.startsWith('1-'))).toBe(true);
    expect((await docsOf('ana', `conv.${id}`))[0]).toMatchObject({ unread: 0, version: 3 });
  });

  test('loses a conversation with its messages when it is given to somebody else, or back to the queue', async () => {
    const id = await kit.assigned('m3', 'ana');
    await transfer(id, 'ana', 'bruno');
    await kit.settled();
    expect(await idsOf('ana', `conv.${id}`)).toEqual([]);
    expect(await idsOf('ana', `msg.${id}`)).toEqual([]);
    expect(await idsOf('bruno', `conv.${id}`)).toEqual([`conv.${id}`]);
    await kit.happen(id, { type: 'ConversationQueued', data: { queueId: 'general', reason: 'returned' } });
    await kit.settled();
    expect(await idsOf('bruno', `conv.${id}`)).toEqual([]);
  });

  test('shows the names of the settings, also when they change', async () => {
    const id = await kit.assigned('m5', 'carla');
    await kit.configure({
      type: 'NumberConfigured',
      data: {
        numberId: testNumber,
        provider: 'meta',
        name: 'Ventas',
        displayPhone: '+57',
        state: 'active',
        queueId: 'general',
        greeting: null,
      },
    });
    await kit.settled();
    expect((await docsOf('carla', `conv.${id}`))[0]).toMatchObject({ numberName: 'Ventas' });
    await until(async () => (await idsOf('carla', 'ref.number.')).length === 1, 'the number');
    expect(JSON.stringify(await docsOf('carla', 'ref.number.'))).not.toContain('sealed');
  });

  test('is the same after a rebuild from the events alone, in a new epoch, with its commands', async () => {
    const id = await kit.assigned('m6', 'ana');
    await kit.happen(id, customerText('m6-2', 'dos'));
    await kit.settled();
    const ana = await mailboxOf('ana');
    await ana.database.put({
      _id: 'cmd.device-001.00000001',
      deviceId: 'device-001',
      n: 1,
      after: null,
      type: 'MarkSeen',
      target: 'x',
      data: {},
      createdAt: '',
      seen: null,
      status: 'review',
    });
    const before = await contentOf('ana');
    await kit.tenant.worker.rebuildMailbox(kit.userId('ana'));
    const after = await mailboxOf('ana');
    expect(after.epoch).toBe(ana.epoch + 1);
    expect(await contentOf('ana')).toEqual(before);
    await until(
      async () => !(await kit.store.couch.databaseNames(ana.name)).includes(ana.name),
      'the old epoch to go',
    );
  });

  test('that is lost is made again', async () => {
    const before = await contentOf('bruno');
    const { name } = await mailboxOf('bruno');
    await kit.store.couch.destroyDatabase(name);
    await kit.tenant.worker.upkeep();
    expect(await contentOf('bruno')).toEqual(before);
  });

  test('heavy with tombstones is rotated by the upkeep', async () => {
    const { epoch } = await mailboxOf('bruno');
    for (let index = 0; index < 8; index++) {
      const id = await kit.assigned(`r${index}`, 'bruno');
      await kit.settled();
      await transfer(id, 'bruno', 'carla');
    }
    await kit.settled();
    await kit.tenant.worker.upkeep();
    expect((await mailboxOf('bruno')).epoch).toBe(epoch + 1);
  });

  test('heals after a crash at any point of a rebuild', async () => {
    const { epoch } = await mailboxOf('ana');
    // Built but not switched: a leftover with a higher number, full of nonsense.
    const leftover = kit.tenant.mailboxes.at(kit.userId('ana'), epoch + 1);
    await kit.store.couch.ensureDatabase(leftover.name);
    await leftover.database.put({ _id: 'conv.nonsense' });
    // Switched but not destroyed: one with a lower number.
    const old = kit.tenant.mailboxes.at(kit.userId('ana'), epoch - 1);
    await kit.store.couch.ensureDatabase(old.name);
    const before = await contentOf('ana');
    await kit.restart();
    await kit.settled();
    expect((await kit.store.couch.databaseNames(old.name)).includes(old.name)).toBe(false);
    expect(await contentOf('ana')).toEqual(before);
    await kit.tenant.worker.rebuildMailbox(kit.userId('ana'));
    expect(await contentOf('ana')).toEqual(before);
  });

  test('keeps a text to review that reached the old epoch just before a crash', async () => {
    const { epoch, database } = await mailboxOf('ana');
    const ana = kit.userId('ana');
    const review = {
      deviceId: 'device-007',
      n: 7,
      after: null,
      type: 'MarkSeen',
      target: 'x',
      data: {},
      createdAt: '',
      seen: null,
      status: 'review',
    };
    const present = await kit.tenant.worker.rotateMailbox(ana);
    expect(present.epoch).toBe(epoch + 1);
    await kit.server.stop();
    await kit.store.couch.ensureDatabase(database.name);
    await database.put({ _id: 'cmd.device-007.00000007', ...review });
    await kit.restart();
    await kit.settled();
    expect(await idsOf('ana', 'cmd.device-007')).toEqual(['cmd.device-007.00000007']);
  });

  test('of somebody new has what was assigned to them at once', async () => {
    await kit.addUser('nueva', ['agent']);
    const id = await kit.assigned('new-1', 'nueva');
    await kit.settled();
    expect(await idsOf('nueva', 'conv.')).toEqual([`conv.${id}`]);
  });

  test('projected again from the first event is unchanged', async () => {
    const conversations = () =>
      Promise.all(
        ['ana', 'bruno', 'carla'].map(async (name) => [
          ...(await docsOf(name, 'conv.')),
          ...(await docsOf(name, 'msg.')),
        ]),
      );
    const before = await conversations();
    await kit.server.stop();
    const work = kit.store.couch.database(workDatabase(kit.tenantId));
    const checkpoint = await work.getOrNull<object>('checkpoint.mailbox-projector');
    if (checkpoint) await work.remove({ id: checkpoint._id, rev: checkpoint._rev });
    await kit.restart();
    await kit.settled();
    expect(await conversations()).toEqual(before);
  });

  test('of somebody disabled is removed, and made again when they return', async () => {
    const id = await kit.assigned('m7', 'carla');
    await kit.settled();
    const { name, epoch } = await mailboxOf('carla');
    await kit.addUser('carla', ['agent'], { disabled: true });
    await kit.tenant.worker.upkeep();
    expect(await kit.tenant.mailboxes.ensure(kit.userId('carla'))).toBeNull();
    expect((await kit.store.couch.databaseNames(name)).includes(name)).toBe(false);
    await kit.addUser('carla', ['agent']);
    await kit.tenant.worker.upkeep();
    expect((await mailboxOf('carla')).epoch).toBe(epoch + 1);
    expect(await idsOf('carla', `conv.${id}`)).toEqual([`conv.${id}`]);
  });

  test('takes text of any kind and length as it is', async () => {
    const id = await kit.assigned('m8', 'ana');
    const words = `${'a'.repeat(10_000)} 👩‍👩‍👧 مرحبا\u202e \u0000`;
    await kit.happen(id, customerText('odd', words));
    await kit.settled();
    const [doc] = (await docsOf('ana', `msg.${id}.odd`)) as unknown as MsgDoc[];
    expect(doc?.content).toEqual({ kind: 'text', body: words });
  });

  test('is written by one process at a time, and another takes over when that one stops', async () => {
    const second = await kit.another();
    const { cookie } = await kit.login('bruno');
    const id = await kit.assigned('m9', 'bruno');
    await kit.settled();
    await kit.server.stop();
    const command = {
      _id: 'cmd.device-009.00000001',
      deviceId: 'device-009',
      n: 1,
      after: null,
      type: 'SendMessage',
      target: `conversation.${id}`,
      data: { messageId: 'm9-2', content: { kind: 'text', body: 'por el segundo' } },
      createdAt: '',
      seen: null,
      status: 'pending',
    };
    const pushed = await fetch(`${second.url}/sync/cmd/_bulk_docs`, {
      method: 'POST',
      headers: { cookie },
      body: JSON.stringify({ docs: [command] }),
    });
    expect(await pushed.json()).toMatchObject([{ ok: true }]);
    await until(
      async () => (await idsOf('bruno', `msg.${id}.m9-2`)).length === 1,
      'the second process to write',
    );
    await second.stop();
    await kit.restart();
  });

  test('keeps a closed conversation for the retention time', async () => {
    const id = await kit.assigned('m4', 'carla');
    await kit.happen(id, {
      type: 'ConversationClosed',
      data: { reason: 'resolved', agentId: kit.userId('carla') },
    });
    await kit.settled();
    expect((await docsOf('carla', `conv.${id}`))[0]).toMatchObject({ phase: 'closed' });
    kit.clock.ahead += 49 * hour;
    await kit.tenant.worker.upkeep();
    expect(await idsOf('carla', `conv.${id}`)).toEqual([]);
    expect(await idsOf('carla', `msg.${id}`)).toEqual([]);
    await kit.happen(id, {
      type: 'DeliveryReported',
      data: { providerId: 'late', attemptId: null, status: 'read' },
    });
    await kit.settled();
    expect(await idsOf('carla', `conv.${id}`)).toEqual([]);
  });
});
