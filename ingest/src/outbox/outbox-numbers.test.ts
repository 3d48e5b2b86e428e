import { describe, expect, test } from 'vitest';
import { configure, phoneNumberId, tenantId, until } from '../ingest.testkit.ts';
import { conversation, outcomes, queue, refusal, scriptedGraph, silent, start } from './outbox.testkit.ts';

describe('a number', () => {
  test.each([
    [130497, 'number_paused'],
    [190, 'account_stopped'],
  ])(
    'told %i is paused with an alert, and goes on with the same message when a person lifts it',
    async (code, alert) => {
      const { graph, sent } = scriptedGraph(refusal(code));
      const running = await start({ graph });
      const id = await conversation(running);
      await queue(running, id, 'm1');
      await queue(running, id, 'm2');
      await running.settled();
      expect(sent).toHaveLength(1);
      const settings = running.ingest.tenant(tenantId)?.settings.current();
      expect(settings?.numbers[phoneNumberId]?.state).toBe('paused');
      expect(await running.ingest.metrics.registry.getSingleMetricAsString('recado_alerts_total')).toContain(
        `alert="${alert}"} 1`,
      );
      await configure(running.store, { type: 'NumberConfigured', data: silent });
      await until(async () => (await outcomes(running, 'm2')).at(0) === 'accepted');
      expect(sent.map(({ text: part }) => part?.body)).toEqual(['m1', 'm1', 'm2']);
    },
  );

  test('of the same account stops too when the account does, another account’s does not', async () => {
    const { graph } = scriptedGraph(refusal(190));
    const running = await start({ graph });
    const { meta } = silent;
    if (!meta) throw new Error('no number');
    const sibling = { ...silent, numberId: 'sibling', meta: { ...meta, phoneNumberId: '2' } };
    const stranger = {
      ...silent,
      numberId: 'stranger',
      meta: { ...meta, phoneNumberId: '3', wabaId: 'other' },
    };
    for (const data of [sibling, stranger])
      await configure(running.store, { type: 'NumberConfigured', data });
    const id = await conversation(running);
    await queue(running, id, 'm1');
    await running.settled();
    const numbers = running.ingest.tenant(tenantId)?.settings.current().numbers;
    expect([
      numbers?.[phoneNumberId]?.state,
      numbers?.['sibling']?.state,
      numbers?.['stranger']?.state,
    ]).toEqual(['paused', 'paused', 'active']);
  });

  test('keeps its pace', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph, realClock: true, rateLimits: { perSecond: 3 } });
    const ids = await Promise.all(
      ['1', '2', '3', '4'].map((last) => conversation(running, { waId: `57301555000${last}` })),
    );
    const began = Date.now();
    for (const id of ids) await queue(running, id, `to ${id}`);
    await until(() => sent.length === 4);
    expect(Date.now() - began).toBeGreaterThan(300);
  });

  test('keeps the pace of one recipient, whose burst is over', async () => {
    const { graph, sent } = scriptedGraph();
    const running = await start({ graph, realClock: true, rateLimits: { pairSeconds: 1, pairBurst: 2 } });
    const id = await conversation(running);
    const began = Date.now();
    for (let index = 1; index <= 4; index++) await queue(running, id, `m${index}`);
    await until(() => sent.length === 4);
    expect(Date.now() - began).toBeGreaterThan(500);
    expect(sent.map(({ text: part }) => part?.body)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });
});
