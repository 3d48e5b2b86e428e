import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { buildPwaIfNeeded } from '../../scripts/stack/build-pwa.ts';
import { startDemo } from '../../scripts/stack/start-demo.ts';
import { desktop, logIn, messages, newDevice, phone, tablet, type Device } from './device.testkit.ts';

/** `npm run screenshots`: plays a short day on a demo of its own and takes the pictures of the README. */
const folder = join(import.meta.dirname, '../../docs/img');

buildPwaIfNeeded((text) => process.stderr.write(`${text}\n`));
const demo = await startDemo({ env: process.env });
const browser = await launchBrowser(process.env);
try {
  await play(browser, demo.urls.app, demo.urls.simulator!);
} finally {
  await browser.close();
  await demo.stop();
}

async function play(browser: Browser, app: string, simulator: string): Promise<void> {
  const write = (customer: string, name: string, text: string) =>
    fetch(`${simulator}/_sim/customers/${customer}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text, name }),
    });
  const read = (customer: string) =>
    fetch(`${simulator}/_sim/customers/${customer}/read`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });

  const ana = await newDevice(browser, { viewport: tablet });
  const bruno = await newDevice(browser, { viewport: desktop });
  await logIn(ana.page, app, 'ana@demo.test');
  await logIn(bruno.page, app, 'bruno@demo.test');

  const people: [string, string, string][] = [
    ['573001110001', 'Valentina Ríos', 'Hola, buenos días 👋 ¿Mi pedido 4471 ya salió?'],
    ['573001110002', 'Mateo Quintero', 'Buenas, quiero cambiar la dirección de entrega'],
    ['573001110003', 'Isabela Cárdenas', 'Hola! tienen la silla ergonómica en color gris?'],
    ['573001110004', 'Tomás Herrera', 'Me llegó la factura con otro nombre'],
    ['573001110005', 'Luciana Pardo', '¿Hasta qué hora atienden hoy?'],
    ['573001110006', 'Samuel Ocampo', 'Gracias por la ayuda de ayer, quedó perfecto 🙌'],
  ];
  for (const [customer, name, text] of people) {
    await write(customer, name, text);
    await Promise.any([ana, bruno].map((device) => chat(device.page, name).waitFor()));
  }
  const has = async (device: Device, name: string) => (await chat(device.page, name).count()) > 0;
  await ana.page.waitForTimeout(1_500);

  for (const [customer, name] of people.slice(0, 4)) {
    const owner = (await has(ana, name)) ? ana : bruno;
    await chat(owner.page, name).click();
    await say(owner.page, 'Con mucho gusto. Déjeme revisar y en un momento le confirmo.');
    await read(customer);
  }
  await write('573001110001', 'Valentina Ríos', 'Perfecto, muchas gracias. ¿Me llega hoy o mañana?');
  const owner = (await has(ana, 'Valentina Ríos')) ? ana : bruno;
  await chat(owner.page, 'Valentina Ríos').click();
  await messages(owner.page, '¿Me llega hoy').waitFor();
  await say(
    owner.page,
    'Sale hoy a las 3 p. m. y le llega mañana antes del mediodía. Le comparto la guía por aquí.',
  );
  await ana.page.waitForTimeout(2_000);

  await take(ana.page, 'inbox-tablet');
  await take(bruno.page, 'inbox-desktop');
  await bruno.page.emulateMedia({ colorScheme: 'dark' });
  await take(bruno.page, 'inbox-desktop-dark');

  await ana.page.setViewportSize(phone);
  await ana.goOffline();
  await ana.page.getByTestId('composer-input').waitFor();
  await say(ana.page, 'Le escribo desde el ascensor, en cuanto tenga señal le llega esto 😄');
  await ana.page.waitForTimeout(2_500);
  await take(ana.page, 'offline-phone');
  await ana.goOnline();

  const supervisor = await newDevice(browser, { viewport: phone, dark: true });
  await logIn(supervisor.page, app, 'supervisor@demo.test');
  await supervisor.page.goto(`${app}/board`);
  await supervisor.page.getByTestId('board-queue').first().waitFor();
  await supervisor.page.waitForTimeout(1_500);
  await take(supervisor.page, 'board-phone-dark');
  await supervisor.page.setViewportSize(desktop);
  await supervisor.page.emulateMedia({ colorScheme: 'light' });
  await supervisor.page.goto(`${app}/reports`);
  await supervisor.page.getByTestId('report-row').first().waitFor();
  await take(supervisor.page, 'report-desktop');

  const customer = await newDevice(browser, { viewport: phone });
  await customer.page.goto(`${simulator}/?lang=es#573001110001`);
  await customer.page.waitForTimeout(1_500);
  await take(customer.page, 'customer-phone');
}

function chat(page: Page, name: string): Locator {
  return page.getByTestId('conversation-item').filter({ hasText: name });
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer-input').fill(text);
  await page.getByTestId('composer-send').click();
  await messages(page, text.slice(0, 20)).last().waitFor();
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
