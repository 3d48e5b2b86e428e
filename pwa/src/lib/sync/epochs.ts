import type { RxStorage } from 'rxdb/plugins/core';
import { databaseName, openDatabase, type LocalDatabase, type Owner } from './database.ts';
import { deviceStorage } from './device-storage.ts';
import { deleteEmptied, forgetEpoch, heldEpoch, moveLock, rememberEpoch } from './held-epoch.ts';
import type { Locks } from './locks.ts';

/**
 * A mailbox is rebuilt now and then under a new epoch, and the device then starts a new database. What exists
 * only here moves along (`move-epoch.ts`).
 *
 *   new documents pulled ahead ─► every tab lets go of the old database ─► local work moved ─► remembered ─► old removed
 *
 * - Which epoch the device works on is remembered only after the move, so a crash repeats it; moving twice is harmless.
 * - A tab holds its database's lock, shared with the others, for as long as it may still write there. The move
 *   waits for all of them: what a tab wrote afterwards would be left behind.
 * - One tab moves; the others wait for it and find nothing left to do. None opens its queue before: a queue that
 *   starts in an empty database gives numbers from one again.
 */
export interface OpenDeps {
  withBoard: boolean;
  storage: Storage;
  locks: Locks;
  rxStorage?: RxStorage<unknown, unknown>;
}

export interface HeldDatabase {
  database: LocalDatabase;
  /** After the database was closed. */
  letGo: () => void;
}

export async function openCurrentDatabase(
  owner: Owner,
  { withBoard, storage, locks, rxStorage = deviceStorage() }: OpenDeps,
): Promise<HeldDatabase> {
  const letGo = await locks.share(databaseName(owner));
  try {
    const database = await openDatabase(owner, { storage: rxStorage, withBoard });
    const behind = () => {
      const before = heldEpoch(storage, owner);
      return before !== null && before !== owner.epoch ? before : null;
    };
    if (behind() !== null) {
      const { moveFrom } = await import('./move-epoch.ts');
      await locks.alone(moveLock(owner), async () => {
        const before = behind();
        if (before !== null)
          await moveFrom({ ...owner, epoch: before }, database, { withBoard, locks, rxStorage });
        rememberEpoch(storage, owner);
      });
    } else rememberEpoch(storage, owner);
    return { database, letGo };
  } catch (error) {
    letGo();
    throw error;
  }
}

export async function removeDatabase(storage: Storage, owner: Owner, database: LocalDatabase): Promise<void> {
  forgetEpoch(storage, owner);
  await database.remove();
  // Of all epochs: one may be on its way in.
  await deleteEmptied(`rxdb-dexie-${databaseName({ ...owner, epoch: '' })}`);
}
