import type { CmdDoc } from '@recado/domain/wire/documents';
import { conversationStream } from '@recado/domain/commit/stream-id';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customerText, type Device, startTestServer, type TestServer, until } from './sync-server.testkit.ts';

/**
 * Devices that come and go, pushes whose answers or themselves are lost, conversations that move meanwhile, the
 * server restarting in between. Whatever the script: every command has exactly one outcome, and the mailboxes
 * are what a rebuild from the events makes them.
 */
let kit: TestServer;
let contacts = 0;
const names = ['ana', 'bruno'] as const;
const sessions = new Map<string, Device>();
beforeAll(async () => {
  kit = await startTestServer({ graceMs: 20 });
  for (const name of names) {
    await kit.addUser(name, ['agent']);
    sessions.set(name, await kit.login(name));
  }
});
afterAll(() => kit.stop());

type Pushed = Omit<CmdDoc, 'id'> & { _id: string };

/** Mostly one conversation: the order of commands matters within one. */
const chat = fc.constantFrom(0, 0, 0, 1);
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      who: fc.constantFrom(...names),
      chat,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      who: fc.constantFrom(...names),
      chat,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      who: fc.constantFrom(...names),
      lost: fc.constantFrom('no', 'answer', 'request'),
      shuffle: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      chat,
      to: fc.constantFrom('ana', 'bruno', 'queue'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('customer' as const), chat }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('rotate' as const), who: fc.constantFrom(...names) }),
  },
);

/** What a device has written, and what it knows to have arrived. */
class ScriptedDevice {
  readonly deviceId = `script-${crypto.randomUUID().slice(0, 8)}`;
  readonly written: Pushed[] = [];
  #unsent: Pushed[] = [];
  readonly #lastOn = new Map<string, number>();
  readonly #session: Device;
  constructor(session: Device) {
    this.#session = session;
  }

  write(chat: string, type: 'SendMessage' | 'CloseConversation'): void {
    const n = this.written.length + 1;
    const _id = `cmd.${this.deviceId}.${String(n).padStart(8, '0')}`;
    const data =
      type === 'SendMessage'
        ? { messageId: `${this.deviceId}-${n}`, content: { kind: 'text', body: `n${n}` } }
        : { reason: 'resolved' };
    const doc: Pushed = {
      _id,
      deviceId: this.deviceId,
      n,
      after: this.#lastOn.get(chat) ?? null,
      type,
      target: conversationStream(chat),
      data,
      createdAt: new Date().toISOString(),
      seen: null,
      status: 'pending',
    };
    this.#lastOn.set(chat, n);
    this.written.push(doc);
    this.#unsent.push(doc);
  }

  /** Two batches at once, as RxDB does, perhaps in another order than written. */
  async push(lost: string, shuffle: boolean): Promise<void> {
    if (lost === 'request' || this.#unsent.length === 0) return;
    const docs = shuffle ? this.#unsent.toReversed() : [...this.#unsent];
    const half = Math.ceil(docs.length / 2);
    await Promise.all([docs.slice(0, half), docs.slice(half)].map((batch) => this.#send(batch)));
    if (lost === 'no') this.#unsent = [];
  }

  async #send(docs: Pushed[]): Promise<void> {
    if (docs.length === 0) return;
    const response = await this.#session.fetch('/sync/cmd/_bulk_docs', {
      method: 'POST',
      body: JSON.stringify({ docs }),
    });
    expect(response.status).toBe(201);
    const rows = (await response.json()) as { ok?: true; error?: string }[];
    for (const row of rows) expect(row.ok ?? row.error).toBeOneOf([true, 'conflict']);
  }

