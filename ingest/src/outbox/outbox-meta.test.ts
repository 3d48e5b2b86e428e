import { startSimulator } from '@recado/simulator/start-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { secretBox, until, type TestIngest } from '../ingest.testkit.ts';
import { deliveryNow, outcomes, queue, sentMessage, silent, start } from './outbox.testkit.ts';

describe('against the double of Meta', () => {
  let simulator: Awaited<ReturnType<typeof startSimulator>>;
  let running: TestIngest;
  let id: string;
  beforeEach(async () => {
    simulator = await startSimulator({ statusDelays: { sent: 1, delivered: 2 } });
    const [business] = simulator.simulator.numbers;
    if (!business) throw new Error('no number');
    const { phoneNumberId: own, wabaId, appSecret, accessToken } = business;
    const meta = {
      phoneNumberId: own,
      wabaId,
      verifyToken: 'v',
      sealedAppSecret: secretBox.seal(appSecret),
      sealedAccessToken: secretBox.seal(accessToken),
    };
    running = await start({
      graphUrl: simulator.url,
      graphTimeoutMs: 500,
      realClock: true,
      number: { ...silent, numberId: own, meta },
    });
    simulator.simulator.setWebhookUrl(`${running.url}/webhooks/meta`);
    simulator.simulator.write('573001112233', 'hola');
    await simulator.simulator.idle();
    await running.settled();
    ({ id } = await running.conversation());
  });
  afterEach(() => simulator.stop());
  const shown = () =>
    simulator.simulator.messages('573001112233').filter(({ direction }) => direction === 'in');

  test.each([
    [131026, 'failed'],
    [131047, 'failed'],
    [131051, 'failed'],
    [100, 'failed'],
    [132000, 'failed'],
    [131000, 'deferred'],
    [131016, 'deferred'],
    [130429, 'deferred'],
    [80007, 'deferred'],
    [131056, 'deferred'],
    [503, 'deferred'],
    [502, 'deferred'],
  ])('error %i: %s', async (code, outcome) => {
    simulator.simulator.setFaults({ nextErrors: [{ code }] });
    await queue(running, id, 'm1');
    await until(async () => (await outcomes(running, 'm1')).at(0) === outcome);
    expect(shown()).toEqual([]);
  });

  test('a file that a customer sent can be sent back: it is uploaded, then sent with its caption', async () => {
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    simulator.simulator.write('573001112233', { media: { kind: 'image', mimeType: 'image/png', data: png } });
    const fetched = async () =>
      Object.values((await running.conversation()).messages).flatMap((message) =>
        message.direction === 'in' && message.media && 'mediaHash' in message.media ? [message.media] : [],
      );
    await until(async () => (await fetched()).length === 1);
    const [file] = await fetched();
    if (!file) throw new Error('no file');
    await queue(running, id, 'm1', { kind: 'media', mediaType: 'image', ...file, caption: 'de vuelta' });
    await until(() => shown().length === 1);
    expect(shown()[0]).toMatchObject({ kind: 'image', text: 'de vuelta', media: { mimeType: 'image/png' } });
  });

  test('a lost answer is uncertain, is not sent again, and its status settles it', async () => {
    simulator.simulator.setFaults({ loseNextResponses: 1 });
    await queue(running, id, 'm1');
    await until(async () => (await deliveryNow(running, 'm1')) === 'delivered');
    await running.settled();
    expect(shown()).toHaveLength(1);
    expect(sentMessage(await running.conversation(), 'm1').attempts).toHaveLength(1);
  });

  test('statuses before the answer, twice and out of order end at the highest', async () => {
    simulator.simulator.setFaults({ statusBeforeResponse: true, statusesOutOfOrder: true, copies: 2 });
    await queue(running, id, 'm1');
    await until(() => shown().length === 1);
    simulator.simulator.read('573001112233');
    await until(async () => (await deliveryNow(running, 'm1')) === 'read');
    await simulator.simulator.idle();
    await running.settled();
    expect(await deliveryNow(running, 'm1')).toBe('read');
  });

  test('statuses without our reference are still matched', async () => {
    simulator.simulator.setFaults({ withoutOpaqueData: true });
    await queue(running, id, 'm1');
    await until(async () => (await deliveryNow(running, 'm1')) === 'delivered');
  });
});
