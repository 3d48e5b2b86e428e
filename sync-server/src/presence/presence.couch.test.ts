import { minute } from '@recado/domain/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, startTestServer, type TestServer, until } from '../sync-server.testkit.ts';

let kit: TestServer;
let ana: Device;
beforeAll(async () => {
  kit = await startTestServer({ routing: { silentAfterMs: 20 * minute } });
  await kit.addUser('ana', ['agent']);
  ana = await kit.login('ana');
});
afterAll(() => kit.stop());

let n = 0;
const state = async (status: string) => {
  await ana.fetch('/sync/cmd/_bulk_docs', {
    method: 'POST',
    body: JSON.stringify({
      docs: [
        {
          _id: `cmd.presence-1.${String((n += 1)).padStart(8, '0')}`,
          deviceId: 'presence-1',
          n,
          after: null,
          type: 'SetStatus',
          target: `agent.${kit.userId('ana')}`,
          data: { status },
          createdAt: '',
          seen: null,
          status: 'pending',
        },
      ],
    }),
  });
  await until(async () => (await statusOf()).status === status, 'the status to be what was said');
};
const statusOf = async () => (await kit.tenant.agents.load(`agent.${kit.userId('ana')}`)).state.agent;
const later = async (ms: number) => {
  await kit.settled();
  kit.clock.ahead += ms;
  await kit.tenant.worker.upkeep();
};

describe('presence', () => {
  test('an agent whose device syncs stays what they said', async () => {
    await state('on_call');
    await later(15 * minute);
    await ana.fetch('/sync/conv/_changes');
    await later(15 * minute);
    expect(await statusOf()).toMatchObject({ status: 'on_call', reason: 'stated' });
  });

  test('a silent one becomes offline, and is back as before with the next sync', async () => {
    await state('on_break');
    await later(25 * minute);
    expect(await statusOf()).toMatchObject({ status: 'offline', reason: 'silent' });
    await kit.settled();
    await ana.fetch('/sync/conv/_changes');
    await until(async () => (await statusOf()).status === 'on_break', 'the agent to be back');
    expect(await statusOf()).toMatchObject({ reason: 'resumed' });
  });

  test('who said to be offline stays so, silent or not', async () => {
    await state('offline');
    await later(60 * minute);
    await ana.fetch('/sync/conv/_changes');
    await kit.login('ana');
    expect(await statusOf()).toMatchObject({ status: 'offline', reason: 'stated' });
  });

  test('a restart silences nobody', async () => {
    await state('available');
    await kit.settled();
    kit.clock.ahead += 30 * minute;
    await kit.restart();
    await kit.tenant.worker.upkeep();
    expect(await statusOf()).toMatchObject({ status: 'available' });
  });
});
