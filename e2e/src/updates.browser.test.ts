import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { startDemo, type OwnDemo } from '../../scripts/stack/start-demo.ts';
import { axeFaults } from './axe.testkit.ts';
import { copyBuild, type OwnBuild } from './build.testkit.ts';
import { logIn, messages, newDevice, poll, untilOfflineReady, type Device } from './device.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { sendBrunoAway } from './session.testkit.ts';

/**
 * A day on which new versions are put on the server while people work. Each step builds on the one before. The demo
 * is one of its own, because its build is replaced.
 */
describe('a new version of the app', () => {
  let build: OwnBuild;
  let demo: OwnDemo;
  let browser: Browser;
  let ana: Device;
  let first: string;
  let second: string;
  /** What a page may not load or run, and what it died of. */
  const faults: string[] = [];

  const prompt = (page: Page) => page.getByTestId('prompt-update');
  const composer = (page: Page) => page.getByTestId('composer-input');
  const versionOf = (page: Page) =>
    page.evaluate(() => {
      const name = Object.keys(globalThis).find((key) => key.startsWith('__sveltekit_'))!;
      return (globalThis as unknown as Record<string, { version: string }>)[name]!.version;
    });
  const untilVersion = (page: Page, version: string) =>
    poll(async () => expect(await versionOf(page)).toBe(version));

  function watch(page: Page): Page {
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text());
    });
    return page;
  }

  async function comeBackToNetwork(device: Device): Promise<void> {
    await device.goOffline();
    await device.goOnline();
  }

  beforeAll(async () => {
    build = await copyBuild();
    first = await build.version();
    demo = await startDemo({ env: process.env, pwaDirectory: build.folder });
    browser = await launchBrowser(process.env);
    await sendBrunoAway(demo.urls.app);
    ana = await newDevice(browser);
    watch(ana.page);
    await logIn(ana.page, demo.urls.app, 'ana@demo.test');
    await newCustomer('Nora Versiones', demo.urls.simulator!).write('hola, tengo una pregunta');
    await ana.page.getByTestId('conversation-item').filter({ hasText: 'Nora Versiones' }).click();
    await messages(ana.page, 'tengo una pregunta').waitFor();
    await untilOfflineReady(ana.page);
    await composer(ana.page).fill('Le cuento que');
  });
  afterAll(async () => {
    await browser.close();
    await demo.stop();
    await build.remove();
  });

  test('is asked about in an app that was open all the time', async () => {
    expect(await versionOf(ana.page)).toBe(first);
    second = await build.release();
    await comeBackToNetwork(ana);
    await prompt(ana.page).waitFor();
    expect(await axeFaults(ana.page)).toEqual([]);
    await ana.page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeFaults(ana.page)).toEqual([]);
  });

  test('put off, is asked about again on the next visit; what was being written is still there', async () => {
    await prompt(ana.page).getByTestId('prompt-no').click();
    await prompt(ana.page).waitFor({ state: 'detached' });
    await comeBackToNetwork(ana);
    await ana.page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    await expect(prompt(ana.page).waitFor({ timeout: 1_000 })).rejects.toThrow('Timeout');

    await ana.page.reload();
    await prompt(ana.page).waitFor();
    expect(await versionOf(ana.page)).toBe(first);
    await poll(async () => expect(await composer(ana.page).inputValue()).toBe('Le cuento que'));
  });

  test('on the server leaves the old one whole, also without a network', async () => {
    await ana.goOffline();
    await ana.page.reload();
    await messages(ana.page, 'tengo una pregunta').waitFor();
    expect(await versionOf(ana.page)).toBe(first);
    // A part of the old version that this page has not loaded yet, and the server no longer has.
    await ana.page.getByTestId('chat-actions').click();
    await ana.page.getByTestId('action-close').waitFor();
    await ana.page.keyboard.press('Escape');
    await ana.goOnline();
  });

  test('taken in one tab is taken in all of them, with the drafts', async () => {
    const other = watch(await ana.context.newPage());
    await other.goto(ana.page.url());
    await messages(other, 'tengo una pregunta').waitFor();
    expect(await versionOf(other)).toBe(first);

    await prompt(ana.page).getByTestId('prompt-yes').click();
    await untilVersion(ana.page, second);
    await untilVersion(other, second);
    for (const page of [ana.page, other]) {
      await messages(page, 'tengo una pregunta').waitFor();
      await poll(async () => expect(await composer(page).inputValue()).toBe('Le cuento que'));
      expect(await prompt(page).count()).toBe(0);
    }
    await other.close();
  });

  test('is what starts without a network from then on', async () => {
    await ana.goOffline();
    await ana.page.reload();
    await messages(ana.page, 'tengo una pregunta').waitFor();
    expect(await versionOf(ana.page)).toBe(second);
    await ana.goOnline();
  });

  test('is what a new device gets', async () => {
    const device = await newDevice(browser);
    await logIn(watch(device.page), demo.urls.app, 'supervisor@demo.test');
    expect(await versionOf(device.page)).toBe(second);
    await device.close();
  });

  test('lets nobody run into a missing part: whoever needs one starts again with it', async () => {
    // A browser that keeps no versions on the device: from here on every part comes from the server.
    const context = await browser.newContext({ locale: 'es-CO', serviceWorkers: 'block' });
    const page = await context.newPage();
    await logIn(page, demo.urls.app, 'supervisor@demo.test');
    await page.getByTestId('status-menu').first().waitFor();
    const third = await build.release();
    expect(await versionOf(page)).toBe(second);
    await page.getByTestId('status-menu').first().click();
    await untilVersion(page, third);
    await page.getByTestId('status-menu').first().waitFor();

    const fourth = await build.release();
    await page.getByRole('link', { name: 'Informes' }).click();
    await page.getByTestId('report-frt').waitFor();
    await untilVersion(page, fourth);
    await context.close();
  });

  test('has let no page die, nor run or load what its policy forbids', () => {
    expect(faults).toEqual([]);
  });
});
