import { removeRxDatabase, type RxStorage } from 'rxdb/plugins/core';
import type { ConnectionNews } from './connection.ts';
import { databaseName, openDatabase, type LocalDatabase, type Owner } from './database.ts';
import { deviceStorage } from './device-storage.ts';
import { deleteEmptied, heldEpoch, moveLock } from './held-epoch.ts';
import type { Locks } from './locks.ts';
import { startReplication, type ReplicationDeps } from './replication.ts';

/**
 * Leaving one epoch's database for the next. Rare, so loaded when it is needed.
 */

/** A tab that the browser has frozen cannot let go; it cannot write either. */
const patience = 5_000;

/** Under the move's lock. The old database is gone afterwards. */
export async function moveFrom(
  previous: Owner,
  to: LocalDatabase,
  {
    withBoard,
    locks,
    rxStorage,
  }: { withBoard: boolean; locks: Locks; rxStorage: RxStorage<unknown, unknown> },
): Promise<void> {
  await locks.alone(
    databaseName(previous),
    async () => {
      const old = await openDatabase(previous, { storage: rxStorage, withBoard, multiInstance: false });
      await moveLocalWork(old, to);
      await old.close();
      await removeRxDatabase(databaseName(previous), rxStorage);
      await deleteEmptied(`rxdb-dexie-${databaseName(previous)}--`);
    },
    { patience },
  );
}

/**
 * The queue with its numbering, drafts, what was put aside, and commands without an answer. A command that did
 * reach the server is known there by its id, so that moving it twice does no harm.
 */
export async function moveLocalWork(from: LocalDatabase, to: LocalDatabase): Promise<void> {
  for (const doc of await from.local.find().exec())
    await to.local.insertIfNotExists(structuredClone(doc.toJSON()));
  const unanswered = await from.cmd.find({ selector: { status: 'pending' } }).exec();
  for (const doc of unanswered) await to.cmd.insertIfNotExists(structuredClone(doc.toJSON()));
}

export interface PullAheadDeps extends Omit<ReplicationDeps, 'database' | 'identity' | 'tell'> {
  withBoard: boolean;
  storage: Storage;
  locks: Locks;
  rxStorage?: RxStorage<unknown, unknown>;
  signal: AbortSignal;
  hear: (news: ConnectionNews) => void;
}

/**
 * Fills the next epoch's database while the old one is still shown, however long the network takes.
 * @returns whether it is full; false when it was ended, or refused in its turn.
 */
export async function pullAhead(
  owner: Owner,
  { withBoard, storage, locks, rxStorage = deviceStorage(), signal, hear, ...connection }: PullAheadDeps,
): Promise<boolean> {
  const refused = new AbortController();
  const ended = AbortSignal.any([signal, refused.signal]);
  const fill = async (): Promise<boolean> => {
    // Another tab was here first, and has moved.
    if (heldEpoch(storage, owner) === owner.epoch) return true;
    const database = await openDatabase(owner, { storage: rxStorage, withBoard, multiInstance: false });
    const replication = startReplication({
      ...connection,
      database,
      identity: owner,
      tell(news) {
        hear(news);
        if (news.kind === 'refused') refused.abort();
      },
    });
    const full = await Promise.race([replication.initial().then(() => true), until(ended)]);
    await replication.stop();
    await database.close();
    return full;
  };
  return locks.alone(moveLock(owner), fill, { signal }).catch((error: unknown) => {
    if (signal.aborted) return false;
    throw error;
  });
}

const until = (signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener('abort', () => resolve(false), { once: true });
  });
