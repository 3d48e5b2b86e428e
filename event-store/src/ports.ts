import type { Commit } from '@recado/domain/commit/commit';
import type { ChangesOptions, CommitBatch, EventStore } from './event-store.ts';

/**
 * What the services use around the event store. Each is created by a function in a file of its own:
 * `follow.ts`, `lease.ts`, `timers.ts`, `checkpoints.ts`, `projection.ts`.
 */

/** Where a follower stands. */
export interface Checkpoints {
  /** null when the follower has never stored one. */
  load(name: string): Promise<string | null>;
  save(name: string, position: string): Promise<void>;
}

/** What a follower must be given of a batch: which commits are in it, and where it ends. */
export interface FollowedBatch {
  commits: readonly Pick<Commit, '_id'>[];
  position: string;
}

export interface FollowOptions<Batch extends FollowedBatch = CommitBatch> {
  /** An event store, or a feed that makes more (or less) of its batches. */
  store: { changes(options: ChangesOptions): AsyncIterable<Batch> };
  checkpoints: Checkpoints;
  /** Stable name of the follower; its checkpoint is stored under it. */
  name: string;
  /**
   * Called with each batch, in order, one at a time. The checkpoint is saved after it resolves; if it throws,
   * the batch is given again after a back-off with jitter (at least once: handlers are idempotent).
   */
  handle(commits: Batch['commits'], position: string, batch: Batch): Promise<void>;
  onError?: (error: unknown, attempt: number) => void;
  limit?: number;
  /** Least time between two saves of the checkpoint while batches keep coming; default 250 ms. */
  checkpointEveryMs?: number;
}

export interface Follower {
  /** Aborts the feed, waits for the batch in hand, saves the checkpoint. */
  stop(): Promise<void>;
  /** Resolves when everything that was stored at the time of the call has been handled. For tests and shutdown. */
  settled(): Promise<void>;
  /** Position last handled, or null. */
  position(): string | null;
}

export interface Lease {
  /** Rises each time the lease changes hands: writes of an old holder can be told from the new one's. */
  fence: number;
  /** Aborts when the lease is lost or released: stop the work then. */
  signal: AbortSignal;
  release(): Promise<void>;
}

export interface Leases {
  /** Waits until the lease is free, takes it, and renews it until released. `ttlMs` default 10,000. */
  hold(name: string, options: { holder: string; ttlMs?: number; signal?: AbortSignal }): Promise<Lease>;
}

export interface Timer {
  /** Unique within the tenant: setting it again moves it. */
  key: string;
  /** ISO 8601 UTC. */
  due: string;
  data: Record<string, unknown>;
  /** Filled in by `due()`: which setting of the key this is, so that `done()` forgets no later one. Opaque. */
  setting?: string;
}

export interface Timers {
  /** Durable when resolved. The same key set again replaces the earlier due time. */
  set(timer: Timer): Promise<void>;
  cancel(key: string): Promise<void>;
  /** Due timers, oldest first. */
  due(now: string, limit?: number): Promise<Timer[]>;
  /** Forgets a timer that `due()` gave and that has been handled, unless it has been set anew meanwhile. */
  done(timer: Timer): Promise<void>;
}

/** A projection small enough for one document: its state and its position are saved together, so they agree. */
export interface ProjectionDeps<State> {
  store: EventStore;
  snapshots: Snapshots;
  name: string;
  /** Rises when the fold changes its meaning: an older snapshot is thrown away and the state rebuilt. */
  schema: number;
  initial: State;
  evolve(state: State, commit: Commit): State;
  /** After each batch has been folded. A throw is reported and does not stop the projection. */
  onChange?: (state: State, commits: Commit[]) => Promise<void> | void;
  onError?: (error: unknown, attempt: number) => void;
  snapshotEveryMs?: number;
}

export interface Projection<State> {
  state(): State;
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface Snapshots {
  load(name: string): Promise<{ schema: number; position: string; state: unknown } | null>;
  save(name: string, snapshot: { schema: number; position: string; state: unknown }): Promise<void>;
}
