import { conversationStream } from '@recado/domain/commit/stream-id';
import { decideReturn, decideRouting } from '@recado/domain/conversation/decide';
import { accept } from '@recado/domain/outcome';
import { dueReturns, route, type Assignment } from '@recado/domain/routing/route';
import { find, put, remove } from '@recado/domain/routing/shelf';
import type { RoutingState } from '@recado/domain/routing/state';
import type { TenantSettings } from '@recado/domain/settings/settings';
import type { Conversations } from '../receive/conversations.ts';

/** Settings come from the same feed: routing never decides by settings newer or older than the work it sees. */
export interface Routed {
  routing: RoutingState;
  settings: TenantSettings;
}

/**
 * Where routing's decisions are carried out.
 *
 * Invariant: what has been assigned and is not yet seen in the projection is kept in mind, so that no agent gets
 * more than the capacity and no conversation is offered again meanwhile.
 */
export interface Desk {
  /** Assigns what can be assigned. Calls that come meanwhile make it look once more. */
  drain(state: Routed): Promise<void>;
  /** Returns and assigns. */
  look(state: Routed, now: string): Promise<void>;
  idle(): Promise<void>;
}

export interface DeskDeps {
  conversations: Conversations;
  onOutcome?: (outcome: 'assigned' | 'returned' | 'refused') => void;
  onError: (error: unknown) => void;
}

export function createDesk(deps: DeskDeps, signal: AbortSignal): Desk {
  const { onOutcome, onError } = deps;
  const { aggregate } = deps.conversations;
  const actor = { kind: 'system', id: 'router' } as const;
  /** Decided and not yet seen in the projection: conversation → agent, and the entry that it answered. */
  const underway = new Map<string, { agentId: string; by: string }>();
  let latest: Routed | null = null;
  let draining: Promise<void> | null = null;

  const withUnderway = (state: RoutingState): RoutingState => {
    let { waiting, held } = state;
    for (const [id, { agentId, by }] of underway) {
      const entry = find(waiting, id);
      if (entry?.by !== by) {
        underway.delete(id);
        continue;
      }
      waiting = remove(waiting, id);
      held = put(held, id, { agentId, queueId: entry.queueId, since: entry.since });
    }
    return { ...state, waiting, held };
  };

  const assign = async ({ conversationId, agentId }: Assignment, by: string): Promise<void> => {
    underway.set(conversationId, { agentId, by });
    try {
      const handled = await aggregate.handle({
        stream: conversationStream(conversationId),
        actor,
        cause: { event: by },
        decide: (state) => decideRouting(state, agentId),
      });
      // Refused: it has been taken or closed meanwhile; the commit that says so is on its way to the projection.
      onOutcome?.('rejected' in handled ? 'refused' : 'assigned');
    } catch (error) {
      underway.delete(conversationId);
      throw error;
    }
  };

  const drainLatest = async (): Promise<void> => {
    while (latest !== null && !signal.aborted) {
      const { routing, settings } = latest;
      latest = null;
      const assignments = route(withUnderway(routing), settings);
      const settled = await Promise.allSettled(
        assignments.map((assignment) =>
          assign(assignment, find(routing.waiting, assignment.conversationId)?.by ?? ''),
        ),
      );
      for (const result of settled) if (result.status === 'rejected') onError(result.reason);
    }
  };

  const drain = (state: Routed): Promise<void> => {
    latest = state;
    draining ??= drainLatest().finally(() => {
      draining = null;
    });
    return draining;
  };

  const giveBack = async ({ conversationId, agentId }: Assignment): Promise<void> => {
    const handled = await aggregate.handle({
      stream: conversationStream(conversationId),
      actor,
      cause: { timer: `offline.${agentId}` },
      decide: (state) => (state.agentId === agentId ? decideReturn(state, 'agent_offline') : accept()),
    });
    if ('commit' in handled && handled.commit) onOutcome?.('returned');
  };

  return {
    drain,
    async look(state, now) {
      for (const due of dueReturns(state.routing, now, state.settings)) {
        if (signal.aborted) return;
        await giveBack(due).catch(onError);
      }
      await drain(state);
    },
    async idle() {
      await draining;
    },
  };
}
