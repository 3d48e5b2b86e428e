import Router from '@koa/router';
import { StoreUnavailable } from '@recado/event-store/event-store';
import Koa from 'koa';
import helmet from 'koa-helmet';
import type { Logger } from '../logger.ts';
import type { Metrics } from './metrics.ts';
import { answerProblem } from './problem.ts';

export interface AppDeps {
  routes: Router;
  metrics: Metrics;
  logger: Logger;
  /** Answers when the stores do. @throws when they do not. */
  ready: () => Promise<void>;
}

/**
 * The HTTP side: webhooks for the provider, and health and metrics for those who run it (a proxy in front
 * forwards `/webhooks/` only).
 */
export function createApp({ routes, metrics, logger, ready }: AppDeps): Koa {
  const app = new Koa();
  app.on('error', (error) => logger.error({ err: error as unknown }, 'a response failed'));
  app.use(async (ctx, next) => {
    const started = performance.now();
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) answerProblem(ctx, 'not_found');
      if (ctx.status === 405 || ctx.status === 501) answerProblem(ctx, 'method_not_allowed');
    } catch (error) {
      const down = error instanceof StoreUnavailable;
      if (down) logger.warn({ err: error }, 'the store did not answer');
      else logger.error({ err: error }, 'a request failed');
      answerProblem(ctx, down ? 'store_unavailable' : 'internal');
    }
    if (ctx.path.startsWith('/webhooks/')) {
      metrics.webhookSeconds.observe({ status: ctx.status }, (performance.now() - started) / 1_000);
    }
  });
  const secure = helmet();
  // Only what is asked for with GET could ever be shown in a browser; webhooks are many and are not.
  app.use((ctx, next) => (ctx.method === 'GET' ? secure(ctx, next) : next()));
  app.use(routes.routes());
  app.use(routes.allowedMethods());
  const operations = operationsRoutes({ metrics, ready });
  app.use(operations.routes());
  app.use(operations.allowedMethods());
  return app;
}

function operationsRoutes({ metrics, ready }: Pick<AppDeps, 'metrics' | 'ready'>): Router {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    try {
      await ready();
      ctx.body = { status: 'ready' };
    } catch (error) {
      answerProblem(ctx, 'store_unavailable', error instanceof Error ? error.message : undefined);
    }
  });
  router.get('/metrics', async (ctx) => {
    ctx.type = metrics.registry.contentType;
    ctx.body = await metrics.registry.metrics();
  });
  return router;
}
