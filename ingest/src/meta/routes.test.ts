import { connect } from 'node:net';
import { StoreUnavailable, type EventStore } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  configure,
  envelope,
  lucia,
  memoryStores,
  messageFrom,
  messages,
  number,
  phoneNumberId,
  secretBox,
  startTestIngest,
  status,
  text,
  type TestIngest,
} from '../ingest.testkit.ts';
import { webhookCapBytes } from './routes.ts';

let kit: TestIngest;
let down = false;

/** A store that can be switched off. */
function switchable(): EventStore {
  const store = createMemoryEventStore();
  const fail = async () => {
    throw new StoreUnavailable('switched off');
  };
  return {
    ...store,
    append: (draft) => (down ? fail() : store.append(draft)),
    read: (stream, after) => (down ? fail() : store.read(stream, after)),
  };
}

beforeEach(async () => {
  down = false;
  kit = await startTestIngest({ stores: memoryStores(switchable()) });
});
afterEach(() => kit.stop());

const problemOf = async (response: Response): Promise<unknown> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return ((await response.json()) as { code: unknown }).code;
};
const parkedReasons = async (): Promise<unknown[]> =>
  (await kit.commits('parked.')).flatMap(({ events }) => events.map(({ data }) => data['reason']));

describe('GET /webhooks/meta', () => {
  const ask = (path: string, token: string) =>
    fetch(`${kit.url}${path}?hub.mode=subscribe&hub.challenge=%3Cb%3E12&hub.verify_token=${token}`);

  test.each(['/webhooks/meta', `/webhooks/meta/${phoneNumberId}`])(
    '%s answers the challenge as plain text',
    async (path) => {
      const response = await ask(path, 'verify-me');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/plain');
      expect(await response.text()).toBe('<b>12');
    },
  );

  test.each([
    ['a wrong token', '/webhooks/meta', 'other'],
    ['no token', '/webhooks/meta', ''],
    ['an unknown number', '/webhooks/meta/999', 'verify-me'],
  ])('refuses %s', async (_what, path, token) => {
    const response = await ask(path, token);
    expect(response.status).toBe(403);
    expect(await problemOf(response)).toBe('verification_refused');
  });
});

