import type { Actor, Cause, Commit, CommitMeta, EventEnvelope } from '@recado/domain/commit/commit';
import { emptyHead, type Head } from '@recado/domain/commit/chain';
import { isRejection, type Outcome, type Rejection } from '@recado/domain/outcome';
import { LRUCache } from 'lru-cache';
import { type EventStore, StoreUnavailable, VersionConflict } from './event-store.ts';
import { pause } from './pause.ts';
import { backoffMs } from './retry.ts';

/** How a kind of stream is folded. Pure: the same commits always give the same state. */
export interface Fold<State, Event extends EventEnvelope> {
  initial: State;
  evolve(state: State, event: Event, commit: CommitMeta): State;
}

export interface Loaded<State> {
  state: State;
  head: Head;
}

export interface CommandRequest<State, Event extends EventEnvelope> {
  stream: string;
  actor: Actor;
  cause: Cause;
  /** Pure; may be called again with a newer state after a conflict. `head` is 0 for an unknown stream. */
  decide(state: State, head: Head): Outcome<Event>;
}

export type Handled<State, Event extends EventEnvelope> =
  | (Rejection & { state: State; version: number })
  | {
      /** The commit appended, or null when the decision needed no event (a repeat, or nothing to change). */
      commit: Commit<Event> | null;
      state: State;
      version: number;
    };

export interface Aggregate<State, Event extends EventEnvelope> {
  /** The present state, from the cache brought up to date with what the store has after it. */
  load(stream: string): Promise<Loaded<State>>;
  /** The state with a commit seen on the feed folded in; reads what is missing before it. */
  catchUp(commit: Commit): Promise<Loaded<State>>;
  handle(request: CommandRequest<State, Event>): Promise<Handled<State, Event>>;
}

export interface AggregateDeps<State, Event extends EventEnvelope> {
  store: EventStore;
  fold: Fold<State, Event>;
  now: () => string;
  /** How many streams' states are kept; default 5,000. */
  cacheSize?: number;
}

/**
 * Loads, decides, appends; on a conflict reloads and decides again. Commands on one stream in one process wait
 * for each other, so that they do not conflict with themselves; other processes are met by the version.
 *
 * The state in the cache may be behind the store (another process appended): deciding on it is safe, because
 * the append then conflicts, the rest is read, and the decision is made again. A *rejection* or an empty
 * acceptance decided on a cached state has no append to guard it, so it is confirmed against the store first.
 */
export function createAggregate<State, Event extends EventEnvelope>(
  deps: AggregateDeps<State, Event>,
): Aggregate<State, Event> {
  const { store, fold, now } = deps;
  const cache = new LRUCache<string, { loaded: Loaded<State> }>({ max: deps.cacheSize ?? 5_000 });
  const queues = new Map<string, Promise<unknown>>();

  const foldIn = (loaded: Loaded<State>, commits: readonly Commit<Event>[]): Loaded<State> => {
    let { state, head } = loaded;
    for (const commit of commits) {
      // A copy of the store that lags can show a later commit before an earlier one: never decide on a hole.
      if (commit.version !== head.version + 1) {
        throw new StoreUnavailable(`${commit.stream} was read without version ${head.version + 1}`);
      }
      for (const event of commit.events) state = fold.evolve(state, event, commit);
      head = { version: commit.version, hash: commit.hash };
    }
    return { state, head };
  };

  const remember = (stream: string, loaded: Loaded<State>): Loaded<State> => {
    const known = cache.get(stream)?.loaded;
    if (!known || known.head.version < loaded.head.version) cache.set(stream, { loaded });
    return loaded;
  };

  const refresh = async (stream: string): Promise<Loaded<State>> => {
    const known = cache.get(stream)?.loaded ?? { state: fold.initial, head: emptyHead };
    const newer = await store.read<Event>(stream, known.head.version);
    return remember(stream, foldIn(known, newer));
  };

  const catchUp = async (commit: Commit): Promise<Loaded<State>> => {
    const known = cache.get(commit.stream)?.loaded;
    if (known && known.head.version >= commit.version) return known;
    if ((known?.head.version ?? 0) === commit.version - 1) {
      const base = known ?? { state: fold.initial, head: emptyHead };
      return remember(commit.stream, foldIn(base, [commit as Commit<Event>]));
    }
    return refresh(commit.stream);
  };

  const decideAndAppend = async (request: CommandRequest<State, Event>): Promise<Handled<State, Event>> => {
    const { stream, actor, cause } = request;
    let loaded = cache.get(stream)?.loaded;
    let fresh = loaded === undefined;
    let blindConflicts = 0;
    loaded ??= await refresh(stream);
    for (;;) {
      const { state, head } = loaded;
      const outcome = request.decide(state, head);
      const answersWithoutAppend = isRejection(outcome) || outcome.accepted.length === 0;
      if (answersWithoutAppend && !fresh) {
        loaded = await refresh(stream);
        fresh = true;
        if (loaded.head.version !== head.version) continue;
      }
      if (isRejection(outcome)) return { ...outcome, state, version: head.version };
      if (outcome.accepted.length === 0) return { commit: null, state, version: head.version };
      try {
        const commit = await store.append<Event>({
          stream,
          head,
          at: now(),
          actor,
          cause,
          events: outcome.accepted,
        });
        const after = remember(stream, foldIn({ state, head }, [commit]));
        return { commit, state: after.state, version: commit.version };
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
        loaded = await refresh(stream);
        fresh = true;
        if (loaded.head.version > head.version) continue;
        // The version is taken, but reading does not show it: a copy that lags, or a commit that cannot be parsed.
        if (++blindConflicts >= 8) throw new StoreUnavailable(`${error.message}, but it cannot be read`);
        await pause(backoffMs(blindConflicts, { baseMs: 20, maxMs: 500 }));
      }
    }
  };

  const handle = (request: CommandRequest<State, Event>): Promise<Handled<State, Event>> => {
    const before = queues.get(request.stream) ?? Promise.resolve();
    const mine = before.then(() => decideAndAppend(request));
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    queues.set(request.stream, settled);
    void settled.then(() => {
      if (queues.get(request.stream) === settled) queues.delete(request.stream);
    });
    return mine;
  };

  return { load: refresh, catchUp, handle };
}
