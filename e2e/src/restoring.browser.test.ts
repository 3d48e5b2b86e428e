import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { logIn, newDevice, poll, untilOfflineReady, type Device } from './device.testkit.ts';
import { sessionOf } from './session.testkit.ts';

/** A browser that has nothing stored, and perhaps a cookie: site data was cleared, or a profile came from elsewhere. */
describe('a browser with nothing stored', () => {
  const { app } = inject('demo');
  let browser: Browser;
  let cookie: { name: string; value: string };

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
    const { headers } = await sessionOf(app, 'supervisor@demo.test');
    const [name, value] = headers.cookie!.split(/=(.*)/s) as [string, string];
    cookie = { name, value };
  });
  afterAll(() => browser.close());

  const keep = (context: BrowserContext, value: string) =>
    context.addCookies([{ name: cookie.name, value, url: app, httpOnly: true, sameSite: 'Lax' }]);
  const inside = (page: Page) => page.getByTestId('board-queue').first();
  const signIn = (page: Page) => page.getByTestId('login-submit');

  /** The paths that a page has been at, and how often it asked who is signed in. */
  function follow(page: Page): { paths: string[]; asked(): number } {
    const paths: string[] = [];
    let asked = 0;
    page.on('framenavigated', (frame) => {
      const path = new URL(frame.url()).pathname;
      if (path !== paths.at(-1)) paths.push(path);
    });
    page.on('request', (request) => {
      if (request.method() === 'GET' && request.url() === `${app}/api/session`) asked += 1;
    });
    return { paths, asked: () => asked };
  }

  async function visit(path: string, value: string | null): Promise<Device & ReturnType<typeof follow>> {
    const device = await newDevice(browser);
    if (value !== null) await keep(device.context, value);
    const followed = follow(device.page);
    await device.page.goto(`${app}${path}`);
    return { ...device, ...followed };
  }

  test('and a good cookie is let in where it wanted to go, and never sees the sign-in page', async () => {
    const device = await visit('/board', cookie.value);
    await inside(device.page).waitFor();
    expect(device.paths).toEqual(['/board']);
    expect(device.asked()).toBe(1);
    await device.close();
  });

  test('and a good cookie goes on from the sign-in page by itself', async () => {
    const device = await visit('/login?next=%2Fboard', cookie.value);
    await inside(device.page).waitFor();
    await device.close();
  });

  test.each([
    { what: 'a wrong cookie', value: 'not-a-session' },
    { what: 'no cookie', value: null },
  ])('and $what is asked to sign in, once', async ({ value }) => {
    const device = await visit('/board', value);
    await signIn(device.page).waitFor();
    expect(device.paths).toEqual(['/board', '/login']);
    expect(new URL(device.page.url()).searchParams.get('next')).toBe('/board');
    expect(device.asked()).toBe(1);
    await device.close();
  });

  test('and no network is asked to sign in, and let in when the network is back', async () => {
    const device = await visit('/login', null);
    await untilOfflineReady(device.page);
    await keep(device.context, cookie.value);
    await device.goOffline();
    await device.page.goto(`${app}/board`);
    await signIn(device.page).waitFor();
    await device.goOnline();
    await device.page.reload();
    await inside(device.page).waitFor();
    await device.close();
  });

  test('and a network that swallows everything is asked to sign in; a late answer still counts', async () => {
    const device = await newDevice(browser);
    await keep(device.context, cookie.value);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await device.page.route('**/api/session', async (route) => {
      await released;
      await route.continue();
    });
    await device.page.goto(`${app}/board`);
    await signIn(device.page).waitFor();
    release();
    await inside(device.page).waitFor();
    await device.close();
  });

  test('because its person signed out without a network is not let in by the cookie that was left', async () => {
    const device = await newDevice(browser);
    await logIn(device.page, app, 'supervisor@demo.test');
    await device.page.getByTestId('status-menu').first().waitFor();
    await untilOfflineReady(device.page);
    await device.page.getByTestId('status-menu').first().waitFor();
    await device.goOffline();
    await device.page.getByTestId('status-menu').first().click();
    await device.page.getByTestId('logout').click();
    await device.page.getByTestId('logout-confirm').click();
    await signIn(device.page).waitFor();
    await device.goOnline();
    const followed = follow(device.page);
    await device.page.goto(`${app}/board`);
    await signIn(device.page).waitFor();
    expect(followed.asked()).toBe(0);
    // It is revoked as soon as there is a network.
    await poll(async () => {
      const answer = await device.page.request.get(`${app}/api/session`);
      expect(answer.status()).toBe(401);
    });
    await device.close();
  });
});
