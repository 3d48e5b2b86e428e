import type { CmdDoc } from '@recado/domain/wire/documents';
import { hour, minute } from '@recado/domain/time';
import { conversationStream } from '@recado/domain/commit/stream-id';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Device, startTestServer, type TestServer, until } from '../sync-server.testkit.ts';
import { commandRetention } from '../mailbox/upkeep.ts';

let kit: TestServer;
let ana: Device;
let boss: Device;
let conversation: string;
let round = 0;
beforeAll(async () => {
  kit = await startTestServer();
  for (const name of ['ana', 'bruno']) await kit.addUser(name, ['agent']);
  await kit.addUser('boss', ['supervisor']);
  await kit.addUser('admin', ['admin']);
  await kit.addUser('gone', ['agent'], { disabled: true });
  await kit.addUser('quality', ['quality']);
  ana = await kit.login('ana');
  boss = await kit.login('boss');
});
afterAll(() => kit.stop());
beforeEach(async () => {
  round += 1;
  conversation = await kit.assigned(`k${round}`, 'ana');
});

type Pushed = Record<string, unknown> & { _id: string };
const deviceId = () => `device-${String(round).padStart(3, '0')}`;
const command = (n: number, type: string, data: object = {}, more: object = {}): Pushed => ({
  _id: `cmd.${deviceId()}.${String(n).padStart(8, '0')}`,
  deviceId: deviceId(),
  n,
  after: null,
  type,
  target: conversationStream(conversation),
  data,
  createdAt: '2026-11-20T10:00:00.000Z',
  seen: 1,
  status: 'pending',
  ...more,
});
const text = (n: number, body: string, more: object = {}) =>
  command(n, 'SendMessage', { messageId: `m${round}-${n}`, content: { kind: 'text', body }, ...more });
const push = (device: Device, ...docs: Pushed[]) =>
  device.json<{ id: string; ok?: boolean; error?: string }[]>('/sync/cmd/_bulk_docs', {
    method: 'POST',
    body: JSON.stringify({ docs }),
  });
const verdict = (device: Device, doc: Pushed) => device.json<CmdDoc>(`/sync/cmd/${doc._id}`);
const decided = async (device: Device, doc: Pushed) => {
  await push(device, doc);
  const { status, code } = await verdict(device, doc);
  return code === undefined ? status : `${status}: ${code}`;
};
const stateOf = async () =>
  (await kit.tenant.conversations.load(conversationStream(conversation))).state.conversation;
const answers = async () =>
  Object.values((await stateOf()).messages).filter((message) => message.direction === 'out');
const give = (to: string) =>
  kit.happen(conversation, {
    type: 'ConversationAssigned',
    data: { agentId: kit.userId(to), queueId: 'general', reason: 'assigned' },
  });

