import type { MediaRefusal, MediaStore, OpenMedia } from '@recado/media-store/media-store';
import type { Context } from 'koa';
import { HttpProblem, problem, type ProblemCode } from '../http/problem.ts';
import type { AnyRoute } from '../http/route.ts';
import type { TenantRuntime } from '../tenants/tenant.ts';
import { parseRange } from './byte-range.ts';

const hashPattern = /^[0-9a-f]{64}$/;

const refusals: Record<MediaRefusal['rejected'], ProblemCode> = {
  too_large: 'too_large',
  hash_mismatch: 'hash_mismatch',
  type_not_allowed: 'type_not_allowed',
};

/** Shown in place; everything else is offered as a download. */
const inline = /^(image|audio|video)\//;

/**
 * `PUT/GET /api/media/<sha256>`. The name is the content, so a repeated upload changes nothing and an answer never
 * goes stale. A file of a stranger must not run in our origin: its type is what its bytes say, browsers are told
 * not to guess, and its own policy is a sandbox without anything.
 *
 * Everybody of the tenant may read its files: a hash is learnt from a conversation. Other tenants' are not there.
 */
export function mediaRoutes(deps: {
  media: MediaStore;
  tenantOf: (tenantId: string) => Promise<TenantRuntime>;
}): AnyRoute[] {
  const { media, tenantOf } = deps;
  return [
    {
      method: 'put',
      path: '/api/media/:hash',
      access: 'attend',
      async handle(ctx, { tenant }) {
        const hash = hashIn(ctx);
        const claimedMime = ctx.get('content-type') || undefined;
        const stored = await media.put(ctx.req, { expectedHash: hash, claimedMime });
        if ('rejected' in stored) throw problem(refusals[stored.rejected]);
        const { mediaScope } = await tenantOf(tenant.tenantId);
        await mediaScope.add([hash]);
        ctx.status = 201;
        ctx.body = stored;
      },
    },
    {
      method: 'get',
      path: '/api/media/:hash',
      access: 'session',
      async handle(ctx, { tenant }) {
        const hash = hashIn(ctx);
        const { mediaScope } = await tenantOf(tenant.tenantId);
        const file = (await mediaScope.has(hash)) ? await media.open(hash) : null;
        if (!file) throw problem('not_found');
        describe(ctx, hash, file);
        // The name is the content: what the browser has under it is right, even when it asks to be sure.
        if (ctx.get('if-none-match').includes(`"${hash}"`)) {
          ctx.status = 304;
          return;
        }
        send(ctx, file);
      },
    },
  ];
}

function hashIn(ctx: Context & { params: Record<string, string> }): string {
  const hash = ctx.params['hash'] ?? '';
  if (!hashPattern.test(hash)) throw problem('invalid_request', 'not a SHA-256 in hex');
  return hash;
}

function describe(ctx: Context, hash: string, { mime }: OpenMedia): void {
  ctx.status = 200;
  const { name } = ctx.query;
  if (inline.test(mime)) ctx.set('content-disposition', 'inline');
  // The name it is saved under is the app's to say: the file's own is its hash.
  else ctx.attachment(typeof name === 'string' && name !== '' ? name.slice(0, 240) : hash.slice(0, 12));
  ctx.set({
    // After `attachment`, which guesses a type from the name.
    'content-type': mime,
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, max-age=31536000, immutable',
    etag: `"${hash}"`,
    'accept-ranges': 'bytes',
  });
}

function send(ctx: Context, file: OpenMedia): void {
  // Media is compressed already, and ranges are of the bytes as they are.
  ctx.compress = false;
  const range = parseRange(ctx.get('range'), file.bytes);
  if (range === 'unsatisfiable')
    throw new HttpProblem('range_not_satisfiable', { headers: { 'content-range': `bytes */${file.bytes}` } });
  if (range === null) {
    ctx.length = file.bytes;
    ctx.body = file.stream();
    return;
  }
  ctx.status = 206;
  ctx.set('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`);
  ctx.length = range.end - range.start + 1;
  ctx.body = file.stream(range);
}
