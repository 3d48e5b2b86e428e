import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { logIn, messages, newDevice, poll, untilOfflineReady, type Device } from './device.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { sendBrunoAway } from './session.testkit.ts';

/** The first five minutes of somebody who has just typed `npm start`. Each step builds on the one before. */
describe('a newcomer’s first five minutes', () => {
  const { app, phone: phonePage } = inject('demo');
  const carla = newCustomer(`Carla ${Date.now() % 100_000}`);
  let browser: Browser;
  let ana: Device;
  let comeBack: () => Promise<void>;
  let customerPhone: Device;

  const conversation = () => ana.page.getByTestId('conversation-item').filter({ hasText: carla.name });

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
    // Others are at work in this demo too: with Bruno away, the next customer is Ana's.
    comeBack = await sendBrunoAway(app);
    ana = await newDevice(browser);
    customerPhone = await newDevice(browser);
    await logIn(ana.page, app, 'ana@demo.test');
  });
  afterAll(async () => {
    await comeBack();
    await browser.close();
  });

  test('the phone page opens and has a place to write', async () => {
    await customerPhone.page.goto(phonePage);
    await customerPhone.page.getByLabel('Escribe un mensaje').waitFor();
  });

  test('a customer’s “hola” appears with the agent, answered by the greeting', async () => {
    await carla.write('hola');
    await conversation().click();
    await messages(ana.page, 'hola').first().waitFor();
    await poll(async () => expect(await carla.sees()).toHaveLength(2));
    expect((await carla.sees())[1]).toMatchObject({ direction: 'in' });
  });

  test('with the network cut, a reload still shows the chat, and an answer can be written', async () => {
    await untilOfflineReady(ana.page);
    await ana.goOffline();
    await ana.page.reload();
    await messages(ana.page, 'hola').first().waitFor();
    await ana.page.getByTestId('composer-input').fill('Claro que sí, ¿en qué te ayudo?');
    await ana.page.getByTestId('composer-send').click();
    const written = messages(ana.page, 'Claro que sí');
    await written.waitFor();
    expect(await written.getAttribute('data-delivery')).toBe('pending');
    await poll(async () => expect(await ana.page.getByTestId('sync-line').innerText()).toContain('1'));
  });

  test('what was written offline survives another reload', async () => {
    await ana.page.reload();
    await messages(ana.page, 'Claro que sí').waitFor();
    expect(await carla.timesReceived('Claro que sí')).toBe(0);
  });

  test('when the network is back, the customer has the answer once and the ticks turn', async () => {
    await ana.goOnline();
    await poll(async () => expect(await carla.timesReceived('Claro que sí')).toBe(1), 40_000);
    const written = messages(ana.page, 'Claro que sí');
    await poll(
      async () => expect(await written.getAttribute('data-delivery')).toMatch(/^(delivered|read)$/),
      40_000,
    );
    expect(await written.count()).toBe(1);
    expect(await carla.timesReceived('Claro que sí')).toBe(1);
  });

  test('the report page shows the first response time, and the number opens its conversation', async () => {
    const supervisor = await newDevice(browser);
    await logIn(supervisor.page, app, 'supervisor@demo.test');
    await poll(async () => {
      await supervisor.page.goto(`${app}/reports`);
      const frt = supervisor.page.getByTestId('report-frt');
      await frt.waitFor({ timeout: 5_000 });
      expect(await frt.innerText()).toMatch(/\d/);
    }, 60_000);
    await supervisor.page.getByTestId('report-attended').click();
    await supervisor.page
      .getByTestId('report-conversation')
      .filter({ hasText: carla.name })
      .first()
      .waitFor();
    await supervisor.close();
  });
});
