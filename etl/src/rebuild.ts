import { migrate } from '@recado/analytics/migrate';
import { loadedTables } from '@recado/analytics/tables';
import type { Warehouse } from '@recado/analytics/warehouse';
import type { EventStore } from '@recado/event-store/event-store';
import { createLoadFeed } from './load-feed.ts';
import { createLoader } from './loader.ts';

export interface RebuildDeps {
  warehouse: Warehouse;
  /** Tenant → its store. */
  stores: ReadonlyMap<string, EventStore>;
  signal?: AbortSignal;
  onProgress?: (events: number) => void;
}

/**
 * Makes everything in the warehouse anew from the events, beside the live tables, and swaps.
 *
 *   1 load all into `<database>_rebuild`     the live load and the reports go on with the old tables
 *   2 exchange each pair of tables            atomic for each table
 *   3 load what came during 1 and 2 again     into the live tables: what the live load wrote to the old ones
 *   4 drop the old tables
 *
 * Rows of facts that a new definition does not make any more are gone afterwards. Checkpoints are not touched.
 * @returns how many events were loaded.
 */
export async function rebuild({ warehouse, stores, signal, onProgress }: RebuildDeps): Promise<number> {
  const next = warehouse.beside(`${warehouse.database}_rebuild`);
  const drop = () => next.command('DROP DATABASE IF EXISTS {db:Identifier} SYNC');
  await drop();
  await migrate(next);

  let events = 0;
  const reached = new Map<string, string | null>();
  const load = async (into: Warehouse): Promise<void> => {
    const loader = createLoader({ warehouse: into, flushEveryMs: 0 });
    for (const [tenant, store] of stores) {
      const feed = createLoadFeed({ store, tenant }).changes({
        after: reached.get(tenant) ?? null,
        live: false,
        signal: signal ?? new AbortController().signal,
      });
      for await (const { load: loaded, position } of feed) {
        await loader.load(loaded);
        reached.set(tenant, position);
        events += loaded.events;
        onProgress?.(events);
      }
      signal?.throwIfAborted();
    }
  };

  await load(next);
  for (const table of loadedTables) {
    await warehouse.command(`EXCHANGE TABLES {db:Identifier}.${table} AND {next:Identifier}.${table}`, {
      next: next.database,
    });
  }
  await load(warehouse);
  await drop();
  return events;
}
