import { constants } from 'node:zlib';
import Koa, { type Middleware } from 'koa';
import compress from 'koa-compress';
import helmet from 'koa-helmet';
import type { Logger } from 'pino';
import { answerErrors } from './answer-errors.ts';
import { refuseCrossOrigin } from './same-origin.ts';

export interface AppDeps {
  logger: Logger;
  publicUrl: string | null;
  secureCookies: boolean;
  /** Counts and times requests; runs first. */
  measure: Middleware;
  /** In order; the first that answers wins. */
  parts: readonly Middleware[];
}

/** A third of the time of zlib's default, for two hundredths more bytes. */
const level = 4;

/** The whole server as one Koa app: a request reads from top to bottom. */
export function createApp(deps: AppDeps): Koa {
  const { logger, publicUrl, secureCookies, measure, parts } = deps;
  const app = new Koa();
  app.on('error', (error: NodeJS.ErrnoException) => {
    // Clients that leave in the middle of an answer are no news.
    if (!['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? ''))
      logger.error({ err: error }, 'a connection failed');
  });
  app.use(measure);
  app.use(securityHeaders(secureCookies));
  // Waiting answers write now and then: each write has to reach the device (`Z_SYNC_FLUSH`).
  app.use(
    compress({
      threshold: 1_024,
      br: false,
      zstd: false,
      gzip: { flush: constants.Z_SYNC_FLUSH, level },
      deflate: { flush: constants.Z_SYNC_FLUSH, level },
    }),
  );
  app.use(answerErrors({ logger }));
  app.use(refuseCrossOrigin({ publicUrl }));
  for (const part of parts) app.use(part);
  return app;
}

/**
 * Pages bring their own policy for content (`static/`); JSON and files get one that lets nothing run. Headers for
 * browsers of the past are left out.
 */
function securityHeaders(https: boolean): Middleware {
  const full = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: https ? { maxAge: 31_536_000 } : false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }) as unknown as Middleware;
  return (ctx, next) => (ctx.path.startsWith('/sync/') ? lean(ctx, next) : full(ctx, next));
}

/**
 * An answer of the sync goes out with every message, to a device on 3G: it is JSON for our own origin alone, read
 * by `fetch`, and carries no more than what keeps it from being anything else. What it leaves out says what holds
 * anyway: JSON is UTF-8, HTTP/1.1 keeps connections, and what is not stored cannot vary.
 */
const lean: Middleware = async (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff');
  await next();
  if (ctx.response.is('json')) ctx.set('Content-Type', ctx.type);
  ctx.remove('Vary');
  ctx.res.removeHeader('Connection');
};
