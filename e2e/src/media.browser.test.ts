import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../../scripts/launch-browser.ts';
import { axeFaults } from './axe.testkit.ts';
import { logIn, messages, newDevice, poll, untilOfflineReady, type Device } from './device.testkit.ts';
import { newCustomer } from './phone.testkit.ts';
import { endConversation, sendBrunoAway } from './session.testkit.ts';

/** Files both ways: what customers send can be seen and heard, what agents attach arrives, with and without a network. */
describe('files in a conversation', () => {
  const { app, phone: simulator } = inject('demo');
  const lucia = newCustomer('Lucía Archivos');
  let browser: Browser;
  let ana: Device;
  let comeBack: () => Promise<void>;

  type Kind = 'image' | 'video' | 'audio' | 'document' | 'sticker';
  interface SentFile {
    kind: Kind;
    mimeType: string;
    data: string;
    caption?: string;
    filename?: string;
    voice?: boolean;
  }
  const customerSends = async (media: SentFile) => {
    const answer = await fetch(`${simulator}/_sim/customers/${lucia.phone}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: lucia.name, media }),
    });
    expect(answer.status, await answer.text()).toBe(201);
  };
  const receivedFiles = async () => {
    const shown = (await (await fetch(`${simulator}/_sim/customers/${lucia.phone}/messages`)).json()) as {
      direction: string;
      kind: string;
      media?: { id?: string };
    }[];
    return shown.filter((message) => message.direction === 'in' && message.media?.id);
  };

  beforeAll(async () => {
    browser = await launchBrowser(process.env);
    comeBack = await sendBrunoAway(app);
    ana = await newDevice(browser);
    await logIn(ana.page, app, 'ana@demo.test');
    await lucia.write('le mando unos archivos');
    await ana.page.getByTestId('conversation-item').filter({ hasText: lucia.name }).click();
    await messages(ana.page, 'le mando unos archivos').waitFor();
  });
  afterAll(async () => {
    await endConversation(app, 'ana@demo.test', ana.page);
    await comeBack();
    await browser.close();
  });

  /** Plays it to a later moment, as pressing its button does, and says how far it came. */
  const plays = (page: Page, element: 'audio' | 'video') =>
    page
      .getByTestId('message')
      .locator(element)
      .last()
      .evaluate(async (media) => {
        const player = media as HTMLMediaElement;
        player.muted = true;
        await player.play();
        await new Promise<void>((resolve, reject) => {
          player.addEventListener('timeupdate', () => player.currentTime > 0.2 && resolve());
          player.addEventListener('error', () => reject(new Error(player.error?.message)));
        });
        player.pause();
        return player.currentTime;
      });

  test('a picture is shown, with its caption', async () => {
    await customerSends({
      kind: 'image',
      mimeType: 'image/png',
      data: await picture(ana.page),
      caption: 'la fachada',
    });
    const shown = messages(ana.page, 'la fachada').locator('img');
    await shown.waitFor();
    await poll(async () =>
      expect(await shown.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(320),
    );
  });

  test('a voice note can be heard', async () => {
    await customerSends({ kind: 'audio', mimeType: 'audio/wav', data: tone(), voice: true });
    await ana.page.getByTestId('message').locator('audio').waitFor();
    expect(await plays(ana.page, 'audio')).toBeGreaterThan(0.2);
  });

  test('a video can be watched, and is fetched by parts', async () => {
    const parts: number[] = [];
    ana.page.on('response', (response) => {
      if (response.url().includes('/api/media/') && response.request().headers()['range'])
        parts.push(response.status());
    });
    await customerSends({
      kind: 'video',
      mimeType: 'video/webm',
      data: await film(ana.page),
      caption: 'así suena',
    });
    await messages(ana.page, 'así suena').locator('video').waitFor();
    expect(await plays(ana.page, 'video')).toBeGreaterThan(0.2);
    expect(parts.length).toBeGreaterThan(0);
    expect(new Set(parts)).toEqual(new Set([206]));
  });

  test('a recording that the browser cannot play can be taken along', async () => {
    const amr = Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(64, 0x3c)]).toString('base64');
    await customerSends({ kind: 'audio', mimeType: 'audio/amr', data: amr, voice: true });
    const link = ana.page.getByTestId('message').locator('a[download="Nota de voz"]');
    await link.waitFor();
    const download = ana.page.waitForEvent('download');
    await link.click();
    expect(await readFile(await (await download).path(), 'base64')).toBe(amr);
  });

  test('a document has its name and size, and can be taken along', async () => {
    const data = Buffer.from(
      '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n',
      'latin1',
    );
    await customerSends({
      kind: 'document',
      mimeType: 'application/pdf',
      data: data.toString('base64'),
      filename: 'cotización.pdf',
    });
    const link = ana.page.getByTestId('message').locator('a[download="cotización.pdf"]');
    await link.waitFor();
    const download = ana.page.waitForEvent('download');
    await link.click();
    expect((await download).suggestedFilename()).toBe('cotización.pdf');
    expect(await axeFaults(ana.page)).toEqual([]);
  });

  test('without a network, what was seen and heard is still there, and a video says that it is not', async () => {
    await untilOfflineReady(ana.page);
    await ana.page.reload();
    await messages(ana.page, 'la fachada').locator('img').waitFor();
    await heard(ana.page);
    await poll(async () => expect(await keptFiles(ana.page)).toBeGreaterThan(1));
    // Browsers keep parts of videos in a cache of their own, for as long as they like.
    await (await ana.context.newCDPSession(ana.page)).send('Network.clearBrowserCache');
    await ana.goOffline();
    await ana.page.reload();
    const shown = messages(ana.page, 'la fachada').locator('img');
    await poll(async () =>
      expect(await shown.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(320),
    );
    await heard(ana.page);
    expect(await plays(ana.page, 'audio')).toBeGreaterThan(0.2);
    await messages(ana.page, 'así suena').getByText('Se verá cuando haya conexión').waitFor();
  });

  test('a voice note that was not there without a network is kept once it is back', async () => {
    await ana.page.evaluate(() => caches.delete('recado-media'));
    await ana.page.reload();
    await ana.page.getByText('Nota de voz · Se verá cuando haya conexión').first().waitFor();
    await ana.goOnline();
    await heard(ana.page);
    expect(await keptFiles(ana.page)).toBeGreaterThan(1);
    await ana.goOffline();
  });

  test('a picture attached without a network reaches the customer when it is back, once', async () => {
    expect(await receivedFiles()).toEqual([]);
    await ana.page.getByTestId('composer-file').setInputFiles({
      name: 'factura.png',
      mimeType: 'image/png',
      buffer: Buffer.from(await picture(ana.page), 'base64'),
    });
    await ana.page.getByTestId('composer-send').click();
    await poll(async () =>
      expect(await ana.page.getByTestId('message').locator('img[src^="blob:"]').count()).toBe(1),
    );
    await ana.goOnline();
    await poll(async () => expect(await receivedFiles()).toHaveLength(1), 40_000);
    const [file] = await receivedFiles();
    const bytes = await (await fetch(`${simulator}/_sim/media/${file!.media!.id}`)).arrayBuffer();
    expect(Buffer.from(bytes).subarray(1, 4).toString()).toBe('PNG');
    await messages(ana.page, 'así suena').locator('video').waitFor();
  });
}, 120_000);

/** Both recordings are on the device: one of them has been found unplayable. */
async function heard(page: Page): Promise<void> {
  await page.locator('a[download="Nota de voz"]').waitFor();
  await page.locator('audio[src^="blob:"]').waitFor();
}

const keptFiles = (page: Page) =>
  page.evaluate(async () => (await (await caches.open('recado-media')).keys()).length);

/** A picture of 320 × 200 pixels, PNG in base64. */
const picture = (page: Page) =>
  page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 200 });
    const pen = canvas.getContext('2d')!;
    pen.fillStyle = '#0b6e5f';
    pen.fillRect(0, 0, 320, 200);
    pen.fillStyle = '#ffffff';
    pen.font = '48px sans-serif';
    pen.fillText('Recado', 70, 115);
    return canvas.toDataURL('image/png').split(',')[1]!;
  });

/** Two seconds of moving colours, WebM in base64, as the browser itself records them. */
const film = (page: Page) =>
  page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 });
    const pen = canvas.getContext('2d')!;
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const pieces: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
    const ended = new Promise((resolve) => recorder.addEventListener('stop', resolve));
    recorder.start();
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const draw = (now: number) => {
        pen.fillStyle = `hsl(${(now / 5) % 360} 80% 50%)`;
        pen.fillRect(0, 0, 160, 120);
        if (now - began > 2_000) resolve();
        else requestAnimationFrame(draw);
      };
      requestAnimationFrame(draw);
    });
    recorder.stop();
    await ended;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  });

/** A second of a low tone, WAV in base64: 8,000 samples of 16 bits. */
function tone(): string {
  const rate = 8_000;
  const samples = Buffer.alloc(rate * 2);
  for (let index = 0; index < rate; index += 1)
    samples.writeInt16LE(Math.round(12_000 * Math.sin((index / rate) * 2 * Math.PI * 220)), index * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]).toString('base64');
}
