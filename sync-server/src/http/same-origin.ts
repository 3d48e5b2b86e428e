import type { Context, Middleware } from 'koa';
import { problem } from './problem.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site makes a browser send with our cookie. Browsers tell where an unsafe request comes
 * from in `Sec-Fetch-Site` (Fetch Metadata) or at least `Origin` (RFC 6454); what tells neither is no browser,
 * and holds no cookie that it was not given.
 */
export function refuseCrossOrigin({ publicUrl }: { publicUrl: string | null }): Middleware {
  const publicOrigin = publicUrl === null ? null : new URL(publicUrl).origin;
  return async (ctx, next) => {
    if (!safeMethods.has(ctx.method) && !isSameOrigin(ctx, publicOrigin)) throw problem('cross_origin');
    await next();
  };
}

function isSameOrigin(ctx: Context, publicOrigin: string | null): boolean {
  const site = ctx.get('sec-fetch-site');
  if (site !== '' && site !== 'same-origin' && site !== 'none') return false;
  const origin = ctx.get('origin');
  if (origin === '') return true;
  if (publicOrigin !== null) return origin === publicOrigin;
  // Without a configured address the request's own Host is the origin; the scheme is the proxy's affair.
  return URL.canParse(origin) && new URL(origin).host === ctx.get('host');
}
