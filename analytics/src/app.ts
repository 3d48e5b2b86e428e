import Router from '@koa/router';
import { conversationsQuerySchema, summaryQuerySchema } from '@recado/domain/wire/api';
import Koa from 'koa';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { internalOnly, tenantScope, type Scope } from './internal-access.ts';
import { ProblemError, problems } from './problem.ts';
import { decodeCursor, reportConversations } from './reports/conversations.ts';
import { quarantine } from './reports/quarantine.ts';
import { summary } from './reports/summary.ts';
import { createTimeZones } from './reports/time-zones.ts';
import type { Warehouse } from './warehouse.ts';

export interface AnalyticsAppDeps {
  warehouse: Warehouse;
  /** The installation's internal token. */
  token: string;
  logger: Logger;
  registry: Registry;
  /** Who leaves a queue sooner is not counted as abandoned, ms; default 0. */
  shortAbandonMs?: number;
  /** More internal routes of the process, below `/api` and behind the same token, for the whole installation. */
  extend?: (router: Router) => void;
}

/** Internal report API. Errors are `application/problem+json`. */
export function createAnalyticsApp(deps: AnalyticsAppDeps): Koa {
  const { warehouse, token, logger, registry, shortAbandonMs = 0 } = deps;
  const isTimeZone = createTimeZones(warehouse);
  const app = new Koa();
  const open = new Router();
  const api = new Router<{ scope: Scope }>({ prefix: '/api' });
  const installation = new Router({ prefix: '/api' });

  open.get('/healthz', (context) => {
    context.body = { status: 'ok' };
  });
  open.get('/readyz', async (context) => {
    if (!(await warehouse.ping())) throw new ProblemError(503, 'warehouse_unavailable');
    context.body = { status: 'ready' };
  });
  open.get('/metrics', async (context) => {
    context.type = registry.contentType;
    context.body = await registry.metrics();
  });

  api.use(tenantScope);
  api.get('/reports/summary', async (context) => {
    const query = parse(summaryQuerySchema, context.query);
    await checkPeriod(query, isTimeZone);
    context.body = await summary({ warehouse, shortAbandonMs, ...context.state.scope }, query);
  });
  api.get('/reports/conversations', async (context) => {
    const query = parse(conversationsQuerySchema, context.query);
    await checkPeriod(query, isTimeZone);
    const cursor = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (query.cursor !== undefined && cursor === null) throw new ProblemError(400, 'invalid_cursor');
    context.body = await reportConversations(
      { warehouse, shortAbandonMs, ...context.state.scope },
      query,
      cursor,
    );
  });
  api.get('/quarantine', async (context) => {
    const { limit } = parse(quarantineQuerySchema, context.query);
    context.body = await quarantine(warehouse, context.state.scope.tenant, limit);
  });
  deps.extend?.(installation);

  app.use(problems(logger));
  app.use(open.routes()).use(open.allowedMethods());
  // Everything below needs the token, also what does not exist.
  app.use(internalOnly(token));
  app.use(installation.routes()).use(installation.allowedMethods());
  app.use(api.routes()).use(api.allowedMethods());
  return app;
}

const quarantineQuerySchema = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) });

function parse<Schema extends z.ZodType>(schema: Schema, query: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ProblemError(400, 'invalid_query', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

async function checkPeriod(
  { from, to, timeZone }: { from: string; to: string; timeZone: string },
  isTimeZone: (timeZone: string) => Promise<boolean>,
): Promise<void> {
  if (from > to) throw new ProblemError(400, 'invalid_query', 'from is after to');
  if (from < '1970-01-01' || to > '2149-06-06')
    throw new ProblemError(400, 'invalid_query', 'a day out of range');
  if (!(await isTimeZone(timeZone))) throw new ProblemError(400, 'unknown_time_zone', timeZone);
}
