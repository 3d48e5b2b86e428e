import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  // Both packages hand bundlers their old-syntax build by default; the modern ones are smaller by 6 kB gzip.
  resolve: {
    alias: { dexie: 'dexie/dist/modern/dexie.min.mjs' },
    conditions: ['es2015', ...defaultClientConditions],
  },
  build: {
    // Browsers that run service workers as modules need no older syntax.
    target: 'es2022',
  },
  environments: {
    client: {
      build: {
        rolldownOptions: {
          output: {
            codeSplitting: {
              // What every screen needs, as one file: a dozen of half a kilobyte each weigh twice as much in gzip.
              groups: [
                {
                  name: 'shell',
                  test: /pwa\/src\/lib\/(app|commands|i18n|session|sync|ui)\/|@lucide/,
                  minShareCount: 3,
                  maxModuleSize: 6_000,
                },
              ],
            },
          },
        },
      },
    },
  },
  plugins: [
    tailwindcss(),
    sveltekit({
      // One page for every route: the service worker answers all navigations with it, online or not.
      adapter: adapter({ fallback: '200.html', precompress: true }),
      // Hashes for Kit's own start script, written into the page as a meta tag. `frame-ancestors` cannot be
      // said there: the server sends it as a header.
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['self'],
          'script-src': ['self'],
          // Components place things with style attributes (virtual lists, bars); no style comes from data.
          'style-src': ['self', 'unsafe-inline'],
          'img-src': ['self', 'blob:', 'data:'],
          'media-src': ['self', 'blob:'],
          'connect-src': ['self'],
          'worker-src': ['self'],
          'manifest-src': ['self'],
          'object-src': ['none'],
          'base-uri': ['self'],
          'form-action': ['self'],
        },
      },
      // Registered by the app, so that it can ask before a new version takes over.
      serviceWorker: { register: false },
      version: { name: String(Date.now()) },
    }),
  ],
});
