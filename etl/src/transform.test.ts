import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import { emptyHead, type Head } from '@recado/domain/commit/chain';
import type { EventStore } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { describe, expect, it } from 'vitest';
import { createTransform, type Rows } from './transform.ts';

const tenant = 'acme';
const stream = 'conversation.100.c1.000001';
const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 20, 15, 0, seconds)).toISOString();

async function append(store: EventStore, to: string, steps: [number, EventEnvelope][]): Promise<Commit[]> {
  const commits: Commit[] = [];
  let head: Head = emptyHead;
  for (const [seconds, event] of steps) {
    const actor = { kind: 'system', id: 'test' } as const;
    const commit = await store.append({
      stream: to,
      head,
      at: at(seconds),
      actor,
      cause: { event: 'x' },
      events: [event],
    });
    commits.push(commit);
    head = commit;
  }
  return commits;
}

const address = { scheme: 'wa_phone', value: '+57300' };
const text = { kind: 'text', body: 'hola' };
const story: [number, EventEnvelope][] = [
  [
    0,
    {
      type: 'ConversationOpened',
      data: { numberId: '100', contactId: 'c1', episode: 1, provider: 'meta', contactName: null, address },
    },
  ],
  [0, { type: 'MessageReceived', data: { messageId: 'in-1', providerId: 'w1', content: text } }],
  [1, { type: 'ConversationQueued', data: { queueId: 'sales', reason: 'handover' } }],
  // Not of our schemas: must not move the fold, whichever way it is read.
  [2, { type: 'ConversationClosed', data: { reason: 'because', agentId: null } }],
  [3, { type: 'ConversationAssigned', data: { agentId: 'ana', queueId: 'sales', reason: 'routed' } }],
  [
    9,
    {
      type: 'MessageQueued',
      data: { messageId: 'out-1', author: { kind: 'agent', id: 'ana' }, content: text },
    },
  ],
];

const newest = (rows: Rows) => rows.conversation_facts.at(-1);

describe('the rows of a batch', () => {
  it('are the same for a cold cache, which reads the stream, as for a warm one', async () => {
    const store = createMemoryEventStore();
    const commits = await append(store, stream, story);
    const warm = createTransform({ store, tenant });
    for (const commit of commits.slice(0, -1)) await warm([commit]);
    const cold = createTransform({ store, tenant });
    const rows = await cold(commits.slice(-1));
    expect(rows).toEqual(await warm(commits.slice(-1)));
    expect(newest(rows)).toMatchObject({ phase: 'assigned', closed_at: null, frt_ms: 8_000, version: 6 });
  });

  it('are the same when a batch is given again', async () => {
    const store = createMemoryEventStore();
    const commits = await append(store, stream, story);
    const transform = createTransform({ store, tenant });
    expect(await transform(commits)).toEqual(await transform(commits));
  });

  it('hold the messages that the batch changed, and not those before', async () => {
    const store = createMemoryEventStore();
    const commits = await append(store, stream, story);
    const transform = createTransform({ store, tenant });
    await transform(commits.slice(0, 5));
    const rows = await transform(commits.slice(5));
    expect(rows.message_facts.map((row) => [row.message_id, row.wait_ms])).toEqual([['out-1', 9_000]]);
  });

  it('put what is not understood aside with its reason', async () => {
    const store = createMemoryEventStore();
    const commits = await append(store, stream, [...story, [10, { type: 'Vanished', data: {} }]]);
    const rows = await createTransform({ store, tenant })(commits);
    expect(rows.quarantine.map(({ version, reason }) => [version, reason])).toEqual([
      [4, 'invalid_event'],
      [7, 'unknown_event'],
    ]);
    expect(rows.events).toHaveLength(5);
    expect(rows.commits).toHaveLength(7);
  });

  it('measure by the T that the queue had when the clock started', async () => {
    const store = createMemoryEventStore();
    const queue = (slaMs: number): EventEnvelope => ({
      type: 'QueueConfigured',
      data: { queueId: 'sales', name: 'Sales', slaMs, agentIds: [] },
    });
    const settings = await append(store, 'settings.queue.sales', [
      [0, queue(60_000)],
      [2, queue(1_000)],
    ]);
    const commits = await append(store, stream, story);
    const rows = await createTransform({ store, tenant })([...settings, ...commits]);
    expect(newest(rows)).toMatchObject({ sla: 'met', sla_target_ms: 60_000 });
  });
});
