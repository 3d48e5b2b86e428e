import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { describe, expect, it } from 'vitest';
import { openQueue } from '../commands/queue.ts';
import { openDatabase } from './database.ts';
import { moveLocalWork } from './move-epoch.ts';

const open = (epoch: number) =>
  openDatabase(
    { tenant: 'demo', userId: 'mover', epoch },
    { storage: getRxStorageMemory(), withBoard: false, multiInstance: false },
  );
const queueOf = (database: Awaited<ReturnType<typeof open>>, deviceId: string) =>
  openQueue({ database, newDeviceId: () => deviceId, now: () => 0 });
const seen = { type: 'MarkSeen', target: 'conversation.a', data: { upToMessageId: 'm' }, seen: 1 } as const;

describe('a new mailbox epoch', () => {
  it('takes along what exists only on the device, and numbering goes on without a gap', async () => {
    const [before, after] = [await open(1), await open(2)];
    const queue = await queueOf(before, 'device-one');
    await queue.enqueue(seen);
    await queue.handOver(() => Promise.resolve(true));
    await queue.enqueue(seen);
    await before.local.insert({ id: 'draft.a', draft: { text: 'half a line' } });

    await moveLocalWork(before, after);
    await moveLocalWork(before, after);

    const moved = await queueOf(after, 'device-two');
    expect((await moved.enqueue(seen)).id).toBe('cmd.device-one.00000003');
    await moved.handOver(() => Promise.resolve(true));
    expect((await after.cmd.find({ sort: [{ n: 'asc' }] }).exec()).map(({ n }) => n)).toEqual([1, 2, 3]);
    expect((await after.local.findOne('draft.a').exec())?.toJSON().draft).toEqual({ text: 'half a line' });
    await before.close();
    await after.close();
  });
});