describe('a command', () => {
  test('is accepted with its events durable by the time of the answer', async () => {
    const doc = text(1, 'hola');
    expect(await push(ana, doc)).toMatchObject([{ id: doc._id, ok: true }]);
    expect(await answers()).toMatchObject([{ messageId: `m${round}-1`, commandId: doc._id }]);
    expect(await verdict(ana, doc)).toMatchObject({
      status: 'accepted',
      decidedAt: expect.any(String) as string,
    });
  });

  test('pushed again, also by several at once, has one outcome', async () => {
    const doc = text(1, 'una vez');
    const results = (await Promise.all([push(ana, doc), push(ana, doc), push(ana, doc)])).flat();
    expect(results.filter((row) => row.ok)).toHaveLength(1);
    expect(await push(ana, doc)).toMatchObject([{ error: 'conflict' }]);
    expect(await answers()).toHaveLength(1);
  });

  test('cannot decide about itself', async () => {
    await give('bruno');
    const doc = {
      ...command(1, 'CloseConversation', { reason: 'resolved' }),
      status: 'accepted',
      decidedAt: '2026-01-01T00:00:00.000Z',
    };
    expect(await decided(ana, doc)).toBe('rejected: not_assigned');
  });

  test('of the device comes in the order of n, whatever the order of arrival', async () => {
    const docs = [1, 2, 3, 4, 5].map((n) => ({ ...text(n, `${n}`), after: n === 1 ? null : n - 1 }));
    await Promise.all([
      push(ana, docs[3] as Pushed, docs[1] as Pushed),
      push(ana, docs[4] as Pushed, docs[0] as Pushed),
    ]);
    expect((await answers()).map((message) => message.messageId)).toEqual([`m${round}-1`, `m${round}-2`]);
    expect(await verdict(ana, docs[3] as Pushed)).toMatchObject({ status: 'pending' });
    await push(ana, docs[2] as Pushed);
    expect((await answers()).map((message) => message.messageId)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `m${round}-${n}`),
    );
    expect(await verdict(ana, docs[4] as Pushed)).toMatchObject({ status: 'accepted' });
  });

  test('without a valid payload or target is answered, not lost', async () => {
    for (const [index, doc] of [
      command(1, 'SendMessage', { messageId: 'has spaces!', content: { kind: 'text', body: 'x' } }),
      command(2, 'TransferConversation', { to: {} }),
      command(3, 'MarkSeen', { upToMessageId: 'x' }, { target: 'conversation.nothing' }),
      command(4, 'MarkSeen', { upToMessageId: 'x' }, { target: `settings.queue.general` }),
      command(5, 'SetStatus', { status: 'sleeping' }, { target: `agent.${kit.userId('ana')}` }),
      command(6, 'CloseConversation', { reason: 'resolved' }, { after: 6 }),
    ].entries()) {
      expect([index, await decided(ana, doc)]).toEqual([index, 'rejected: invalid_command']);
    }
  });

  test('that is none is a conflict, and the batch goes on', async () => {
    const good = text(3, 'bien');
    const bad = [
      { _id: 'cmd.short.1' },
      { ...command(1, 'SendMessage'), type: 'DropDatabase' },
      { ...text(2, 'x'), _id: `cmd.other-device.00000002` },
      { _id: `conv.${conversation}`, contactName: 'forged' },
      { ...text(9, 'x'), _deleted: true },
    ];
    const rows = await push(ana, ...bad, good);
    expect(rows.map((row) => row.error ?? 'ok')).toEqual([
      'conflict',
      'conflict',
      'conflict',
      'conflict',
      'conflict',
      'ok',
    ]);
    expect(await verdict(ana, good)).toMatchObject({ status: 'accepted' });
    // A later command of the device does not wait for one that will never come.
    expect(await decided(ana, { ...text(4, 'después'), after: 1 })).toBe('accepted');
  });
});

