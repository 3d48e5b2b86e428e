import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Context, Middleware } from 'koa';
import { contentPolicy } from './content-policy.ts';

/**
 * Serves the built PWA. Only files that the build holds are served, by exact name, so no path can lead outside;
 * a new build is noticed by its page. every other address is a deep link of the app and gets its page, as long as it asks for a page.
 */
export function servePwa({ directory }: { directory: string }): Middleware {
  let site: Promise<Site> | null = null;
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    if (isReserved(ctx.path)) return next();
    site ??= readSite(directory);
    if (asksForPage(ctx) && !(await isCurrent(await site))) site = readSite(directory);
    const { files, fallback, policy } = await site;
    if (!fallback) {
      // Built later: look again next time.
      site = null;
      return answerMissing(ctx);
    }
    const file = files.get(ctx.path);
    if (file) return sendFile(ctx, file, policy);
    if (!asksForPage(ctx)) return next();
    return sendFile(ctx, fallback, policy);
  };
}

interface SiteFile {
  path: string;
  size: number;
  mtimeMs: number;
  /** Empty for files whose name changes with their content. */
  etag: string;
  immutable: boolean;
}

interface Site {
  files: ReadonlyMap<string, SiteFile>;
  fallback: SiteFile | null;
  policy: string;
}

const isReserved = (path: string): boolean =>
  /^\/(api|sync)(\/|$)/.test(path) || ['/healthz', '/readyz', '/metrics'].includes(path);

/**
 * A missing script must not be answered with a page. Its name does not tell (conversation ids hold dots too), but
 * only navigation asks for HTML by name.
 */
const asksForPage = (ctx: Context): boolean =>
  ctx.get('accept').includes('text/html') && !ctx.path.startsWith('/_app/');

async function isCurrent({ fallback }: Site): Promise<boolean> {
  if (!fallback) return true;
  const found = await stat(fallback.path).catch(() => null);
  return found?.mtimeMs === fallback.mtimeMs;
}

async function readSite(directory: string): Promise<Site> {
  const files = new Map<string, SiteFile>();
  const pages: string[] = [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await stat(path);
    const url = `/${relative(directory, path).split(sep).join('/')}`;
    const immutable = url.startsWith('/_app/immutable/');
    files.set(url, {
      path,
      size,
      mtimeMs,
      immutable,
      etag: immutable ? '' : `W/"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`,
    });
    if (url.endsWith('.html')) pages.push(await readFile(path, 'utf8'));
  }
  const index = files.get('/index.html');
  const start = index ?? files.get('/200.html');
  if (start) files.set('/', start);
  return { files, fallback: files.get('/200.html') ?? index ?? null, policy: contentPolicy(pages) };
}

function sendFile(ctx: Context, { path, size, etag, immutable }: SiteFile, policy: string): void {
  ctx.status = 200;
  ctx.type = path.endsWith('.webmanifest') ? 'application/manifest+json' : extname(path);
  ctx.set('content-security-policy', policy);
  // Pages and the service worker are asked for again each time, or an update would never arrive.
  ctx.set('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (etag !== '') ctx.set('etag', etag);
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.length = size;
  ctx.body = createReadStream(path);
}

function answerMissing(ctx: Context): void {
  ctx.status = 503;
  ctx.type = 'text/html';
  ctx.set('cache-control', 'no-store');
  ctx.body = `<!doctype html><html lang="es"><meta charset="utf-8"><title>Recado</title>
<h1>Recado</h1><p>La interfaz no está construida. Ejecute <code>npm run build</code> y recargue.</p>
<p lang="en">The interface has not been built. Run <code>npm run build</code> and reload.</p></html>`;
}
