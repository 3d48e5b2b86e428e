import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it } from 'vitest';
import { cmdSchema } from '@recado/domain/wire/documents';
import { openDatabase, type LocalDatabase } from '../sync/database.ts';
import { numbered, openQueue, type DeviceState } from './queue.ts';

let opened: LocalDatabase[] = [];
let owners = 0;
afterEach(async () => {
  for (const database of opened) await database.close();
  opened = [];
});
async function queue() {
  owners += 1;
  const database = await openDatabase(
    { tenant: 'demo', userId: `queue${owners}`, epoch: 1 },
    { storage: getRxStorageMemory(), withBoard: false, multiInstance: false },
  );
  opened.push(database);
  let ids = 0;
  return { database, ...(await openQueue({ database, newDeviceId: () => `device-${++ids}`, now: () => 0 })) };
}
const send = (target: string, body = 'hola') =>
  ({
    type: 'SendMessage',
    target,
    data: { messageId: body, content: { kind: 'text', body } },
    seen: 3,
  }) as const;

describe('the queue of commands', () => {
  it('numbers without gaps when many are written at once', async () => {
    const { enqueue, handOver, database } = await queue();
    const written = await Promise.all(
      Array.from({ length: 50 }, (_, n) => enqueue(send(`conversation.${n % 4}`))),
    );
    expect(new Set(written.map(({ n }) => n)).size).toBe(50);
    await handOver(() => Promise.resolve(true));
    const found = await database.cmd.find({ sort: [{ n: 'asc' }] }).exec();
    expect(found.map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('names the command before on the same conversation, and none on another', async () => {
    const { enqueue } = await queue();
    const [a1, b1, a2] = [await enqueue(send('a')), await enqueue(send('b')), await enqueue(send('a'))];
    expect([a1.after, b1.after, a2.after]).toEqual([null, null, 1]);
  });

  it('writes what the wire expects', async () => {
    const { enqueue } = await queue();
    const command = await enqueue(send('conversation.x'));
    expect(cmdSchema.parse(command)).toEqual(command);
    expect(command.id).toBe('cmd.device-1.00000001');
  });

  it('holds a command back until it may go, and lets later ones of other chats pass', async () => {
    const { enqueue, handOver, database, device } = await queue();
    await enqueue(send('a', 'with a file'));
    await enqueue(send('b'));
    await handOver((command) => Promise.resolve(command.target === 'b'));
    expect((await database.cmd.find().exec()).map(({ n }) => n)).toEqual([2]);
    expect((device.getLatest().toJSON().state as DeviceState).outgoing.map(({ n }) => n)).toEqual([1]);
    await handOver(() => Promise.resolve(true));
    expect(await database.cmd.count().exec()).toBe(2);
  });

  it('hands over again after a crash between the two writes, without a second command', async () => {
    const { enqueue, handOver, database } = await queue();
    const command = await enqueue(send('a'));
    await database.cmd.insert(structuredClone(command));
    await handOver(() => Promise.resolve(true));
    expect(await database.cmd.count().exec()).toBe(1);
  });

  it('keeps its device id when it is opened again', async () => {
    const { database } = await queue();
    const again = await openQueue({ database, newDeviceId: () => 'another-one', now: () => 0 });
    expect((await again.enqueue(send('a'))).deviceId).toBe('device-1');
  });

  it('remembers a bounded number of conversations, the latest ones', () => {
    let state: DeviceState = { deviceId: 'device-1', n: 0, last: {}, outgoing: [] };
    for (let n = 0; n < 400; n++) state = { ...numbered(state, send(`c${n}`), '').state, outgoing: [] };
    expect(Object.keys(state.last)).toHaveLength(300);
    expect(state.last.c399).toBe(400);
    expect(state.last.c0).toBeUndefined();
  });
});
