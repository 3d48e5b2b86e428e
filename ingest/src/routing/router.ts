import type { Commit } from '@recado/domain/commit/commit';
import { conversationStream } from '@recado/domain/commit/stream-id';
import { decideReturn, decideRouting } from '@recado/domain/conversation/decide';
import { accept } from '@recado/domain/outcome';
import { dueReturns, route, type Assignment } from '@recado/domain/routing/route';
import { find, put, remove } from '@recado/domain/routing/shelf';
import { evolveRouting, initialRouting, type RoutingState } from '@recado/domain/routing/state';
import {
  evolveSettings,
  initialSettings,
  settingsEventSchema,
  type TenantSettings,
} from '@recado/domain/settings/settings';
import { instant, type Clock } from '@recado/domain/time';
import type { EventStore } from '@recado/event-store/event-store';
import type { Leases, Projection, Snapshots } from '@recado/event-store/ports';
import { createProjection } from '@recado/event-store/projection';
import { aborted, startLeasedWork } from '../leased-work.ts';
import type { Conversations } from '../receive/conversations.ts';

/**
 * Gives waiting conversations to agents, and takes them back from agents who are gone.
 *
 *   commits ─► projection (who waits, who is busy) ─► route ─► ConversationAssigned ─► commits …
 *
 * Invariants
 * - One router at a time (lease); a second one could only lose the race for a version, never assign twice.
 * - What has been assigned and is not yet seen in the projection is kept in mind, so that no agent gets more
 *   than the capacity and no conversation is offered again meanwhile.
 */
export interface Router {
  stop(): Promise<void>;
  /** Looks for work now; for tests. */
  tick(): Promise<void>;
  /** Resolves when what is stored has been routed. For tests and shutdown. */
  settled(): Promise<void>;
}

export interface RouterDeps {
  store: EventStore;
  snapshots: Snapshots;
  leases: Leases;
  conversations: Conversations;
  clock: Clock;
  holder: string;
  /** Time between two looks for agents who are gone, ms. */
  everyMs?: number;
  onOutcome?: (outcome: 'assigned' | 'returned' | 'refused') => void;
  onError: (error: unknown) => void;
}

/** Settings come from the same feed: routing never decides by settings newer or older than the work it sees. */
interface Routed {
  routing: RoutingState;
  settings: TenantSettings;
}

export function startRouter(deps: RouterDeps): Router {
  const { store, snapshots, leases, clock, holder, everyMs = 1_000, onError } = deps;
  let current: { projection: Projection<Routed>; desk: Desk } | null = null;

  const work = startLeasedWork({
    leases,
    name: 'router',
    holder,
    onError,
    async run(signal) {
      const desk = createDesk(deps, signal);
      let ready = false;
      const projection = createProjection<Routed>({
        store,
        snapshots,
        name: 'routing',
        schema: 1,
        initial: { routing: initialRouting, settings: initialSettings },
        evolve: evolveRouted,
        onChange: (state) => (ready ? desk.drain(state) : undefined),
        onError,
      });
      current = { projection, desk };
      const interval = setInterval(() => {
        if (ready) void desk.look(projection.state(), instant(clock())).catch(onError);
      }, everyMs);
      try {
        await Promise.race([projection.settled(), aborted(signal)]);
        ready = true;
        await desk.look(projection.state(), instant(clock())).catch(onError);
        await aborted(signal);
      } finally {
        clearInterval(interval);
        await projection.stop();
        await desk.idle();
        current = null;
      }
    },
  });

  return {
    stop: () => work.stop(),
    async tick() {
      if (current) await current.desk.look(current.projection.state(), instant(clock()));
    },
    async settled() {
      if (!current) return;
      await current.projection.settled();
      await current.desk.idle();
    },
  };
}

function evolveRouted(state: Routed, commit: Commit): Routed {
  if (!commit.stream.startsWith('settings.'))
    return { ...state, routing: evolveRouting(state.routing, commit) };
  const settings = commit.events.reduce((next, event) => {
    const parsed = settingsEventSchema.safeParse(event);
    return parsed.success ? evolveSettings(next, parsed.data) : next;
  }, state.settings);
  return { ...state, settings };
}

interface Desk {
  /** Assigns what can be assigned. Calls that come meanwhile make it look once more. */
  drain(state: Routed): Promise<void>;
  /** Returns and assigns. */
  look(state: Routed, now: string): Promise<void>;
  idle(): Promise<void>;
}

function createDesk(
  deps: Pick<RouterDeps, 'conversations' | 'onOutcome' | 'onError'>,
  signal: AbortSignal,
): Desk {
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
