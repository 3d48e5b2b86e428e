import { describe, expect, test } from 'vitest';
import { createManualClock } from '../clock.ts';
import { until } from '../receiver.testkit.ts';
import { customer, numberId, startPair } from '../simulator.testkit.ts';

const hour = 3_600_000;

describe('sending', () => {
  test('a text is accepted, shown on the phone once, and reported sent, delivered and, when looked at, read', async () => {
    const { simulator, receiver, sendText } = await startPair();
    simulator.write(customer, 'hola');
    const { status, body } = await sendText('buenos días', { biz_opaque_callback_data: 'attempt-1' });

    expect(status).toBe(200);
    const id = body.messages[0]?.id ?? '';
    expect(id).toMatch(/^wamid\.[A-Za-z0-9+/]+=*$/);
    expect(body).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: `+${customer}`, wa_id: customer }],
      messages: [{ id, message_status: 'accepted' }],
    });
    await until('delivered', () => receiver.statuses().length === 2);
    expect(simulator.read(customer)).toBe(1);
    await until('read', () => receiver.statuses().length === 3);

    expect(receiver.statuses().map((report) => report.status)).toEqual(['sent', 'delivered', 'read']);
    expect(receiver.statuses()[0]).toMatchObject({
      id,
      recipient_id: customer,
      recipient_user_id: simulator.setCustomer(customer).userId,
      biz_opaque_callback_data: 'attempt-1',
      pricing: { pricing_model: 'PMP', category: 'service' },
    });
    const shown = simulator.messages(customer);
    expect(shown.map((message) => [message.direction, message.text, message.status])).toEqual([
      ['out', 'hola', undefined],
      ['in', 'buenos días', 'read'],
    ]);
  });

  test('a phone that looks before the delivery was reported still ends in read', async () => {
    const { simulator, receiver, sendText } = await startPair();
    simulator.write(customer, 'hola');
    await sendText('ya');
    simulator.read(customer);
    await until('read', () => receiver.statuses().some((report) => report.status === 'read'));
    expect(simulator.messages(customer)[1]?.status).toBe('read');
  });

  test('a voice note that was listened to is reported as played', async () => {
    const { simulator, receiver, send, puppet } = await startPair();
    simulator.write(customer, 'hola');
    const voice = simulator.media.put({
      mimeType: 'audio/ogg; codecs=opus',
      bytes: Buffer.from('ogg'),
      lifeMs: 1e6,
    });
    const { body } = await send({ type: 'audio', audio: { id: voice.id, voice: true } });
    const messageId = body.messages[0]?.id;
    expect((await puppet('POST', `/customers/${customer}/play`, { messageId })).status).toBe(200);
    await until('played', () =>
      receiver.statuses().some((report) => report.status === 'played' && report.id === messageId),
    );
    expect((await puppet('POST', `/customers/${customer}/play`, { messageId: 'wamid.x' })).status).toBe(404);
  });

  test('`recipient` takes the business-scoped id of a customer who hides the number', async () => {
    const { simulator, receiver, send } = await startPair();
    simulator.write(customer, { text: 'hola', withoutPhone: true, userId: 'CO.998877', username: 'laura' });
    await simulator.idle();
    const [inbound] = receiver.values();
    expect(inbound?.contacts?.[0]).toEqual({
      profile: { name: `+${customer}`, username: 'laura' },
      user_id: 'CO.998877',
    });
    expect(inbound?.messages?.[0]).not.toHaveProperty('from');
    const said =
      JSON.stringify(inbound?.messages) +
      Buffer.from(inbound?.messages?.[0]?.id.slice(6) ?? '', 'base64').toString('latin1');
    expect(said).not.toContain(customer);

    const { body } = await send({ to: undefined, recipient: 'CO.998877', type: 'text', text: { body: 'x' } });
    expect(body.contacts).toEqual([{ input: 'CO.998877', user_id: 'CO.998877' }]);
    expect(simulator.messages(customer).at(-1)?.text).toBe('x');
  });

  test('a number known by another wa_id is reached under both', async () => {
    const { simulator, send } = await startPair();
    simulator.setCustomer('5511987654321', { waId: '551187654321' });
    simulator.write('5511987654321', 'oi');
    for (const to of ['+55 11 98765-4321', '551187654321']) {
      const { body } = await send({ to, type: 'text', text: { body: 'olá' } });
      expect(body.contacts).toEqual([{ input: to, wa_id: '551187654321' }]);
    }
    expect(simulator.messages('5511987654321')).toHaveLength(3);
  });

  test('24 hours after the last message only templates go out, and a new message opens the window again', async () => {
    const clock = createManualClock();
    const { simulator, sendText, send } = await startPair({ clock });
    expect((await sendText('too early')).body.error.code).toBe(131047);
    simulator.write(customer, 'hola');
    clock.advance(24 * hour - 1);
    expect((await sendText('just in time')).status).toBe(200);
    clock.advance(1);
    const late = await sendText('late');
    expect(late).toMatchObject({
      status: 400,
      body: { error: { code: 131047, message: '(#131047) Re-engagement message' } },
    });
    const parameters = ['Laura', 'el pedido'].map((text) => ({ type: 'text', text }));
    const template = {
      name: 'seguimos_en_contacto',
      language: { code: 'es' },
      components: [{ type: 'body', parameters }],
    };
    expect((await send({ type: 'template', template })).status).toBe(200);
    expect(simulator.messages(customer).at(-1)?.text).toBe(
      'Hola Laura, retomamos tu consulta sobre el pedido. ¿Seguimos por aquí?',
    );
    simulator.write(customer, 'sí');
    expect((await sendText('again')).status).toBe(200);
  });

  test('an unreachable customer is told by the response, or by a failed status when asked so', async () => {
    const { simulator, receiver, sendText } = await startPair();
    simulator.write(customer, { text: 'hola', unreachable: true });
    expect((await sendText('x')).body.error.code).toBe(131026);
    simulator.setFaults({ refuseBy: 'status' });
    const { status, body } = await sendText('x', { biz_opaque_callback_data: 'a' });
    expect(status).toBe(200);
    await until('failed', () => receiver.statuses().length === 1);
    expect(receiver.statuses()[0]).toMatchObject({
      id: body.messages[0]?.id,
      status: 'failed',
      biz_opaque_callback_data: 'a',
      errors: [{ code: 131026 }],
    });
    expect(receiver.values().at(-1)).not.toHaveProperty('contacts');
    expect(simulator.messages(customer)).toHaveLength(1);
  });

  test('reading and typing show on the phone', async () => {
    const { simulator, send } = await startPair();
    const events: string[] = [];
    simulator.listen((event) => events.push(event.type));
    const first = simulator.write(customer, 'a');
    const second = simulator.write(customer, 'b');
    const { status } = await send({
      to: undefined,
      status: 'read',
      message_id: first.id,
      typing_indicator: { type: 'text' },
    });
    expect(status).toBe(200);
    expect(events).toContain('typing');
    const seen = Object.fromEntries(
      simulator.messages(customer).map((message) => [message.id, message.seen]),
    );
    expect(seen).toEqual({ [first.id]: true, [second.id]: undefined });
    const unknown = await send({ to: undefined, status: 'read', message_id: 'wamid.unknown' });
    expect(unknown.body.error.code).toBe(131009);
  });

  test('buttons, lists, reactions, locations, contacts and quotes reach the phone as they are', async () => {
    const { simulator, send } = await startPair();
    const { id } = simulator.write(customer, 'hola');
    const context = { message_id: id };
    const reply = { id: 'yes', title: 'Sí' };
    await send({
      type: 'interactive',
      context,
      interactive: {
        type: 'button',
        body: { text: '¿Seguimos?' },
        action: { buttons: [{ type: 'reply', reply }] },
      },
    });
    const rows = [{ id: 'r1', title: 'Ventas', description: 'Compras nuevas' }];
    await send({
      type: 'interactive',
      interactive: { type: 'list', body: { text: 'Elige' }, action: { button: 'Ver', sections: [{ rows }] } },
    });
    await send({ type: 'location', location: { latitude: 4.6, longitude: -74.08, name: 'Oficina' } });
    await send({ type: 'contacts', contacts: [{ name: { formatted_name: 'Ana Ruiz' } }] });
    await send({ type: 'reaction', reaction: { message_id: id, emoji: '👍' } });
    const shown = simulator.messages(customer);
    expect(shown).toHaveLength(5);
    expect(shown[0]?.reactions).toEqual({ business: '👍' });
    expect(shown[1]).toMatchObject({ quoted: id, text: '¿Seguimos?', buttons: [reply] });
    expect(shown[2]?.list).toEqual({ button: 'Ver', sections: [{ rows }] });
    expect(shown[3]?.location?.name).toBe('Oficina');
    expect(shown[4]?.text).toBe('Ana Ruiz');
  });
});

