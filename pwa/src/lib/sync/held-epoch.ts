import type { Owner } from './database.ts';

/** What this device keeps of a person's databases, and which epoch's it works on. */

/** RxDB empties its stores but leaves them there, under the person's name. */
export async function deleteEmptied(prefix: string): Promise<void> {
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

export const moveLock = ({ tenant, userId }: Owner): string => `recado-move-${tenant}-${userId}`;
const keyOf = ({ tenant, userId }: Owner): string => `recado-epoch-${tenant}-${userId}`;

/** The epoch whose database this device works on; null before the first. */
export function heldEpoch(storage: Storage, owner: Owner): number | null {
  const known = Number(storage.getItem(keyOf(owner)));
  return known > 0 ? known : null;
}

export const rememberEpoch = (storage: Storage, owner: Owner): void =>
  storage.setItem(keyOf(owner), String(owner.epoch));

export const forgetEpoch = (storage: Storage, owner: Owner): void => storage.removeItem(keyOf(owner));
