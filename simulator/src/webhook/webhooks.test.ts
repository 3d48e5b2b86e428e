import { describe, expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { signedBy, startReceiver, until } from '../receiver.testkit.ts';
import { accountId, customer, numberId, startPair } from '../simulator.testkit.ts';

const bodiesOf = (messages: Record<string, unknown>[]) =>
  messages.map((message) => (message.text as { body: string }).body);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

describe('webhooks', () => {
  test('a message arrives as Meta sends it, signed over the raw bytes', async () => {
    const { simulator, receiver } = await startPair();
    const { id } = simulator.write(customer, { text: 'hola, ¿mañana?', name: 'Laura Gómez' });
    await simulator.idle();

    const [webhook] = receiver.received;
    expect(webhook && signedBy('demo-app-secret', webhook)).toBe(true);
    expect(webhook?.headers['user-agent']).toBe('facebookexternalua');
    const known = simulator.setCustomer(customer);
    expect(webhook?.body).toEqual({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: accountId,
          changes: [
            {
              field: 'messages',
              value: {
                messaging_product: 'whatsapp',
                metadata: { display_phone_number: '573005550100', phone_number_id: numberId },
                contacts: [{ profile: { name: 'Laura Gómez' }, wa_id: customer, user_id: known.userId }],
                messages: [
                  {
                    from: customer,
                    from_user_id: known.userId,
                    id,
                    timestamp: expect.stringMatching(/^\d{10}$/) as string,
                    type: 'text',
                    text: { body: 'hola, ¿mañana?' },
                  },
                ],
              },
            },
          ],
        },
      ],
    });
  });

  test('are sent again until the receiver answers 200, and only then does the second tick show', async () => {
    const { simulator, receiver } = await startPair({}, [500, 401, 503]);
    simulator.write(customer, 'hola');
    await until('two attempts', () => receiver.received.length >= 2);
    expect(simulator.messages(customer)[0]?.ticks).toBe(1);
    await simulator.idle();
    expect(receiver.received).toHaveLength(4);
    expect(simulator.messages(customer)[0]?.ticks).toBe(2);
    expect(simulator.stats().webhooks).toMatchObject({ refused: 3, acknowledged: 1, retries: 3, pending: 0 });
  });

  test('wait for a receiver that is down, and lose nothing', async () => {
    const receiver = await startReceiver();
    const { simulator } = await startPair({ webhookUrl: 'http://127.0.0.1:9/nobody' });
    numbers(5).forEach((text) => simulator.write(customer, text));
    await until('refused connections', () => simulator.stats().webhooks.unreachable >= 5);
    expect(simulator.stats().webhooks.pending).toBe(5);
    simulator.setWebhookUrl(receiver.url);
    await simulator.idle();
    expect(bodiesOf(receiver.messages()).sort()).toEqual(numbers(5));
    await receiver.stop();
  });

  test('a refused webhook does not hold back the next ones', async () => {
    const { simulator, receiver } = await startPair({ maxWebhooksInFlight: 1, retryScheduleMs: [60] }, [500]);
    simulator.write(customer, 'first');
    simulator.write(customer, 'second');
    await simulator.idle();
    expect(bodiesOf(receiver.messages())).toEqual(['first', 'second', 'first']);
  });

  test('a business number is signed with the secret of its own app', async () => {
    const shared = { wabaId: accountId, displayPhone: '+57 1', accessToken: 't' };
    const { simulator, receiver } = await startPair({
      numbers: [
        { ...shared, phoneNumberId: '1', appSecret: 'one' },
        { ...shared, phoneNumberId: '2', appSecret: 'two' },
      ],
    });
    simulator.write(customer, { text: 'x', phoneNumberId: '2' });
    await simulator.idle();
    const [webhook] = receiver.received;
    expect(webhook && signedBy('two', webhook)).toBe(true);
    expect(webhook && signedBy('one', webhook)).toBe(false);
  });

  test('the handshake succeeds only when the challenge comes back', async () => {
    const { simulator, puppet } = await startPair();
    expect(await simulator.verifyWebhook('right')).toEqual({ verified: true, status: 200 });
    const wrong = await puppet('POST', '/verify', { verifyToken: 'wrong' });
    expect(await wrong.json()).toEqual({ verified: false, status: 403 });
  });
});

describe('faults of webhooks', () => {
  test('copies: each webhook arrives n times, byte for byte', async () => {
    const { simulator, receiver } = await startPair();
    simulator.setFaults({ copies: 3 });
    simulator.write(customer, 'hola');
    await simulator.idle();
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map(({ raw }) => raw.toString())).size).toBe(1);
  });

  test('reordering: a window of webhooks leaves shuffled, and all of it', async () => {
    const { simulator, receiver } = await startPair({ random: createRandom(7), maxWebhooksInFlight: 1 });
    simulator.setFaults({ reorderWindow: 8 });
    numbers(8).forEach((text) => simulator.write(customer, text));
    await simulator.idle();
    const order = bodiesOf(receiver.messages());
    expect(order).not.toEqual(numbers(8));
    expect([...order].sort()).toEqual(numbers(8));
  });

  test('batches: several updates in one webhook, over a megabyte, still signed', async () => {
    const { simulator, receiver } = await startPair();
    simulator.setFaults({ batchSize: 3, padToBytes: 1_200_000 });
    numbers(7).forEach((text) => simulator.write(customer, text));
    await simulator.idle();
    expect(receiver.received.map(({ body }) => body.entry[0]?.changes.length)).toEqual([3, 3, 1]);
    for (const webhook of receiver.received) {
      expect(webhook.raw.length).toBeGreaterThan(1_000_000);
      expect(signedBy('demo-app-secret', webhook)).toBe(true);
    }
    expect(simulator.messages(customer).every((message) => message.ticks === 2)).toBe(true);
  });

  test('escaped unicode: the bytes are ASCII, the meaning is kept, the signature fits', async () => {
    const { simulator, receiver } = await startPair();
    simulator.setFaults({ escapeUnicode: true });
    simulator.write(customer, 'añil 😀 a/b');
    await simulator.idle();
    const [webhook] = receiver.received;
    expect(webhook?.raw.toString('latin1')).toContain('a\\u00f1il \\ud83d\\ude00 a\\/b');
    expect(webhook && signedBy('demo-app-secret', webhook)).toBe(true);
    expect(bodiesOf(receiver.messages())).toEqual(['añil 😀 a/b']);
  });

  test('delays: a webhook that waits is pending, and arrives', async () => {
    const { simulator, receiver } = await startPair();
    simulator.setFaults({ delayMs: [40, 60] });
    simulator.write(customer, 'hola');
    expect(simulator.stats().webhooks).toMatchObject({ attempts: 0, pending: 1 });
    await simulator.idle();
    expect(receiver.received).toHaveLength(1);
  });

  test('are set for one number and leave the others alone', async () => {
    const { simulator, puppet } = await startPair();
    const answer = await puppet('POST', '/faults', { phoneNumberId: numberId, copies: 2 });
    expect(answer.status).toBe(200);
    expect(simulator.faults.of(numberId).copies).toBe(2);
    expect(simulator.faults.of('another').copies).toBe(1);
    await puppet('DELETE', '/faults');
    expect(simulator.faults.of(numberId).copies).toBe(1);
  });
});
