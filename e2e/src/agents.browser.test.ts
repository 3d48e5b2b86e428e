import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { logIn, messages, newDevice, poll, untilOfflineReady, type Device } from './device.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { pushCommand, sessionOf } from './session.testkit.ts';

/** Several people at once: whose chat it is, and what happens when it moves while somebody is away. */
describe('agents and their chats', () => {
  const { app } = inject('demo');
  let browser: Browser;
  let ana: Device;
  let bruno: Device;

  const item = (device: Device, name: string) =>
    device.page.getByTestId('conversation-item').filter({ hasText: name });

  /** The click answers before the app has gone there: what follows may read the address. */
  async function openChat(device: Device, name: string) {
    const id = (await item(device, name).getAttribute('data-conversation-id'))!;
    await item(device, name).click();
    await device.page.waitForURL((url) => url.pathname.endsWith(id));
    return id;
  }

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
    [ana, bruno] = await Promise.all([newDevice(browser), newDevice(browser)]);
    await logIn(ana.page, app, 'ana@demo.test');
    await logIn(bruno.page, app, 'bruno@demo.test');
  });
  afterAll(() => browser.close());

  /** Writes as a new customer and says which of the two agents got the conversation. */
  async function newChat(name: string, text: string) {
    const customer = newCustomer(name);
    await customer.write(text);
    await poll(async () =>
      expect((await item(ana, name).count()) + (await item(bruno, name).count())).toBe(1),
    );
    const withAna = (await item(ana, name).count()) === 1;
    return {
      customer,
      owner: withAna ? ana : bruno,
      other: withAna ? bruno : ana,
      otherId: withAna ? 'bruno' : 'ana',
    };
  }

  test('one agent’s chat is not on the other’s device', async () => {
    const { owner, other } = await newChat('Diego Prueba', 'buenas tardes');
    await openChat(owner, 'Diego Prueba');
    await messages(owner.page, 'buenas tardes').first().waitFor();
    const stored = await other.page.evaluate(async () => {
      const texts: string[] = [];
      for (const { name } of await indexedDB.databases()) {
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open(name!);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        for (const store of database.objectStoreNames) {
          const rows = await new Promise<unknown[]>((resolve, reject) => {
            const request = database.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
          texts.push(JSON.stringify(rows));
        }
        database.close();
      }
      return texts.join();
    });
    expect(stored).not.toContain('buenas tardes');
    expect(stored.length).toBeGreaterThan(100);
  });

  test('two tabs of one agent show the same, and each sends', async () => {
    const { customer, owner } = await newChat('Elena Prueba', 'dos pestañas');
    await openChat(owner, 'Elena Prueba');
    const secondTab = await owner.context.newPage();
    await secondTab.goto(owner.page.url());
    await messages(secondTab, 'dos pestañas').first().waitFor();
    await secondTab.getByTestId('composer-input').fill('desde la segunda');
    await secondTab.getByTestId('composer-send').click();
    await messages(owner.page, 'desde la segunda').waitFor();
    await owner.page.getByTestId('composer-input').fill('desde la primera');
    await owner.page.getByTestId('composer-send').click();
    await messages(secondTab, 'desde la primera').waitFor();
    await poll(async () => {
      expect(await customer.timesReceived('desde la segunda')).toBe(1);
      expect(await customer.timesReceived('desde la primera')).toBe(1);
    });
    await secondTab.close();
  });

  test('an answer written offline for a chat that moved meanwhile is kept for its author to review', async () => {
    const { customer, owner, other, otherId } = await newChat('Fabio Prueba', 'necesito ayuda');
    const conversationId = await openChat(owner, 'Fabio Prueba');
    await messages(owner.page, 'necesito ayuda').first().waitFor();
    await untilOfflineReady(owner.page);
    await owner.goOffline();
    await owner.page.getByTestId('composer-input').fill('respuesta que llega tarde');
    await owner.page.getByTestId('composer-send').click();
    await messages(owner.page, 'respuesta que llega tarde').waitFor();

    const supervisor = await sessionOf(app, 'supervisor@demo.test');
    await pushCommand(supervisor, {
      type: 'TransferConversation',
      target: `conversation.${conversationId}`,
      data: { to: { agentId: otherId } },
    });
    await item(other, 'Fabio Prueba').waitFor();

    await owner.goOnline();
    const review = owner.page.getByTestId('command-review');
    await review.first().waitFor({ timeout: 40_000 });
    expect(await review.first().innerText()).toContain('respuesta que llega tarde');
    expect(await customer.timesReceived('respuesta que llega tarde')).toBe(0);
  });

  test('logging out warns of what is not sent, and leaves nothing of the chats on the device', async () => {
    const { customer, owner } = await newChat('Gloria Prueba', 'una última cosa');
    const { page } = owner;
    await openChat(owner, 'Gloria Prueba');
    await untilOfflineReady(page);
    await owner.goOffline();
    await page.getByTestId('composer-input').fill('esto aún no ha salido');
    await page.getByTestId('composer-send').click();
    await messages(page, 'esto aún no ha salido').waitFor();

    const askToLeave = async () => {
      await page.getByTestId('status-menu').click();
      await page.getByTestId('logout').click();
      await page.getByTestId('logout-confirm').waitFor();
    };
    await askToLeave();
    expect(await page.getByRole('dialog').innerText()).toContain('1 cosa por enviar');
    await page.keyboard.press('Escape');
    await owner.goOnline();
    await poll(async () => expect(await customer.timesReceived('esto aún no ha salido')).toBe(1), 40_000);

    await askToLeave();
    await page.getByTestId('logout-confirm').click();
    await page.waitForURL((url) => url.pathname.startsWith('/login'));
    await poll(async () => {
      const left = await page.evaluate(async () =>
        (await indexedDB.databases()).map(({ name }) => name ?? ''),
      );
      expect(left.filter((name) => name.includes('recado'))).toEqual([]);
    });
    expect((await page.request.get(`${app}/api/session`)).status()).toBe(401);
  });
});
