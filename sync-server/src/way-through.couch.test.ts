import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, until, type TestServer } from './sync-server.testkit.ts';

describe('the way through', () => {
  let kit: TestServer;
  beforeAll(async () => {
    kit = await startTestServer();
    await kit.addUser('ana', ['agent']);
  });
  afterAll(() => kit.stop());

  test('a message of a customer reaches the agent, and the answer is decided and told', async () => {
    const ana = await kit.login('ana');
    const session = await ana.json('/api/session');
    expect(session).toMatchObject({ userId: kit.userId('ana'), mailboxEpoch: 1 });

    const conversation = await kit.assigned('c1', 'ana');
    await kit.settled();
    const { results } = await ana.json<{ results: { id: string; doc: { lastMessage: unknown } }[] }>(
      '/sync/conv/_changes?include_docs=true',
    );
    expect(results.map((row) => row.id)).toEqual([`conv.${conversation}`]);

    const command = {
      _id: 'cmd.device-01.00000001',
      deviceId: 'device-01',
      n: 1,
      after: null,
      type: 'SendMessage',
      target: `conversation.${conversation}`,
      data: { messageId: 'out-1', content: { kind: 'text', body: '¿en qué le ayudo?' } },
      createdAt: '2026-11-20T10:00:00.000Z',
      seen: 1,
      status: 'pending',
    };
    const pushed = await ana.json('/sync/cmd/_bulk_docs', {
      method: 'POST',
      body: JSON.stringify({ docs: [command] }),
    });
    expect(pushed).toMatchObject([{ ok: true, id: command._id }]);
    const decided = await ana.json('/sync/cmd/cmd.device-01.00000001');
    expect(decided).toMatchObject({ status: 'accepted' });
    await until(async () => {
      const page = await ana.json<{ results: { doc: { commandId?: string } }[] }>(
        '/sync/msg/_changes?include_docs=true',
      );
      return page.results.some(({ doc }) => doc.commandId === command._id);
    }, 'the message in the mailbox');
  });
});
