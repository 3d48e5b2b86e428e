import type { Context } from 'koa';
import { z } from 'zod';
import { HttpProblem, problem } from '../http/problem.ts';
import { parseWith, readJson } from '../http/read-json.ts';
import { CouchRefused } from '@recado/event-store/couch/faults';
import { bodyLimit, type GatewayRequest } from './gateway-request.ts';
import { shownDocument, type StoredDocument } from './shown-document.ts';

/** What PouchDB's and CouchDB's own replicators ask for, and RxDB does not. */

const bulkGetSchema = z.object({
  docs: z.array(z.object({ id: z.string(), rev: z.string().optional() })).max(10_000),
});

interface BulkGetResult {
  id: string;
  docs: ({ ok: StoredDocument } | { error: { id: string; rev: string; error: string; reason: string } })[];
}

export async function answerBulkGet(
  ctx: Context,
  { couch, mailbox, scope, query }: GatewayRequest,
): Promise<void> {
  const { docs } = parseWith(bulkGetSchema, await readJson(ctx, { maxBytes: bodyLimit }));
  const mine = docs.filter((doc) => scope.includes(doc.id));
  const { results } =
    mine.length === 0
      ? { results: [] }
      : await couch.call<{ results: BulkGetResult[] }>({
          method: 'POST',
          path: `${encodeURIComponent(mailbox.name)}/_bulk_get`,
          query: { revs: query.get('revs') === 'true', latest: query.get('latest') === 'true' },
          body: { docs: mine },
        });
  const shown = results.map((result) => ({
    ...result,
    docs: result.docs.map((entry) => ('ok' in entry ? { ok: shownDocument(entry.ok) } : entry)),
  }));
  const absent = docs
    .filter((doc) => !scope.includes(doc.id))
    .map(({ id, rev }) => ({
      id,
      docs: [{ error: { id, rev: rev ?? 'undefined', error: 'not_found', reason: 'missing' } }],
    }));
  ctx.body = { results: [...shown, ...absent] };
}

const revsDiffSchema = z.record(z.string(), z.array(z.string()));

/** Revisions of foreign ids are missing here, whatever the mailbox holds. */
export async function answerRevsDiff(ctx: Context, { couch, mailbox, scope }: GatewayRequest): Promise<void> {
  const asked = parseWith(revsDiffSchema, await readJson(ctx, { maxBytes: bodyLimit }));
  const entries = Object.entries(asked);
  const mine = entries.filter(([id]) => scope.includes(id));
  const found = await couch.call<Record<string, unknown>>({
    method: 'POST',
    path: `${encodeURIComponent(mailbox.name)}/_revs_diff`,
    body: Object.fromEntries(mine),
  });
  const foreign = entries.filter(([id]) => !scope.includes(id)).map(([id, missing]) => [id, { missing }]);
  ctx.body = { ...found, ...(Object.fromEntries(foreign) as object) };
}

const documentParameters = ['rev', 'revs', 'open_revs', 'latest', 'conflicts'];

export async function answerDocument(ctx: Context, request: GatewayRequest, id: string): Promise<void> {
  const { couch, mailbox, scope, query } = request;
  if (!scope.includes(id)) throw problem('not_found');
  const passed = documentParameters.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  try {
    const found = await couch.call<StoredDocument | { ok?: StoredDocument }[]>({
      path: `${encodeURIComponent(mailbox.name)}/${encodeURIComponent(id)}`,
      query: Object.fromEntries(passed),
    });
    ctx.body = Array.isArray(found)
      ? found.map((entry) => (entry.ok ? { ok: shownDocument(entry.ok) } : entry))
      : shownDocument(found);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What CouchDB says of a question that it does not understand is told without its words. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof CouchRefused)) return error;
  return error.status === 404 ? problem('not_found') : new HttpProblem('invalid_request');
}
