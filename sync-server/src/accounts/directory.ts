import { directoryDatabase } from '@recado/domain/databases';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import { DocumentConflict } from '@recado/event-store/couch/faults';
import { backoffMs } from '@recado/event-store/retry';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { normalizeEmail, type Tenant, tenantSchema, type User, userSchema } from './account.ts';

/**
 * Tenants and people of the installation: `tenant.<id>`, `user.<id>`, and `email.<address>`, whose id is the
 * guard that one address belongs to one person. Few and read on every request, so they are kept in memory and
 * brought up to date by the database's own feed.
 */
export interface Directory {
  /** Reads everything and follows from there. */
  start(): Promise<void>;
  stop(): Promise<void>;
  tenants(): Tenant[];
  tenant(tenantId: string): Tenant | null;
  user(userId: string): User | null;
  /** As `user`, and looks in the store for one that the feed has not told of yet. */
  findUser(userId: string): Promise<User | null>;
  userByEmail(email: string): User | null;
  usersOf(tenantId: string): User[];
  saveTenant(tenant: Tenant): Promise<void>;
  /** False when the address belongs to somebody else. */
  saveUser(user: User): Promise<boolean>;
  onChange(listener: () => void): () => void;
}

export function createDirectory({ couch, logger }: { couch: CouchConnection; logger: Logger }): Directory {
  const database = couch.database(directoryDatabase);
  const tenants = new Map<string, Tenant>();
  const users = new Map<string, User>();
  const listeners = new Set<() => void>();
  const controller = new AbortController();
  let following: Promise<void> = Promise.resolve();

  /** True when the document is one that this directory holds in memory. */
  const take = (id: string, doc: object | null, deleted: boolean): boolean => {
    const [kind, key = ''] = splitId(id);
    if (kind !== 'tenant' && kind !== 'user') return false;
    if (deleted) return kind === 'tenant' ? tenants.delete(key) : users.delete(key);
    if (kind === 'tenant') return remember(tenants, key, tenantSchema.safeParse(doc), id);
    return remember(users, key, userSchema.safeParse(doc), id);
  };

  const remember = <T>(
    into: Map<string, T>,
    key: string,
    parsed: { success: true; data: T } | { success: false },
    id: string,
  ): boolean => {
    if (!parsed.success) {
      logger.warn({ id }, 'a document of the directory is not valid and is left out');
      return into.delete(key);
    }
    into.set(key, parsed.data);
    return true;
  };

  const tell = () => listeners.forEach((listener) => listener());

  const readAll = async (): Promise<string> => {
    const { lastSeq } = await database.changes({ since: 'now', limit: 1 });
    for (const prefix of ['tenant.', 'user.']) {
      const range = { startKey: prefix, endKey: `${prefix}\ufff0` };
      for (const doc of await database.allDocs<object>(range)) take(doc._id, doc, false);
    }
    return lastSeq;
  };

  const followFrom = async (start: string): Promise<void> => {
    const { signal } = controller;
    let since = start;
    for (let failures = 0; !signal.aborted;) {
      try {
        const page = await database.longpoll<object>({ since, limit: 500, signal, heartbeatMs: 20_000 });
        failures = 0;
        since = page.lastSeq;
        const changed = page.rows.map((row) => take(row.id, row.doc, row.deleted));
        if (changed.includes(true)) tell();
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        logger.warn({ err: error, failures }, 'the feed of the directory was lost');
        await delay(backoffMs(failures, { maxMs: 5_000 }), undefined, { signal }).catch(() => undefined);
      }
    }
  };

  const put = async (id: string, body: object): Promise<void> => {
    await database.overwrite(id, body);
    take(id, body, false);
    tell();
  };

  return {
    async start() {
      await couch.ensureDatabase(directoryDatabase, { q: 1 });
      following = followFrom(await readAll());
    },
    async stop() {
      controller.abort();
      await following;
    },
    tenants: () => [...tenants.values()],
    tenant: (tenantId) => tenants.get(tenantId) ?? null,
    user: (userId) => users.get(userId) ?? null,
    async findUser(userId) {
      const known = users.get(userId);
      if (known) return known;
      const stored = await database.getOrNull<object>(`user.${userId}`);
      if (stored && take(stored._id, stored, false)) tell();
      return users.get(userId) ?? null;
    },
    userByEmail(email) {
      const normalized = normalizeEmail(email);
      return [...users.values()].find((user) => user.email === normalized) ?? null;
    },
    usersOf: (tenantId) => [...users.values()].filter((user) => user.tenantId === tenantId),
    saveTenant: (tenant) => put(`tenant.${tenant.tenantId}`, tenant),
    async saveUser(user) {
      const email = normalizeEmail(user.email);
      const guardId = `email.${email}`;
      try {
        await database.put({ _id: guardId, userId: user.userId });
      } catch (error) {
        if (!(error instanceof DocumentConflict)) throw error;
        const guard = await database.getOrNull<{ userId: string }>(guardId);
        if (guard?.userId !== user.userId) return false;
      }
      const before = users.get(user.userId);
      await put(`user.${user.userId}`, { ...user, email });
      if (before && before.email !== email) {
        const old = await database.getOrNull<{ userId: string }>(`email.${before.email}`);
        if (old?.userId === user.userId) await database.remove({ id: old._id, rev: old._rev });
      }
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const splitId = (id: string): [string, string] => {
  const dot = id.indexOf('.');
  return [id.slice(0, dot), id.slice(dot + 1)];
};