describe('refusals have the shape of Meta', () => {
  const button = (id: string, title = 'ok') => ({ type: 'reply', reply: { id, title } });
  const interactive = (buttons: object[]) => ({
    type: 'interactive',
    interactive: { type: 'button', body: { text: 'x' }, action: { buttons } },
  });
  const list = (count: number) => ({
    type: 'interactive',
    interactive: {
      type: 'list',
      body: { text: 'x' },
      action: {
        button: 'Ver',
        sections: [{ rows: Array.from({ length: count }, (_, n) => ({ id: `${n}`, title: `${n}` })) }],
      },
    },
  });

  test.each<[string, Record<string, unknown>, number, RegExp]>([
    ['no messaging_product', { messaging_product: undefined }, 100, /messaging_product is required/],
    ['no recipient', { to: undefined, type: 'text', text: { body: 'x' } }, 100, /to is required/],
    ['a recipient that is no number', { to: 'Laura', type: 'text', text: { body: 'x' } }, 131009, /Param to/],
    ['no body', { type: 'text', text: {} }, 131008, /text\['body'\] is required/],
    ['an empty body', { type: 'text', text: { body: '' } }, 100, /text\['body'\] must not be empty/],
    ['4,097 characters', { type: 'text', text: { body: 'x'.repeat(4097) } }, 100, /at most 4096 characters/],
    [
      '513 characters of opaque data',
      { type: 'text', text: { body: 'x' }, biz_opaque_callback_data: 'x'.repeat(513) },
      100,
      /at most 512/,
    ],
    [
      'a caption of 1,025',
      { type: 'image', image: { link: 'https://x.test/a.png', caption: 'x'.repeat(1025) } },
      100,
      /at most 1024/,
    ],
    ['an unknown type', { type: 'hologram', hologram: {} }, 100, /Param type/],
    ['four buttons', interactive(['1', '2', '3', '4'].map((id) => button(id))), 100, /at most 3 items/],
    ['a button title of 21', interactive([button('1', 'x'.repeat(21))]), 100, /at most 20 characters/],
    ['two buttons with one id', interactive([button('1'), button('1')]), 131009, /unique ids/],
    ['eleven rows', list(11), 131009, /at most 10 rows/],
    ['media by neither id nor link', { type: 'image', image: {} }, 131009, /either id or link/],
    ['media that does not exist', { type: 'image', image: { id: '404' } }, 131009, /404/],
    [
      'an unknown template',
      { type: 'template', template: { name: 'nope', language: { code: 'es' } } },
      132001,
      /nope/,
    ],
    [
      'a template without its parameters',
      { type: 'template', template: { name: 'seguimos_en_contacto', language: { code: 'es' } } },
      132000,
      /does not match/,
    ],
  ])('%s', async (_what, message, code, details) => {
    const { simulator, send } = await startPair();
    simulator.write(customer, 'hola');
    const { status, body } = await send(message);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.error).toMatchObject({ code, type: 'OAuthException' });
    expect(body.error.error_data?.details).toMatch(details);
    expect(body.error.fbtrace_id).toBeTruthy();
    expect(simulator.messages(customer)).toHaveLength(1);
  });

  test('exactly 4,096 characters, right-to-left and emoji are fine', async () => {
    const { simulator, sendText } = await startPair();
    simulator.write(customer, 'hola');
    const text = `${'שלום 😀 '.repeat(400)}`.slice(0, 3000).padEnd(4096, 'ñ');
    expect((await sendText(text)).status).toBe(200);
    expect(simulator.messages(customer).at(-1)?.text).toBe(text);
  });

  test('malformed JSON, a wrong token, a missing token and an unknown number', async () => {
    const { post, graph, sendText } = await startPair();
    const malformed = await post(`${numberId}/messages`, '{"messaging_product":');
    expect(await malformed.json()).toMatchObject({ error: { code: 100 } });
    expect(await sendText('x', {})).toMatchObject({ status: 400 });
    const wrong = await post(`${numberId}/messages`, {}, 'stolen');
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toMatchObject({
      error: {
        code: 190,
        type: 'OAuthException',
        message: 'Invalid OAuth access token - Cannot parse access token',
      },
    });
    const missing = await graph(`${numberId}/messages`, { method: 'POST', headers: { authorization: '' } });
    expect(missing.status).toBe(401);
    const unknown = await post('999/messages', {});
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({
      error: { code: 100, error_subcode: 33, type: 'GraphMethodException' },
    });
  });
});

