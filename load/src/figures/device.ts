import { get } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { newTablet, submitLogin, withBrowser } from '../browser.ts';
import { gatherCrew } from '../crew.ts';
import { countDocuments, whenStored } from '../device-documents.ts';
import { startDemo, until, type Demo } from '../demo.ts';
import { logIn } from '../api-device.ts';
import { percentile, round, type Figure } from '../figure.ts';
import { atRate, createWhatsApp } from '../whatsapp.ts';

const customers = 50;
const documents = 5_000;
const whileAway = 1_000;

/** What a device costs and waits: first sync, reconnect, bytes per message, the app's own weight, offline start. */
export async function measureDevice(): Promise<Figure[]> {
  const demo = await startDemo();
  try {
    await gatherCrew(demo, { agents: 1, capacity: 1_000 });
    const whatsApp = createWhatsApp(demo.urls);
    // Each customer is a conversation and a greeting; the rest are messages.
    await atRate(50, customers, (customer) => whatsApp.write(customer, 'hola'));
    await atRate(250, documents - 3 * customers, (index) =>
      whatsApp.write(index % customers, `mensaje ${index}`),
    );
    await untilMailboxHolds(demo, documents);
    return await withBrowser(async (browser) => {
      const { context, page } = await newTablet(browser);
      const firstSync = await timeFirstSync(demo, page);
      const weight = await weighScripts(browser, demo);
      const reconnect = await timeReconnect(demo, context, page, whatsApp);
      const bytes = await weighMessages(context, page, whatsApp);
      const offlineStart = await timeOfflineStart(context, page, demo);
      const figures: Figure[] = [
        {
          what: `first sync of ${documents} documents in Chromium; reconnect after ${whileAway} changes`,
          wanted: '≤ 1.5 s; ≤ 0.6 s',
          measured: `${round(firstSync / 1_000, 2)} s; ${round(reconnect / 1_000, 2)} s`,
          met: firstSync <= 1_500 && reconnect <= 600,
          values: { firstSync, reconnect },
        },
        {
          what: 'bytes on the wire per inbound message to the device (gzip)',
          wanted: '≤ 900',
          measured: `${round(bytes)}`,
          met: bytes <= 900,
          values: { bytes },
        },
        {
          what: 'JavaScript of the inbox route, gzip; offline start to list at 4× CPU slowdown',
          wanted: '≤ 160 kB; ≤ 2 s',
          measured: `${round(weight / 1_000)} kB; ${round(offlineStart / 1_000, 2)} s`,
          met: weight <= 160_000 && offlineStart <= 2_000,
          values: { weight, offlineStart },
        },
      ];
      return figures;
    });
  } finally {
    await demo.stop();
  }
}

async function untilMailboxHolds(demo: Demo, count: number): Promise<void> {
  const cookie = await logIn(demo.urls.app, 'ana@demo.test');
  await until(
    `the mailbox holds ${count} documents`,
    async () => {
      const answer = await fetch(`${demo.urls.app}/sync/msg/_changes`, { headers: { cookie } });
      const { results } = (await answer.json()) as { results: unknown[] };
      return results.length >= count - customers;
    },
    { withinMs: 180_000 },
  );
}

async function timeFirstSync(demo: Demo, page: Page): Promise<number> {
  const loggedIn = page.waitForResponse(
    (response) => response.url().endsWith('/api/session') && response.request().method() === 'POST',
  );
  await Promise.all([loggedIn, submitLogin(page, demo.urls.app, 'ana@demo.test')]);
  const began = Date.now();
  return (await whenStored(page, documents)) - began;
}

/** Bodies of all scripts that the inbox loads, compressed as they cross the wire: loaded around every cache. */
async function weighScripts(browser: Browser, demo: Demo): Promise<number> {
  const { context, page } = await newTablet(browser);
  await submitLogin(page, demo.urls.app, 'ana@demo.test');
  await page.getByTestId('conversation-item').first().waitFor();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await session.send('Network.setBypassServiceWorker', { bypass: true });
  await page.goto(`${demo.urls.app}/`);
  await page.getByTestId('conversation-item').first().waitFor();
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => new URL(name).pathname.endsWith('.js')),
  );
  await context.close();
  // The browser would take Brotli, which is smaller; the figure is of gzip.
  const sizes = await Promise.all([...new Set(scripts)].map(bytesInGzip));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const bytesInGzip = (address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get(address, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
      let bytes = 0;
      answer.on('data', (piece: Buffer) => (bytes += piece.length));
      answer.on('end', () => resolve(bytes));
    }).on('error', reject);
  });

async function timeReconnect(
  demo: Demo,
  context: BrowserContext,
  page: Page,
  whatsApp: ReturnType<typeof createWhatsApp>,
): Promise<number> {
  const before = await countDocuments(page);
  await context.setOffline(true);
  await atRate(250, whileAway, (index) => whatsApp.write(index % customers, `ausente ${index}`));
  await untilMailboxHolds(demo, documents + whileAway);
  await context.setOffline(false);
  const began = Date.now();
  return (await whenStored(page, before + whileAway)) - began;
}

/** Messages one by one, so that none shares its answer with another: the dearest case. */
async function weighMessages(
  context: BrowserContext,
  page: Page,
  whatsApp: ReturnType<typeof createWhatsApp>,
): Promise<number> {
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  const count = 40;
  let known = await countDocuments(page);
  for (let index = 0; index < count; index += 1) {
    await whatsApp.write(index % customers, `Buenas tardes, ¿me confirman la entrega del pedido ${index}?`);
    known += 1;
    await until('the message is on the device', async () => (await countDocuments(page)) >= known);
  }
  return bytes / count;
}

async function timeOfflineStart(context: BrowserContext, page: Page, demo: Demo): Promise<number> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload();
  await page.getByTestId('conversation-item').first().waitFor();
  await context.setOffline(true);
  await context.addInitScript(() => {
    const look = () => {
      if (!document.querySelector('[data-testid="conversation-item"]'))
        return void requestAnimationFrame(look);
      (window as unknown as { listShownAt: number }).listShownAt = performance.now();
    };
    requestAnimationFrame(look);
  });
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await page.goto(`${demo.urls.app}/`);
    const handle = await page.waitForFunction(
      () => (window as unknown as { listShownAt?: number }).listShownAt,
    );
    times.push(Number(await handle.jsonValue()));
  }
  return percentile(times, 0.5);
}
