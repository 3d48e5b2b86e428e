import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, expect, it, vi } from 'vitest';
import { createFakeGateway } from '../testing/fake-gateway.testkit.ts';
import { createConnection } from './connection.ts';
import { openDatabase } from './database.ts';
import { settleCommands } from './settle-commands.ts';

const close: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

const command = (n: number, status: string) => ({
  id: `cmd.device-one.${String(n).padStart(8, '0')}`,
  deviceId: 'device-one',
  n,
  status,
});

let owners = 0;
/** A device whose replication brings nothing; `look` lets it look once at its waiting commands. */
async function device() {
  const gateway = createFakeGateway();
  const database = await openDatabase(
    { tenant: 'demo', userId: `settle${++owners}`, epoch: 1 },
    { storage: getRxStorageMemory(), withBoard: false, multiInstance: false },
  );
  const asked: string[] = [];
  let broken = false;
  const connection = createConnection({
    fetch: async (input, init) => {
      asked.push((JSON.parse(init.body as string) as { keys: string[] }).keys.join());
      return gateway.fetchFrom('http://gateway/sync/', () => (broken ? 503 : 'none'))(input, init);
    },
    random: () => 0,
    wait: () => Promise.resolve(),
    tell: () => undefined,
  });
  let waiting: (() => void) | undefined;
  const settling = settleCommands({
    database,
    connection,
    address: 'http://gateway/sync/cmd/_all_docs?epoch=1',
    leading: Promise.resolve(),
    wait: (_ms, signal) =>
      new Promise((resolve) => {
        waiting = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  });
  const untilItWaits = () => vi.waitFor(() => expect(waiting).toBeDefined());
  close.push(async () => {
    connection.stop();
    await settling;
    await database.close();
  });
  return {
    gateway,
    asked,
    insert: (n: number, status: string) => database.cmd.insert(command(n, status) as never),
    status: async (n: number) => (await database.cmd.findOne(command(n, '').id).exec())?.toJSON(),
    breakNetwork: (value: boolean) => (broken = value),
    /** Something else asks and is answered. */
    contact: () =>
      connection.request('feed', 'http://gateway/sync/feed/_changes?epoch=1&since=0', {
        body: '{"keys":[]}',
      }),
    async look() {
      await untilItWaits();
      const go = waiting!;
      waiting = undefined;
      go();
      await untilItWaits();
    },
  };
}

it('takes the decision of a command that went on waiting, with its reason, and asks for no other', async () => {
  const { gateway, asked, insert, status, look } = await device();
  await insert(1, 'pending');
  await insert(2, 'pending');
  await insert(3, 'accepted');
  gateway.put({ ...command(1, 'rejected'), code: 'not_assigned', decidedAt: '2026-01-01T00:00:00.000Z' });
  gateway.put(command(2, 'pending'));
  await look();
  expect(asked).toEqual([]);
  await look();
  expect(asked).toEqual([`${command(1, '').id},${command(2, '').id}`]);
  expect(await status(1)).toEqual({
    ...command(1, 'rejected'),
    code: 'not_assigned',
    decidedAt: '2026-01-01T00:00:00.000Z',
  });
  expect(await status(2)).toMatchObject({ status: 'pending' });
  await look();
  expect(asked.at(-1)).toBe(command(2, '').id);
});

it('leaves a command that the server does not have yet, and asks nothing while the network is in trouble', async () => {
  const { gateway, insert, status, look, breakNetwork, contact, asked } = await device();
  await insert(1, 'pending');
  await look();
  await look();
  expect(await status(1)).toMatchObject({ status: 'pending' });
  gateway.put(command(1, 'accepted'));
  breakNetwork(true);
  await look();
  const before = asked.length;
  await look();
  expect(asked).toHaveLength(before);
  breakNetwork(false);
  await contact();
  await look();
  expect(await status(1)).toMatchObject({ status: 'accepted' });
});
