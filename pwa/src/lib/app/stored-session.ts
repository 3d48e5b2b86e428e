import type { Session } from '@recado/domain/wire/api';

/**
 * Who is signed in, kept so that the app starts without a network. It holds no secret: the session itself is a
 * cookie that scripts cannot read. All tabs follow it through `storage` events.
 */
export type SessionState = 'active' | 'expired';
export interface StoredSession {
  session: Session;
  state: SessionState;
}

const key = 'recado-session';
const unrevokedKey = 'recado-unrevoked';

export function readSession(storage: Storage): StoredSession | null {
  try {
    const stored = JSON.parse(storage.getItem(key) ?? 'null') as StoredSession | null;
    return stored && typeof stored.session?.userId === 'string' ? stored : null;
  } catch {
    return null;
  }
}

export function writeSession(storage: Storage, stored: StoredSession | null): void {
  if (stored) storage.setItem(key, JSON.stringify(stored));
  else storage.removeItem(key);
}

export const isSessionKey = (changed: string | null): boolean => changed === key || changed === null;

/** Someone left while there was no network: the cookie is still good and must be revoked as soon as possible. */
export const unrevoked = {
  get: (storage: Storage): boolean => storage.getItem(unrevokedKey) !== null,
  set: (storage: Storage, value: boolean): void =>
    value ? storage.setItem(unrevokedKey, '1') : storage.removeItem(unrevokedKey),
};
