import { expect, test } from 'vitest';
import { customer, numberId, startPair } from '../simulator.testkit.ts';
import type { InboundMessage } from './inbound-message.ts';

test.each<[string, InboundMessage, Record<string, unknown>]>([
  [
    'a button',
    { button: { id: 'yes', title: 'Sí' } },
    { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Sí' } } },
  ],
  [
    'a row',
    { row: { id: 'r', title: 'Ventas' } },
    { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: 'r', title: 'Ventas' } } },
  ],
  [
    'a quick reply',
    { quickReply: { payload: 'p', text: 'No' } },
    { type: 'button', button: { payload: 'p', text: 'No' } },
  ],
  [
    'a location',
    { location: { latitude: 4.6, longitude: -74 } },
    { type: 'location', location: { latitude: 4.6, longitude: -74 } },
  ],
  [
    'a reaction',
    { reaction: { messageId: 'wamid.x', emoji: '😮' } },
    { type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '😮' } },
  ],
  [
    'a reaction taken back',
    { reaction: { messageId: 'wamid.x', emoji: '' } },
    { type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '' } },
  ],
  [
    'a revoke',
    { revoke: { messageId: 'wamid.x' } },
    { type: 'revoke', revoke: { original_message_id: 'wamid.x' } },
  ],
  [
    'an edit',
    { edit: { messageId: 'wamid.x', text: 'nuevo' } },
    {
      type: 'edit',
      edit: { original_message_id: 'wamid.x', message: { type: 'text', text: { body: 'nuevo' } } },
    },
  ],
  [
    'anything else',
    { raw: { type: 'unsupported', errors: [{ code: 131051 }] } },
    { type: 'unsupported', errors: [{ code: 131051 }] },
  ],
  ['a forwarded text', { text: 'x', forwarded: true }, { context: { forwarded: true }, type: 'text' }],
])('%s arrives in the shape of Meta', async (_what, message, expected) => {
  const { simulator, receiver, puppet } = await startPair();
  const response = await puppet('POST', `/customers/+${customer}/messages`, message);
  expect(response.status).toBe(201);
  await simulator.idle();
  expect(receiver.messages()[0]).toMatchObject({ from: customer, ...expected });
});

test('quoting names who wrote what is quoted', async () => {
  const { simulator, receiver, sendText } = await startPair();
  const { id } = simulator.write(customer, 'hola');
  const reply = (await sendText('¿sí?')).body.messages[0]?.id;
  simulator.write(customer, { text: 'sí', replyTo: reply });
  simulator.write(customer, { text: 'yo dije', replyTo: id });
  await simulator.idle();
  const contexts = Object.fromEntries(
    receiver.messages().map((message) => [(message.text as { body: string }).body, message.context]),
  );
  expect(contexts).toEqual({
    hola: undefined,
    sí: { from: '573005550100', id: reply },
    'yo dije': { from: customer, id },
  });
});

test('reactions, edits and deletions change what the phone shows, also when they come first', async () => {
  const { simulator } = await startPair();
  simulator.write(customer, { reaction: { messageId: 'wamid.later', emoji: '❤️' } });
  simulator.write(customer, { text: 'borrador', id: 'wamid.later' });
  simulator.write(customer, { edit: { messageId: 'wamid.later', text: 'definitivo' } });
  expect(simulator.messages(customer)).toMatchObject([
    { text: 'definitivo', edited: true, reactions: { customer: '❤️' } },
  ]);
  simulator.write(customer, { revoke: { messageId: 'wamid.later' } });
  expect(simulator.messages(customer)).toMatchObject([{ revoked: true }]);
});

test('a message written long ago keeps its time', async () => {
  const { simulator, receiver } = await startPair();
  simulator.write(customer, { text: 'tarde', at: '2026-11-01T10:00:00Z' });
  await simulator.idle();
  expect(receiver.messages()[0]?.timestamp).toBe(String(Date.UTC(2026, 10, 1, 10) / 1000));
});

test.each([
  ['not JSON', '{', 400, 'not_json'],
  ['nothing to say', {}, 400, 'invalid'],
  ['two things at once', { text: 'a', button: { id: 'b', title: 'c' } }, 400, 'invalid'],
  ['an empty text', { text: '' }, 400, 'invalid'],
  ['a field that does not exist', { text: 'a', texto: 'b' }, 400, 'invalid'],
  ['an unknown number', { text: 'a', phoneNumberId: '404' }, 404, 'unknown_number'],
])('a customer cannot send %s', async (_what, body, status, code) => {
  const { simulator, puppet } = await startPair();
  const response = await puppet('POST', `/customers/${customer}/messages`, body);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({ code });
  expect(simulator.stats().webhooks.attempts).toBe(0);
});

test('what is no phone number is refused', async () => {
  const { puppet } = await startPair();
  const response = await puppet('POST', '/customers/laura/messages', { text: 'x' });
  expect(await response.json()).toMatchObject({ status: 400, code: 'invalid_phone' });
});

test('the conversation is listed without what is not the customer’s business', async () => {
  const { simulator, sendText, puppet } = await startPair();
  simulator.write(customer, 'hola');
  await sendText('x', { biz_opaque_callback_data: 'secret' });
  const listed = await (
    await puppet('GET', `/customers/${customer}/messages?phoneNumberId=${numberId}`)
  ).text();
  expect(JSON.parse(listed)).toMatchObject([{ direction: 'out' }, { direction: 'in', text: 'x' }]);
  expect(listed).not.toContain('secret');
});
