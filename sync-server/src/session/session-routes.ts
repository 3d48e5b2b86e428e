import { permissionsOf, actorKindOf } from '@recado/domain/access/access';
import { accessStream } from '@recado/domain/commit/stream-id';
import { accept } from '@recado/domain/outcome';
import { instant } from '@recado/domain/time';
import { loginSchema, type Session } from '@recado/domain/wire/api';
import type { Context } from 'koa';
import { normalizeEmail, personOf, type User } from '../accounts/account.ts';
import type { Directory } from '../accounts/directory.ts';
import type { Passwords } from '../accounts/passwords.ts';
import { HttpProblem, problem } from '../http/problem.ts';
import { parseWith, readJson } from '../http/read-json.ts';
import type { AnyRoute } from '../http/route.ts';
import type { TenantRuntime } from '../tenants/tenant.ts';
import type { AccessEvent } from './access-events.ts';
import type { LoginThrottle } from './login-throttle.ts';
import type { Sessions } from './sessions.ts';

export interface SessionRoutesDeps {
  directory: Directory;
  passwords: Passwords;
  sessions: Sessions;
  throttle: LoginThrottle;
  tenantOf: (tenantId: string) => Promise<TenantRuntime>;
  clientAddress: (ctx: Context) => string;
  newId: () => string;
  now: () => number;
}

export function sessionRoutes(deps: SessionRoutesDeps): AnyRoute[] {
  const { directory, passwords, sessions, throttle, tenantOf, clientAddress, now } = deps;

  /** Logging in and out works while the history cannot be written only if it is: no silent entry. */
  const record = async (user: User, event: AccessEvent): Promise<void> => {
    const { access } = await tenantOf(user.tenantId);
    await access.handle({
      stream: accessStream(user.userId),
      actor: { kind: actorKindOf(personOf(user)), id: user.userId },
      cause: { commandId: `access.${deps.newId()}` },
      decide: () => accept(event),
    });
  };

  const logIn = async (ctx: Context): Promise<void> => {
    const credentials = parseWith(loginSchema, await readJson(ctx, { maxBytes: 10_000 }));
    const email = normalizeEmail(credentials.email);
    const address = clientAddress(ctx);
    const user = directory.userByEmail(email);
    const wait = await throttle.waitFor({ email, address });
    if (wait !== null)
      throw new HttpProblem('too_many_attempts', { headers: { 'retry-after': String(wait) } });
    // Counted before the work, so that attempts in parallel do not slip through together.
    await throttle.failed({ email, address });
    const matches = await passwords.verify(user?.passwordHash ?? null, credentials.password);
    if (!user || !matches || user.disabled) {
      const reason = matches ? 'disabled' : 'password';
      if (user) await record(user, { type: 'LoginRefused', data: { userId: user.userId, address, reason } });
      throw problem('wrong_credentials');
    }
    await throttle.succeeded({ email, address });
    const userAgent = ctx.get('user-agent').slice(0, 300);
    await record(user, { type: 'LoggedIn', data: { userId: user.userId, address, userAgent } });
    await sessions.close(ctx);
    ctx.remove('set-cookie');
    await sessions.open(ctx, user);
    const tenant = await tenantOf(user.tenantId);
    await tenant.presence.loggedIn(personOf(user));
    ctx.status = 204;
  };

  return [
    { method: 'post', path: '/api/session', access: 'public', handle: logIn },
    {
      method: 'get',
      path: '/api/session',
      access: 'session',
      async handle(ctx, { user, person, tenant }) {
        const { mailboxes } = await tenantOf(tenant.tenantId);
        const body: Session = {
          userId: user.userId,
          name: user.name,
          email: user.email,
          tenant: tenant.tenantId,
          tenantName: tenant.name,
          roles: user.roles,
          permissions: permissionsOf(person),
          mailboxEpoch: (await mailboxes.open(person))?.epoch ?? null,
          now: instant(now()),
        };
        ctx.body = body;
      },
    },
    {
      method: 'delete',
      path: '/api/session',
      access: 'public',
      async handle(ctx) {
        const session = await sessions.close(ctx);
        ctx.status = 204;
        if (!session) return;
        const { user, person } = session;
        await record(user, { type: 'LoggedOut', data: { userId: user.userId, address: clientAddress(ctx) } });
        const tenant = await tenantOf(user.tenantId);
        if ((await sessions.countOf(user.userId)) === 0) await tenant.presence.loggedOut(person);
      },
    },
  ];
}
