import type { CouchConnection } from '@recado/event-store/couch/connect';
import { CouchRefused } from '@recado/event-store/couch/faults';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { HttpProblem, problem } from '../http/problem.ts';
import { readJson } from '../http/read-json.ts';
import type { OpenMailbox } from '../mailbox/mailboxes.ts';
import type { LiveSession, Sessions } from '../session/sessions.ts';
import type { TenantRuntime } from '../tenants/tenant.ts';
import { answerAllDocs } from './all-docs.ts';
import { answerChanges } from './answer-changes.ts';
import { answerBulkDocs } from './answer-bulk-docs.ts';
import { parseChangesQuery } from './changes-query.ts';
import { scopeFor } from './collection-scope.ts';
import { bodyLimit, type GatewayRequest } from './gateway-request.ts';
import { readLocal, writeLocal } from './local-docs.ts';
import type { MailboxFeeds } from './mailbox-feed.ts';
import { answerBulkGet, answerDocument, answerRevsDiff } from './revisions.ts';

/**
 * The replication gateway: `/sync/<collection>/…` speaks CouchDB's HTTP API over one collection of the person's
 * own mailbox, and over nothing else.
 *
 * Invariants
 * - The database is chosen by the session alone; nothing in the request can name another.
 * - Ids outside the collection are neither read nor written, and look as if they did not exist.
 * - Devices write commands only. A refused write is a `conflict`, which makes RxDB take the authoritative
 *   document, never `forbidden`, which makes it push the same batch for ever.
 */
export interface GatewayDeps {
  couch: CouchConnection;
  sessions: Pick<Sessions, 'authenticate'>;
  tenantOf: (tenantId: string) => Promise<TenantRuntime>;
  feeds: MailboxFeeds;
  logger: Logger;
}

export function gateway(deps: GatewayDeps): Middleware {
  return async (ctx, next) => {
    const path = pathOf(ctx);
    if (path?.[0] !== 'sync') return next();
    const session = await deps.sessions.authenticate(ctx);
    if (!session) throw problem('unauthenticated');
    const [, name = '', ...rest] = path;
    const scope = scopeFor(session.person, name);
    if (!scope) throw problem('not_found');
    const tenant = await deps.tenantOf(session.tenant.tenantId);
    const mailbox = await tenant.mailboxes.open(session.person);
    if (!mailbox) throw problem('not_found');
    const query = new URLSearchParams(ctx.querystring);
    checkEpoch(ctx, query, mailbox);
    tenant.presence.synced(session.person);
    ctx.set('cache-control', 'no-store');
    try {
      await answer(deps, ctx, { couch: deps.couch, session, tenant, mailbox, scope, query }, rest);
    } catch (error) {
      if (error instanceof CouchRefused) throw refusal(error, tenant, session);
      throw error;
    }
  };
}

/** The path's segments, decoded one by one, so that an encoded slash stays part of its segment. */
function pathOf(ctx: Context): string[] | null {
  if (!ctx.path.startsWith('/sync/')) return null;
  const segments = ctx.path.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  try {
    return segments.map(decodeURIComponent);
  } catch {
    throw problem('invalid_request', 'the path is not well encoded');
  }
}

/** A device that knows its epoch names it; replicators that do not work on the present one. */
function checkEpoch(ctx: Context, query: URLSearchParams, { epoch }: OpenMailbox): void {
  const named = ctx.get('x-recado-epoch') || query.get('epoch');
  if (named === null || named === '' || named === String(epoch)) return;
  throw new HttpProblem('epoch_changed', { extra: { epoch } });
}

async function answer(
  deps: GatewayDeps,
  ctx: Context,
  request: GatewayRequest,
  rest: string[],
): Promise<void> {
  const [endpoint = '', id, ...more] = rest;
  const local = endpoint === '_local' && id !== undefined && more.length === 0;
  if (local && ctx.method === 'GET') return readLocal(ctx, request, id);
  if (local && ctx.method === 'PUT') return writeLocal(ctx, request, id);
  if (id !== undefined) throw problem('not_found');

  const isFeed = request.scope.name === 'feed';
  switch (`${ctx.method} ${endpoint}`) {
    case 'GET ':
    case 'HEAD ':
      return answerInfo(ctx, request);
    case 'POST _changes':
      await readJson(ctx, { maxBytes: bodyLimit });
      return answerChanges(deps, ctx, request, parseChangesQuery(request.query));
    case 'GET _changes':
      return answerChanges(deps, ctx, request, parseChangesQuery(request.query));
  }
  // The common feed is for waiting; documents are read and written in their own collection.
  if (isFeed) throw problem('not_found');
  switch (`${ctx.method} ${endpoint}`) {
    case 'GET _all_docs':
    case 'POST _all_docs':
      return answerAllDocs(ctx, request);
    case 'POST _bulk_docs':
      return answerBulkDocs(ctx, request);
    case 'POST _bulk_get':
      return answerBulkGet(ctx, request);
    case 'POST _revs_diff':
      return answerRevsDiff(ctx, request);
    case 'POST _ensure_full_commit':
      ctx.status = 201;
      ctx.body = { ok: true, instance_start_time: '0' };
      return;
  }
  if (ctx.method === 'GET') return answerDocument(ctx, request, endpoint);
  if (request.scope.includes(endpoint)) throw problem('method_not_allowed');
  throw problem('not_found');
}

async function answerInfo(ctx: Context, { couch, mailbox, scope }: GatewayRequest): Promise<void> {
  const info = await couch.call<{ update_seq: string | number }>({ path: encodeURIComponent(mailbox.name) });
  ctx.body = {
    db_name: scope.name,
    update_seq: info.update_seq,
    instance_start_time: '0',
    compact_running: false,
  };
}

/** The store's refusal of our request on somebody's behalf. A database that is gone was rotated away. */
function refusal(error: CouchRefused, tenant: TenantRuntime, { person }: LiveSession): Error {
  if (error.status === 404) {
    tenant.mailboxes.forget(person.userId);
    return problem('store_unavailable', 'the mailbox is being rebuilt');
  }
  return error.status === 400 ? problem('invalid_request') : error;
}
