import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { noteStores } from './device-documents.ts';

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
  await noteStores(context);
  return { context, page: await context.newPage() };
}

/** Fills the login form. Resolves when it has been sent, not when the app is there. */
export async function submitLogin(page: Page, app: string, email: string): Promise<void> {
  await page.goto(`${app}/login`);
  await page.getByTestId('login-email').fill(email);
  await page.getByTestId('login-password').fill('recado-demo');
  await page.getByTestId('login-submit').click();
}
