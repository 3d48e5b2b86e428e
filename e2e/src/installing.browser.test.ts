import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser, launchProfile } from '../../scripts/launch-browser.ts';
import { axeFaults } from './axe.testkit.ts';
import { logIn, newDevice, poll, type Device } from './device.testkit.ts';

const { app } = inject('demo');
const prompt = (page: Page) => page.getByTestId('prompt-install');
const yes = (page: Page) => prompt(page).getByTestId('prompt-yes');
const no = (page: Page) => prompt(page).getByTestId('prompt-no');
const inside = (page: Page) => page.getByTestId('status-menu').first();
/** Nothing tells that something will not come: a second is ten times what it takes when it does. */
const staysAway = (page: Page) => expect(prompt(page).waitFor({ timeout: 1_000 })).rejects.toThrow('Timeout');
/** The browser has made its offer to this page, whatever the app does with it. */
const offered = (page: Page) =>
  poll(async () => expect(await page.evaluate(() => 'recadoInstallOffer' in globalThis)).toBe(true));

describe('the app, in a browser that can install it', () => {
  let folder: string;
  let profile: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recado-profile-'));
    profile = await launchProfile(process.env, folder);
    page = profile.pages()[0] ?? (await profile.newPage());
    await logIn(page, app, 'supervisor@demo.test');
    await inside(page).waitFor();
  });
  afterAll(async () => {
    await profile.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('is everything that can be asked of an app to be installed', async () => {
    const devtools = await profile.newCDPSession(page);
    const { errors } = await devtools.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
  });

  test('is offered to whoever is inside, at the edge', async () => {
    await prompt(page).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeFaults(page)).toEqual([]);
  });

  test('is not offered again after “not now”', async () => {
    await no(page).click();
    await prompt(page).waitFor({ state: 'detached' });
    await page.reload();
    await inside(page).waitFor();
    await offered(page);
    await staysAway(page);
  });
});

/** What the browser's own dialog answers cannot be clicked from here: this offer answers as it is told to. */
describe('an offer to install', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
  });
  afterAll(() => browser.close());

  async function supervisor(before?: () => void): Promise<Device> {
    const device = await newDevice(browser);
    if (before) await device.page.addInitScript(before);
    await logIn(device.page, app, 'supervisor@demo.test');
    await inside(device.page).waitFor();
    return device;
  }

  const offer = (page: Page, outcome: 'accepted' | 'dismissed') =>
    page.evaluate((answer) => {
      const counted = globalThis as { prompted?: number };
      counted.prompted ??= 0;
      const event = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
        prompt: () => Promise.resolve((counted.prompted! += 1)),
        userChoice: Promise.resolve({ outcome: answer }),
      });
      // Cancelled: the browser shows nothing of its own meanwhile.
      return !window.dispatchEvent(event);
    }, outcome);
  const prompted = (page: Page) => page.evaluate(() => (globalThis as { prompted?: number }).prompted);

  test('that is taken asks the browser, once', async () => {
    const { page, close } = await supervisor();
    expect(await offer(page, 'accepted')).toBe(true);
    await yes(page).click();
    await prompt(page).waitFor({ state: 'detached' });
    expect(await prompted(page)).toBe(1);
    await close();
  });

  test('that is refused in the browser’s own dialog is not made again', async () => {
    const { page, close } = await supervisor();
    await offer(page, 'dismissed');
    await yes(page).click();
    await poll(async () =>
      expect(await page.evaluate(() => localStorage.getItem('recado-install-declined'))).toBe('1'),
    );
    await offer(page, 'accepted');
    await staysAway(page);
    await page.reload();
    await inside(page).waitFor();
    await offer(page, 'accepted');
    await staysAway(page);
    await close();
  });

  test('goes away when the app is installed by another way', async () => {
    const { page, close } = await supervisor();
    await offer(page, 'accepted');
    await prompt(page).waitFor();
    await page.evaluate(() => window.dispatchEvent(new Event('appinstalled')));
    await prompt(page).waitFor({ state: 'detached' });
    await close();
  });

  const onAnIPad = () => void Object.defineProperty(navigator, 'standalone', { value: false });
  const fromItsHomeScreen = () => void Object.defineProperty(navigator, 'standalone', { value: true });

  test('that the browser never makes is told, once, where it can only be done by hand', async () => {
    const { page, close } = await supervisor(onAnIPad);
    await prompt(page).waitFor();
    expect(await prompt(page).innerText()).toContain('Añadir a pantalla de inicio');
    expect(await yes(page).count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
    await no(page).click();
    await prompt(page).waitFor({ state: 'detached' });
    await page.reload();
    await inside(page).waitFor();
    await staysAway(page);
    await close();
  });

  test('is not told to who opened it from the home screen', async () => {
    const { page, close } = await supervisor(fromItsHomeScreen);
    await staysAway(page);
    await close();
  });

  test('is not shown in the installed app', async () => {
    const { page, close } = await supervisor(() => {
      const real = window.matchMedia.bind(window);
      window.matchMedia = (query) => real(query.includes('standalone') ? 'all' : query);
    });
    await offer(page, 'accepted');
    await staysAway(page);
    await close();
  });
});
