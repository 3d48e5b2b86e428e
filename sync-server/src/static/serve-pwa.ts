import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Context, Middleware, Next } from 'koa';
import { contentPolicy } from './content-policy.ts';

/**
 * Serves the built PWA. Only files that the build holds are served, by exact name, so no path can lead outside.
 * Every other address is a deep link of the app and gets its page, as long as it asks for a page.
 *
 * A build may be replaced while the server runs. Devices that have the app never ask for the page again, only for
 * its worker: so a new build is looked for with every request, except those for scripts named by their content. A
 * page and its policy come from one reading: a worker keeps both for offline use, and a page under the policy of
 * another build would be dead on that device until the next version.
 */
export function servePwa({ directory }: { directory: string }): Middleware {
  let reading: Promise<Site> | null = null;
  const siteFor = async (path: string): Promise<Site> => {
    const asked = (reading ??= readSite(directory));
    const site = await asked;
    if (site.files.get(path)?.immutable) return site;
    if (site.fallback && (await isCurrent(site, directory)) && !(await hasAppeared(path, site, directory)))
      return site;
    // Of many requests that notice at once, the first reads for all.
    if (reading === asked) reading = readSite(directory);
    return reading;
  };
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    if (isReserved(ctx.path)) return next();
    const { files, fallback, policy } = await siteFor(ctx.path);
    if (!fallback) return answerMissing(ctx);
    const file = files.get(ctx.path);
    if (file) return sendFile(ctx, next, { file, policy });
    if (!asksForPage(ctx)) return next();
    return sendFile(ctx, next, { file: fallback, policy });
  };
}

interface SiteFile {
  path: string;
  /** Its name changes with its content. */
  immutable: boolean;
  /** Of pages: the text that the policy was made for. */
  text: string | null;
  /** As the build compressed it, better than there is time for while somebody waits. Best first. */
  compressed: readonly { encoding: 'br' | 'gzip'; path: string }[];
}

interface Site {
  files: ReadonlyMap<string, SiteFile>;
  fallback: SiteFile | null;
  policy: string;
  /** When the files that change with every build were written. */
  marks: string;
}

const isReserved = (path: string): boolean =>
  /^\/(api|sync)(\/|$)/.test(path) || ['/healthz', '/readyz', '/metrics'].includes(path);

/**
 * A missing script must not be answered with a page. Its name does not tell (conversation ids hold dots too), but
 * only navigation asks for HTML by name.
 */
const asksForPage = (ctx: Context): boolean =>
  ctx.get('accept').includes('text/html') && !ctx.path.startsWith('/_app/');

const isCurrent = async (site: Site, directory: string): Promise<boolean> =>
  site.marks === (await readMarks(directory));

/** Read in the middle of a copy, a site may lack scripts that came after its page. */
async function hasAppeared(path: string, { files }: Site, directory: string): Promise<boolean> {
  if (files.has(path) || !/^\/_app\/immutable\/\w+\/[\w-][\w.-]*$/.test(path)) return false;
  return (await stat(join(directory, path)).catch(() => null)) !== null;
}

async function readMarks(directory: string): Promise<string> {
  const names = ['200.html', 'service-worker.js', '_app/version.json'];
  const found = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => null)));
  return found.map((file) => file?.mtimeMs ?? '-').join();
}

async function readSite(directory: string): Promise<Site> {
  // First of all: what changes during the reading has to be noticed after it.
  const marks = await readMarks(directory);
  const files = new Map<string, SiteFile>();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(directory, path).split(sep).join('/')}`;
    const text = url.endsWith('.html') ? await readFile(path, 'utf8').catch(() => '') : null;
    files.set(url, { path, immutable: url.startsWith('/_app/immutable/'), text, compressed: [] });
  }
  for (const [url, file] of files) if (file.immutable) file.compressed = compressedForms(url, files);
  const index = files.get('/index.html');
  const start = index ?? files.get('/200.html');
  if (start) files.set('/', start);
  const pages = [...files.values()].flatMap(({ text }) => text ?? []);
  return { files, fallback: files.get('/200.html') ?? index ?? null, policy: contentPolicy(pages), marks };
}

const forms = [
  { encoding: 'br', extension: '.br' },
  { encoding: 'gzip', extension: '.gz' },
] as const;
const compressedForms = (url: string, files: ReadonlyMap<string, SiteFile>): SiteFile['compressed'] =>
  forms.flatMap(({ encoding, extension }) => {
    const form = files.get(url + extension);
    return form ? [{ encoding, path: form.path }] : [];
  });

async function sendFile(
  ctx: Context,
  next: Next,
  { file, policy }: { file: SiteFile; policy: string },
): Promise<void> {
  const { immutable, text } = file;
  const form = file.compressed.find(({ encoding }) => ctx.acceptsEncodings(encoding) === encoding);
  const { path } = form ?? file;
  const found = text ?? (await stat(path).catch(() => null));
  // Taken away a moment ago, by a build that is being made.
  if (found === null) return next();
  ctx.status = 200;
  ctx.type = file.path.endsWith('.webmanifest') ? 'application/manifest+json' : extname(file.path);
  if (form) ctx.set('content-encoding', form.encoding);
  ctx.set('content-security-policy', policy);
  // Pages and the service worker are asked for again each time, or an update would never arrive.
  ctx.set('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (!immutable) ctx.set('etag', `W/"${typeof found === 'string' ? fingerprint(found) : stamp(found)}"`);
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  if (typeof found === 'string') {
    ctx.body = found;
    return;
  }
  ctx.length = found.size;
  ctx.body = createReadStream(path);
}

const stamp = ({ size, mtimeMs }: Stats): string =>
  `${size.toString(36)}-${Math.round(mtimeMs * 1_000).toString(36)}`;
const fingerprint = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 16);

function answerMissing(ctx: Context): void {
  ctx.status = 503;
  ctx.type = 'text/html';
  ctx.set('cache-control', 'no-store');
  ctx.body = `<!doctype html><html lang="es"><meta charset="utf-8"><title>Recado</title>
<h1>Recado</h1><p>La interfaz no está construida. Ejecute <code>npm run build</code> y recargue.</p>
<p lang="en">The interface has not been built. Run <code>npm run build</code> and reload.</p></html>`;
}
