import type { Commit } from '@recado/domain/commit/commit';
import { conversationIdOf, parseConversationId } from '@recado/domain/commit/stream-id';
import { entries } from '@recado/domain/routing/shelf';
import type { EventStore } from '@recado/event-store/event-store';
import type { Leases, Projection, Snapshots } from '@recado/event-store/ports';
import { createProjection } from '@recado/event-store/projection';
import { aborted, startLeasedWork } from '../leased-work.ts';
import type { SettingsView } from '../settings/tenant-settings.ts';
import type { Delivered } from './deliver.ts';
import { evolvePending, initialPending, type PendingState } from './pending.ts';
import { createRunQueue, type RunQueue } from './run-queue.ts';

/**
 * Sends what conversations have queued. One outbox at a time (lease). The projection of pending messages says
 * where there is work; each conversation is worked on by one run at a time, each number has its own queue of
 * runs, so that a slow or paused number holds up no other.
 */
export interface Outbox {
  stop(): Promise<void>;
  /** Resolves when what is stored and can be sent now has been sent. For tests and shutdown. */
  settled(): Promise<void>;
}

export interface OutboxDeps {
  store: EventStore;
  snapshots: Snapshots;
  leases: Leases;
  settings: SettingsView;
  holder: string;
  deliver: (conversationId: string, signal: AbortSignal, seen?: Commit) => Promise<Delivered>;
  /** Conversations worked on at once, for each number; default 16. */
  concurrency?: number;
  onError: (error: unknown) => void;
}

export function startOutbox(deps: OutboxDeps): Outbox {
  const { store, snapshots, leases, settings, holder, onError } = deps;
  let current: { projection: Projection<PendingState>; runs: Runs } | null = null;

  settings.listen((before, after) => {
    for (const [numberId, number] of Object.entries(after.numbers)) {
      const wasActive = before.numbers[numberId]?.state === 'active';
      if (number.state === 'active' && (!wasActive || number !== before.numbers[numberId]))
        current?.runs.release(numberId);
    }
  });

  const work = startLeasedWork({
    leases,
    name: 'outbox',
    holder,
    onError,
    async run(signal) {
      const runs = createRuns(deps, signal);
      const projection = createProjection<PendingState>({
        store,
        snapshots,
        name: 'outbox',
        schema: 1,
        initial: initialPending,
        evolve: evolvePending,
        onChange(_state, commits) {
          for (const commit of commits) {
            if (commit.events.some(addsWork)) runs.wake(conversationIdOf(commit.stream), commit);
          }
        },
        onError,
      });
      current = { projection, runs };
      try {
        await Promise.race([projection.settled(), aborted(signal)]);
        // What an earlier process left, attempts without an end included.
        for (const [id] of entries(projection.state().conversations)) runs.wake(id);
        await aborted(signal);
      } finally {
        current = null;
        await projection.stop();
        await runs.stop();
      }
    },
  });

  return {
    stop: () => work.stop(),
    async settled() {
      await current?.projection.settled();
      await current?.runs.idle();
    },
  };
}

/** Everything else that happens to a message is done by the run that is at work on it. */
const addsWork = ({ type }: { type: string }): boolean =>
  type === 'MessageQueued' || type === 'UncertainSettled';

interface Runs {
  /** `seen`: the commit that brought the work, which spares reading the conversation. */
  wake(conversationId: string, seen?: Commit): void;
  /** Wakes what was held because of this number. */
  release(numberId: string): void;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

function createRuns({ deliver, concurrency = 16, onError }: OutboxDeps, signal: AbortSignal): Runs {
  const queues = new Map<string, RunQueue>();
  const alarms = new Map<string, NodeJS.Timeout>();
  const held = new Map<string, Set<string>>();
  const lastSeen = new Map<string, Commit>();
  /** After a fault of the store, ms. */
  const faultWaitMs = 1_000;

  /** @returns how long the number must rest, ms. */
  const run = async (id: string): Promise<number> => {
    if (signal.aborted) return 0;
    const seen = lastSeen.get(id);
    lastSeen.delete(id);
    try {
      const delivered = await deliver(id, signal, seen);
      if ('waitMs' in delivered) wakeIn(id, delivered.waitMs);
      if ('held' in delivered) held.set(delivered.held, (held.get(delivered.held) ?? new Set()).add(id));
      if (!('restMs' in delivered) || signal.aborted) return 0;
      // It will begin where it is now, unless something newer came.
      if (seen && !lastSeen.has(id)) lastSeen.set(id, seen);
      return delivered.restMs;
    } catch (error) {
      if (!signal.aborted) {
        onError(error);
        wakeIn(id, faultWaitMs);
      }
      return 0;
    }
  };

  const wake = (id: string, seen?: Commit): void => {
    if (seen) lastSeen.set(id, seen);
    clearTimeout(alarms.get(id));
    alarms.delete(id);
    const numberId = parseConversationId(id)?.numberId ?? '';
    const queue = queues.get(numberId) ?? createRunQueue({ concurrency, run });
    queues.set(numberId, queue);
    queue.add(id);
  };

  const wakeIn = (id: string, waitMs: number): void => {
    if (signal.aborted) return;
    clearTimeout(alarms.get(id));
    // Longer than a timer can be: woken early, it finds that it is early and waits again.
    alarms.set(
      id,
      setTimeout(() => wake(id), Math.min(waitMs, 24 * 3_600_000)),
    );
  };

  const idle = async (): Promise<void> => {
    await Promise.all([...queues.values()].map((queue) => queue.idle()));
  };

  return {
    wake,
    release(numberId) {
      const waiting = held.get(numberId) ?? new Set();
      held.delete(numberId);
      for (const id of waiting) wake(id);
    },
    idle,
    async stop() {
      for (const alarm of alarms.values()) clearTimeout(alarm);
      for (const queue of queues.values()) queue.clear();
      await idle();
    },
  };
}
