import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../logger.ts';
import { until } from '../receiver.testkit.ts';
import { customer, startPair } from '../simulator.testkit.ts';
import { openJournal } from './journal.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'simulator-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('after a restart the phones show the same, and what was never acknowledged is sent again', async () => {
  const before = openJournal(directory, silentLogger);
  const first = await startPair({ journal: before });
  const { id } = first.simulator.write(customer, { text: 'hola', name: 'Laura' });
  await first.simulator.idle();
  await first.sendText('buenas');
  await until('delivered', () => first.simulator.messages(customer)[1]?.status === 'delivered');
  first.simulator.write(customer, { reaction: { messageId: id, emoji: '👍' } });
  await first.simulator.idle();
  first.simulator.setWebhookUrl(undefined);
  const lost = first.simulator.write(customer, '¿hola?');
  first.simulator.read(customer);
  first.simulator.stop();
  await before.close();
  // A crash leaves half a line.
  await appendFile(join(directory, 'phones.jsonl'), '{"type":"mess');

  const after = openJournal(directory, silentLogger);
  const second = await startPair({ journal: after });
  await second.simulator.idle();
  expect(second.receiver.messages().map((message) => message.id)).toEqual([lost.id]);
  expect(second.receiver.statuses().map((report) => report.status)).toEqual(['read']);
  expect(second.simulator.setCustomer(customer).name).toBe('Laura');
  expect(second.simulator.messages(customer)).toMatchObject([
    { text: 'hola', ticks: 2, reactions: { customer: '👍' } },
    { text: 'buenas', status: 'read' },
    { text: '¿hola?', ticks: 2 },
  ]);
  // The window is still open.
  expect((await second.sendText('sigo aquí')).status).toBe(200);
  await second.simulator.idle();
  second.simulator.stop();
  await after.close();
  const lines = (await readFile(join(directory, 'phones.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow();
});