describe('POST /webhooks/meta', () => {
  test.each(['/webhooks/meta', `/webhooks/meta/${phoneNumberId}`])(
    '%s takes a signed message, stored when it answers',
    async (path) => {
      expect(await kit.post(text(lucia, 'wamid.A', 'hola'), { path })).toBe(200);
      expect(await kit.commits('conversation.')).not.toHaveLength(0);
    },
  );

  test('refuses a body without signature, and one signed with another secret', async () => {
    const body = JSON.stringify(text(lucia, 'wamid.A', 'hola'));
    const unsigned = await fetch(`${kit.url}/webhooks/meta`, { method: 'POST', body });
    expect(unsigned.status).toBe(401);
    expect(await problemOf(unsigned)).toBe('bad_signature');
    expect(await kit.post(body, { secret: 'other' })).toBe(401);
    expect(await kit.post(body, { secret: 'other', path: `/webhooks/meta/${phoneNumberId}` })).toBe(401);
    expect(await kit.commits('conversation.')).toEqual([]);
    expect(await kit.commits('parked.')).toEqual([]);
  });

  test('verifies the bytes as they came, whatever their spelling', async () => {
    const escaped = JSON.stringify(text(lucia, 'wamid.A', 'Peña 🌱')).replace(
      /[^ -~]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    expect(await kit.post(` ${escaped}\n`)).toBe(200);
    expect(Object.values((await kit.conversation()).messages)[0]?.content).toEqual({
      kind: 'text',
      body: 'Peña 🌱',
    });
  });

  test('keeps and counts a signed body that is no JSON', async () => {
    expect(await kit.post('{"object":')).toBe(200);
    expect(await kit.post(Buffer.from([0xff, 0xfe, 0x00]))).toBe(200);
    expect(await kit.post('['.repeat(50_000))).toBe(200);
    const raws = (await kit.commits('parked.')).map(({ events }) => events[0]?.data['raw']);
    expect(raws).toContainEqual({ text: '{"object":' });
    expect(raws).toContainEqual({ base64: '//4A' });
    expect(await kit.ingest.metrics.registry.getSingleMetricAsString('recado_parked_total')).toContain(
      'reason="malformed"} 3',
    );
  });

  test('keeps a message for an unknown number, and takes it when the number becomes known', async () => {
    const other = '106000000000077';
    const body = envelope(
      { messages: [messageFrom(lucia, { id: 'wamid.B', type: 'text', text: { body: '¿hay alguien?' } })] },
      'messages',
      other,
    );
    expect(await kit.post(body)).toBe(200);
    expect(await parkedReasons()).toEqual(['unknown_number']);
    expect(await kit.conversations()).toEqual([]);
    const { meta } = number();
    if (!meta) throw new Error('no number');
    await configure(kit.store, {
      type: 'NumberConfigured',
      data: number({ numberId: other, meta: { ...meta, phoneNumberId: other } }),
    });
    await kit.settled();
    await expect
      .poll(async () => (await kit.commits('parked.')).at(-1)?.events[0]?.type)
      .toBe('UpdateApplied');
    expect((await kit.conversation()).numberId).toBe(other);
  });

  test('takes what was kept for a number that was set up while the service was away', async () => {
    const other = '106000000000077';
    const message = messageFrom(lucia, { id: 'wamid.B', type: 'text', text: { body: '¿hay alguien?' } });
    await kit.post(envelope({ messages: [message] }, 'messages', other));
    await kit.settled();
    await kit.stop();
    const { meta } = number();
    if (!meta) throw new Error('no number');
    const data = number({ numberId: other, meta: { ...meta, phoneNumberId: other } });
    await configure(kit.store, { type: 'NumberConfigured', data });
    kit = await startTestIngest({ stores: kit.stores, configured: true });
    await kit.settled();
    expect((await kit.conversation()).numberId).toBe(other);
  });

  test('does not take a message for a number whose own app did not sign it', async () => {
    const other = '106000000000088';
    const { meta } = number();
    if (!meta) throw new Error('no number');
    await configure(kit.store, {
      type: 'NumberConfigured',
      data: number({
        numberId: other,
        meta: { ...meta, phoneNumberId: other, sealedAppSecret: secretBox.seal('their secret') },
      }),
    });
    await kit.settled();
    const forged = envelope(
      { messages: [messageFrom(lucia, { id: 'wamid.C', type: 'text', text: { body: 'soy otro' } })] },
      'messages',
      other,
    );
    expect(await kit.post(forged)).toBe(200);
    expect(await kit.conversations()).toEqual([]);
    expect(await kit.post(forged, { path: `/webhooks/meta/${other}` })).toBe(401);
    expect(await kit.post(forged, { secret: 'their secret' })).toBe(200);
    expect(await kit.conversations()).toHaveLength(1);
  });

  test('answers 503 while the store is away, and loses nothing when it is asked again', async () => {
    down = true;
    const body = text(lucia, 'wamid.A', 'hola');
    expect(await kit.post(body)).toBe(503);
    down = false;
    expect(await kit.post(body)).toBe(200);
    expect(Object.keys((await kit.conversation()).byProviderId)).toContain('wamid.A');
  });

  test('keeps a status for a conversation that it does not know, for later', async () => {
    expect(await kit.post(status(lucia, 'wamid.OUT', 'delivered'))).toBe(200);
    expect(await parkedReasons()).toEqual(['conversation_unknown']);
  });

  test('takes a batch of 1,000 updates of more than one megabyte', async () => {
    const list = Array.from({ length: 1_000 }, (_, index) =>
      messageFrom(
        { waId: `57302555${String(index % 50).padStart(4, '0')}` },
        { id: `wamid.${index}`, type: 'text', text: { body: 'x'.repeat(1_000) } },
      ),
    );
    expect(await kit.post(envelope({ messages: list }))).toBe(200);
    const conversations = await kit.conversations();
    expect(conversations).toHaveLength(50);
    expect(
      conversations.flatMap((one) =>
        Object.values(one.messages).filter(({ direction }) => direction === 'in'),
      ),
    ).toHaveLength(1_000);
  });

  test('refuses what is announced larger than the limit before reading it', async () => {
    const answer = await raw(
      `POST /webhooks/meta HTTP/1.1\r\nhost: x\r\ncontent-length: ${webhookCapBytes + 1}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('body_too_large');
    expect(answer).toMatch(/connection: close/i);
  });

  test('refuses what turns out larger than the limit without reading the rest', async () => {
    const chunk = `${(64 * 1024).toString(16)}\r\n${'a'.repeat(64 * 1024)}\r\n`;
    const endless = (write: (text: string) => boolean): void => {
      for (let index = 0; index <= webhookCapBytes / (64 * 1024); index++) write(chunk);
    };
    const answer = await raw(
      'POST /webhooks/meta HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
      endless,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });

  test('takes what is exactly as large as the limit', async () => {
    const small = JSON.stringify(text(lucia, 'wamid.BIG', 'hola'));
    expect(await kit.post(small + ' '.repeat(webhookCapBytes - Buffer.byteLength(small)))).toBe(200);
  });
});

describe('other requests', () => {
  test('health, readiness and metrics are told', async () => {
    expect((await fetch(`${kit.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${kit.url}/readyz`)).status).toBe(200);
    await kit.post(
      messages(lucia, messageFrom(lucia, { id: 'wamid.A', type: 'text', text: { body: 'hola' } })),
    );
    const metrics = await (await fetch(`${kit.url}/metrics`)).text();
    expect(metrics).toContain('recado_updates_total{kind="message",outcome="appended"} 1');
    expect(metrics).not.toContain('hola');
  });

  test('what is not there is told with a stable code', async () => {
    const missing = await fetch(`${kit.url}/webhooks/other`);
    expect([missing.status, await problemOf(missing)]).toEqual([404, 'not_found']);
    const wrong = await fetch(`${kit.url}/webhooks/meta`, { method: 'DELETE' });
    expect([wrong.status, await problemOf(wrong)]).toEqual([405, 'method_not_allowed']);
  });
});

/** Speaks HTTP by hand; answers everything the server says until it closes. */
async function raw(head: string, body?: (write: (text: string) => boolean) => void): Promise<string> {
  const { hostname, port } = new URL(kit.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  socket.on('error', () => undefined);
  socket.write(head);
  body?.((text) => socket.write(text));
  await expect.poll(() => answer.includes('body_too_large'), { timeout: 5_000 }).toBe(true);
  socket.destroy();
  return answer;
}
