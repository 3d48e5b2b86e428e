import { directoryDatabase } from '@recado/domain/databases';
import { instant } from '@recado/domain/time';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { Stored } from '@recado/event-store/couch/database';
import { DocumentConflict } from '@recado/event-store/couch/faults';
import type { Adapter, DatabaseSession, DatabaseUser } from 'lucia';
import { createHash } from 'node:crypto';
import type { Directory } from '../accounts/directory.ts';

/** A stored session holds no secret: who reads the database cannot log in with what is there. */
interface SessionDocument {
  userId: string;
  /** ISO 8601 UTC */
  expiresAt: string;
}

export const hashSessionId = (sessionId: string): string =>
  createHash('sha256').update(sessionId).digest('hex');

/** Lucia's storage on CouchDB: `session.<sha256 of the session's id>` in the directory database. */
export function createSessionAdapter(deps: {
  couch: CouchConnection;
  directory: Directory;
  now: () => number;
}): Adapter {
  const { couch, directory, now } = deps;
  const database = couch.database(directoryDatabase);
  const documentId = (sessionId: string): string => `session.${hashSessionId(sessionId)}`;
  const all = () => database.allDocs<SessionDocument>({ startKey: 'session.', endKey: 'session.\ufff0' });

  const remove = async ({ _id, _rev }: Stored<SessionDocument>): Promise<void> => {
    try {
      await database.remove({ id: _id, rev: _rev });
    } catch (error) {
      // Somebody else removed or extended it at the same moment: read again and remove what is there.
      if (!(error instanceof DocumentConflict)) throw error;
      const stored = await database.getOrNull<SessionDocument>(_id);
      if (stored) await remove(stored);
    }
  };
  const removeWhere = async (applies: (session: SessionDocument) => boolean): Promise<void> => {
    for (const session of await all()) if (applies(session)) await remove(session);
  };

  return {
    async getSessionAndUser(sessionId): Promise<[DatabaseSession | null, DatabaseUser | null]> {
      const stored = await database.getOrNull<SessionDocument>(documentId(sessionId));
      if (!stored) return [null, null];
      const { userId, expiresAt } = stored;
      const user = directory.user(userId);
      const session = { id: sessionId, userId, expiresAt: new Date(expiresAt), attributes: {} };
      return [session, user && !user.disabled ? { id: userId, attributes: {} } : null];
    },
    async getUserSessions(userId) {
      const sessions = (await all()).filter((session) => session.userId === userId);
      // The ids themselves are not known to us: their hashes stand for them.
      return sessions.map(({ _id, expiresAt }) => ({
        id: _id,
        userId,
        expiresAt: new Date(expiresAt),
        attributes: {},
      }));
    },
    async setSession({ id, userId, expiresAt }) {
      await database.put({ _id: documentId(id), userId, expiresAt: expiresAt.toISOString() });
    },
    async updateSessionExpiration(sessionId, expiresAt) {
      const stored = await database.getOrNull<SessionDocument>(documentId(sessionId));
      if (!stored) return;
      try {
        await database.put({ ...stored, expiresAt: expiresAt.toISOString() });
      } catch (error) {
        // Ended or extended meanwhile: neither is to be undone by us.
        if (!(error instanceof DocumentConflict)) throw error;
      }
    },
    async deleteSession(sessionId) {
      const stored = await database.getOrNull<SessionDocument>(documentId(sessionId));
      if (stored) await remove(stored);
    },
    deleteUserSessions: (userId) => removeWhere((session) => session.userId === userId),
    deleteExpiredSessions: () => removeWhere((session) => session.expiresAt <= instant(now())),
  };
}
