import { startSimulator } from '@recado/simulator/start-simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decideCommand } from '@recado/domain/conversation/decide';
import {
  append,
  number,
  secretBox,
  setStatus,
  startTestIngest,
  until,
  type TestIngest,
} from './ingest.testkit.ts';

/** A customer's word comes in, an agent's answer goes out, and the ticks come back. */
let simulator: Awaited<ReturnType<typeof startSimulator>>;
let kit: TestIngest;

beforeAll(async () => {
  simulator = await startSimulator({ statusDelays: { sent: 1, delivered: 2 } });
  const [business] = simulator.simulator.numbers;
  if (!business) throw new Error('the simulator has no number');
  kit = await startTestIngest({
    graphUrl: simulator.url,
    realClock: true,
    number: number({
      numberId: business.phoneNumberId,
      meta: {
        phoneNumberId: business.phoneNumberId,
        wabaId: business.wabaId,
        verifyToken: 'verify-me',
        sealedAppSecret: secretBox.seal(business.appSecret),
        sealedAccessToken: secretBox.seal(business.accessToken),
      },
    }),
  });
  simulator.simulator.setWebhookUrl(`${kit.url}/webhooks/meta`);
});
afterAll(async () => {
  await kit.stop();
  await simulator.stop();
});

test('a customer writes, is greeted and queued, gets an agent, and reads the answer once', async () => {
  const phone = '573001112233';
  expect(await simulator.simulator.verifyWebhook('verify-me')).toMatchObject({ verified: true });
  await setStatus(kit.store, 'ana', 'available');
  simulator.simulator.write(phone, 'hola');
  await until(async () => (await kit.conversations())[0]?.phase === 'assigned');
  const assigned = await kit.conversation();
  expect(assigned.agentId).toBe('ana');
  expect(
    Object.values(assigned.messages).map((message) =>
      message.direction === 'out' ? message.author.kind : 'customer',
    ),
  ).toEqual(['customer', 'bot']);

  const outcome = decideCommand(
    assigned,
    {
      type: 'SendMessage',
      commandId: 'c1',
      messageId: 'm1',
      content: { kind: 'text', body: '¿En qué le ayudo?' },
    },
    { now: new Date().toISOString(), actor: { kind: 'agent', id: 'ana' }, mayTakeOver: false },
  );
  if ('rejected' in outcome) throw new Error(outcome.rejected);
  await append(kit.store, `conversation.${assigned.id}`, ...outcome.accepted);

  const shown = () => simulator.simulator.messages(phone).filter(({ direction }) => direction === 'in');
  await until(() => shown().length === 2);
  expect(shown().map((message) => message.text)).toEqual([
    'Hola, gracias por escribir.',
    '¿En qué le ayudo?',
  ]);
  simulator.simulator.read(phone);
  await until(async () => {
    const { reports, messages } = await kit.conversation();
    const sent = messages['m1'];
    const attempt = sent?.direction === 'out' ? sent.attempts[0] : undefined;
    return attempt !== undefined && reports[attempt.attemptId]?.status === 'read';
  });
  expect((await kit.conversation()).messages['m1']).toMatchObject({ attempts: [{ outcome: 'accepted' }] });
});
