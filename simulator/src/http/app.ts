import Koa from 'koa';
import Router from '@koa/router';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import type { Simulator } from '../simulator.ts';
import { graphRoutes } from './graph-routes.ts';
import { metricsText } from './metrics.ts';
import { simulationRoutes } from './simulation-routes.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const pageFolder = new URL('../phone/page/', import.meta.url);
const pageFiles = readdirSync(pageFolder).map((name) => ({
  path: name === 'index.html' ? '/' : `/${name}`,
  type: types[extname(name)] ?? 'application/octet-stream',
  file: new URL(name, pageFolder),
}));

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export const createApp = (
  simulator: Simulator,
): { handle: (request: IncomingMessage, response: ServerResponse) => void; close: () => void } => {
  const app = new Koa();
  app.on('error', (error: Error & { code?: string }) => {
    // A caller that hangs up is its own business.
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
      simulator.logger.error({ err: error }, 'request failed');
  });

  const plain = new Router();
  for (const { path, file, type } of pageFiles) {
    plain.get(path, (ctx) => {
      ctx.set({
        'content-security-policy': contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
      });
      ctx.set('content-type', type);
      ctx.body = readFileSync(file);
    });
  }
  plain.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  plain.get('/readyz', (ctx) => {
    ctx.body = { status: 'ok', webhooksPending: simulator.stats().webhooks.pending };
  });
  plain.get('/metrics', (ctx) => {
    ctx.type = 'text/plain; version=0.0.4';
    ctx.body = metricsText(simulator);
  });

  const simulation = simulationRoutes(simulator);
  app.use(plain.routes());
  app.use(simulation.router.routes());
  app.use(async (ctx, next) => {
    // No puppet string by that name; Meta's errors would mislead here.
    if (ctx.path.startsWith('/_sim/')) return;
    ctx.path = ctx.path.replace(/^\/v\d+\.\d+(?=\/)/, '');
    await next();
  });
  app.use(graphRoutes(simulator).routes());

  const callback = app.callback();
  return {
    handle: (request, response) => void callback(request, response),
    close: simulation.close,
  };
};