describe('what is decided', () => {
  test("an answer written offline for a chat that has moved on becomes review, in the writer's own mailbox", async () => {
    await give('bruno');
    await kit.settled();
    const doc = text(1, 'tarde');
    expect(await decided(ana, doc)).toBe('review: not_assigned');
    expect((await ana.fetch(`/sync/conv/conv.${conversation}`)).status).toBe(404);
    expect(await verdict(ana, doc)).toMatchObject({ data: { content: { body: 'tarde' } } });
  });

  test('text for a closed chat, a closed window or an unknown quoted message becomes review', async () => {
    expect(await decided(ana, text(1, 'cita', { replyTo: 'nobody' }))).toBe('review: reply_target_unknown');
    kit.clock.ahead += 25 * hour;
    expect(await decided(ana, text(2, 'al día siguiente'))).toBe('review: window_closed');
    kit.clock.ahead -= 25 * hour;
    expect(await decided(ana, command(3, 'CloseConversation', { reason: 'resolved' }))).toBe('accepted');
    expect(await decided(ana, text(4, 'cerrado'))).toBe('review: conversation_closed');
  });

  test('text that can never be sent is rejected', async () => {
    expect(await decided(ana, text(1, '   '))).toBe('rejected: empty_message');
    expect(await decided(ana, text(2, 'x'.repeat(4_097)))).toBe('rejected: message_too_long');
    expect(await decided(ana, text(3, '😀'.repeat(2_048)))).toBe('accepted');
    const media = {
      kind: 'media',
      mediaType: 'image',
      mediaHash: 'a'.repeat(64),
      mime: 'image/png',
      bytes: 3,
    };
    expect(await decided(ana, command(4, 'SendMessage', { messageId: 'with-media', content: media }))).toBe(
      'rejected: media_missing',
    );
  });

  test('a transfer goes to somebody who attends here, or to a queue that exists', async () => {
    const to = (target: object, n: number) =>
      decided(ana, command(n, 'TransferConversation', { to: target }));
    for (const [index, name] of ['nobody', 'gone', 'quality', 'admin'].entries())
      expect(await to({ agentId: kit.userId(name) }, index + 1)).toBe('rejected: agent_unavailable');
    expect(await to({ queueId: 'nowhere' }, 5)).toBe('rejected: invalid_command');
    expect(await to({ agentId: kit.userId('bruno') }, 6)).toBe('accepted');
    expect((await stateOf()).agentId).toBe(kit.userId('bruno'));
    expect(
      await decided(boss, { ...command(7, 'TransferConversation', { to: { queueId: 'general' } }) }),
    ).toBe('accepted');
    expect((await stateOf()).phase).toBe('queued');
  });

  test('only supervisors take what is not theirs', async () => {
    await give('bruno');
    expect(await decided(ana, command(1, 'TakeConversation'))).toBe('rejected: forbidden');
    expect(await decided(boss, command(2, 'TakeConversation'))).toBe('accepted');
    expect((await stateOf()).agentId).toBe(kit.userId('boss'));
  });

  test("a status is one's own", async () => {
    const status = (n: number, name: string) =>
      command(n, 'SetStatus', { status: 'on_break' }, { target: `agent.${kit.userId(name)}`, seen: null });
    expect(await decided(ana, status(1, 'bruno'))).toBe('rejected: forbidden');
    expect(await decided(ana, status(2, 'ana'))).toBe('accepted');
    await until(
      async () =>
        (await ana.json<{ data: { status: string } }>('/sync/ref/ref.me.me')).data?.status === 'on_break',
      'the own status',
    );
  });

  test('a conversation that is not there is unknown', async () => {
    const target = 'conversation.100000000000001.nobody.000001';
    expect(await decided(ana, command(1, 'MarkSeen', { upToMessageId: 'x' }, { target }))).toBe(
      'rejected: conversation_unknown',
    );
  });
});

describe('what is left behind', () => {
  test('a crash between event and verdict: the next start gives the same answer and appends nothing', async () => {
    const doc = text(1, 'antes de caer');
    await push(ana, doc);
    const mailbox = await kit.tenant.mailboxes.ensure(kit.userId('ana'));
    const stored = await mailbox?.database.getOrNull<Record<string, unknown>>(doc._id);
    const { decidedAt: _decidedAt, ...undecided } = stored as Record<string, unknown>;
    await mailbox?.database.put({ ...undecided, _id: doc._id, status: 'pending' });
    await kit.restart();
    await until(async () => (await verdict(ana, doc)).status === 'accepted', 'the verdict');
    expect(await answers()).toHaveLength(1);
  });

  test('a crash before the decision: the next start decides', async () => {
    const mailbox = await kit.tenant.mailboxes.ensure(kit.userId('ana'));
    const doc = text(1, 'nunca decidido');
    await mailbox?.database.put(doc);
    await kit.tenant.worker.upkeep();
    expect(await verdict(ana, doc)).toMatchObject({ status: 'accepted' });
  });

  test('decided commands leave after their time, text to review stays longer', async () => {
    const done = text(1, 'hecho');
    await push(ana, done);
    await give('bruno');
    const late = text(2, 'tarde');
    await push(ana, late);
    kit.clock.ahead += commandRetention.decided + minute;
    await kit.tenant.worker.upkeep();
    expect(
      (
        await ana.json<{ rows: { value: { deleted?: boolean } }[] }>(
          `/sync/cmd/_all_docs?keys=["${done._id}"]`,
        )
      ).rows[0]?.value.deleted,
    ).toBe(true);
    expect(await verdict(ana, late)).toMatchObject({ status: 'review' });
    kit.clock.ahead -= commandRetention.decided + minute;
  });
});