describe('faults of sending', () => {
  test('a lost response: the connection dies, but the customer has the message, once', async () => {
    const { simulator, receiver, sendText } = await startPair();
    simulator.write(customer, 'hola');
    simulator.setFaults({ loseNextResponses: 1 });
    await expect(sendText('¿llegó?', { biz_opaque_callback_data: 'attempt-9' })).rejects.toThrow();
    await until('statuses', () => receiver.statuses().length === 2);
    expect(receiver.statuses().every((report) => report.biz_opaque_callback_data === 'attempt-9')).toBe(true);
    expect(simulator.messages(customer).filter((message) => message.text === '¿llegó?')).toHaveLength(1);
    expect((await sendText('next')).status).toBe(200);
  });

  test('the first status arrives before the response', async () => {
    const { simulator, receiver, sendText } = await startPair();
    simulator.write(customer, 'hola');
    simulator.setFaults({ statusBeforeResponse: true });
    const { body } = await sendText('x');
    expect(receiver.statuses()).toMatchObject([{ id: body.messages[0]?.id, status: 'sent' }]);
    await until('delivered', () => receiver.statuses().length === 2);
    expect(receiver.statuses().map((report) => report.status)).toEqual(['sent', 'delivered']);
  });

  test('statuses out of order, and without what the send passed', async () => {
    const { simulator, receiver, sendText } = await startPair({ maxWebhooksInFlight: 1 });
    simulator.write(customer, 'hola');
    simulator.setFaults({ statusesOutOfOrder: true, withoutOpaqueData: true });
    await sendText('x', { biz_opaque_callback_data: 'a' });
    await until('three statuses', () => receiver.statuses().length === 3);
    expect(receiver.statuses().map((report) => report.status)).toEqual(['read', 'delivered', 'sent']);
    for (const report of receiver.statuses()) expect(report).not.toHaveProperty('biz_opaque_callback_data');
    expect(simulator.messages(customer).at(-1)?.status).toBe('read');
  });

  test.each([
    0, 3, 4, 10, 100, 190, 200, 368, 613, 80007, 130429, 130472, 130497, 131000, 131008, 131009, 131016,
    131026, 131031, 131042, 131047, 131048, 131049, 131050, 131051, 131053, 131056, 131057, 131062, 132001,
    133016,
  ])('error %i for the next two sends, then all is well', async (code) => {
    const { simulator, sendText } = await startPair();
    simulator.write(customer, 'hola');
    simulator.setFaults({ nextErrors: [{ code, count: 2 }] });
    for (let time = 0; time < 2; time++) {
      const { status, body } = await sendText('x');
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.error.code).toBe(code);
    }
    expect((await sendText('x')).status).toBe(200);
    expect(simulator.messages(customer)).toHaveLength(2);
  });

  test('HTTP 500 in JSON, 503 as a proxy would, and any status that is asked for', async () => {
    const { simulator, post, sendText } = await startPair();
    simulator.write(customer, 'hola');
    simulator.setFaults({ nextErrors: [{ code: 500 }, { code: 503 }, { code: 130429, httpStatus: 400 }] });
    expect(await sendText('x')).toMatchObject({ status: 500, body: { error: { code: 131000 } } });
    const proxy = await post(`${numberId}/messages`, {});
    expect(proxy.status).toBe(503);
    expect(proxy.headers.get('content-type')).toContain('text/html');
    expect(await sendText('x')).toMatchObject({ status: 400, body: { error: { code: 130429 } } });
  });

  test('accepted sends that fail later', async () => {
    const { simulator, receiver, sendText } = await startPair();
    simulator.write(customer, 'hola');
    simulator.setFaults({ nextFailures: [{ code: 131049 }] });
    expect((await sendText('x')).status).toBe(200);
    await until('failed', () => receiver.statuses().length === 1);
    expect(receiver.statuses()[0]).toMatchObject({ status: 'failed', errors: [{ code: 131049 }] });
    expect(simulator.messages(customer)).toHaveLength(1);
  });
});

describe('rates, when enforced', () => {
  test('one customer gets a burst of 45, then one message every six seconds', async () => {
    const clock = createManualClock();
    const { simulator, sendText } = await startPair({ clock });
    simulator.write(customer, 'hola');
    simulator.setFaults({ enforceRates: true });
    for (let sent = 0; sent < 45; sent++) expect((await sendText('x')).status).toBe(200);
    expect(await sendText('x')).toMatchObject({ status: 429, body: { error: { code: 131056 } } });
    clock.advance(6000);
    expect((await sendText('x')).status).toBe(200);
    expect((await sendText('x')).body.error.code).toBe(131056);
  });

  test('a number sends 80 messages a second in all', async () => {
    const clock = createManualClock();
    const { simulator, send } = await startPair({ clock });
    simulator.setFaults({ enforceRates: true });
    const codes: (number | undefined)[] = [];
    for (let n = 0; n < 81; n++) {
      const to = `57320000${String(n % 40).padStart(4, '0')}`;
      simulator.write(to, 'hola');
      codes.push((await send({ to, type: 'text', text: { body: 'x' } })).body.error?.code);
    }
    expect(codes.filter((code) => code !== undefined)).toEqual([130429]);
    expect(codes.at(-1)).toBe(130429);
  });
});
