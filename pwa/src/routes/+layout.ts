import { readSession } from '#lib/app/stored-session.ts';
import { I18n } from '#lib/i18n/i18n.svelte.ts';

/** Everything runs in the browser; the server only hands out one page. */
export const ssr = false;
export const prerender = false;

/** Nothing is shown before its language is there. */
export const load = async () => {
  // Whoever is signed in will need the local database: it loads beside everything else.
  if (readSession(localStorage)) void import('#lib/app/workspace.svelte.ts').catch(() => undefined);
  return { i18n: await I18n.load() };
};
