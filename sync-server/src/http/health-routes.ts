import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { AnyRoute } from './route.ts';
import { problem } from './problem.ts';

/** `/healthz`: the process lives. `/readyz`: its store answers. */
export function healthRoutes({ couch }: { couch: CouchConnection }): AnyRoute[] {
  return [
    {
      method: 'get',
      path: '/healthz',
      access: 'public',
      handle(ctx) {
        ctx.body = { status: 'alive' };
      },
    },
    {
      method: 'get',
      path: '/readyz',
      access: 'public',
      async handle(ctx) {
        await couch.call({ path: '_up', timeoutMs: 2_000 }).catch(() => {
          throw problem('store_unavailable');
        });
        ctx.body = { status: 'ready' };
      },
    },
  ];
}
