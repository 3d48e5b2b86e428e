import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer, type Device, type TestServer, until } from '../sync-server.testkit.ts';
import { createRxDevice, type RxDevice } from './rxdb-device.testkit.ts';

/** The traps of RxDB's CouchDB plugin, with the plugin itself against the gateway. */
let kit: TestServer;
let ana: Device;
let device: RxDevice;
let conversation: string;
let contacts = 0;

beforeAll(async () => {
  kit = await startTestServer();
  await kit.addUser('ana', ['agent']);
  await kit.addUser('bruno', ['agent']);
  ana = await kit.login('ana');
});
afterAll(() => kit.stop());

beforeEach(async () => {
  contacts += 1;
  conversation = await kit.assigned(`trap${contacts}`, 'ana');
  await kit.settled();
  device = await createRxDevice(ana, {
    url: kit.url,
    deviceId: `device-${contacts}-${crypto.randomUUID().slice(0, 8)}`,
  });
  return () => device.close();
});

const send = (n: number, text: string, messageId = `${contacts}-out-${n}`) =>
  device.command({
    n,
    type: 'SendMessage',
    target: `conversation.${conversation}`,
    data: { messageId, content: { kind: 'text', body: text } },
  });
const statusOf = async (id: string) => (await device.collection('cmd').findOne(id).exec())?.status;
const take = async (from: string, to: string) =>
  kit.happen(
    conversation,
    {
      type: 'ConversationTransferred',
      data: { fromAgentId: kit.userId(from), to: { agentId: kit.userId(to) } },
    },
    {
      type: 'ConversationAssigned',
      data: { agentId: kit.userId(to), queueId: 'general', reason: 'transferred' },
    },
  );
const epochOf = async (who: Device) =>
  (await who.json<{ mailboxEpoch: number }>('/api/session')).mailboxEpoch;

