import { describe, expect, test } from 'vitest';
import { configure, lucia, memoryStores, startTestIngest, status, until } from '../ingest.testkit.ts';
import type { SendAnswer } from '../meta/graph-client.ts';
import {
  conversation,
  deliveryNow,
  outcomes,
  queue,
  scriptedGraph,
  sentMessage,
  silent,
  start,
} from './outbox.testkit.ts';

describe('after a crash', () => {
  test('between claim and result the attempt is uncertain and not sent again; a status settles it', async () => {
    const stores = memoryStores();
    const answer = Promise.withResolvers<SendAnswer>();
    const hanging = scriptedGraph(answer.promise);
    const first = await startTestIngest({ stores, graph: hanging.graph, number: silent });
    const id = await conversation(first);
    await queue(first, id, 'm1');
    await until(() => hanging.sent.length === 1);
    // The process is gone without a word: what it held is taken over by another one on the same stores.
    const { graph, sent } = scriptedGraph();
    const running = await start({
      stores: { ...stores, leases: memoryStores().leases },
      graph,
      configured: true,
    });
    await until(async () => (await outcomes(running, 'm1')).at(0) === 'uncertain');
    await running.settled();
    expect(sent).toEqual([]);
    const attemptId = sentMessage(await running.conversation(), 'm1').attempts[0]?.attemptId ?? '';
    await running.post(status(lucia, 'wamid.OUT', 'delivered', { opaque: `${id}|${attemptId}` }));
    expect(await deliveryNow(running, 'm1')).toBe('delivered');
    answer.resolve({ kind: 'unanswered', reason: 'gone' });
    await first.stop();
  });

  test('what was queued and never claimed is sent', async () => {
    const stores = memoryStores();
    const first = await startTestIngest({
      stores,
      graph: scriptedGraph().graph,
      number: { ...silent, state: 'paused' },
    });
    const id = await conversation(first);
    await queue(first, id, 'm1');
    await first.settled();
    await first.stop();
    await configure(stores.store, { type: 'NumberConfigured', data: silent });
    const { graph, sent } = scriptedGraph();
    const running = await start({ stores, graph, configured: true });
    await until(() => sent.length === 1);
    await running.settled();
    expect(await outcomes(running, 'm1')).toEqual(['accepted']);
  });

  test('a stop waits for the answer of a send under way and stores it', async () => {
    const stores = memoryStores();
    const { promise, resolve } = Promise.withResolvers<SendAnswer>();
    const { graph, sent } = scriptedGraph(promise);
    const first = await startTestIngest({ stores, graph, number: silent });
    const id = await conversation(first);
    await queue(first, id, 'm1');
    await queue(first, id, 'm2');
    await until(() => sent.length === 1);
    const stopped = first.stop();
    resolve({ kind: 'accepted', providerId: 'wamid.LAST' });
    await stopped;
    const running = await start({ stores, graph: scriptedGraph().graph, configured: true });
    await until(async () => (await outcomes(running, 'm2')).at(0) === 'accepted');
    expect(await outcomes(running, 'm1')).toEqual(['accepted']);
  });
});
