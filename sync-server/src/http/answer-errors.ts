import { StoreUnavailable } from '@recado/event-store/event-store';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { HttpProblem, problem } from './problem.ts';

/** The one place where errors meet HTTP: outcomes of the edge keep their code, faults are 503, defects 500. */
export function answerErrors({ logger }: { logger: Logger }): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) throw problem('not_found');
    } catch (error) {
      const answer = problemOf(error);
      if (answer.status >= 500) {
        // The route's pattern would lack the ids; the path holds no words of customers.
        logger.error({ err: error, method: ctx.method, path: ctx.path }, 'a request failed');
      }
      // An answer that has begun can only be broken off, so that no client takes it for whole.
      if (ctx.headerSent) return void ctx.res.destroy();
      ctx.remove('content-length');
      ctx.remove('etag');
      ctx.set(answer.headers);
      ctx.status = answer.status;
      ctx.body = JSON.stringify(answer.body());
      ctx.type = 'application/problem+json';
      ctx.set('cache-control', 'no-store');
      // What is left of an unread body would otherwise be taken for the next request.
      if (!ctx.req.complete) ctx.set('connection', 'close');
    }
  };
}

function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof StoreUnavailable) return problem('store_unavailable');
  return problem('internal_error');
}
