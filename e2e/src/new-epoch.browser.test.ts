import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { startDemo, type OwnDemo } from '../../scripts/stack/start-demo.ts';
import { logIn, messages, newDevice, poll, untilOfflineReady, type Device } from './device.testkit.ts';
import { epochOf, restartSyncServer, weighDown } from './mailbox.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { sendBrunoAway } from './session.testkit.ts';

/**
 * A mailbox grew heavy with what has left it and is rebuilt under a new epoch: the device starts a new database and
 * takes along what exists only there. The person should notice nothing.
 */
describe('the move to a new mailbox epoch', () => {
  let demo: OwnDemo;
  let browser: Browser;
  let ana: Device;
  let second: Page;

  const customer = () => newCustomer('Nora Mudanza', demo.urls.simulator!);
  let nora: ReturnType<typeof customer>;

  beforeAll(async () => {
    // On the embedded store whatever is configured: the weight is put straight into it.
    demo = await startDemo({ env: { ...process.env, COUCHDB_URL: '', CLICKHOUSE_URL: '' } });
    browser = await launchBrowser(process.env);
    await sendBrunoAway(demo.urls.app);
    ana = await newDevice(browser);
    await logIn(ana.page, demo.urls.app, 'ana@demo.test');
    nora = customer();
    await nora.write('hola, soy Nora');
    await ana.page.getByTestId('conversation-item').filter({ hasText: 'Nora Mudanza' }).click();
    await messages(ana.page, 'hola, soy Nora').waitFor();
    await untilOfflineReady(ana.page);
    second = await ana.context.newPage();
    await second.goto(ana.page.url());
    await messages(second, 'hola, soy Nora').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const write = (page: Page, text: string) => page.getByTestId('composer-input').fill(text);
  const send = async (page: Page, text: string) => {
    await write(page, text);
    await page.getByTestId('composer-send').click();
    await messages(page, text).waitFor();
  };
  const databases = (page: Page) =>
    page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''));
  const isOn = async (epoch: number) => {
    const names = (await databases(ana.page)).filter((name) => name.startsWith('rxdb-dexie-'));
    expect(names.filter((name) => !name.includes(`-ana-e${epoch}--`))).toEqual([]);
    expect(names.length).toBeGreaterThan(4);
  };
  const delivered = async (text: string) => {
    await poll(async () => expect(await nora.timesReceived(text)).toBe(1), 40_000);
    for (const page of ana.context.pages())
      await poll(async () =>
        expect(await messages(page, text).getAttribute('data-delivery')).toMatch(/^(delivered|read)$/),
      );
  };

  test('a device that was away keeps its queued answer and its half-written line, in both of its tabs', async () => {
    await ana.goOffline();
    await send(ana.page, 'escrito en el túnel');
    await write(ana.page, 'esto queda a medi');
    await weighDown(demo, 'ana');
    await restartSyncServer(demo);
    await poll(async () => expect(await epochOf(demo, 'ana')).toBe(2), 70_000);
    await nora.write('¿sigue ahí?');

    await ana.goOnline();
    await delivered('escrito en el túnel');
    for (const page of [ana.page, second]) {
      await messages(page, 'hola, soy Nora').waitFor();
      await messages(page, '¿sigue ahí?').waitFor();
      expect(await page.getByTestId('composer-input').inputValue()).toBe('esto queda a medi');
    }
    await poll(() => isOn(2));
  });

  test('online with nothing queued, the chat never leaves the screen while the new mailbox is fetched', async () => {
    await second.close();
    // The new mailbox cannot be fetched yet, as in a tunnel that begins at this very moment.
    const fetched = (url: URL) => url.pathname.startsWith('/sync/') && url.searchParams.get('epoch') === '3';
    let refused = 0;
    await ana.context.route(fetched, (route) => {
      refused += 1;
      return route.abort();
    });
    await weighDown(demo, 'ana');
    await restartSyncServer(demo);
    await poll(() => expect(refused).toBeGreaterThan(1), 90_000);
    await messages(ana.page, 'hola, soy Nora').waitFor();
    await send(ana.page, 'aún en el túnel');
    await ana.page.reload();
    await messages(ana.page, 'hola, soy Nora').waitFor();
    await messages(ana.page, 'aún en el túnel').waitFor();

    await ana.context.unroute(fetched);
    await poll(() => isOn(3), 60_000);
    await delivered('aún en el túnel');
    await messages(ana.page, 'hola, soy Nora').waitFor();
    await send(ana.page, 'ya del otro lado');
    await delivered('ya del otro lado');
    expect(await ana.page.getByTestId('composer-input').inputValue()).toBe('');
  });

  test('leaving removes what a move had begun, too', async () => {
    const { page } = ana;
    await page.getByTestId('status-menu').click();
    await page.getByTestId('logout').click();
    await page.getByTestId('logout-confirm').click();
    await page.waitForURL((url) => url.pathname.startsWith('/login'));
    await poll(async () =>
      expect((await databases(page)).filter((name) => name.includes('recado'))).toEqual([]),
    );
  });
}, 180_000);
