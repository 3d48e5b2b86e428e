import { createHash } from 'node:crypto';

/**
 * The Content-Security-Policy of the app's pages. Scripts come from our origin; the few lines that SvelteKit puts
 * into the page to start are allowed by their hash, taken from the pages as they were built, so no other inline
 * script ever runs. Styles may be inline: Svelte's transitions and the virtual list set them.
 */
export function contentPolicy(pages: readonly string[]): string {
  const hashes = new Set(
    pages
      .flatMap(inlineScripts)
      .map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`),
  );
  return [
    "default-src 'self'",
    `script-src 'self' ${[...hashes].join(' ')}`.trim(),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Bodies of script elements without `src`, exactly as written: the hash is of these bytes. */
const inlineScripts = (page: string): string[] =>
  [...page.matchAll(/<script(?<attributes>[^>]*)>(?<body>[\s\S]*?)<\/script>/gi)]
    .filter(({ groups }) => !/\bsrc\s*=/.test(groups?.['attributes'] ?? ''))
    .map(({ groups }) => groups?.['body'] ?? '');