  async outcomes(): Promise<CmdDoc[]> {
    return Promise.all(this.written.map(({ _id }) => this.#session.json<CmdDoc>(`/sync/cmd/${_id}`)));
  }
}

const contentOf = async (name: string) => {
  const mailbox = await kit.tenant.mailboxes.ensure(kit.userId(name));
  const docs = (await mailbox?.database.allDocs<Record<string, unknown>>()) ?? [];
  return docs.map(({ _rev, version: _version, ...doc }) => doc);
};

async function run(
  steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
): Promise<void> {
  contacts += 2;
  const chats = [
    await kit.assigned(`x${contacts}`, 'ana'),
    await kit.assigned(`x${contacts + 1}`, 'bruno'),
  ] as const;
  const devices = new Map(
    names.map((name) => [name as string, new ScriptedDevice(sessions.get(name) as Device)]),
  );
  const chatOf = (index: number) => chats[index] ?? chats[0];
  const deviceOf = (name: string) => devices.get(name) as ScriptedDevice;
  let texts = 0;
  for (const action of steps) {
    if (action.do === 'write') deviceOf(action.who).write(chatOf(action.chat), 'SendMessage');
    if (action.do === 'close') deviceOf(action.who).write(chatOf(action.chat), 'CloseConversation');
    if (action.do === 'push') await deviceOf(action.who).push(action.lost, action.shuffle);
    if (action.do === 'customer')
      await kit.happen(chatOf(action.chat), customerText(`t${contacts}-${(texts += 1)}`, 'más'));
    if (action.do === 'rotate') await kit.tenant.worker.rotateMailbox(kit.userId(action.who));
    if (action.do === 'move') {
      const assigned = { agentId: kit.userId(action.to), queueId: 'general', reason: 'assigned' as const };
      const queued = { queueId: 'general', reason: 'returned' as const };
      await kit.happen(
        chatOf(action.chat),
        action.to === 'queue'
          ? { type: 'ConversationQueued', data: queued }
          : { type: 'ConversationAssigned', data: assigned },
      );
    }
  }
  for (const device of devices.values()) await device.push('no', false);
  await kit.settled();

  for (const device of devices.values()) {
    for (const outcome of await device.outcomes())
      expect(outcome.status, JSON.stringify(outcome)).toBeOneOf(['accepted', 'rejected', 'review']);
  }
  for (const chat of chats) await checkMessages(chat, [...devices.values()]);
  for (const name of names) {
    await until(async () => {
      const before = await contentOf(name);
      return before.length > 0;
    }, 'the mailbox');
    const before = await contentOf(name);
    await kit.tenant.worker.rebuildMailbox(kit.userId(name));
    expect(await contentOf(name)).toEqual(before);
  }
}

/** An accepted text is there once, a refused one is not, and a device's texts are in its order. */
async function checkMessages(chat: string, devices: readonly ScriptedDevice[]): Promise<void> {
  const commits = await kit.tenant.store.read(conversationStream(chat));
  const queued = commits.flatMap(({ events }) =>
    events.filter((event) => event.type === 'MessageQueued').map((event) => String(event.data['messageId'])),
  );
  for (const device of devices) {
    const outcomes = await device.outcomes();
    const accepted = outcomes.filter(
      ({ type, target, status }) =>
        type === 'SendMessage' && target === conversationStream(chat) && status === 'accepted',
    );
    expect(queued.filter((messageId) => messageId.startsWith(device.deviceId))).toEqual(
      accepted.map(({ data }) => data['messageId']),
    );
  }
}

describe('random scripts of devices', () => {
  test('end with one outcome for each command, and mailboxes that a rebuild confirms', async () => {
    const seed = Number(process.env['RECADO_TEST_SEED'] ?? Date.now() % 2_147_483_647);
    console.log(`seed ${seed}`);
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), run), {
      seed,
      numRuns: 15,
      endOnFailure: true,
    });
  }, 90_000);

  test('a restart of the server in the middle changes nothing of that', async () => {
    const [chat] = [await kit.assigned('restart', 'ana')];
    const device = new ScriptedDevice(sessions.get('ana') as Device);
    for (let index = 0; index < 5; index++) device.write(chat, 'SendMessage');
    await device.push('answer', true);
    await kit.restart();
    device.write(chat, 'CloseConversation');
    await device.push('no', true);
    expect((await device.outcomes()).map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, () => 'accepted'),
    );
    await checkMessages(chat, [device]);
  });
});
