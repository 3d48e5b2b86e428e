import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFakeGateway, type FakeGateway } from '../testing/fake-gateway.testkit.ts';
import { openQueue } from '../commands/queue.ts';
import type { ConnectionNews } from './connection.ts';
import { openDatabase, type LocalDatabase } from './database.ts';
import { startReplication } from './replication.ts';

const base = 'http://gateway/sync';
const open: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

let owners = 0;
async function device({
  gateway,
  fault,
  epoch = 1,
}: {
  gateway: FakeGateway;
  fault?: Parameters<FakeGateway['fetchFrom']>[1];
  epoch?: number;
}) {
  owners += 1;
  const owner = { tenant: 'demo', userId: `user${owners}`, epoch };
  const database = await openDatabase(owner, {
    storage: getRxStorageMemory(),
    withBoard: false,
    multiInstance: false,
  });
  const news: ConnectionNews[] = [];
  const replication = startReplication({
    database,
    base,
    identity: owner,
    fetch: gateway.fetchFrom(`${base}/`, fault),
    random: () => 0,
    wait: (ms, signal) => pause(Math.min(ms, 5), signal),
    tell: (item) => news.push(item),
  });
  // RxDB allows a process only so many open collections: a script over several seeds closes each device itself.
  const close = async () => {
    await replication.stop();
    if (!database.closed) await database.close();
  };
  open.push(close);
  return { database, replication, news, close };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

const conv = (n: number, version: number) => ({
  id: `conv.${n}`,
  conversationId: String(n),
  lastMessageAt: '2026-01-01T00:00:00.000Z',
  phase: 'assigned',
  version,
});
const msg = (n: number, version: number) => ({
  id: `msg.1.${n}`,
  conversationId: '1',
  sortKey: `k${n}`,
  version,
});

const shown = async (database: LocalDatabase, collection: 'conv' | 'msg') =>
  Object.fromEntries(
    (await database[collection].find().exec()).map(
      (doc) => [doc.id, doc.toJSON().version] as [string, number],
    ),
  );

describe('replication through the shared feed', () => {
  it('pulls what is there and then what comes, with at most two requests open', async () => {
    const gateway = createFakeGateway();
    for (let n = 0; n < 1_200; n++) gateway.put(msg(n, 1));
    gateway.put(conv(1, 1));
    const { database, replication } = await device({ gateway });
    await replication.initial();
    expect(Object.keys(await shown(database, 'msg'))).toHaveLength(1_200);
    gateway.put(conv(2, 1));
    gateway.put(msg(5_000, 1));
    await vi.waitFor(async () => expect(await shown(database, 'conv')).toEqual({ 'conv.1': 1, 'conv.2': 1 }));
    await vi.waitFor(async () => expect(Object.keys(await shown(database, 'msg'))).toHaveLength(1_201));
    expect(gateway.state.maxOpen).toBeLessThanOrEqual(2);
  });

  it('removes from the device what the server removed', async () => {
    const gateway = createFakeGateway();
    gateway.put(conv(1, 1));
    const { database, replication } = await device({ gateway });
    await replication.initial();
    gateway.remove('conv.1');
    await vi.waitFor(async () => expect(await shown(database, 'conv')).toEqual({}));
  });

  it('pushes commands once although answers are lost, and shows what the server decided', async () => {
    const gateway = createFakeGateway({
      onCommand: ({ _id, ...command }) => gateway.put({ ...command, id: _id, status: 'accepted' }),
    });
    let calls = 0;
    const { database } = await device({
      gateway,
      fault: () => (++calls % 3 === 0 ? 'answer_lost' : 'none'),
    });
    const queue = await openQueue({ database, newDeviceId: () => 'device-one', now: () => 0 });
    for (let n = 0; n < 70; n++)
      await queue.enqueue({
        type: 'MarkSeen',
        target: `conversation.${n % 3}`,
        data: { upToMessageId: 'm' },
        seen: 1,
      });
    await queue.handOver(() => Promise.resolve(true));
    await vi.waitFor(
      async () => expect(await database.cmd.count({ selector: { status: 'accepted' } }).exec()).toBe(70),
      { timeout: 20_000 },
    );
    expect(new Set(gateway.pushed).size).toBe(70);
    expect(gateway.pushed).toHaveLength(70);
  });

  it('loses nothing whichever request is dropped or refused, whatever the order', async () => {
    for (const seed of [1, 7, 42, 1234]) {
      const random = seeded(seed);
      const gateway = createFakeGateway();
      const truth = { conv: new Map<string, number>(), msg: new Map<string, number>() };
      const write = () => {
        const n = Math.floor(random() * 40);
        const make = random() < 0.5 ? conv : msg;
        const kind = make === conv ? 'conv' : 'msg';
        const id = make(n, 0).id;
        if (random() < 0.15 && truth[kind].has(id)) {
          gateway.remove(id);
          truth[kind].delete(id);
          return;
        }
        const version = Math.floor(random() * 1e9);
        gateway.put(make(n, version));
        truth[kind].set(id, version);
      };
      for (let n = 0; n < 30; n++) write();
      const fault = () => {
        const dice = random();
        return dice < 0.15 ? 'lost' : dice < 0.3 ? 'answer_lost' : dice < 0.36 ? 503 : 'none';
      };
      const { database, replication, close } = await device({ gateway, fault });
      for (let n = 0; n < 150; n++) {
        write();
        if (random() < 0.2) replication.probe();
        if (random() < 0.4) await new Promise((resolve) => setTimeout(resolve, random() * 4));
      }
      await vi.waitFor(
        async () => {
          expect(await shown(database, 'conv'), `seed ${seed}`).toEqual(Object.fromEntries(truth.conv));
          expect(await shown(database, 'msg'), `seed ${seed}`).toEqual(Object.fromEntries(truth.msg));
        },
        { timeout: 20_000 },
      );
      expect(gateway.state.maxOpen, `seed ${seed}`).toBeLessThanOrEqual(2);
      await close();
    }
  });

  it('tells the app that the session is over, asks nothing more, and ends every request when stopped', async () => {
    const gateway = createFakeGateway();
    const { replication, news } = await device({ gateway });
    await replication.initial();
    gateway.state.signedIn = false;
    replication.probe();
    await vi.waitFor(() => expect(news).toContainEqual({ kind: 'refused', refusal: 'signed_out' }));
    const before = gateway.state.polls;
    replication.probe();
    replication.probe();
    await replication.stop();
    expect(gateway.state.polls).toBe(before);
    expect(gateway.state.open).toBe(0);
  });

  it('tells the app that its mailbox was rebuilt', async () => {
    const gateway = createFakeGateway({ epoch: 2 });
    const { news } = await device({ gateway, epoch: 1 });
    await vi.waitFor(() => expect(news).toContainEqual({ kind: 'refused', refusal: 'epoch_changed' }));
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
