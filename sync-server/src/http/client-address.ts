import type { Context } from 'koa';

/**
 * The network address of who asks. Behind a proxy of ours it is the last entry that the proxy added to
 * `X-Forwarded-For`; without one that header is anybody's claim and is not looked at.
 */
export const clientAddress =
  ({ behindProxy }: { behindProxy: boolean }) =>
  (ctx: Context): string => {
    const forwarded = behindProxy ? ctx.get('x-forwarded-for').split(',').at(-1)?.trim() : undefined;
    return forwarded || ctx.req.socket.remoteAddress || 'unknown';
  };
