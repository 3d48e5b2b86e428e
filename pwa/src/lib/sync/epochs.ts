import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { removeRxDatabase, type RxStorage } from 'rxdb/plugins/core';
import { databaseName, openDatabase, type LocalDatabase, type Owner } from './database.ts';

/**
 * A mailbox is rebuilt now and then under a new epoch, and the device then starts a new database. What exists
 * only here moves along: the queue with its numbering, drafts, what was put aside, and commands without an answer.
 * A command that did reach the server is known there by its id, so that moving it twice does no harm.
 */
export interface OpenDeps {
  withBoard: boolean;
  storage: Storage;
  rxStorage?: RxStorage<unknown, unknown>;
}

export async function openCurrentDatabase(
  owner: Owner,
  { withBoard, storage, rxStorage }: OpenDeps,
): Promise<LocalDatabase> {
  const engine = rxStorage ?? (getRxStorageDexie() as unknown as RxStorage<unknown, unknown>);
  const database = await openDatabase(owner, { storage: engine, withBoard });
  const before = epochOf(storage, owner);
  if (before !== null && before !== owner.epoch) {
    const previous = { ...owner, epoch: before };
    const old = await openDatabase(previous, { storage: engine, withBoard, multiInstance: false });
    await moveLocalWork(old, database);
    await old.close();
    await removeRxDatabase(databaseName(previous), engine);
    await deleteEmptied(`rxdb-dexie-${databaseName(previous)}--`);
  }
  return database;
}

export async function moveLocalWork(from: LocalDatabase, to: LocalDatabase): Promise<void> {
  for (const doc of await from.local.find().exec())
    await to.local.insertIfNotExists(structuredClone(doc.toJSON()));
  const unanswered = await from.cmd.find({ selector: { status: 'pending' } }).exec();
  for (const doc of unanswered) await to.cmd.insertIfNotExists(structuredClone(doc.toJSON()));
}

export async function removeDatabase(storage: Storage, owner: Owner, database: LocalDatabase): Promise<void> {
  storage.removeItem(keyOf(owner));
  await database.remove();
  await deleteEmptied(`rxdb-dexie-${databaseName(owner)}--`);
}

/** RxDB empties its stores but leaves them there, under the person's name. */
async function deleteEmptied(prefix: string): Promise<void> {
  if (typeof indexedDB === 'undefined' || !('databases' in indexedDB)) return;
  const names = (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith(prefix) ? [name] : []));
  await Promise.all(
    names.map(
      (name) =>
        new Promise<void>((resolve) => {
          const request = indexedDB.deleteDatabase(name);
          request.onsuccess = request.onerror = request.onblocked = () => resolve();
        }),
    ),
  );
}

const keyOf = ({ tenant, userId }: Owner): string => `recado-epoch-${tenant}-${userId}`;

const epochOf = (storage: Storage, owner: Owner): number | null => {
  const known = Number(storage.getItem(keyOf(owner)));
  return known > 0 ? known : null;
};

export const rememberDatabase = (storage: Storage, owner: Owner): void =>
  storage.setItem(keyOf(owner), String(owner.epoch));
