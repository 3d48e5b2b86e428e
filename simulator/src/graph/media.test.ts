import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createManualClock } from '../clock.ts';
import { openMediaFolder } from '../phone/media-folder.ts';
import { customer, numberId, startPair } from '../simulator.testkit.ts';

const bytes = Buffer.from('89504e470d0a1a0a-not-really-a-picture');
const sha256 = createHash('sha256').update(bytes).digest();

const form = (fields: Record<string, string>, file?: { bytes: Buffer; type: string; name: string }) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  if (file) data.set('file', new Blob([new Uint8Array(file.bytes)], { type: file.type }), file.name);
  return { method: 'POST', body: data };
};
const picture = { bytes, type: 'image/png', name: 'guía.png' };
type MediaBody = { id: string; url: string; mime_type: string; sha256: string; file_size: number };

test('what is uploaded can be sent, shown on the phone and downloaded again', async () => {
  const { simulator, graph, send, puppet } = await startPair();
  const upload = await graph(
    `${numberId}/media`,
    form({ messaging_product: 'whatsapp', type: 'image/png' }, picture),
  );
  expect(upload.status).toBe(200);
  const { id } = (await upload.json()) as MediaBody;

  simulator.write(customer, 'hola');
  expect((await send({ type: 'image', image: { id, caption: 'la guía' } })).status).toBe(200);
  expect(simulator.messages(customer).at(-1)).toMatchObject({
    kind: 'image',
    text: 'la guía',
    media: { id, mimeType: 'image/png' },
  });
  const onPhone = await puppet('GET', `/media/${id}`);
  expect(Buffer.from(await onPhone.arrayBuffer())).toEqual(bytes);

  const described = (await (await graph(id)).json()) as MediaBody;
  expect(described).toMatchObject({
    id,
    mime_type: 'image/png',
    sha256: sha256.toString('hex'),
    file_size: bytes.length,
  });
  const download = await fetch(described.url, { headers: { authorization: 'Bearer demo-access-token' } });
  expect(download.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);
});

test('a link lives five minutes, needs the token and cannot be stretched', async () => {
  const clock = createManualClock();
  const { graph, simulator } = await startPair({ clock });
  const { id } = simulator.media.put({ mimeType: 'image/png', bytes, lifeMs: 30 * 24 * 3_600_000 });
  const { url } = (await (await graph(id)).json()) as MediaBody;
  const headers = { authorization: 'Bearer demo-access-token' };
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers })).status).toBe(200);
  clock.advance(5 * 60_000);
  expect((await fetch(url, { headers })).status).toBe(404);
  const stretched = new URL(url);
  stretched.searchParams.set('ext', String(Number(stretched.searchParams.get('ext')) + 9999));
  expect((await fetch(stretched, { headers })).status).toBe(404);
});

test('media of a customer comes with its hash in base64, and is gone after seven days', async () => {
  const clock = createManualClock();
  const { simulator, receiver, graph } = await startPair({ clock });
  simulator.write(customer, {
    media: { kind: 'audio', mimeType: 'audio/ogg; codecs=opus', data: bytes.toString('base64'), voice: true },
  });
  await simulator.idle();
  const audio = receiver.messages()[0]?.audio as { id: string };
  expect(audio).toEqual({
    id: audio.id,
    mime_type: 'audio/ogg; codecs=opus',
    sha256: sha256.toString('base64'),
    voice: true,
  });
  expect((await graph(audio.id)).status).toBe(200);
  clock.advance(7 * 24 * 3_600_000);
  const gone = await graph(audio.id);
  expect(gone.status).toBe(400);
  expect(await gone.json()).toMatchObject({ error: { code: 100, error_subcode: 33 } });
});

test.each([
  ['no file', form({ messaging_product: 'whatsapp', type: 'image/png' })],
  ['no messaging_product', form({ type: 'image/png' }, picture)],
  [
    'a type WhatsApp does not take',
    form({ messaging_product: 'whatsapp' }, { ...picture, type: 'image/gif' }),
  ],
  [
    'a picture over 5 MB',
    form({ messaging_product: 'whatsapp' }, { ...picture, bytes: Buffer.alloc(5 * 1024 * 1024 + 1) }),
  ],
  ['no form at all', { method: 'POST', body: 'x' }],
])('an upload with %s is refused with code 100', async (_what, request) => {
  const { graph } = await startPair();
  const response = await graph(`${numberId}/media`, request);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 100 } });
});

test('when memory is full the oldest goes first', async () => {
  const { simulator } = await startPair({ mediaCapBytes: 250 });
  const [first, , third] = ['a', 'b', 'c'].map(() =>
    simulator.media.put({ mimeType: 'image/png', bytes: Buffer.alloc(100), lifeMs: 1e9 }),
  );
  expect(simulator.media.get(first?.id ?? '')).toBeUndefined();
  expect(simulator.media.get(third?.id ?? '')).toBeDefined();
});

test('pictures are still there after a restart, but for those that expired or were half written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'simulator-media-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const clock = createManualClock();
  const before = await startPair({ clock, mediaArchive: openMediaFolder(directory) });
  const kept = before.simulator.media.put({ mimeType: 'image/png', bytes, filename: 'a.png', lifeMs: 1000 });
  const expired = before.simulator.media.put({ mimeType: 'image/png', bytes, lifeMs: 10 });
  const removed = before.simulator.media.put({ mimeType: 'image/png', bytes, lifeMs: 1000 });
  before.simulator.media.forget(removed.id);
  appendFileSync(join(directory, '77.json'), '{"id":"77"');
  clock.advance(10);

  const { simulator } = await startPair({ clock, mediaArchive: openMediaFolder(directory) });
  expect(simulator.media.get(kept.id)).toEqual(kept);
  for (const id of [expired.id, removed.id, '77']) expect(simulator.media.get(id)).toBeUndefined();
  expect(readdirSync(directory)).not.toContain(removed.id);
});
