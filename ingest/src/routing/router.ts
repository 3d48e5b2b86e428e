import type { Commit } from '@recado/domain/commit/commit';
import { evolveRouting, initialRouting } from '@recado/domain/routing/state';
import { evolveSettings, initialSettings, settingsEventSchema } from '@recado/domain/settings/settings';
import { instant, type Clock } from '@recado/domain/time';
import type { EventStore } from '@recado/event-store/event-store';
import type { Leases, Projection, Snapshots } from '@recado/event-store/ports';
import { createProjection } from '@recado/event-store/projection';
import { aborted, startLeasedWork } from '../leased-work.ts';
import { createDesk, type Desk, type DeskDeps, type Routed } from './desk.ts';

/**
 * Gives waiting conversations to agents, and takes them back from agents who are gone.
 *
 *   commits ─► projection (who waits, who is busy) ─► route ─► ConversationAssigned ─► commits …
 *
 * Invariant: one router at a time (lease); a second one could only lose the race for a version, never assign twice.
 */
export interface Router {
  stop(): Promise<void>;
  /** Looks for work now; for tests. */
  tick(): Promise<void>;
  /** Resolves when what is stored has been routed. For tests and shutdown. */
  settled(): Promise<void>;
}

export interface RouterDeps extends DeskDeps {
  store: EventStore;
  snapshots: Snapshots;
  leases: Leases;
  clock: Clock;
  holder: string;
  /** Time between two looks for agents who are gone, ms. */
  everyMs?: number;
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
