import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { axeFaults } from './axe.testkit.ts';
import { logIn, messages, newDevice, poll, type Device } from './device.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { endConversation, sendBrunoAway, sessionOf } from './session.testkit.ts';

/**
 * WhatsApp took a message, and its answer never came: we do not know whether the customer has it. Only the
 * provider's word or the agent's settles that; nothing is sent twice by itself.
 */
describe('a message of which nobody knows whether it went out', () => {
  const { app, phone: simulator } = inject('demo');
  const marta = newCustomer(`Marta ${Date.now() % 100_000}`);
  let browser: Browser;
  let ana: Device;
  let comeBack: () => Promise<void>;

  const faults = async (patch: object | null) => {
    const answer = await fetch(`${simulator}/_sim/faults`, {
      method: patch ? 'POST' : 'DELETE',
      headers: { 'content-type': 'application/json' },
      body: patch ? JSON.stringify(patch) : undefined,
    });
    expect(answer.status).toBe(200);
  };
  /** Delivered, but the answer is lost, and statuses do not say which attempt they are about. */
  const unheard = { loseNextResponses: 1, withoutOpaqueData: true };

  const send = async (text: string) => {
    await ana.page.getByTestId('composer-input').fill(text);
    await ana.page.getByTestId('composer-send').click();
    await messages(ana.page, text).waitFor();
  };
  const stands = (text: string, state: string | RegExp) =>
    poll(async () =>
      expect(await messages(ana.page, text).getAttribute('data-delivery')).toMatch(
        typeof state === 'string' ? new RegExp(`^${state}$`) : state,
      ),
    );
  const button = (text: string, name: string) =>
    messages(ana.page, text).getByRole('button', { name, exact: true });
  const inList = () => ana.page.getByTestId('conversation-item').filter({ hasText: marta.name });

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
    comeBack = await sendBrunoAway(app);
    ana = await newDevice(browser);
    await logIn(ana.page, app, 'ana@demo.test');
    await marta.write('hola, ¿me confirman?');
    await inList().click();
    await messages(ana.page, 'hola, ¿me confirman?').waitFor();
    // The greeting is sent too: it must not use up the fault.
    await poll(async () => expect(await marta.sees()).toHaveLength(2));
  });
  afterAll(async () => {
    await faults(null);
    await endConversation(app, 'ana@demo.test', ana.page);
    await comeBack();
    await browser.close();
  });

  test('is shown as what it is, and is not sent again by itself', async () => {
    await faults(unheard);
    await send('su cita es a las tres');
    await stands('su cita es a las tres', 'uncertain');
    expect(await messages(ana.page, 'su cita es a las tres').innerText()).toContain('No sabemos si salió');
    expect(await axeFaults(ana.page)).toEqual([]);
    // One written after it is not held up.
    await send('¿le queda bien?');
    await poll(async () => expect(await marta.timesReceived('¿le queda bien?')).toBe(1));
    expect(await marta.timesReceived('su cita es a las tres')).toBe(1);
    await stands('su cita es a las tres', 'uncertain');
  });

  test('is sent again when the agent says so, also when they say it without a network', async () => {
    await faults(null);
    await ana.goOffline();
    await button('su cita es a las tres', 'Reenviar').click();
    await messages(ana.page, 'su cita es a las tres').getByText('Resolviendo…').waitFor();
    expect(await button('su cita es a las tres', 'No enviar').count()).toBe(0);
    expect(await marta.timesReceived('su cita es a las tres')).toBe(1);
    await ana.goOnline();
    await stands('su cita es a las tres', /^(delivered|read)$/);
    expect(await marta.timesReceived('su cita es a las tres')).toBe(2);
    expect(await messages(ana.page, 'su cita es a las tres').count()).toBe(1);
  });

  test('is marked as dropped when the agent does not want it sent', async () => {
    await faults(unheard);
    await send('esto ya no hace falta');
    await stands('esto ya no hace falta', 'uncertain');
    await button('esto ya no hace falta', 'No enviar').click();
    await stands('esto ya no hace falta', 'failed');
    const shown = await messages(ana.page, 'esto ya no hace falta').innerText();
    expect(shown).toContain('Se descartó');
    expect(shown).not.toContain('WhatsApp lo rechazó');
    expect(await marta.timesReceived('esto ya no hace falta')).toBe(1);
    expect(await axeFaults(ana.page)).toEqual([]);
    await faults(null);
  });

  test('is settled by a status that comes later, and then nothing is asked any more', async () => {
    // Long enough to be seen; statuses wait as long.
    await faults({ loseNextResponses: 1, withoutOpaqueData: false, delayMs: 4_000 });
    await send('le escribo mañana');
    await stands('le escribo mañana', 'uncertain');
    await button('le escribo mañana', 'Reenviar').waitFor();
    await stands('le escribo mañana', /^(sent|delivered|read)$/);
    expect(await button('le escribo mañana', 'Reenviar').count()).toBe(0);
    await faults(null);
    await stands('le escribo mañana', /^(delivered|read)$/);
    expect(await marta.timesReceived('le escribo mañana')).toBe(1);
  });

  test('a status that overtakes the agent’s decision wins: nothing is sent twice', async () => {
    await faults({ loseNextResponses: 1, withoutOpaqueData: false, delayMs: 5_000 });
    await send('el paquete ya salió');
    await stands('el paquete ya salió', 'uncertain');
    await ana.goOffline();
    await button('el paquete ya salió', 'Reenviar').click();
    await poll(async () => expect(await statusOnPhone('el paquete ya salió')).toMatch(/^(delivered|read)$/));
    const { headers } = await sessionOf(app, 'ana@demo.test');
    await poll(async () => expect(await shownByServer(headers, 'el paquete ya salió')).not.toBe('uncertain'));
    await faults(null);
    await ana.goOnline();
    await stands('el paquete ya salió', /^(delivered|read)$/);
    await poll(async () => expect(await ana.page.getByTestId('sync-line').innerText()).toBe('Al día'));
    expect(await marta.timesReceived('el paquete ya salió')).toBe(1);
  });

  const statusOnPhone = async (text: string) => {
    const shown = (await (await fetch(`${simulator}/_sim/customers/${marta.phone}/messages`)).json()) as {
      text?: string;
      status?: string;
    }[];
    return shown.find((message) => message.text === text)?.status;
  };
  const shownByServer = async (headers: Record<string, string>, text: string) => {
    const id = new URL(ana.page.url()).pathname.split('/').at(-1)!;
    const { items } = (await (
      await fetch(`${app}/api/conversations/${id}/messages?limit=50`, { headers })
    ).json()) as { items: { content: { body?: string }; delivery: { state: string } | null }[] };
    return items.find(({ content }) => content.body === text)?.delivery?.state;
  };
}, 120_000);
