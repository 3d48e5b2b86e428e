import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { ensureBrowser } from './ensure-browser.ts';

/** A Chromium that talks to nobody but the pages it is sent to. */
export function launchBrowser(env: NodeJS.ProcessEnv): Promise<Browser> {
  return chromium.launch(options(env));
}

/** One person's own profile, kept in a folder: what browsers do not do in private windows, such as installing. */
export function launchProfile(env: NodeJS.ProcessEnv, folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { ...options(env), locale: 'es-CO' });
}

const options = (env: NodeJS.ProcessEnv) => ({
  // Without one, Chromium on Linux takes no letter beyond ASCII into a file's name.
  env: { ...env, LC_ALL: 'C.UTF-8' },
  executablePath: ensureBrowser(env, (text) => process.stderr.write(`${text}\n`)),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
