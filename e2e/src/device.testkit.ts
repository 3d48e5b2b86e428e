import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** A device: one browser profile with its own storage, as a tablet or phone would be. */
export interface Device {
  context: BrowserContext;
  page: Page;
  goOffline(): Promise<void>;
  goOnline(): Promise<void>;
  close(): Promise<void>;
}

export const tablet = { width: 820, height: 1180 };
export const phone = { width: 390, height: 844 };
export const desktop = { width: 1440, height: 900 };

export async function newDevice(
  browser: Browser,
  options: { viewport?: { width: number; height: number }; dark?: boolean } = {},
): Promise<Device> {
  const context = await browser.newContext({
    viewport: options.viewport ?? tablet,
    locale: 'es-CO',
    colorScheme: options.dark ? 'dark' : 'light',
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  return {
    context,
    page,
    goOffline: () => context.setOffline(true),
    goOnline: () => context.setOffline(false),
    close: () => context.close(),
  };
}

export async function logIn(page: Page, app: string, email: string): Promise<void> {
  await page.goto(`${app}/login`);
  await page.getByTestId('login-email').fill(email);
  await page.getByTestId('login-password').fill('recado-demo');
  await page.getByTestId('login-submit').click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

/** Waits until the app is kept for offline use: a service worker controls the page and its shell is stored. */
export async function untilOfflineReady(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await poll(async () => {
    const stored = await page.evaluate(async () => {
      const names = await caches.keys();
      const counts = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).length),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    });
    expect(stored).toBeGreaterThan(5);
  });
  if (!(await page.evaluate(() => navigator.serviceWorker.controller !== null))) await page.reload();
}

/** Tries until the assertion holds. */
export const poll = (assertion: () => Promise<void> | void, withinMs = 20_000): Promise<void> =>
  vi.waitFor(assertion, { timeout: withinMs, interval: 100 });

export const messages = (page: Page, text: string): Locator =>
  page.getByTestId('message').filter({ hasText: text });
