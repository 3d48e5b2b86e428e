import type { Person } from '@recado/domain/access/access';
import { must } from '@recado/domain/must';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { Context } from 'koa';
import { Lucia, TimeSpan } from 'lucia';
import { LRUCache } from 'lru-cache';
import type { Tenant, User } from '../accounts/account.ts';
import { personOf } from '../accounts/account.ts';
import type { Directory } from '../accounts/directory.ts';
import { createSessionAdapter, hashSessionId } from './session-adapter.ts';

/** A session whose cookie was shown with the request, and the person behind it as they are now. */
export interface LiveSession {
  sessionId: string;
  person: Person;
  user: User;
  tenant: Tenant;
  /** Aborts when the session ends in this process: open feeds end with it. */
  ended: AbortSignal;
}

export interface Sessions {
  authenticate(ctx: Context): Promise<LiveSession | null>;
  /** Starts a session and sets its cookie. */
  open(ctx: Context, user: User): Promise<void>;
  /** Ends the request's session, if any, and clears the cookie. */
  close(ctx: Context): Promise<LiveSession | null>;
  /** Sessions of this person that have not expired. */
  countOf(userId: string): Promise<number>;
  removeExpired(): Promise<void>;
  stop(): void;
}

export interface SessionsDeps {
  couch: CouchConnection;
  directory: Directory;
  now: () => number;
  /** False only on loopback without TLS: browsers keep `Secure` cookies to themselves there. */
  secureCookies: boolean;
  /** How long a validated session is trusted without asking the store again, ms; default 5,000. */
  trustMs?: number;
}

/** Idle time after which a session ends; any use in its second half renews it. */
const idle = new TimeSpan(30, 'd');

export function createSessions(deps: SessionsDeps): Sessions {
  const { couch, directory, now, secureCookies, trustMs = 5_000 } = deps;
  const lucia = new Lucia(createSessionAdapter({ couch, directory, now }), {
    sessionExpiresIn: idle,
    sessionCookie: {
      // `__Host-` binds the cookie to this host, to TLS and to path `/` (RFC 6265bis).
      name: secureCookies ? '__Host-recado' : 'recado',
      attributes: { sameSite: 'lax', secure: secureCookies, path: '/' },
    },
  });
  const trusted = new LRUCache<string, { userId: string }>({ max: 10_000, ttl: trustMs });
  const endings = new Map<string, AbortController>();

  const endingOf = (sessionId: string): AbortController => {
    const key = hashSessionId(sessionId);
    const known = endings.get(key) ?? new AbortController();
    endings.set(key, known);
    return known;
  };

  const end = (sessionId: string): void => {
    const key = hashSessionId(sessionId);
    trusted.delete(key);
    endings.get(key)?.abort();
    endings.delete(key);
  };

  const validate = async (ctx: Context, sessionId: string): Promise<string | null> => {
    const key = hashSessionId(sessionId);
    const known = trusted.get(key);
    if (known) return known.userId;
    const { session } = await lucia.validateSession(sessionId);
    if (!session) {
      end(sessionId);
      return null;
    }
    if (session.fresh) ctx.append('set-cookie', lucia.createSessionCookie(sessionId).serialize());
    trusted.set(key, { userId: session.userId });
    return session.userId;
  };

  const authenticate = async (ctx: Context): Promise<LiveSession | null> => {
    const sessionId = lucia.readSessionCookie(ctx.get('cookie'));
    if (!sessionId) return null;
    const userId = await validate(ctx, sessionId);
    const user = userId === null ? null : directory.user(userId);
    if (!user || user.disabled) return null;
    const tenant = must(directory.tenant(user.tenantId), 'the tenant of a user');
    return { sessionId, person: personOf(user), user, tenant, ended: endingOf(sessionId).signal };
  };

  return {
    authenticate,
    async open(ctx, user) {
      const { id } = await lucia.createSession(user.userId, {});
      ctx.append('set-cookie', lucia.createSessionCookie(id).serialize());
    },
    async close(ctx) {
      const session = await authenticate(ctx);
      if (session) {
        await lucia.invalidateSession(session.sessionId);
        end(session.sessionId);
      }
      ctx.append('set-cookie', lucia.createBlankSessionCookie().serialize());
      return session;
    },
    async countOf(userId) {
      return (await lucia.getUserSessions(userId)).length;
    },
    async removeExpired() {
      await lucia.deleteExpiredSessions();
      // Sessions that nobody has used for a while hold no feed: their signals are made anew when they return.
      for (const [key] of endings) if (!trusted.has(key)) endings.delete(key);
    },
    stop() {
      for (const controller of endings.values()) controller.abort();
    },
  };
}