describe('RxDB against the gateway', () => {
  test('pulls what is there, then live, and learns what became of its command', async () => {
    const epoch = await epochOf(ana);
    device.replicate('conv', { epoch });
    device.replicate('msg', { epoch });
    device.replicate('cmd', { epoch });
    await until(async () => (await device.ids('conv')).includes(`conv.${conversation}`), 'the conversation');
    const id = await send(1, 'hola 👋 مرحبا');
    await until(async () => (await statusOf(id)) === 'accepted', 'the verdict');
    await until(
      async () => (await device.ids('msg')).includes(`msg.${conversation}.${contacts}-out-1`),
      'the message',
    );
  });

  test('trap 3: a refused document neither blocks the batch nor what follows it', async () => {
    const epoch = await epochOf(ana);
    const pushing = device.replicate('cmd', { epoch });
    device.replicate('conv', { epoch });
    await until(async () => (await device.ids('conv')).length > 0, 'the first pull');
    const malformed = await device.command({
      n: 1,
      type: 'SendMessage',
      target: '',
      data: {},
      deviceId: 'another-device-id',
    });
    const impossible = await device.command({
      n: 2,
      type: 'SendMessage',
      target: 'events',
      data: { anything: 1 },
    });
    const good = await send(3, 'sigue');
    await until(async () => (await statusOf(good)) === 'accepted', 'the good command');
    expect(await statusOf(impossible)).toBe('rejected');
    await until(async () => (await statusOf(malformed)) === undefined, 'the malformed command to go');
    await send(4, 'y después');
    await until(
      async () =>
        (
          await device
            .collection('cmd')
            .find({ selector: { status: 'accepted' } })
            .exec()
        ).length === 2,
      'a later push',
    );
    expect(pushing.isStopped()).toBe(false);
  });

  test('trap 3: a write to what only the server writes changes nothing and is taken back on the device', async () => {
    const epoch = await epochOf(ana);
    device.replicate('conv', { epoch, push: true });
    const id = `conv.${conversation}`;
    const doc = await until(() => device.collection('conv').findOne(id).exec(), 'the conversation');
    await doc.incrementalPatch({ contactName: 'forged' });
    await until(
      async () =>
        (await device.collection('conv').findOne(id).exec())?.contactName === `Customer trap${contacts}`,
      'the true name',
    );
    expect(await ana.json(`/sync/conv/${id}`)).toMatchObject({ contactName: `Customer trap${contacts}` });
  });

  test('trap 4: a lost answer to a push leads to one message and a verdict', async () => {
    const epoch = await epochOf(ana);
    let lost = 0;
    const losing: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).includes('_bulk_docs') || String(init?.body).length < 20 || lost >= 2)
        return response;
      lost += 1;
      await response.arrayBuffer();
      throw new TypeError('network error');
    };
    device.replicate('cmd', { epoch, fetch: losing });
    const id = await send(1, 'una vez');
    await until(async () => (await statusOf(id)) === 'accepted', 'the verdict');
    expect(lost).toBeGreaterThan(0);
    await kit.settled();
    const { state } = await kit.tenant.conversations.load(`conversation.${conversation}`);
    expect(
      Object.values(state.conversation.messages).filter((message) => message.direction === 'out'),
    ).toHaveLength(1);
  });

  test('trap 5: what the server removed is not brought back by an edit made offline', async () => {
    const epoch = await epochOf(ana);
    const first = device.replicate('conv', { epoch, push: true });
    const id = `conv.${conversation}`;
    const doc = await until(() => device.collection('conv').findOne(id).exec(), 'the conversation');
    await first.cancel();
    await doc.incrementalPatch({ unread: 77 });
    await take('ana', 'bruno');
    await kit.settled();
    device.replicate('conv', { epoch, push: true });
    await until(async () => !(await device.ids('conv')).includes(id), 'the conversation to leave');
    const row = await ana.json<{ rows: { value: { deleted: boolean } }[] }>('/sync/conv/_all_docs', {
      method: 'POST',
      body: JSON.stringify({ keys: [id], include_docs: true }),
    });
    expect(row.rows[0]?.value.deleted).toBe(true);
  });

  test("trap 6: a removed document passes the device's validator and disappears", async () => {
    const epoch = await epochOf(ana);
    const errors: unknown[] = [];
    for (const name of ['conv', 'msg'] as const)
      device.replicate(name, { epoch }).error$.subscribe((error) => errors.push(error));
    await until(async () => (await device.ids('msg')).some((id) => id.includes(conversation)), 'the message');
    await take('ana', 'bruno');
    await until(
      async () =>
        ![...(await device.ids('conv')), ...(await device.ids('msg'))].some((id) =>
          id.includes(conversation),
        ),
      'both to leave',
    );
    expect(errors).toEqual([]);
  });

  test('trap 9: a full batch of the largest commands fits the limit; a larger body is refused and changes nothing', async () => {
    const epoch = await epochOf(ana);
    device.replicate('cmd', { epoch, batchSize: 50 });
    const ids = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send(index + 1, '😀'.repeat(2_048))),
    );
    await until(
      async () => (await Promise.all(ids.map(statusOf))).every((status) => status === 'accepted'),
      'all verdicts',
    );
    const huge = JSON.stringify({ docs: [{ _id: 'cmd.device-huge.00000001', text: 'x'.repeat(1_100_000) }] });
    const refused = await ana.fetch('/sync/cmd/_bulk_docs', { method: 'POST', body: huge });
    expect([refused.status, (await refused.json()) as unknown]).toMatchObject([413, { code: 'too_large' }]);
    expect((await ana.fetch('/sync/cmd/cmd.device-huge.00000001')).status).toBe(404);
  });

  test('trap 11: after a rebuild the old epoch is told to start anew, and a fresh start has everything', async () => {
    const before = await epochOf(ana);
    await kit.tenant.worker.rotateMailbox(kit.userId('ana'));
    const stale = await ana.fetch('/sync/conv/_changes', { headers: { 'x-recado-epoch': String(before) } });
    expect([stale.status, await stale.json()]).toMatchObject([
      410,
      { code: 'epoch_changed', epoch: before + 1 },
    ]);
    expect((await ana.fetch(`/sync/conv/_changes?epoch=${before}`)).status).toBe(410);
    expect(await epochOf(ana)).toBe(before + 1);
    device.replicate('conv', { epoch: before + 1 });
    await until(async () => (await device.ids('conv')).includes(`conv.${conversation}`), 'the conversation');
  });

  test('trap 12: a rebuilt mailbox carries no tombstones', async () => {
    await take('ana', 'bruno');
    await kit.settled();
    const page = () => ana.json<{ results: { deleted?: boolean }[] }>('/sync/msg/_changes');
    expect((await page()).results.some((row) => row.deleted)).toBe(true);
    await kit.tenant.worker.rotateMailbox(kit.userId('ana'));
    const after = await until(async () => {
      const { results } = await page();
      return results.some((row) => row.deleted) ? null : results;
    }, 'the new epoch');
    expect(after.length).toBeGreaterThan(0);
  });
});
