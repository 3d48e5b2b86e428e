import { self } from '$app/service-worker';
import { version } from '$app/env';
import { assets, immutable } from '$app/manifest';
import { CacheableResponsePlugin } from './cacheable.ts';
import { ExpirationPlugin } from 'workbox-expiration';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';

/**
 * The app's shell is precached, so that every route starts without a network. `/api` and `/sync` are never
 * cached: what is shown offline comes from the local database. Files of conversations are, within bounds, because
 * their address is the hash of their content; signing out deletes them.
 */
const shell = '/200.html';
const mediaCache = 'recado-media';
const month = 30 * 24 * 3_600;

precacheAndRoute([
  { url: shell, revision: version },
  ...immutable.map(({ path }) => ({ url: path, revision: null })),
  ...assets.map(({ path }) => ({ url: path, revision: version })),
]);
cleanupOutdatedCaches();

registerRoute(
  new NavigationRoute(createHandlerBoundToURL(shell), {
    denylist: [/^\/api\//, /^\/sync\//, /^\/(healthz|readyz|metrics)$/],
  }),
);

registerRoute(
  ({ url, request, sameOrigin }) =>
    sameOrigin && request.method === 'GET' && /^\/api\/media\/[0-9a-f]{64}$/.test(url.pathname),
  new CacheFirst({
    cacheName: mediaCache,
    plugins: [
      new CacheableResponsePlugin(),
      new ExpirationPlugin({ maxEntries: 300, maxAgeSeconds: month, purgeOnQuotaError: true }),
    ],
  }),
);

// A new version waits until the person agrees: nobody loses a half-written line to a reload.
self.addEventListener('message', (event) => {
  if ((event.data as { type?: string } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
