import { createHash, timingSafeEqual } from 'node:crypto';
import { internalToken } from '@recado/domain/access/internal-token';
import type { Context, Middleware } from 'koa';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { problem } from './problem.ts';
import type { AnyRoute } from './route.ts';

/**
 * `GET /metrics` in Prometheus' format, on the internal side only: asked from loopback without a proxy in between
 * (a proxy adds `X-Forwarded-For` or `Forwarded`), or with the internal bearer token. For all others it is 404.
 */
export function createRequestMetrics({ secret }: { secret: string }): {
  measure: Middleware;
  routes: AnyRoute[];
} {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const seconds = new Histogram({
    name: 'recado_sync_request_seconds',
    help: 'Time until the answer began, by kind of path and status',
    labelNames: ['path', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const open = new Gauge({
    name: 'recado_sync_open_requests',
    help: 'Requests whose answer is not complete',
    registers,
  });
  const problems = new Counter({
    name: 'recado_sync_problems_total',
    help: 'Answers of 4xx and 5xx',
    labelNames: ['status'],
    registers,
  });
  const token = internalToken(secret);

  return {
    async measure(ctx, next) {
      const stop = seconds.startTimer();
      open.inc();
      ctx.res.once('close', () => open.dec());
      await next();
      stop({ path: kindOf(ctx.path), method: ctx.method, status: String(ctx.status) });
      if (ctx.status >= 400) problems.inc({ status: String(ctx.status) });
    },
    routes: [
      {
        method: 'get',
        path: '/metrics',
        access: 'public',
        async handle(ctx) {
          if (!isInternal(ctx, token)) throw problem('not_found');
          ctx.type = registry.contentType;
          ctx.body = await registry.metrics();
        },
      },
    ],
  };
}

/** Few labels: a path with ids in it would make one time series for each. */
function kindOf(path: string): string {
  const [first = '', second = '', third = ''] = path.split('/').slice(1);
  if (first === 'sync')
    return `/sync/${/^(conv|msg|ref|board|cmd|feed)$/.test(second) ? second : '?'}/${third.startsWith('_') ? third.slice(0, 20) : ''}`;
  return first === 'api' ? `/api/${/^[a-z]{1,20}$/.test(second) ? second : '?'}` : '/';
}

function isInternal(ctx: Context, token: string): boolean {
  const given = /^Bearer (.+)$/.exec(ctx.get('authorization'))?.[1];
  if (given !== undefined) return timingSafeEqual(digest(given), digest(token));
  const proxied = ctx.get('x-forwarded-for') !== '' || ctx.get('forwarded') !== '';
  return !proxied && /^(127\.|::1$|::ffff:127\.)/.test(ctx.req.socket.remoteAddress ?? '');
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
