import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { logIn, newDevice, poll, type Device } from './device.testkit.ts';

/** Menus without a mouse, by WAI-ARIA's pattern. */
describe('the menu of the own status', () => {
  const { app } = inject('demo');
  let browser: Browser;
  let ana: Device;
  let page: Page;
  let button: Locator;
  let menu: Locator;

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
    ana = await newDevice(browser);
    page = ana.page;
    await logIn(page, app, 'ana@demo.test');
    button = page.getByTestId('status-menu');
    menu = page.getByRole('menu');
  });
  afterAll(async () => {
    await ana.close();
    await browser.close();
  });
  beforeEach(async () => {
    await button.focus();
    await page.keyboard.press('Enter');
    await menu.waitFor();
    await poll(async () => expect(await focusIsIn(menu)).toBe(true));
  });

  const focusIsIn = (place: Locator): Promise<boolean> =>
    place.evaluate((element) => element.contains(document.activeElement));
  const focused = (): Promise<string> =>
    page.evaluate(() => (document.activeElement as HTMLElement).innerText.trim());
  const isShut = async (): Promise<void> => {
    await menu.waitFor({ state: 'detached' });
    expect(await button.getAttribute('aria-expanded')).toBe('false');
  };

  test('is moved in by arrows, Home and End, and left by Escape, back to its button', async () => {
    const items = (await menu.locator('[role^=menuitem]').allInnerTexts()).map((text) => text.trim());
    await page.keyboard.press('Home');
    expect(await focused()).toBe(items[0]);
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe(items[1]);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe(items[0]);
    await page.keyboard.press('End');
    expect(await focused()).toBe(items.at(-1));
    await page.keyboard.press('Escape');
    await isShut();
    await poll(async () => expect(await focusIsIn(button)).toBe(true));
  });

  test('is left by Tab for what comes after its button', async () => {
    await page.keyboard.press('Tab');
    await isShut();
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);
    expect(await focusIsIn(button)).toBe(false);
  });

  test('is left by Shift+Tab for its button', async () => {
    await page.keyboard.press('Shift+Tab');
    await isShut();
    await poll(async () => expect(await focusIsIn(button)).toBe(true));
  });

  test('takes a choice from the keyboard', async () => {
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    const chosen = await page.evaluate(() => document.activeElement?.getAttribute('data-status'));
    await page.keyboard.press('Enter');
    await isShut();
    await poll(async () => expect(await button.getAttribute('data-status')).toBe(chosen));
    await button.press('Enter');
    await menu.locator('[data-status=available]').press('Enter');
    await poll(async () => expect(await button.getAttribute('data-status')).toBe('available'));
  });
});
