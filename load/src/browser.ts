import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/launch-browser.ts';

export async function withBrowser<T>(work: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launchBrowser(process.env);
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

export async function newTablet(browser: Browser): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: { width: 820, height: 1180 }, locale: 'es-CO' });
  return { context, page: await context.newPage() };
}

/** Fills the login form. Resolves when it has been sent, not when the app is there. */
export async function submitLogin(page: Page, app: string, email: string): Promise<void> {
  await page.goto(`${app}/login`);
  await page.getByTestId('login-email').fill(email);
  await page.getByTestId('login-password').fill('recado-demo');
  await page.getByTestId('login-submit').click();
}

/** How many replicated documents the device holds, over all its local databases. */
export function countDocuments(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let documents = 0;
    for (const { name } of await indexedDB.databases()) {
      if (!name?.includes('recado-')) continue;
      if (!/(--|-)(conv|msg|ref|board|cmd)(-|$|--)/.test(name) && !/conv|msg|ref|board|cmd/.test(name))
        continue;
      if (name.includes('meta') || name.includes('rx-replication')) continue;
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      if (database.objectStoreNames.contains('docs')) {
        documents += await new Promise<number>((resolve, reject) => {
          const request = database.transaction('docs').objectStore('docs').count();
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      }
      database.close();
    }
    return documents;
  });
}
