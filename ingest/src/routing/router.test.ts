import { defaultRouting } from '@recado/domain/settings/settings';
import { minute } from '@recado/domain/time';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { createMemorySnapshots } from '@recado/event-store/snapshots';
import { afterEach, expect, test } from 'vitest';
import {
  append,
  configure,
  memoryStores,
  queue,
  setStatus,
  startTestIngest,
  tenantId,
  text,
  until,
  type TestIngest,
} from '../ingest.testkit.ts';

let kit: TestIngest | undefined;
afterEach(async () => {
  await kit?.stop();
  kit = undefined;
});

const customers = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ waId: `5730155511${String(index).padStart(2, '0')}` }));
const write = (running: TestIngest, count: number) =>
  Promise.all(
    customers(count).map((customer, index) => running.post(text(customer, `wamid.${index}`, 'hola'))),
  );
const byAgent = async (running: TestIngest): Promise<Record<string, number>> => {
  const held: Record<string, number> = {};
  for (const { phase, agentId } of await running.conversations()) {
    const who = phase === 'assigned' ? (agentId ?? '') : phase;
    held[who] = (held[who] ?? 0) + 1;
  }
  return held;
};
const assignments = async (running: TestIngest): Promise<number> =>
  (await running.commits('conversation.')).flatMap(({ events }) =>
    events.filter(({ type }) => type === 'ConversationAssigned'),
  ).length;

test('agents are filled evenly up to their capacity, the rest waits, and a place that frees is filled', async () => {
  kit = await startTestIngest({ routing: { capacity: 3 } });
  const running = kit;
  await setStatus(running.store, 'ana', 'available');
  await setStatus(running.store, 'bruno', 'available');
  await write(running, 8);
  await until(async () => (await assignments(running)) === 6);
  await running.settled();
  expect(await byAgent(running)).toEqual({ ana: 3, bruno: 3, queued: 2 });
  const held = (await running.conversations()).find(({ agentId }) => agentId === 'ana');
  await append(running.store, `conversation.${held?.id}`, {
    type: 'ConversationClosed',
    data: { reason: 'resolved', agentId: 'ana' },
  });
  await until(async () => (await assignments(running)) === 7);
  await running.settled();
  expect(await byAgent(running)).toEqual({ ana: 3, bruno: 3, queued: 1, closed: 1 });
});

test('the queue drains when an agent becomes available, and when one joins the queue', async () => {
  kit = await startTestIngest({ queue: queue({ agentIds: ['ana'] }), routing: { capacity: 2 } });
  const running = kit;
  await write(running, 3);
  await running.settled();
  expect(await byAgent(running)).toEqual({ queued: 3 });
  await setStatus(running.store, 'ana', 'available');
  await until(async () => (await assignments(running)) === 2);
  await setStatus(running.store, 'carla', 'available');
  await running.settled();
  expect(await assignments(running)).toBe(2);
  await configure(running.store, { type: 'QueueConfigured', data: queue({ agentIds: ['ana', 'carla'] }) });
  await until(async () => (await assignments(running)) === 3);
  expect(await byAgent(running)).toEqual({ ana: 2, carla: 1 });
});

test('an agent who is offline for too long gives the conversation back, and it goes to another', async () => {
  kit = await startTestIngest({ routing: { ...defaultRouting, returnAfterOfflineMs: 10 * minute } });
  const running = kit;
  const look = () => running.ingest.tenant(tenantId)?.router.tick();
  await setStatus(running.store, 'ana', 'available');
  await write(running, 1);
  await until(async () => (await byAgent(running))['ana'] === 1);
  await setStatus(running.store, 'ana', 'offline');
  await running.settled();
  running.clock.now += 9 * minute;
  await look();
  expect(await byAgent(running)).toEqual({ ana: 1 });
  running.clock.now += minute;
  await look();
  await running.settled();
  expect(await running.conversation()).toMatchObject({ phase: 'queued', agentId: null });
  await setStatus(running.store, 'bruno', 'available');
  await until(async () => (await byAgent(running))['bruno'] === 1);
  expect(
    (await running.commits('conversation.')).flatMap(({ events }) =>
      events.filter(({ type }) => type === 'ConversationReturned'),
    ),
  ).toHaveLength(1);
});

test('everything read a second time, by a router that remembers nothing, assigns nothing a second time', async () => {
  const stores = memoryStores(createMemoryEventStore());
  kit = await startTestIngest({ stores });
  await setStatus(stores.store, 'ana', 'available');
  const first = kit;
  await write(first, 4);
  await until(async () => (await assignments(first)) === 4);
  await first.settled();
  await first.stop();
  const before = await first.commits('conversation.');
  const forgetful = {
    ...memoryStores(stores.store),
    identities: stores.identities,
    snapshots: createMemorySnapshots(),
  };
  kit = await startTestIngest({ stores: forgetful, configured: true });
  await kit.settled();
  await kit.ingest.tenant(tenantId)?.router.tick();
  await kit.settled();
  const after = await kit.commits('conversation.');
  // The greeter, the outbox and the router have all read everything again.
  const types = (commits: typeof after) =>
    commits
      .flatMap(({ events }) => events.map(({ type }) => type))
      .filter((type) => !type.startsWith('Send'));
  expect(types(after)).toEqual(types(before));
});
