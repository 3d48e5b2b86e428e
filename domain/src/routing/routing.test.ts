import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Commit } from '../commit/commit.ts';
import { defaultRouting, type QueueSettings } from '../settings/settings.ts';
import { instant } from '../time.ts';
import { dueReturns, loads, route } from './route.ts';
import { entries } from './shelf.ts';
import { evolveRouting, initialRouting, type RoutingState } from './state.ts';

const queues: Record<string, QueueSettings> = {
  sales: { queueId: 'sales', name: 'Ventas', slaMs: 1, agentIds: ['ana', 'bruno'] },
  help: { queueId: 'help', name: 'Ayuda', slaMs: 1, agentIds: ['bruno', 'carla'] },
};
const settings = (capacity = 2) => ({
  queues,
  routing: { ...defaultRouting, capacity, returnAfterOfflineMs: 1_000 },
});
const start = Date.parse('2026-11-20T14:00:00.000Z');

const commit = (stream: string, at: number, ...events: Commit['events']): Commit => ({
  _id: `${stream}:${at}`,
  stream,
  version: 1,
  at: instant(start + at),
  actor: { kind: 'system', id: 'test' },
  cause: { event: 'test' },
  events,
  prev: '',
  hash: '',
});
const conversation = (id: string) => `conversation.n.${id}.000001`;
const queued = (id: string, at: number, queueId = 'sales') =>
  commit(conversation(id), at, { type: 'ConversationQueued', data: { queueId, reason: 'handover' } });
const assigned = (id: string, at: number, agentId: string) =>
  commit(conversation(id), at, {
    type: 'ConversationAssigned',
    data: { agentId, queueId: null, reason: 'routed' },
  });
const closed = (id: string, at: number) =>
  commit(conversation(id), at, { type: 'ConversationClosed', data: { reason: 'resolved', agentId: null } });
const status = (agentId: string, at: number, state: string) =>
  commit(`agent.${agentId}`, at, {
    type: 'AgentStatusChanged',
    data: { agentId, status: state, reason: 'stated' },
  });
const fold = (...commits: Commit[]): RoutingState => commits.reduce(evolveRouting, initialRouting);
const routed = (state: RoutingState, capacity?: number) =>
  route(state, settings(capacity)).map(({ conversationId, agentId }) => [
    conversationId.split('.')[1],
    agentId,
  ]);

describe('routing', () => {
  test('the one who has waited longest goes first, over all queues', () => {
    const state = fold(queued('late', 2), queued('early', 1, 'help'), status('bruno', 3, 'available'));
    expect(routed(state, 1)).toEqual([['early', 'bruno']]);
  });

  test('each goes to the least loaded agent of its queue', () => {
    const state = fold(
      status('ana', 0, 'available'),
      status('bruno', 0, 'available'),
      queued('a', 1),
      assigned('a', 2, 'ana'),
      queued('b', 3),
      queued('c', 4),
    );
    expect(routed(state)).toEqual([
      ['b', 'bruno'],
      // Equal by now, and Ana has been idle for longer.
      ['c', 'ana'],
    ]);
  });

  test('equally loaded, the one idle for longest is served', () => {
    const state = fold(
      status('ana', 0, 'available'),
      status('bruno', 0, 'available'),
      queued('a', 1),
      assigned('a', 2, 'bruno'),
      closed('a', 3),
      queued('b', 4),
    );
    expect(routed(state)).toEqual([['b', 'ana']]);
  });

  test.each(['on_break', 'on_call', 'offline'])('an agent who is %s gets nothing', (state) => {
    expect(routed(fold(status('ana', 0, state), queued('a', 1)))).toEqual([]);
  });

  test('an agent outside the queue gets nothing of it', () => {
    expect(routed(fold(status('carla', 0, 'available'), queued('a', 1, 'sales')))).toEqual([]);
  });

  test('a queue without a free agent does not hold up another', () => {
    const state = fold(status('carla', 0, 'available'), queued('a', 1, 'sales'), queued('b', 2, 'help'));
    expect(routed(state)).toEqual([['b', 'carla']]);
  });

  test('what is closed frees its place', () => {
    const busy = fold(status('ana', 0, 'available'), queued('a', 1), assigned('a', 2, 'ana'), queued('b', 3));
    expect(routed(busy, 1)).toEqual([]);
    expect(routed(evolveRouting(busy, closed('a', 4)), 1)).toEqual([['b', 'ana']]);
  });

  test('an unknown queue keeps its conversations waiting', () => {
    const state = fold(status('ana', 0, 'available'), queued('a', 1, 'gone'));
    expect(routed(state)).toEqual([]);
    expect(entries(state.waiting)).toHaveLength(1);
  });
});

