import Router from '@koa/router';
import { may, type Permission } from '@recado/domain/access/access';
import { assert } from '@recado/domain/must';
import type { Context, Middleware } from 'koa';
import type { LiveSession } from '../session/sessions.ts';
import { problem } from './problem.ts';

export type RouteContext = Context & { params: Record<string, string> };

interface Address {
  method: 'get' | 'post' | 'put' | 'delete';
  path: string;
}

export interface PublicRoute extends Address {
  access: 'public';
  handle(ctx: RouteContext): Promise<void> | void;
}

export interface PrivateRoute extends Address {
  /** `session`: anyone logged in; otherwise those who have the permission. */
  access: 'session' | Permission;
  handle(ctx: RouteContext, session: LiveSession): Promise<void> | void;
}

export type AnyRoute = PublicRoute | PrivateRoute;

/** Turns routes into a router. A route without a declared access ends the start, not the first request. */
export function mountRoutes(
  routes: readonly AnyRoute[],
  authenticate: (ctx: Context) => Promise<LiveSession | null>,
): Middleware[] {
  const router = new Router();
  for (const route of routes) {
    assert(route.access, `route ${route.method} ${route.path} declares no access`);
    router[route.method](route.path, async (ctx) => {
      const context = ctx as unknown as RouteContext;
      if (route.access === 'public') return route.handle(context);
      const session = await authenticate(context);
      if (!session) throw problem('unauthenticated');
      if (route.access !== 'session' && !may(session.person, route.access)) throw problem('forbidden');
      await route.handle(context, session);
    });
  }
  return [router.routes() as unknown as Middleware, methodNotAllowed(routes)];
}

/** A known path asked with another method. */
function methodNotAllowed(routes: readonly AnyRoute[]): Middleware {
  const patterns = routes.map((route) => new RegExp(`^${route.path.replaceAll(/:[a-zA-Z]+/g, '[^/]+')}/?$`));
  return async (ctx, next) => {
    if (ctx.method !== 'HEAD' && ctx.body === undefined && patterns.some((pattern) => pattern.test(ctx.path)))
      throw problem('method_not_allowed');
    await next();
  };
}
