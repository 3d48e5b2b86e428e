import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { internalHeaders, internalToken } from '@recado/domain/access/internal-token';
import type { Context } from 'koa';
import { problem } from '../http/problem.ts';
import type { AnyRoute } from '../http/route.ts';
import type { LiveSession } from '../session/sessions.ts';

const timeoutMs = 30_000;

/** `/api/reports/*` is answered by analytics; the permission is checked here, and the tenant is the session's. */
export function reportRoutes({ analyticsUrl, secret }: { analyticsUrl: string; secret: string }): AnyRoute[] {
  const token = internalToken(secret);

  const forward = async (
    ctx: Context & { params: Record<string, string> },
    { person }: LiveSession,
  ): Promise<void> => {
    const name = ctx.params['name'] ?? '';
    if (!/^[a-z0-9-]{1,60}$/.test(name)) throw problem('not_found');
    const answer = await ask(`${analyticsUrl}/api/reports/${name}${ctx.search}`, {
      Authorization: `Bearer ${token}`,
      Accept: 'application/json',
      [internalHeaders.tenant]: person.tenant,
      [internalHeaders.user]: person.userId,
    });
    // What it says of our own credentials or of its own trouble is nothing that the person could mend.
    if (answer.status >= 500 || answer.status === 401 || answer.status === 403) {
      await answer.body?.cancel();
      throw problem('reports_unavailable');
    }
    ctx.status = answer.status;
    ctx.set('cache-control', 'no-store');
    ctx.type = answer.headers.get('content-type') ?? 'application/json';
    ctx.body = answer.body ? Readable.fromWeb(answer.body as ReadableStream) : null;
  };

  return [{ method: 'get', path: '/api/reports/:name', access: 'viewReports', handle: forward }];
}

async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  } catch {
    throw problem('reports_unavailable');
  }
}
