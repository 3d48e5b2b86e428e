import { loadedTables, type LoadedTable, type QuarantineRow } from '@recado/analytics/tables';
import type { Warehouse } from '@recado/analytics/warehouse';
import { joinRows, type WrittenRows } from '@recado/analytics/written-rows';
import type { Load } from './load.ts';
import { insertAll, type RefusedRow } from './refused-rows.ts';

export interface LoaderDeps {
  warehouse: Warehouse;
  /** How long rows may wait for others before they are inserted, ms; default 250. */
  flushEveryMs?: number;
  /** So many commits are inserted at once, without waiting; default 5,000. */
  flushAtCommits?: number;
  /** Most rows of one table that loads are put together to; default 50,000. */
  rowsPerInsert?: number;
  onRefused?: (table: LoadedTable, refused: RefusedRow[]) => void;
}

export interface Loader {
  /** Resolves when the rows are durable; rejects when the warehouse did not take them, to be given again. */
  load(load: Load): Promise<void>;
  /** Inserts what waits. */
  stop(): Promise<void>;
}

interface Waiting {
  load: Load;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Collects the rows of all tenants into few large inserts: the warehouse makes a part of each insert, and many small
 * parts are what it is bad at. Inserts follow each other; what comes meanwhile goes with the next.
 */
export function createLoader(deps: LoaderDeps): Loader {
  const { warehouse, flushEveryMs = 250, flushAtCommits = 5_000, rowsPerInsert = 50_000, onRefused } = deps;
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();

  const insert = async (table: LoadedTable, rows: readonly object[] | WrittenRows): Promise<RefusedRow[]> => {
    const refused = await insertAll(warehouse, table, rows);
    if (refused.length > 0) onRefused?.(table, refused);
    return refused;
  };

  const insertLoads = async (loads: readonly Load[]): Promise<void> => {
    const quarantined: QuarantineRow[] = [];
    for (const table of loadedTables) {
      for (const rows of portions(loads.map(({ tables }) => tables[table]))) {
        const refused = await insert(table, rows);
        if (table !== 'quarantine') quarantined.push(...refused.map((row) => quarantineRefused(table, row)));
      }
    }
    await insert('quarantine', quarantined);
  };

  /** Few large inserts, none of them without bound however many tenants are behind at once. */
  const portions = (parts: readonly WrittenRows[]): WrittenRows[] => {
    const portions: WrittenRows[][] = [];
    let room = 0;
    for (const part of parts) {
      if (part.count === 0) continue;
      if (part.count > room) {
        portions.push([]);
        room = rowsPerInsert;
      }
      portions.at(-1)?.push(part);
      room -= part.count;
    }
    return portions.map(joinRows);
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    flushing = flushing.then(async () => {
      const batch = waiting;
      waiting = [];
      if (batch.length === 0) return;
      try {
        await insertLoads(batch.map(({ load }) => load));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    });
    return flushing;
  };

  return {
    load(load) {
      return new Promise<void>((resolve, reject) => {
        waiting.push({ load, resolve, reject });
        const commits = waiting.reduce((count, { load: { tables } }) => count + tables.commits.count, 0);
        if (commits >= flushAtCommits || flushEveryMs === 0) void flush();
        else timer ??= setTimeout(() => void flush(), flushEveryMs);
      });
    },
    stop: flush,
  };
}

/** Where it stood is told from the row itself: every loaded table has the stream or what names it. */
function quarantineRefused(table: LoadedTable, { row, detail }: RefusedRow): QuarantineRow {
  const { tenant, stream, conversation_id, agent_id, version, event_index, type } = row as Record<
    string,
    unknown
  >;
  return {
    tenant: String(tenant),
    stream: String(stream ?? conversation_id ?? agent_id),
    version: Number(version) || 0,
    event_index: Number(event_index ?? 0),
    at: new Date(0).toISOString(),
    type: String(type ?? table),
    reason: 'refused_row',
    detail: `${table}: ${detail}`,
    data: JSON.stringify(row),
  };
}
