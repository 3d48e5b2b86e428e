import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import type { Draft } from '@recado/domain/commit/chain';

/**
 * The one edge through which events are written and read. Nothing else touches commit documents: sealing of
 * personal content and upcasting of old shapes happen here.
 *
 * Two implementations behind one contract suite: `memory-event-store.ts` and `couch-event-store.ts`.
 */
export interface EventStore {
  /**
   * Appends one commit after `draft.head`. Resolves when it is durable.
   * @throws VersionConflict when the stream has moved on: read again and decide again.
   * @throws StoreUnavailable when the store does not answer; whether the commit was stored is then unknown,
   *   and a repeated append of the same decision finds out (it conflicts with itself, see `handleCommand`).
   */
  append<Event extends EventEnvelope>(draft: Draft<Event>): Promise<Commit<Event>>;

  /** The commits of a stream with version > `after` (default 0), in order. An unknown stream is an empty list. */
  read<Event extends EventEnvelope = EventEnvelope>(stream: string, after?: number): Promise<Commit<Event>[]>;

  /** The last commit of the last stream whose id starts with `prefix`, or null. */
  latest<Event extends EventEnvelope = EventEnvelope>(prefix: string): Promise<Commit<Event> | null>;

  /** Ids of the streams that start with `prefix`, in order, after `after`, at most `limit` (default 100). */
  streams(prefix: string, options?: { after?: string; limit?: number }): Promise<string[]>;

  /**
   * Every commit of the database, in an order that keeps each stream's own, at least once, from `after`
   * (null: from the beginning) on, and then live. Ends when `signal` aborts.
   */
  changes(options: ChangesOptions): AsyncIterable<CommitBatch>;
}

export interface ChangesOptions {
  /** Position to resume after: the `position` of an earlier batch; null for the beginning; 'now' for the end. */
  after: string | null | 'now';
  /** Most commits in a batch; default 500. */
  limit?: number;
  /** Stop at the end of what is stored instead of waiting for more. */
  live: boolean;
  signal: AbortSignal;
}

export interface CommitBatch {
  commits: Commit[];
  /** Opaque. A follower that stores it after handling the batch resumes without a gap. */
  position: string;
}

/** Another writer appended to the stream first. A fault: the caller reloads and decides again. */
export class VersionConflict extends Error {
  override name = 'VersionConflict';
  readonly stream: string;
  readonly version: number;
  constructor(stream: string, version: number) {
    super(`${stream} already has version ${version}`);
    this.stream = stream;
    this.version = version;
  }
}

/** The store did not answer, or answered that it cannot now. A fault: retried by the caller's `retry`. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}
