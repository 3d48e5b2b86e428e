import { chromium, type Browser } from 'playwright-core';
import { ensureBrowser } from './ensure-browser.ts';

/** A Chromium that talks to nobody but the pages it is sent to. */
export function launchBrowser(env: NodeJS.ProcessEnv): Promise<Browser> {
  return chromium.launch({
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
}