describe('returning', () => {
  const due = (state: RoutingState, at: number) =>
    dueReturns(state, instant(start + at), settings()).map(({ agentId }) => agentId);
  const held = fold(status('ana', 0, 'available'), queued('a', 1), assigned('a', 2, 'ana'));

  test('what an agent holds stays while they are there, on a break, or not gone for long', () => {
    expect(due(held, 10_000)).toEqual([]);
    expect(due(evolveRouting(held, status('ana', 10, 'on_break')), 10_000)).toEqual([]);
    expect(due(evolveRouting(held, status('ana', 9_500, 'offline')), 10_000)).toEqual([]);
  });

  test('it goes back when they have been offline for longer than allowed', () => {
    expect(due(evolveRouting(held, status('ana', 9_000, 'offline')), 10_000)).toEqual(['ana']);
  });

  test('saying offline twice does not start the time anew', () => {
    const state = fold(
      status('ana', 0, 'available'),
      queued('a', 1),
      assigned('a', 2, 'ana'),
      status('ana', 9_000, 'offline'),
      status('ana', 9_900, 'offline'),
    );
    expect(due(state, 10_000)).toEqual(['ana']);
  });

  test('given to someone who was offline already, it waits from then on', () => {
    const state = fold(queued('a', 1), assigned('a', 5_000, 'nobody'));
    expect(due(state, 5_500)).toEqual([]);
    expect(due(state, 6_000)).toEqual(['nobody']);
  });
});

describe('whatever happens', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const agents = fc.constantFrom('ana', 'bruno', 'carla');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('queued' as const), id: ids, queueId: fc.constantFrom('sales', 'help') }),
    fc.record({ kind: fc.constant('closed' as const), id: ids }),
    fc.record({
      kind: fc.constant('status' as const),
      agentId: agents,
      status: fc.constantFrom('available', 'on_break', 'offline'),
    }),
    fc.record({ kind: fc.constant('route' as const) }),
    fc.record({ kind: fc.constant('return' as const) }),
  );

  test('no agent is over capacity, queues keep their order, nobody is lost, and a stored state goes on the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (steps, capacity) => {
        let state = initialRouting;
        /** Told by the script itself, not by the fold. */
        const phase = new Map<string, 'waiting' | 'held'>();
        steps.forEach((one, index) => {
          const at = index * 400;
          const apply = (made: Commit) =>
            (state = evolveRouting(JSON.parse(JSON.stringify(state)) as RoutingState, made));
          if (one.kind === 'queued' && !phase.has(one.id)) {
            apply(queued(one.id, at, one.queueId));
            phase.set(one.id, 'waiting');
          } else if (one.kind === 'closed' && phase.delete(one.id)) apply(closed(one.id, at));
          else if (one.kind === 'status') apply(status(one.agentId, at, one.status));
          else if (one.kind === 'return') {
            for (const { conversationId } of dueReturns(state, instant(start + at), settings(capacity))) {
              const id = conversationId.split('.')[1] ?? '';
              apply(queued(id, at));
              phase.set(id, 'waiting');
            }
          } else if (one.kind === 'route') {
            const before = state;
            const given = route(state, settings(capacity));
            for (const { conversationId, agentId } of given) {
              const id = conversationId.split('.')[1] ?? '';
              apply(assigned(id, at, agentId));
              phase.set(id, 'held');
            }
            const left = new Map(entries(state.waiting));
            for (const { conversationId } of given) {
              const mine = entries(before.waiting).find(([id]) => id === conversationId)?.[1];
              for (const [, other] of left) {
                // Nobody of the same queue who came before is still waiting.
                if (mine && other.queueId === mine.queueId) expect(other.since >= mine.since).toBe(true);
              }
            }
            expect(route(state, settings(capacity))).toEqual([]);
          }
          for (const load of loads(state).values()) expect(load).toBeLessThanOrEqual(capacity);
          const shown = [
            ...entries(state.waiting).map(([id]) => [id, 'waiting']),
            ...entries(state.held).map(([id]) => [id, 'held']),
          ];
          const told = [...phase].map(([id, where]) => [`n.${id}.000001`, where]);
          expect(shown.toSorted()).toEqual(told.toSorted());
        });
      }),
      { numRuns: 300 },
    );
  });
});
