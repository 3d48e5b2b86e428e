import { boardSchema, type BoardDoc } from '@recado/domain/wire/documents';
import { day, hour, instant, minute } from '@recado/domain/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customerText, type Device, startTestServer, type TestServer } from '../sync-server.testkit.ts';

let kit: TestServer;
let boss: Device;
beforeAll(async () => {
  kit = await startTestServer();
  // Noon where the tenant is: nothing here may cross midnight.
  const localHour = (new Date().getUTCHours() + 19) % 24;
  kit.clock.ahead = (12 - localHour) * hour;
  await kit.addUser('ana', ['agent']);
  await kit.addUser('boss', ['supervisor']);
  boss = await kit.login('boss');
});
afterAll(() => kit.stop());

const board = async (): Promise<Record<string, BoardDoc>> => {
  await kit.settled();
  const { rows } = await boss.json<{ rows: { doc: Omit<BoardDoc, 'id'> & { _id: string; _rev: string } }[] }>(
    '/sync/board/_all_docs?include_docs=true',
  );
  return Object.fromEntries(
    rows.map(({ doc: { _id, _rev, ...body } }) => [
      `${body.kind} ${body.key}`,
      boardSchema.strict().parse({ id: _id, ...body }),
    ]),
  );
};
const reply = (id: string, messageId: string) =>
  kit.happen(id, {
    type: 'MessageQueued',
    data: {
      messageId,
      author: { kind: 'agent', id: kit.userId('ana') },
      content: { kind: 'text', body: 'ya' },
    },
  });

describe('the board', () => {
  test('counts queue, work and today as the metrics define them', async () => {
    const inTime = await kit.assigned('b1', 'ana');
    kit.clock.ahead += minute;
    await reply(inTime, 'b1-reply');
    const late = await kit.assigned('b2', 'ana');
    kit.clock.ahead += 6 * minute;
    await reply(late, 'b2-reply');
    await kit.happen(late, {
      type: 'ConversationClosed',
      data: { reason: 'resolved', agentId: kit.userId('ana') },
    });
    const left = await kit.assigned('b3', 'ana');
    await kit.happen(left, { type: 'ConversationQueued', data: { queueId: 'general', reason: 'returned' } });
    kit.clock.ahead += minute;
    await kit.happen(left, { type: 'ConversationClosed', data: { reason: 'customer_left', agentId: null } });
    const waiting = await kit.assigned('b4', 'ana');
    await kit.happen(waiting, {
      type: 'ConversationQueued',
      data: { queueId: 'general', reason: 'returned' },
    });

    const rows = await board();
    const today = { receivedToday: 4, attendedToday: 2, abandonedToday: 1, slaMetToday: 1, slaOfToday: 2 };
    expect(rows['summary all']).toMatchObject({ waiting: 1, active: 1, ...today });
    expect(rows['queue general']).toMatchObject({
      name: 'General',
      waiting: 1,
      active: 1,
      oldestWaitingSince: expect.any(String) as string,
      ...today,
    });
    expect(rows[`agent ${kit.userId('ana')}`]).toMatchObject({
      status: 'offline',
      active: 1,
      capacity: 5,
      attendedToday: 2,
      slaMetToday: 1,
    });
  });

  test('is not written again while nothing changes', async () => {
    const before = await board();
    kit.clock.ahead += minute;
    expect(await board()).toEqual(before);
  });

  test('is the same after a restart', async () => {
    const { 'summary all': before } = await board();
    await kit.restart();
    const { 'summary all': after } = await board();
    expect({ ...after, at: '' }).toEqual({ ...before, at: '' });
  });

  test('begins each day anew where the tenant is, and keeps what is open', async () => {
    kit.clock.ahead += day;
    const id = await kit.assigned('b5', 'ana');
    await kit.happen(id, customerText('b5-2', 'hola', instant(Date.now() + kit.clock.ahead)));
    expect((await board())['summary all']).toMatchObject({
      receivedToday: 1,
      attendedToday: 0,
      active: 2,
      waiting: 1,
    });
  });

  test('goes from the mailbox of who may no longer see it', async () => {
    await kit.addUser('boss', ['agent']);
    await kit.settled();
    const mailbox = await kit.tenant.mailboxes.ensure(kit.userId('boss'));
    expect(await mailbox?.database.allIds({ startKey: 'board.', endKey: 'board/' })).toEqual([]);
    expect((await boss.fetch('/sync/board/_changes')).status).toBe(404);
  });
});
