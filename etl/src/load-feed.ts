import type { ChangesOptions, CommitBatch, EventStore } from '@recado/event-store/event-store';
import type { FollowedBatch } from '@recado/event-store/ports';
import { gather } from './gather.ts';
import { joinLoads, loadOf, type Load } from './load.ts';
import { readAhead } from './read-ahead.ts';
import { createTransform } from './transform.ts';

/** A batch of the feed with its rows written; of the commits only the ids are left. */
export interface LoadBatch extends FollowedBatch {
  load: Load;
}

export interface LoadFeedDeps {
  store: EventStore;
  tenant: string;
  sizes?: LoadSizes;
}

export interface LoadSizes {
  /** Most commits read and transformed at once; default 500. What outlives a page costs the collector most. */
  pageCommits?: number;
  /** So many commits are loaded at once where they are waiting; default 20,000. */
  loadCommits?: number;
}

/**
 *   store ─ page ─► transform ─► written rows ─► gathered ─► one batch ahead of who loads
 *
 * Transforming ahead is safe: rows depend on the streams alone. Each feed has its own folds, so that two of them
 * need not know of each other.
 */
export function createLoadFeed(deps: LoadFeedDeps): {
  changes(options: Omit<ChangesOptions, 'limit'>): AsyncIterable<LoadBatch>;
} {
  const { store, tenant, sizes: { pageCommits = 500, loadCommits = 20_000 } = {} } = deps;
  return {
    changes(options) {
      const pages = store.changes({ ...options, limit: pageCommits });
      const gathered = gather(transformed(pages, { store, tenant }), {
        fullAt: pageCommits / 2,
        enough: loadCommits,
        waitMs: 500,
        join,
      });
      return readAhead(gathered, { behindAt: pageCommits / 2 });
    },
  };
}

async function* transformed(
  pages: AsyncIterable<CommitBatch>,
  deps: { store: EventStore; tenant: string },
): AsyncGenerator<LoadBatch> {
  const transform = createTransform(deps);
  for await (const { commits, position } of pages) {
    const load = loadOf(await transform(commits));
    yield { commits: commits.map(({ _id }) => ({ _id })), position, load };
  }
}

const join = (batches: readonly LoadBatch[]): LoadBatch => ({
  commits: batches.flatMap(({ commits }) => commits),
  position: batches.at(-1)?.position ?? '',
  load: joinLoads(batches.map(({ load }) => load)),
});
