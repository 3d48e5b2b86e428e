import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { axeFaults } from './axe.testkit.ts';
import { desktop, logIn, newDevice, phone } from './device.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { endConversation } from './session.testkit.ts';

/** Every page, in both themes and on a phone and a desktop, has nothing that axe objects to. */
describe.each([
  { theme: 'light', dark: false },
  { theme: 'dark', dark: true },
])('pages in the $theme theme', ({ dark }) => {
  const { app, phone: phonePage } = inject('demo');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
  });
  afterAll(() => browser.close());

  test.each([{ viewport: phone }, { viewport: desktop }])(
    'sign-in at $viewport.width',
    async ({ viewport }) => {
      const device = await newDevice(browser, { dark, viewport });
      await device.page.goto(`${app}/login`);
      await device.page.getByTestId('login-submit').waitFor();
      expect(await axeFaults(device.page)).toEqual([]);
      await device.close();
    },
  );

  test.each([{ viewport: phone }, { viewport: desktop }])(
    'inbox and conversation at $viewport.width',
    async ({ viewport }) => {
      const name = `Axe ${dark ? 'oscuro' : 'claro'} ${viewport.width}`;
      await newCustomer(name).write('hola, ¿me ayudan? 👋🏽 שלום');
      const [ana, bruno] = await Promise.all([
        newDevice(browser, { dark, viewport }),
        newDevice(browser, { dark, viewport }),
      ]);
      await Promise.all([logIn(ana.page, app, 'ana@demo.test'), logIn(bruno.page, app, 'bruno@demo.test')]);
      const own = (page: typeof ana.page) => page.getByTestId('conversation-item').filter({ hasText: name });
      const [page, email] = await Promise.any(
        [
          { ...ana, email: 'ana@demo.test' },
          { ...bruno, email: 'bruno@demo.test' },
        ].map(async (device) => (await own(device.page).waitFor(), [device.page, device.email] as const)),
      );
      expect(await axeFaults(page)).toEqual([]);
      await own(page).click();
      await page.getByTestId('message').first().waitFor();
      expect(await axeFaults(page)).toEqual([]);
      await endConversation(app, email, page);
      await Promise.all([ana.close(), bruno.close()]);
    },
  );

  test.each([
    { path: '/reports', ready: 'report-frt', viewport: phone },
    { path: '/reports', ready: 'report-frt', viewport: desktop },
    { path: '/board', ready: 'board-queue', viewport: phone },
    { path: '/board', ready: 'board-queue', viewport: desktop },
  ])('$path at $viewport.width', async ({ path, ready, viewport }) => {
    const device = await newDevice(browser, { dark, viewport });
    await logIn(device.page, app, 'supervisor@demo.test');
    await device.page.goto(`${app}${path}`);
    await device.page.getByTestId(ready).first().waitFor();
    expect(await axeFaults(device.page)).toEqual([]);
    await device.close();
  });

  test('the simulated phone', async () => {
    const device = await newDevice(browser, { dark, viewport: phone });
    await device.page.goto(phonePage);
    await device.page.getByLabel('Escribe un mensaje').waitFor();
    expect(await axeFaults(device.page)).toEqual([]);
    await device.close();
  });
});
